package weibo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var registered = fake.Account{UID: "1902538057", AppSecret: "fansecret0001", Token: "2.00TOKENTOKENTOKEN"}

func config() Config {
	return Config{UID: registered.UID, AppSecret: core.Secret(registered.AppSecret), Token: core.Secret(registered.Token)}
}

// fan has an id beyond 2^53.
const fan = "9007199254740993"

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			conf := config()
			conf.URL, conf.Upload, conf.Info, conf.Hold = url, url, url, time.Millisecond
			return coretest.Open(t, New, conf, d)
		},
		Sign: func(r *http.Request, body []byte) {
			posted, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			r.Body = io.NopCloser(strings.NewReader(string(posted)))
			secret := registered.AppSecret
			if string(posted) != string(body) { // the platform's signature does not cover the body: this is somebody else's
				secret = "another secret"
			}
			r.URL.RawQuery = url.Values{"timestamp": {"1767225600123"}, "nonce": {"48151623"}, "signature": {fake.Sign(secret, "1767225600123", "48151623")}}.Encode()
		},
		Secrets: []string{registered.AppSecret, registered.Token},
		Accepts: func(r *http.Request, body []byte) error {
			q, err := url.ParseQuery(string(body))
			var d struct{ Text string }
			if err != nil || json.Unmarshal([]byte(q.Get("data")), &d) != nil || q.Get("receiver_id") == "" || q.Get("access_token") != registered.Token {
				return fmt.Errorf("bad form: %s", body)
			}
			if n := utf8.RuneCountInString(d.Text); q.Get("type") == "text" && (n == 0 || n >= 300) {
				return fmt.Errorf("a text of %d characters", n)
			}
			return nil
		},
		Fail: func(w http.ResponseWriter, k core.Kind) {
			w.WriteHeader(http.StatusForbidden)
			code := map[core.Kind]int{core.KindThrottled: 10023, core.KindTransient: 10001, core.KindRejected: 10017, core.KindDenied: 21327}[k]
			fmt.Fprintf(w, `{"request":"/2/messages/reply.json","error_code":%d,"error":"why"}`, code)
		},
		Stub: func(s string) string { return strings.ReplaceAll(s, registered.Token, "TOKEN") },
	})
}

func TestConversation(t *testing.T) {
	for _, xml := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			reg, conf := registered, config()
			reg.XML, conf.People = xml, true
			r := newRig(t, conf, reg)
			r.inbox.Heard = func(e core.Envelope) {
				if _, err := r.Send(context.Background(), say("d"+e.Ref, e.Peer.ID, core.Text{Body: "您好 & <b>"})); err != nil {
					t.Error(err)
				}
			}
			if err := r.platform.Say(t.Context(), fan, "问 100%+1"); err != nil {
				t.Fatal(err)
			}
			if m := r.platform.Answers(fan); len(m) != 1 || m[0].How != "passive" || m[0].Text != "您好 & <b>" {
				t.Errorf("the phone shows %+v", m)
			}
			if e := r.inbox.Last(); e.Peer.ID != fan || e.Peer.Name != "粉丝"+fan || e.Parts.Text() != "问 100%+1" {
				t.Errorf("filed %+v", e)
			}
			r.inbox.Heard = nil
			if err := r.platform.SendMedia(t.Context(), fan, "image", r.platform.Put("image/png", []byte("PNG"))); err != nil {
				t.Fatal(err)
			}
			if m := r.inbox.Last().Parts[0].(core.Media); m.Type != "image/png" || m.Size != 3 || strings.HasPrefix(m.Handle, handlePrefix) {
				t.Errorf("a picture is %+v", m)
			}
			for _, p := range []core.Part{core.Card{Title: "标题", URL: "https://example.com"}, core.Place{Lat: 1, Lon: 2}, core.Media{Type: "image/png", URL: "https://example.com/a.png"}} {
				if ref, err := r.Send(t.Context(), say("x", fan, p)); err != nil || !core.Costs(ref) {
					t.Errorf("%T: %q, %v", p, ref, err)
				}
			}
			if _, err := r.Send(t.Context(), say("x", fan, core.Media{Type: "image/png", Handle: "blob-1"})); core.KindOf(err) != core.KindRejected {
				t.Errorf("a picture that Weibo cannot carry: %v", err)
			}
			if err := r.platform.Click(t.Context(), fan, "MENU_HUMAN"); err != nil || r.inbox.Last().Parts[0] != core.Part(core.Pick{Option: "MENU_HUMAN", Menu: true}) {
				t.Errorf("a menu entry is %+v, %v", r.inbox.Last(), err)
			}
		})
	}
}

func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		send := func() error {
			_, err := r.Send(t.Context(), say("d", fan, core.Text{Body: "您好"}))
			return err
		}
		coretest.Fails(t, send(), core.KindGone) // nobody knows them
		if err := r.platform.Mention(t.Context(), fan, "@我 在吗"); err != nil {
			t.Fatal(err)
		}
		l := core.Ledger{}.Heard(r.Limits().Allowances, r.inbox.Last().Cause, time.Now())
		if l.Left != 1 || send() != nil {
			t.Errorf("a mention opens %+v", l)
		}
		coretest.Fails(t, send(), core.KindClosed)
		if err := r.platform.Say(t.Context(), fan, "问"); err != nil {
			t.Fatal(err)
		}
		if l = l.Heard(r.Limits().Allowances, r.inbox.Last().Cause, time.Now()); l.Left != 90 || send() != nil {
			t.Errorf("a message opens %+v", l)
		}
		time.Sleep(49 * time.Hour)
		coretest.Fails(t, send(), core.KindClosed)
		if err := r.platform.Unfollow(t.Context(), fan); err != nil || r.inbox.Last().Parts[0] != core.Part(core.Left{}) {
			t.Errorf("%+v, %v", r.inbox.Last(), err)
		}
		n := len(r.platform.Calls())
		coretest.Fails(t, send(), core.KindGone)
		if len(r.platform.Calls()) != n {
			t.Error("the platform was asked though the fan has left")
		}
		if err := r.platform.Follow(t.Context(), fan); err != nil {
			t.Fatal(err)
		}
		if err := send(); err != nil {
			t.Errorf("after they came back: %v", err)
		}
		r.platform.EndToken()
		err := send()
		coretest.Fails(t, err, core.KindDenied)
		if !strings.Contains(err.Error(), "21327") || !strings.Contains(err.Error(), "open.weibo.com") {
			t.Errorf("the operator reads %q", err)
		}
		for code, want := range map[int]core.Kind{10001: core.KindTransient, 10014: core.KindDenied, 10022: core.KindThrottled, 10023: core.KindThrottled, 10024: core.KindThrottled,
			21301: core.KindDenied, 21332: core.KindDenied, 26403: core.KindClosed, 26406: core.KindDenied, 99999: core.KindRejected} {
			r.platform.NewToken()
			r.platform.Fail(code)
			coretest.Fails(t, send(), want)
		}
	})
}

func TestNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := config()
		conf.Token, conf.Later = "", "请稍候"
		r := newRig(t, conf, registered)
		r.inbox.Heard = func(e core.Envelope) {
			time.Sleep(7 * time.Second)
			if ref, err := r.Send(context.Background(), say("d1", fan, core.Text{Body: "答"})); err != nil || core.Costs(ref) {
				t.Errorf("%q, %v", ref, err)
			}
		}
		if err := r.platform.Say(t.Context(), fan, "问"); err != nil || r.platform.Repeats() != 1 {
			t.Errorf("%v, %d repeats", err, r.platform.Repeats())
		}
		r.inbox.Heard = nil
		if err := r.platform.Say(t.Context(), fan, "再问"); err != nil {
			t.Error(err)
		}
		_, err := r.Send(t.Context(), say("d2", fan, core.Text{Body: "答"}))
		coretest.Fails(t, err, core.KindClosed)
		if m := r.platform.Answers(fan); len(m) != 2 || m[0].Text != "答" || m[1].Text != "请稍候" {
			t.Errorf("the phone shows %+v", m)
		}
	})
}

func TestRefused(t *testing.T) {
	r := newRig(t, config(), registered)
	target, _, body, err := r.platform.Request(fan, fake.Push{Type: "text", Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour).UnixMilli()
	stale := fmt.Sprintf("/?timestamp=%d&nonce=1&signature=%s", old, fake.Sign(registered.AppSecret, fmt.Sprint(old), "1"))
	for name, c := range map[string]struct {
		target, body string
		code         int
	}{
		"unsigned": {"/", string(body), 403}, "forged": {target + "0", string(body), 403}, "old": {stale, string(body), 403},
		"for another account": {target, strings.Replace(string(body), registered.UID, "1", 1), 403},
		"garbage":             {target, "not json", 400}, "nobody": {target, `{"type":"text","receiver_id":1902538057}`, 400},
		"a name for an id": {target, `{"type":"text","receiver_id":1902538057,"sender_id":"x/../y"}`, 400},
	} {
		w := coretest.Serve(r, "POST "+c.target, c.body)
		if w.Code != c.code || len(r.inbox.Got()) > 0 {
			t.Errorf("%s: answered %d, want %d; %d filed", name, w.Code, c.code, len(r.inbox.Got()))
		}
	}
}

// TestPlayground plays a fan as the playground's page does.
func TestPlayground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf, reg := config(), fake.Demo()
		conf.UID, conf.AppSecret, conf.Token = reg.UID, core.Secret(reg.AppSecret), core.Secret(reg.Token)
		r := newRig(t, conf, reg)
		r.deps.HTTP = r.platform.Client()
		control := r.platform.Control()
		act := func(body string, want int) {
			t.Helper()
			if w := coretest.Serve(control, "POST /", body); w.Code != want {
				t.Errorf("%s: answered %d %s", body, w.Code, w.Body)
			}
			time.Sleep(5 * time.Second)
		}
		for _, do := range []string{"follow", "say", "click", "scan", "mention", "image"} {
			act(`{"who":"`+fan+`","do":"`+do+`","text":"x"}`, 200)
		}
		if _, err := r.Send(t.Context(), say("d", fan, core.Text{Body: "您好"})); err != nil {
			t.Error(err)
		}
		for _, do := range []string{"end_token", "new_token", "fail", "close_window", "unfollow"} {
			act(`{"who":"`+fan+`","do":"`+do+`"}`, 200)
		}
		act(`{"who":"me","do":"say"}`, 400)
		act(`{"who":"1","do":"fly"}`, 400)
		w := coretest.Serve(control, "GET /?who="+fan, "")
		var s fake.State
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || s.Follows || s.For != 0 || len(s.Screen) != 8 || len(r.inbox.Got()) != 7 {
			t.Errorf("the page shows %s, %d filed: %v", w.Body, len(r.inbox.Got()), err)
		}
	})
}

func TestRecall(t *testing.T) {
	r := newRig(t, config(), registered)
	r.platform.Think = func() bool { return false }
	env := say("d1", fan, core.Text{Body: "您好"})
	if _, began, _ := r.Recall(t.Context(), env); began {
		t.Error("recalls what never began")
	}
	_, err := r.Send(t.Context(), env)
	coretest.Fails(t, err, core.KindUnknown)
	if _, began, _ := r.Recall(t.Context(), env); !began {
		t.Error("does not recall what may have left")
	}
}

func TestSecrets(t *testing.T) {
	r := newRig(t, config(), registered)
	leak := func(s string) {
		t.Helper()
		for _, secret := range []string{registered.AppSecret, registered.Token, "access_token="} {
			if strings.Contains(s, secret) {
				t.Errorf("a secret is in %q", s)
			}
		}
	}
	r.platform.EndToken()
	for _, broken := range []error{nil, errors.New("proxy said access_token=" + registered.Token), &url.Error{Op: "Get", URL: "https://x/?access_token=" + registered.Token, Err: io.EOF}} {
		r.deps.HTTP.Transport = coretest.Wire{Handler: r.platform, Err: broken}
		_, err := r.Send(t.Context(), say("d", fan, core.Text{Body: "您好"}))
		leak(fmt.Sprintf("%v %+v", err, err))
		_, err = r.Fetch(t.Context(), core.Media{Handle: handlePrefix + "1"})
		leak(fmt.Sprint(err))
		if err == nil {
			t.Error("no error")
		}
	}
	r.inbox.Fail(errors.New("database says " + registered.Token))
	target, _, body, err := r.platform.Request(fan, fake.Push{Type: "image", Data: map[string]any{"tovfid": 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := coretest.Serve(r, "POST "+target, string(body))
	if w.Code != 503 || !strings.Contains(r.log.String(), "not kept") {
		t.Errorf("answered %d; the log says %s", w.Code, r.log)
	}
	leak(w.Body.String() + r.log.String() + fmt.Sprintf("%+v", r.conf))
}

func TestValidate(t *testing.T) {
	bad := Config{UID: "x", Hold: time.Minute, Text: 5, Cap: -1, TokenEnds: "soon", URL: "weibo"}
	err := bad.Validate()
	for _, word := range []string{"uid", "app_secret", "hold", "text", "cap", "token_ends", "url"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not in %v", word, err)
		}
	}
	soon := config()
	soon.TokenEnds = time.Now().Add(5 * 24 * time.Hour).Format(time.DateOnly)
	if r := newRig(t, soon, registered); !strings.Contains(r.log.String(), "ends soon") {
		t.Errorf("nobody is warned: %s", r.log)
	}
}

// FuzzParse reads pushes in both formats.
func FuzzParse(f *testing.F) {
	for _, p := range load(f).Push {
		f.Add([]byte(p.Body))
	}
	f.Add([]byte(`<xml><ToUserName>1902538057</ToUserName><FromUserName>2489518277</FromUserName><CreateTime>1767225600</CreateTime><MsgType>event</MsgType><Event>follow</Event></xml>`))
	a := &Account{deps: core.Deps{Name: "wb"}}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(b)
		if err != nil {
			return
		}
		in := a.read(p)
		again, _ := parse(b)
		if in.env.Ref == "" || in.env.Ref != again.ref() || in.env.Peer.ID == "" || len(in.env.Parts) != 1 {
			t.Errorf("read as %+v", in)
		}
		if d, err := textMessage(p.Text+"]]>").passive(p, 1); err != nil || !json.Valid(d.Body) && !p.xml {
			t.Errorf("the answer is %s, %v", d.Body, err)
		}
	})
}
