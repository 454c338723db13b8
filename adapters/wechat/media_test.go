package wechat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// hosts adds a server for what is not the API to a rig's network.
func (r *rig) hosts(h http.Handler) {
	api := coretest.Wire{Handler: r.platform}
	r.deps.HTTP.Transport = coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Host == "api.weixin.qq.com" {
			api.ServeHTTP(w, req)
		} else {
			h.ServeHTTP(w, req)
		}
	})}
}

func (r *rig) blob(t *testing.T, m core.Media) string {
	t.Helper()
	f, _, err := r.blobs.Open(t.Context(), m.Handle)
	if err != nil {
		t.Fatalf("%+v: %v", m, err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCheck9MediaIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		r.hosts(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.RawQuery != "" {
				t.Errorf("a token was shown to %s", req.URL.Host)
			}
			switch req.URL.Host {
			case "vweixin.tc.qq.com", "mmbiz.qpic.cn":
				w.Header().Set("Content-Type", map[bool]string{true: "video/mp4", false: "image/png"}[req.URL.Path == "/v"])
				io.WriteString(w, "FILE")
			case "redirect.qq.com":
				http.Redirect(w, req, "http://169.254.169.254/", http.StatusFound)
			default:
				t.Errorf("%s was asked", req.URL.Host)
			}
		}))
		last := func() core.Media {
			es := r.inbox.Got()
			return es[len(es)-1].Parts[0].(core.Media)
		}
		send := func(kind, id string) core.Media {
			t.Helper()
			if err := r.platform.SendMedia(t.Context(), "o1", kind, id); err != nil {
				t.Fatal(err)
			}
			return last()
		}
		voice := send("voice", r.platform.Put("voice", "audio/amr", []byte("#!AMR"), ""))
		if r.blob(t, voice) != "#!AMR" || voice.Type != "audio/amr" || voice.Size != 5 {
			t.Errorf("a recording is %+v", voice)
		}
		if v := send("video", r.platform.Put("video", "", nil, "http://vweixin.tc.qq.com/v")); r.blob(t, v) != "FILE" || v.Type != "video/mp4" {
			t.Errorf("a video is %+v", v)
		}
		for _, addr := range []string{"http://169.254.169.254/latest", "http://evilqq.com/x", "file:///etc/passwd", "http://redirect.qq.com/"} {
			if v := send("video", r.platform.Put("video", "", nil, addr)); !strings.HasPrefix(v.Handle, handlePrefix) {
				t.Errorf("%s was fetched: %+v", addr, v)
			}
		}
		if err := r.platform.Push(t.Context(), "o1", fake.Doc{{"MsgType", "image"}, {"PicUrl", "http://mmbiz.qpic.cn/p"}, {"MediaId", "x"}, {"MsgId", "9"}}); err != nil {
			t.Fatal(err)
		}
		if p := last(); r.blob(t, p) != "FILE" || p.Type != "image/png" || p.URL != "" {
			t.Errorf("a picture is %+v", p)
		}

		late := r.platform.Put("voice", "audio/amr", []byte("#!AMR"), "") // cannot be copied at once, but later
		r.platform.Status = 500
		v := send("voice", late)
		r.platform.Status = 0
		rc, err := r.Fetch(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(rc); string(b) != "#!AMR" {
			t.Errorf("fetched %q", b)
		}
		time.Sleep(73 * time.Hour)
		if _, err := r.Fetch(t.Context(), v); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("after 3 days: %v", err)
		}
		if _, err := r.Fetch(t.Context(), core.Media{Handle: "blob-1"}); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a handle of somebody else's: %v", err)
		}
	})
}

func TestMediaOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		r.platform.Wrote("o1")
		part := func(m core.Media, body string) core.Envelope {
			m, err := r.blobs.Save(t.Context(), m, strings.NewReader(body), 20<<20)
			if err != nil {
				t.Fatal(err)
			}
			env := say("d1", "o1", "")
			env.Parts = core.Parts{m}
			return env
		}
		picture := part(core.Media{Type: "image/png"}, "PNG")
		for range 2 {
			if _, err := r.Send(t.Context(), picture); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(r.platform.Calls("/cgi-bin/media/upload")); n != 1 {
			t.Errorf("one picture was uploaded %d times", n)
		}
		time.Sleep(2 * time.Hour)
		r.platform.Wrote("o1")
		r.platform.Fail(40007) // the platform has lost it
		if _, err := r.Send(t.Context(), picture); err != nil {
			t.Errorf("after the upload expired: %v", err)
		}
		if n := len(r.platform.Calls("/cgi-bin/media/upload")); n != 2 {
			t.Errorf("uploaded %d times, want once more", n)
		}
		for _, m := range []core.Media{{Type: "audio/amr"}, {Type: "video/mp4", Name: "a.mp4"}} {
			if _, err := r.Send(t.Context(), part(m, "X")); err != nil {
				t.Errorf("%s: %v", m.Type, err)
			}
		}
		_, err := r.Send(t.Context(), part(core.Media{Type: "audio/amr"}, strings.Repeat("x", maxVoice+1)))
		coretest.Fails(t, err, core.KindRejected)
		env := say("d2", "o1", "")
		env.Parts = core.Parts{core.Media{Type: "image/png", Handle: "no such"}}
		_, err = r.Send(t.Context(), env)
		coretest.Fails(t, err, core.KindRejected)
		shown := r.platform.Answers("o1")
		if len(shown) != 5 || shown[0].Type != "image" || shown[3].Type != "voice" || shown[4].Type != "video" {
			t.Errorf("the phone shows %+v", shown)
		}

		r.inbox.Heard = func(core.Envelope) { // a picture in time is the passive reply
			if ref, err := r.Send(context.Background(), picture); err != nil || core.Costs(ref) {
				t.Errorf("%q, %v", ref, err)
			}
		}
		if err := r.platform.Say(t.Context(), "o1", "图"); err != nil {
			t.Fatal(err)
		}
		if m := r.platform.Answers("o1")[5]; m.How != "passive" || m.Type != "image" || m.Media == "" {
			t.Errorf("the phone shows %+v", m)
		}
	})
}

func TestMiniProgram(t *testing.T) {
	r := newRig(t, config(), registered)
	r.platform.Wrote("o1")
	thumb, err := r.blobs.Save(t.Context(), core.Media{Type: "image/jpeg"}, bytes.NewReader(make([]byte, 100)), maxThumb)
	if err != nil {
		t.Fatal(err)
	}
	env := say("d1", "o1", "")
	for _, image := range []string{thumb.Handle, "PERMANENT-ID"} {
		env.Parts = core.Parts{core.Card{Title: "查订单", URL: SchemeMini + "wxmini/pages/o?id=1", Image: image}}
		if _, err := r.Send(t.Context(), env); err != nil {
			t.Fatal(err)
		}
	}
	calls := r.platform.Calls(customPath)
	if !strings.Contains(calls[0].Body, `"appid":"wxmini","pagepath":"pages/o?id=1","thumb_media_id":"UP-`) || !strings.Contains(calls[1].Body, `"thumb_media_id":"PERMANENT-ID"`) {
		t.Errorf("sent %+v", calls)
	}
	env.Parts = core.Parts{core.Card{Title: "查订单", URL: SchemeMini + "wxmini/pages/o"}}
	_, err = r.Send(t.Context(), env)
	coretest.Fails(t, err, core.KindRejected)
}
