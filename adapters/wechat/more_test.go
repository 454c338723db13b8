package wechat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// answering makes the rig answer every message at once with parts.
func (r *rig) answering(t *testing.T, parts core.Parts) {
	r.inbox.Heard = func(e core.Envelope) {
		env := say("d-"+e.Ref, e.Peer.ID, "")
		env.Parts = parts
		if _, err := r.Send(context.Background(), env); err != nil {
			t.Error(err)
		}
	}
}

// TestPassive answers in every mode, data format and key that an account can have.
func TestPassive(t *testing.T) {
	old := "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	for _, plain := range []bool{false, true} {
		for _, json := range []bool{false, true} {
			for _, key := range []string{registered.Key, old} {
				synctest.Test(t, func(t *testing.T) {
					reg, conf := registered, config()
					reg.Plain, reg.JSON, reg.Key = plain, json, key
					conf.Keys = append(conf.Keys, core.Secret(old)) // the platform may still use the previous one
					if plain {
						conf.Mode = Plain
					}
					r := newRig(t, conf, reg)
					r.answering(t, text("您好 ]]> <a href=\"https://example.com\">x</a>"))
					if err := r.platform.Say(t.Context(), "o1", "问 ]]> & <b>"); err != nil {
						t.Fatal(err)
					}
					r.answering(t, core.Parts{core.Card{Title: "标题", Body: "说明", URL: "https://example.com/a"}})
					if err := r.platform.Say(t.Context(), "o1", "图文"); err != nil {
						t.Fatal(err)
					}
					m := r.platform.Answers("o1")
					if len(m) != 2 || m[0].How != "passive" || m[0].Text != "您好 ]]> <a href=\"https://example.com\">x</a>" || m[1].Type != "news" || m[1].URL != "https://example.com/a" {
						t.Errorf("plain %v, json %v: the phone shows %+v", plain, json, m)
					}
					if got := r.inbox.Got()[0].Parts.Text(); got != "问 ]]> & <b>" {
						t.Errorf("got %q", got)
					}
				})
			}
		}
	}
}

func TestMenus(t *testing.T) {
	choice := core.Choice{Prompt: "选一个", Options: []core.Option{{ID: "a", Label: "甲"}, {ID: "b", Label: "乙"}}}
	for menus, want := range map[Menus]string{MenusFree: "passive text", MenusFirst: "active msgmenu"} {
		synctest.Test(t, func(t *testing.T) {
			conf := config()
			conf.Menus = menus
			r := newRig(t, conf, registered)
			r.answering(t, core.Parts{choice})
			if err := r.platform.Say(t.Context(), "o1", "?"); err != nil {
				t.Fatal(err)
			}
			if m := r.platform.Answers("o1"); len(m) != 1 || m[0].How+" "+m[0].Type != want {
				t.Errorf("%s: the phone shows %+v", menus, m)
			}
		})
	}
}

// A choice that no request waits for any more is a list too: who types "2" may be
// sent five messages more, who taps hardly any.
func TestMenusLater(t *testing.T) {
	choice := core.Choice{Prompt: "选一个", Options: []core.Option{{ID: "a", Label: "甲"}, {ID: "b", Label: "乙"}}}
	for menus, want := range map[Menus]string{MenusFree: "active text 选一个\n1. 甲\n2. 乙", MenusFirst: "active msgmenu 选一个"} {
		conf := config()
		conf.Menus = menus
		r := newRig(t, conf, registered)
		r.platform.Wrote("o1")
		for i, parts := range r.Limits().Fit(core.Parts{choice}) {
			env := say(fmt.Sprint("d", i), "o1", "")
			env.Parts = parts
			if _, err := r.Send(t.Context(), env); err != nil {
				t.Fatal(err)
			}
		}
		if m := r.platform.Answers("o1"); len(m) != 1 || m[0].How+" "+m[0].Type+" "+m[0].Text != want {
			t.Errorf("%s: the phone shows %+v, want %q", menus, m, want)
		}
	}
}

func TestAgentIdentity(t *testing.T) {
	conf := config()
	conf.Agents = map[string]string{"slack/u1": "lin@shop", "slack/u2": "unknown"}
	r := newRig(t, conf, registered)
	r.platform.Wrote("o1")
	for _, id := range []string{"slack/u1", "slack/u2", "slack/u3"} {
		env := say("d"+id, "o1", "我来帮您")
		env.By = core.Author{Kind: core.ByAgent, ID: id}
		if _, err := r.Send(t.Context(), env); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	m := r.platform.Answers("o1")
	if len(m) != 3 || m[0].Agent != "lin@shop" || m[1].Agent != "" || m[2].Agent != "" || m[0].AI {
		t.Errorf("the phone shows %+v: an account that WeChat does not know must not cost the message", m)
	}
}

func TestOwnDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := config()
		conf.Desk = true
		r := newRig(t, conf, registered)
		r.answering(t, core.Parts{core.Form{ID: FormDesk}})
		if err := r.platform.Say(t.Context(), "o1", "人工"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the hand-over is noted after the platform has its answer
		r.inbox.Heard = nil
		if err := r.platform.Event(t.Context(), "o1", "kf_create_session", fake.Doc{{"KfAccount", "a1@shop"}}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := r.platform.Say(t.Context(), "o1", "在吗"); err != nil {
			t.Fatal(err)
		}
		if m := r.platform.Answers("o1"); len(m) != 2 || m[0].Type != "transfer_customer_service" || m[1].Type != "transfer_customer_service" || time.Since(start) > time.Second {
			t.Errorf("the platform was told %+v", m)
		}
		es := r.inbox.Got()
		if e := es[len(es)-1]; e.Parts[0] != (core.Other{Kind: "wechat_desk:text", Quiet: true}) || !strings.Contains(string(e.Raw), "在吗") {
			t.Errorf("what the other desk answers is filed as %+v", e)
		}
		if err := r.platform.Event(t.Context(), "o1", "kf_close_session", fake.Doc{{"KfAccount", "a1@shop"}}); err != nil {
			t.Fatal(err)
		}
		r.answering(t, text("我回来了"))
		if err := r.platform.Say(t.Context(), "o1", "还有一个问题"); err != nil {
			t.Fatal(err)
		}
		if m := r.platform.Answers("o1"); len(m) != 3 || m[2].Text != "我回来了" {
			t.Errorf("after the session: %+v", m)
		}
		r.inbox.Heard = nil
		env := say("d9", "o1", "")
		env.Parts = core.Parts{core.Form{ID: FormDesk, Values: map[string]string{"kf_account": "a1@shop"}}}
		if ref, err := r.Send(t.Context(), env); err != nil || core.Costs(ref) || len(r.platform.Calls("/customservice/kfsession/create")) != 1 {
			t.Errorf("%q, %v", ref, err)
		}
		env.Parts = core.Parts{core.Form{ID: FormDesk}}
		_, err := r.Send(t.Context(), env)
		coretest.Fails(t, err, core.KindRejected)
	})
}

func TestTemplates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := config()
		conf.Templates = map[string]string{"shipped": "TPL9"}
		r := newRig(t, conf, registered)
		r.platform.Wrote("o1")
		r.platform.CloseWindow("o1") // it works outside of every window
		send := func(id string) (string, error) {
			env := say("d1", "o1", "")
			env.Parts = core.Parts{core.Form{ID: id, Values: map[string]string{"thing1": "已发货"}}}
			return r.Send(t.Context(), env)
		}
		ref, err := send(FormTemplate + "shipped")
		if err != nil || core.Costs(ref) || !strings.Contains(r.platform.Calls("/cgi-bin/message/template/send")[0].Body, `"template_id":"TPL9"`) {
			t.Errorf("%q, %v, %+v", ref, err, r.platform.Calls(""))
		}
		id := strings.TrimPrefix(ref, core.FreeRef+"template/")
		for _, status := range []string{"success", "failed: system failed"} {
			if err := r.platform.Event(t.Context(), "o1", "TEMPLATESENDJOBFINISH", fake.Doc{{"MsgID", id}, {"Status", status}}); err != nil {
				t.Fatal(err)
			}
		}
		if rs := r.inbox.Told(); len(rs) != 2 || rs[0].Ref != ref || rs[0].State != core.ReceiptDelivered || rs[1].State != core.ReceiptBounced || rs[1].Why != "failed: system failed" {
			t.Errorf("receipts %+v", rs)
		}
		_, err = send(FormSubscribe + "SUB")
		coretest.Fails(t, err, core.KindRejected)
		r.platform.Allow("o1", "SUB")
		if ref, err := send(FormSubscribe + "SUB"); err != nil || core.Costs(ref) {
			t.Errorf("%q, %v", ref, err)
		}
	})
}

func TestPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := config()
		conf.People = true
		r := newRig(t, conf, registered)
		for range 3 {
			if err := r.platform.Say(t.Context(), "oabcdef", "您好"); err != nil {
				t.Fatal(err)
			}
		}
		if p := r.inbox.Got()[0].Peer; p.Person != "wechat:union-oabcdef" || p.Name != "微信 cdef" {
			t.Errorf("the peer is %+v", p)
		}
		if n := len(r.platform.Calls("/cgi-bin/user/info")); n != 1 {
			t.Errorf("asked %d times who it is", n)
		}
		if link, picture, err := r.QRCode(t.Context(), "shop-12", time.Hour); err != nil || link == "" || !strings.Contains(picture, "ticket=gQTICKET") {
			t.Errorf("a QR code: %q %q %v", link, picture, err)
		}
		if err := r.Typing(t.Context(), core.Peer{ID: "oabcdef"}, ""); err != nil {
			t.Error(err)
		}
		if err := r.Typing(t.Context(), core.Peer{ID: "oabcdef"}, ""); err != nil {
			t.Errorf("typing twice: %v", err)
		}
		time.Sleep(time.Minute)
		if err := r.Typing(t.Context(), core.Peer{ID: "oabcdef"}, ""); err != nil {
			t.Errorf("typing after a while: %v", err)
		}
	})
}

// TestTokens shares a token between nodes: the platform is asked once.
func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		d := r.deps
		d.HTTP = &http.Client{Transport: coretest.Wire{Handler: r.platform, Delay: func() time.Duration { return 300 * time.Millisecond }}}
		var nodes []*Account
		for range 5 {
			nodes = append(nodes, coretest.Open(t, New, config(), d))
		}
		round := func(expiry func()) {
			t.Helper()
			expiry()
			asked, renewed := len(r.platform.Calls("/cgi-bin/stable_token")), r.platform.Renewals()
			var wg sync.WaitGroup
			for i := range 50 {
				who := fmt.Sprint("o", i)
				r.platform.Wrote(who)
				wg.Go(func() {
					if _, err := nodes[i%5].Send(t.Context(), say("", who, "您好")); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if a, n := len(r.platform.Calls("/cgi-bin/stable_token"))-asked, r.platform.Renewals()-renewed; a != 1 || n != 1 {
				t.Errorf("50 sends on 5 nodes asked for %d tokens and got %d", a, n)
			}
		}
		round(func() {})
		round(r.platform.BreakToken)
		round(func() { time.Sleep(2 * time.Hour) })

		bad := config()
		bad.Secret = "WRONGWRONGWRONGWRONGWRONGWRONG00"
		d.Values = nil
		a := newRig(t, bad, registered)
		_, err := a.Send(t.Context(), say("", "o1", "您好"))
		coretest.Fails(t, err, core.KindDenied)
		if !strings.Contains(err.Error(), "40125") || !strings.Contains(err.Error(), "AppSecret") {
			t.Errorf("the operator reads %q", err)
		}
	})
}

func TestRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		env := say("d1", "o1", "您好")
		recall := func(want bool) {
			t.Helper()
			if ref, began, err := r.Recall(t.Context(), env); began != want || ref != "" || err != nil {
				t.Errorf("recalls %q %v %v, want %v", ref, began, err, want)
			}
		}
		recall(false)
		_, err := r.Send(t.Context(), env) // there is no window
		coretest.Fails(t, err, core.KindGone)
		recall(false)
		r.platform.Wrote("o1")
		r.platform.Think = func() bool { return false }
		_, err = r.Send(t.Context(), env)
		coretest.Fails(t, err, core.KindUnknown)
		recall(true)
	})
}

// TestSecrets breaks every call in every way that a network can and looks for
// secrets in what is said about it.
func TestSecrets(t *testing.T) {
	r := newRig(t, config(), registered)
	r.platform.Wrote("o1")
	if _, err := r.Send(t.Context(), say("", "o1", "您好")); err != nil {
		t.Fatal(err)
	}
	tok := r.veil.recent()[0]
	leak := func(how, s string) {
		t.Helper()
		for _, secret := range []string{tok, registered.Secret, registered.Token, registered.Key, "access_token=", "secret=", "msg_signature="} {
			if strings.Contains(s, secret) {
				t.Errorf("%s: %q has the secret %q", how, s, secret)
			}
		}
	}
	for _, broken := range []error{
		&net.OpError{Op: "dial", Err: errors.New("refused")}, errors.New("malformed HTTP response with access_token=" + tok + " and " + registered.Secret),
		context.DeadlineExceeded, &url.Error{Op: "Post", URL: "https://x/?access_token=" + tok, Err: errors.New("EOF")},
	} {
		for _, first := range []string{"", "token"} {
			r.deps.HTTP.Transport = coretest.Wire{Err: broken}
			if first != "" {
				r.api.tokens.set(access{})
				r.values.Delete(t.Context(), r.conf.key(tokenKey))
			} else {
				r.api.tokens.set(access{tok, time.Now().Add(time.Hour)})
			}
			m := core.Media{Type: "image/png"}
			m, _ = r.blobs.Save(t.Context(), m, strings.NewReader("x"), 10)
			env := say("", "o1", "您好")
			for _, parts := range []core.Parts{text("您好"), {m}, {core.Form{ID: FormTemplate + "T"}}} {
				env.Parts = parts
				_, err := r.Send(t.Context(), env)
				leak("send", fmt.Sprintf("%v %+v", err, err))
				if err == nil {
					t.Error("no error without a network")
				}
			}
			leak("typing", fmt.Sprint(r.Typing(t.Context(), core.Peer{ID: "o1"}, "")))
			_, err := r.Fetch(t.Context(), core.Media{Handle: handlePrefix + "x"})
			leak("fetch", fmt.Sprint(err))
		}
	}
	r.inbox.Fail(errors.New("database says: " + registered.Token + " " + tok))
	req, err := r.platform.Request(fake.Doc{{"FromUserName", "o1"}, {"MsgType", "voice"}, {"MediaId", "x"}, {"MsgId", "1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{req.URL.String(), "/?encrypt_type=aes&msg_signature=0123&timestamp=1&nonce=2"} {
		w := coretest.Serve(r, "POST "+target, string(req.Body))
		leak("answer", w.Body.String())
	}
	if s := r.log.String(); !strings.Contains(s, "not kept") {
		t.Errorf("the log is silent: %s", s)
	}
	leak("log", r.log.String())
	leak("config", fmt.Sprintf("%v %+v", r.conf, r.conf))
}

func TestValidate(t *testing.T) {
	good := config()
	if err := good.Validate(); err != nil || good.Mode != Safe || good.Messages != 5 || good.Within != 48*time.Hour || good.Taps != 3 {
		t.Errorf("%+v, %v", good, err)
	}
	bad := Config{AppID: "x", Mode: "open", Keys: []core.Secret{"short"}, Hold: 6 * time.Second, Text: 9000, URL: "weixin", Menus: "x"}
	err := bad.Validate()
	for _, word := range []string{"appid", "secret", "token", "mode", "key", "hold", "text", "url", "menus"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not in %v", word, err)
		}
	}
	only := Config{AppID: registered.AppID, Token: "abc", Mode: Plain, PassiveOnly: true}
	if err := only.Validate(); err != nil {
		t.Error(err)
	}
}
