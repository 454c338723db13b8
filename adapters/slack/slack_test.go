package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack/socketmode"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func config(base string) Config {
	c := Config{Token: fake.Token, App: fake.App, Secret: fake.Secret, Channel: fake.Channel, API: base + "/api"}
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return c
}

// toFake has files.slack.com answered by the test's server, too.
type toFake struct {
	base string
	next http.RoundTripper
}

func (f toFake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "files.slack.com" {
		to, err := url.Parse(f.base + r.URL.Path)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL, r.Host = to, to.Host
	}
	return f.next.RoundTrip(r)
}

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, base string, d core.Deps) core.Adapter {
			d.HTTP = &http.Client{Transport: toFake{base, d.HTTP.Transport}}
			return coretest.Open(t, New, config(base), d)
		},
		Sign: func(r *http.Request, body []byte) {
			fake.Sign(r.Header, body, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		},
		Secrets: []string{fake.Token, fake.App, fake.Secret},
		Setup: func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case r.URL.Path == "/api/users.info":
				_ = r.ParseForm()
				fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"profile":{"display_name":"小林"}}}`, r.Form.Get("user"))
			case r.URL.Path == "/api/conversations.members":
				io.WriteString(w, `{"ok":true,"members":["U0LIN","U0BOT"],"response_metadata":{"next_cursor":""}}`)
			case strings.HasPrefix(r.URL.Path, "/files-pri/") && r.Header.Get("Authorization") == "Bearer "+fake.Token:
				io.WriteString(w, "a picture")
			default:
				return false
			}
			return true
		},
		Accepts: accepts,
		Stub: func(s string) string {
			return regexp.MustCompile(`(?m)^[a-z_]+=.*$`).ReplaceAllStringFunc(s, func(q string) string {
				v, err := url.ParseQuery(q)
				if err != nil {
					return q
				}
				v.Del("token")
				var out []string
				for k := range v {
					out = append(out, k+"="+v.Get(k))
				}
				slices.Sort(out)
				return strings.Join(out, "\n")
			})
		},
	})
}

// accepts are the rules of https://docs.slack.dev/reference/methods/chat.postMessage.
func accepts(r *http.Request, body []byte) error {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	switch {
	case v.Get("token") != fake.Token:
		return errors.New("not_authed")
	case v.Get("channel") == "":
		return errors.New("channel_not_found")
	case v.Get("text") == "" || len([]rune(v.Get("text"))) > 40_000:
		return errors.New("no_text, or msg_too_long")
	case strings.Contains(v.Get("text"), "<b>"):
		return errors.New("what people write is no markup")
	}
	return fake.Blocks(json.RawMessage(v.Get("blocks")), 50)
}

func TestValidate(t *testing.T) {
	good := Config{Token: "xoxb-1", App: "xapp-1", Channel: "C0123"}
	for name, change := range map[string]func(*Config){
		"token": func(c *Config) { c.Token = "xoxp-1" }, "app": func(c *Config) { c.App = "x" }, "nothing to receive by": func(c *Config) { c.App = "" },
		"short secret": func(c *Config) { c.App, c.Secret = "", "short" }, "channel by name": func(c *Config) { c.Channel = "#desk" }, "api": func(c *Config) { c.API = "slack" },
		"room by name": func(c *Config) { c.Rooms = map[string]string{"aftersale": "#after"} }, "two topics in one room": func(c *Config) { c.Rooms = map[string]string{"aftersale": "C0124", "complaint": "C0124"} },
		"the channel as a room": func(c *Config) { c.Rooms = map[string]string{"aftersale": "C0123"} }, "no topic": func(c *Config) { c.Rooms = map[string]string{"": "C0124"} },
	} {
		c := good
		if change(&c); c.Validate() == nil {
			t.Errorf("%s: %+v was taken", name, c)
		}
	}
	good.Rooms = map[string]string{"aftersale": "C0124", "complaint": "G0125"}
	if err := good.Validate(); err != nil || good.API != "https://slack.com/api/" {
		t.Errorf("%+v, %v", good, err)
	}
}

// The table of section 1.8 of the reference: what each code means.
func TestRefusals(t *testing.T) {
	for code, want := range map[string]core.Kind{
		"429": core.KindThrottled, "ratelimited": core.KindThrottled, "500": core.KindTransient, "503": core.KindTransient, "internal_error": core.KindTransient, "fatal_error": core.KindTransient,
		"invalid_auth": core.KindDenied, "account_inactive": core.KindDenied, "token_revoked": core.KindDenied, "missing_scope": core.KindDenied,
		"is_archived": core.KindDenied, "channel_not_found": core.KindDenied, "restricted_action": core.KindDenied,
		"thread_not_found": core.KindGone, "cannot_reply_to_message": core.KindGone, "message_not_found": core.KindGone, "thread_locked": core.KindGone,
		"msg_too_long": core.KindRejected, "invalid_blocks": core.KindRejected, "something_new": core.KindRejected, "cut": core.KindUnknown,
	} {
		d := newRig(t)
		thread := d.open()
		d.w.Refuse("chat.postMessage", code)
		_, err := d.ch.Send(t.Context(), d.words(thread, "在吗"))
		if core.KindOf(err) != want || err == nil {
			t.Errorf("%s: got %v (%v), want %v", code, core.KindOf(err), err, want)
		}
	}
}

var staffNames = names{
	user:    func(id string) string { return map[string]string{"U0CHEN": "Mary Chen", "U0LIN": "小林"}[id] },
	channel: func(id string) string { return map[string]string{"C2": "售后"}[id] },
}

// What people write in Slack as they see it.
func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a &amp; b &lt;c&gt; &amp;lt;":                           "a & b <c> &lt;",
		"<https://x.example/a?b=1&amp;c=2>":                      "https://x.example/a?b=1&c=2",
		"<https://x.example|x.example> <http://x.example/|here>": "https://x.example here (http://x.example/)",
		"<mailto:a@b.example|a@b.example> <tel:+861380000|138>":  "a@b.example 138",
		"!transfer <@U0CHEN> 夜班":                                 `!transfer @"Mary Chen" 夜班`,
		"<@U0LIN|lin> 好":                                         "@小林 好",
		"<#C1|help> <#C2>":                                       "#help #售后",
		"详见 <#C0ABC123|> 置顶":                                     "详见 置顶",
		"<!here> 开会 <!channel> <!subteam^S1|@tea>":               "开会 @tea",
		"<!date^1795220000^{date}|2026-11-21> 到":                 "2026-11-21 到",
		"*重要* _斜_ ~删~ (*a*) *a* *b*":                             "重要 斜 删 (a) a b",
		"2*3*4 a_b_c *开 头 *不是 https://x/_a_":                     "2*3*4 a_b_c *开 头 *不是 https://x/_a_",
		"`*code*` ```\nx = *y*\n```":                             "*code* x = *y*",
		":+1: :tada: :ours: 10:30:45 :wave::skin-tone-2:":        "👍 🎉 :ours: 10:30:45 :wave::skin-tone-2:",
		"&gt; 引用":   "> 引用",
		"  // 备注  ": "// 备注",
		"<> <":      "<",
	} {
		if got := plain(in, nil, staffNames); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzReadEvent(f *testing.F) {
	f.Add([]byte(`{"type":"event_callback","event":{"type":"message","channel":"C0DESK","user":"U1","text":"<@U2> &amp; :a:","ts":"1.2","thread_ts":"1.1","files":[{"id":"F1"}],"blocks":[{"type":"rich_text"}]}}`))
	f.Add([]byte(`{"type":"event_callback","event":{"type":"message","subtype":"message_changed","channel":"C0DESK","ts":"3.1","message":{"user":"U1","text":"b","ts":"1.2","edited":{"ts":"3.0"}},"previous_message":{"user":"U1","text":"a","ts":"1.2"}}}`))
	f.Add([]byte(`{"type":"event_callback","event":{"type":"message","subtype":"message_deleted","channel":"C0DESK","ts":"3.1","deleted_ts":"1.2","previous_message":{"user":"U1","ts":"1.2"}}}`))
	f.Add([]byte(`{"type":"event_callback","event":{"type":"tokens_revoked","tokens":{"bot":["U1"]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := reader{conf: &Config{Channel: "C0DESK"}}.event(b, "U0BOT")
		if err != nil || n.kind != "told" {
			return
		}
		if n.env.Ref == "" || n.env.Peer.ID == "" {
			t.Errorf("read as %+v", n)
		}
		if n.body != nil {
			n.body.parts(staffNames)
		}
	})
}

func FuzzReadPress(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"container":{"type":"message","message_ts":"1.1","channel_id":"C0DESK","thread_ts":"1.0"},"actions":[{"action_id":"o0","block_id":"C0DESK:1.0/0","value":"claim","action_ts":"2.0","text":{"text":"认领"}}]}`))
	f.Add([]byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"close","private_metadata":"C0DESK:1.0","state":{"values":{"summary":{"summary":{"value":"x"}}}}}}`))
	f.Add([]byte(`{"type":"message_action","user":{"id":"U1"},"callback_id":"desk_note","channel":{"id":"C0DESK"},"message":{"ts":"1.1","thread_ts":"1.0"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := reader{conf: &Config{Channel: "C0DESK"}}.press(b, time.Now())
		if err == nil && p.ok && (p.env.Ref == "" || p.env.Peer.ID == "" || len(p.env.Parts) == 0) {
			t.Errorf("read as %+v", p)
		}
	})
}

// Whatever is signed is answered, and nothing is said to be filed that was not.
func FuzzServeHTTP(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte(`payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22%7D%7D`))
	f.Add("application/x-www-form-urlencoded", []byte("command=%2Fdesk&text=on&user_id=U1&trigger_id=1.2&channel_id=C1"))
	f.Add("application/json", []byte(`{"type":"event_callback","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`))
	f.Add("application/json", []byte(`{"type":"url_verification","challenge":"x"}`))
	d := coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, &http.Client{Transport: coretest.Wire{Err: errors.New("nobody is there")}})
	d.Log = slog.New(slog.DiscardHandler)
	ch := coretest.Open(f, New, config("http://127.0.0.1:1"), d)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		fake.Sign(r.Header, body, d.Now())
		w := httptest.NewRecorder()
		ch.ServeHTTP(w, r)
		if !slices.Contains([]int{200, 400, 503}, w.Code) {
			t.Errorf("answered %d", w.Code)
		}
		laneOf(&socketmode.Request{Payload: body})
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("*a* _b_ <https://x|y> <@U1> <!here> &amp;lt; `*c*` :wave::skin-tone-2:", `[{"type":"emoji","name":"wave","unicode":"1f44b-1f3fb","skin_tone":2}]`)
	f.Fuzz(func(t *testing.T, s, blocks string) {
		written(s, json.RawMessage(blocks), staffNames)
		if e := escape(s); strings.ContainsAny(e, "<>") || unescaper.Replace(e) != s {
			t.Errorf("%q became %q", s, e)
		}
	})
}
