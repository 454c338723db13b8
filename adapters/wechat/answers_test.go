package wechat

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// TestPassiveReplies writes the documents that another SDK is tested with. Those
// that we have no use for are shown to the fake platform alone, which keeps to
// what is allowed today.
func TestPassiveReplies(t *testing.T) {
	var f struct{ Items []struct{ Name, XML string } }
	load(t, "passive-reply-xml.json", &f)
	replies := map[string]reply{
		"Text-1": {Type: "text", Content: "content"}, "Image-1": {Type: "image", Media: "ddfefesfsdfef"}, "Voice-1": {Type: "voice", Media: "ddfefesfsdfef"},
		"TransferKefu-1": {Type: "transfer_customer_service"}, "TransferKefu-2": {Type: "transfer_customer_service", Kf: "test1@test"},
	}
	shown := map[string]fake.Message{
		"Text-1": {Type: "text", Text: "content"}, "Image-1": {Type: "image", Media: "ddfefesfsdfef"}, "Voice-1": {Type: "voice", Media: "ddfefesfsdfef"},
		"TransferKefu-1": {Type: "transfer_customer_service"}, "TransferKefu-2": {Type: "transfer_customer_service", Agent: "test1@test"},
		"Video-1": {Type: "video", Text: "title", Media: "media_id"}, "Music-1": {Type: "music", Text: "title", URL: "musicUrl"},
		"News-1": {Type: "notice"}, "News-2": {Type: "notice"}, // two articles in answer to a message are one too many
	}
	for _, v := range f.Items {
		want, err := parse([]byte(v.XML))
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := replies[v.Name]; ok {
			delete(replies, v.Name)
			asked := push{doc: &node{kids: map[string][]*node{"FromUserName": {{text: want.get("ToUserName")}}, "ToUserName": {{text: want.get("FromUserName")}}}}}
			unix, err := strconv.ParseInt(want.get("CreateTime"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			b, err := r.to(asked, unix)
			if got, bad := parse(b); err != nil || bad != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: wrote %s, want %s", v.Name, b, v.XML)
			}
		}
		p := fake.New(fake.Options{
			Account: fake.Account{Origin: want.get("FromUserName"), Plain: true},
			Hook:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, v.XML) }),
		})
		_ = p.Say(t.Context(), want.get("ToUserName"), "问")
		screen := p.Phone(want.get("ToUserName")).Screen
		m, x := screen[len(screen)-1], shown[v.Name]
		if m.Type != x.Type || x.Type != "notice" && (m.Text != x.Text || m.Media != x.Media || m.Agent != x.Agent || m.URL != x.URL) {
			t.Errorf("%s: the phone shows %+v, want %+v", v.Name, m, x)
		}
		delete(shown, v.Name)
	}
	if len(replies)+len(shown) > 0 {
		t.Errorf("not found: %v, %v", replies, shown)
	}
	b, err := reply{Type: "text", Content: "a]]>b\x08<&>"}.to(push{doc: &node{}}, 1)
	var got struct{ Content string }
	if err != nil || xml.Unmarshal(b, &got) != nil || got.Content != "a]]>b\ufffd<&>" {
		t.Errorf("wrote %s", b)
	}
}

// TestCustomVectors composes the requests that another SDK is tested with. The
// fake platform gets all of them.
func TestCustomVectors(t *testing.T) {
	var f struct {
		Items []struct {
			Name string
			Body map[string]any
		}
		Template struct{ Body map[string]any } `json:"template_send"`
	}
	load(t, "custom-send-requests.json", &f)
	r := newRig(t, config(), registered)
	for key, id := range map[string]string{"media/image/h": "MEDIA_ID", "media/voice/h": "MEDIA_ID", "media/video/h": "MEDIA_ID", "media/thumb/h": "thumb_media_id"} {
		if err := r.values.Put(t.Context(), r.conf.key(key), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	parts := map[string]core.Part{
		"TextReply":            core.Text{Body: "sfsfdsdf"},
		"ImageReply":           core.Media{Type: "image/png", Handle: "h"},
		"VoiceReply":           core.Media{Type: "audio/amr", Handle: "h"},
		"VideoReply":           core.Media{Type: "video/mp4", Handle: "h", Name: "TITLE", Words: "DESCRIPTION"},
		"NewsReply":            core.Card{Title: "Happy Day", Body: "Is Really A Happy Day", URL: "URL", Image: "PIC_URL"},
		"MiniProgramPageBuild": core.Card{Title: "title", URL: SchemeMini + "appid/pagepath", Image: "h"},
		"MsgMenuBuild": core.Choice{Prompt: "head_content", Options: []core.Option{
			{ID: "101", Label: "msgmenu1"}, {ID: "102", Label: "msgmenu2"}}},
	}
	unused := map[string]bool{"MusicReply": true, "MpNewsArticleBuilder": true} // no part becomes these
	codes := map[string]int{"ImageReply": 40007, "VoiceReply": 40007, "VideoReply": 40007, "NewsReply": 45008}
	for _, v := range f.Items {
		if got := r.ask(t, customPath, v.Body); got != codes[v.Name] {
			t.Errorf("%s: the platform answers %d, want %d", v.Name, got, codes[v.Name])
		}
		part, ok := parts[v.Name]
		if !ok && !unused[v.Name] {
			t.Errorf("%s: nobody has said what it is", v.Name)
		}
		if !ok {
			continue
		}
		delete(parts, v.Name)
		if m, ok := v.Body["msgmenu"].(map[string]any); ok {
			m["tail_content"] = "" // we have no words of our own to put there
		}
		if m, ok := v.Body["news"].(map[string]any); ok {
			m["articles"] = m["articles"].([]any)[:1] // as many as are allowed today
		}
		m, err := r.composer.compose(t.Context(), core.Envelope{Peer: core.Peer{ID: "OPENID"}, Parts: core.Parts{part}})
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		same(t, v.Name, m.body, v.Body)
	}
	if len(parts) > 0 {
		t.Errorf("not found: %v", parts)
	}

	env := core.Envelope{ID: "MSG_000001", Peer: core.Peer{ID: "OPENID"}, Parts: core.Parts{core.Form{
		ID: FormTemplate + "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY",
		Values: map[string]string{
			"first": "haahah", "remark": "heihei", "url": "http://weixin.qq.com/download", "appid": "xiaochengxuappid12345", "pagepath": "index?foo=bar",
		},
	}}}
	m, err := r.composer.compose(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range f.Template.Body["data"].(map[string]any) {
		delete(v.(map[string]any), "color") // not looked at since 2023
	}
	mini := f.Template.Body["miniprogram"].(map[string]any)
	mini["pagepath"] = mini["path"] // as the platform's page calls it
	delete(mini, "path")
	same(t, "a template message", m.body, f.Template.Body)
	if code := r.ask(t, m.path, m.body); code != 0 {
		t.Errorf("a template message is answered %d", code)
	}
}

// ask makes a request of the platform that OPENID wrote to, and returns its errcode.
func (r *rig) ask(t *testing.T, path string, body any) int {
	t.Helper()
	r.platform.Wrote("OPENID")
	tok, err := r.api.tokens.get(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := plainJSON(body)
	if err != nil {
		t.Fatal(err)
	}
	w := coretest.Serve(r.platform, "POST "+path+"?access_token="+tok, string(b))
	var out struct{ ErrCode int }
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out.ErrCode
}

// same compares what we would send with a document.
func same(t *testing.T, what string, ours any, want map[string]any) {
	t.Helper()
	b, err := plainJSON(ours)
	var got map[string]any
	if err != nil || json.Unmarshal(b, &got) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %s, want %v", what, b, want)
	}
}

// TestAnswers reads what the API answers in other projects' tests: all as what
// they are, and those that we ask for through what asks for them.
func TestAnswers(t *testing.T) {
	var f struct{ Items map[string]json.RawMessage }
	load(t, "api-responses.json", &f)
	if len(f.Items) < 32 {
		t.Errorf("%d answers", len(f.Items))
	}
	conf := config()
	conf.People, conf.Desk = true, true
	r := newRig(t, conf, registered)
	for name, body := range f.Items {
		var out map[string]any
		if err := r.api.decode(request{path: name, out: &out}, body); err != nil || len(out) == 0 {
			t.Errorf("%s: %v, %v", name, out, err)
		}
	}
	if err := r.api.decode(request{sure: true}, f.Items["token"]); core.KindOf(err) != core.KindUnknown || err == nil {
		t.Errorf("an answer without errcode to a message: %v", err)
	}

	asked := map[string]int{}
	r.deps.HTTP.Transport = coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(req.URL.Path, "/"), "cgi-bin/"), "/", "_")
		if name == "stable_token" {
			name = "token"
		} else if req.URL.Query().Get("access_token") != "1234567890" {
			t.Errorf("%s: asked with %s", name, req.URL.RawQuery)
		}
		asked[name]++
		w.Write(f.Items[name])
	})}
	ctx, who := t.Context(), core.Peer{ID: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"}
	r.people.person(ctx, &who)
	if who.Person != "wechat: o6_bmasdasdsad6_2sgVt7hMZOPfL" {
		t.Errorf("the customer is %q", who.Person)
	}
	if link, picture, err := r.QRCode(ctx, "shop", 0); err != nil || link != "https://weixin.qq.com/q/kZgfwMTm72WWPkovabbI" || !strings.HasSuffix(picture, "?ticket=gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2taZ2Z3TVRtNzJXV1Brb3ZhYmJJAAIEZ23sUwMEmm3sUw%3D%3D") {
		t.Errorf("a QR code is %s, %s, %v", link, picture, err)
	}
	picture, err := r.blobs.Save(ctx, core.Media{Type: "image/png"}, strings.NewReader("PNG"), 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []core.Part{core.Text{Body: "您好"}, picture, core.Form{ID: FormDesk, Values: map[string]string{"kf_account": "test1@test"}}} {
		if _, err := r.Send(context.WithoutCancel(ctx), core.Envelope{Peer: who, Parts: core.Parts{p}}); err != nil {
			t.Errorf("%T: %v", p, err)
		}
	}
	if id, _, _ := r.values.Get(ctx, r.conf.key("media/image/"+picture.Handle)); id != "12345678" {
		t.Errorf("the picture was uploaded as %q", id)
	}
	if until := time.Until(r.api.tokens.t.Until); until < 115*time.Minute || until > 2*time.Hour {
		t.Errorf("the token is used for %v", until)
	}
	for name, n := range map[string]int{"token": 1, "user_info": 1, "qrcode_create": 1, "media_upload": 1, "message_custom_send": 2, "customservice_kfsession_create": 1} {
		if asked[name] != n {
			t.Errorf("%s was asked %d times, want %d", name, asked[name], n)
		}
	}
}
