package wechat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// The checks of section 6 of the protocol reference, by their numbers. The
// second is TestReplay, the eleventh is in adapters/weibo.

func TestCheck1Verify(t *testing.T) {
	a := newRig(t, config(), registered)
	ts, nonce := "1767225600", "7"
	sig := fake.Sign(registered.Token, ts, nonce)
	for target, want := range map[string]int{
		"/?signature=" + sig + "&timestamp=" + ts + "&nonce=" + nonce + "&echostr=<script>": 200,
		"/?signature=" + sig + "&timestamp=" + ts + "&nonce=8&echostr=1":                    403,
		"/?timestamp=" + ts + "&nonce=" + nonce + "&echostr=1":                              403,
		"/?echostr=1": 403, "/": 403,
	} {
		w := coretest.Serve(a, "GET "+target, "")
		if w.Code != want || want == 200 && w.Body.String() != "<script>" || want != 200 && strings.Contains(w.Body.String(), "1") {
			t.Errorf("%s: answered %d %q", target, w.Code, w.Body)
		}
		if typ := w.Header().Get("Content-Type"); !strings.HasPrefix(typ, "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("answered as %s", typ)
		}
	}
}

func TestCheck3Repeats(t *testing.T) {
	for _, answered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, config(), registered)
			if answered {
				r.inbox.Heard = func(e core.Envelope) {
					time.Sleep(time.Second)
					if _, err := r.Send(context.Background(), say("d1", e.Peer.ID, "答")); err != nil {
						t.Error(err)
					}
				}
			}
			req, err := r.platform.Request(fake.Doc{{"ToUserName", registered.Origin}, {"FromUserName", "o1"}, {"CreateTime", "1767225600"}, {"MsgType", "text"}, {"Content", "问"}, {"MsgId", "77"}})
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var wg sync.WaitGroup
			got := map[string]int{}
			for range 3 {
				wg.Go(func() {
					w := coretest.Serve(r, "POST "+req.URL.String(), string(req.Body))
					mu.Lock()
					defer mu.Unlock()
					if strings.Contains(w.Body.String(), "Encrypt") {
						got["answer"]++
					} else {
						got[w.Body.String()]++
					}
				})
			}
			wg.Wait()
			want := map[bool]string{false: "map[success:3]", true: "map[answer:1 success:2]"}[answered]
			if fmt.Sprint(got) != want || len(r.inbox.Got()) != 1 {
				t.Errorf("got %v, want %v; %d filed", got, want, len(r.inbox.Got()))
			}
			if n := len(r.platform.Calls("/cgi-bin/message/custom/send")); n > 0 {
				t.Errorf("and %d customer service messages", n)
			}
		})
	}
}

func TestCheck4Deadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		start := time.Now()
		r.inbox.Heard = func(e core.Envelope) {
			time.Sleep(9 * time.Second) // a slow model
			if ref, err := r.Send(context.Background(), say("d1", e.Peer.ID, "答")); err != nil || !core.Costs(ref) {
				t.Errorf("ref %q, %v", ref, err)
			}
		}
		if err := r.platform.Say(t.Context(), "o1", "问"); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 4*time.Second || r.platform.Repeats() != 0 {
			t.Errorf("answered after %v, %d repeats", d, r.platform.Repeats())
		}
		time.Sleep(10 * time.Second)
		if m := r.platform.Answers("o1"); len(m) != 1 || m[0].How != "active" || !m[0].AI {
			t.Errorf("the phone shows %+v", m)
		}
		r.inbox.Fail(errors.New("database is down"))
		if err := r.platform.Say(t.Context(), "o1", "还在吗"); err == nil || r.platform.Repeats() != 2 {
			t.Errorf("%v after %d repeats: what was not filed must be repeated", err, r.platform.Repeats())
		}
	})
}

func TestCheck5MenuTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		r.platform.Wrote("o1")
		env := say("d1", "o1", "")
		env.Parts = core.Parts{core.Choice{Prompt: "满意吗？", Options: []core.Option{{ID: "csat:5", Label: "满意"}, {ID: "csat:1", Label: "不满意"}}}}
		if _, err := r.Send(t.Context(), env); err != nil {
			t.Fatal(err)
		}
		menu := r.platform.Answers("o1")[0].Menu
		if len(menu) != 2 {
			t.Fatalf("the phone shows %+v", r.platform.Answers("o1"))
		}
		r.platform.CloseWindow("o1")
		if err := r.platform.Tap(t.Context(), "o1", menu[0]); err != nil {
			t.Fatal(err)
		}
		e := r.inbox.Got()[0]
		if e.Parts[0] != (core.Pick{Option: "csat:5", Label: "满意"}) {
			t.Errorf("a tap is %+v", e.Parts)
		}
		l := core.Ledger{}.Heard(r.Limits().Allowances, e.Cause, e.At)
		if l.Left != 3 || l.Until != e.At.Add(time.Minute) {
			t.Errorf("a tap opens %+v", l)
		}
		if n, d := r.platform.Left("o1"); n != 3 || d > time.Minute {
			t.Errorf("the platform's own count is %d for %v", n, d)
		}
	})
}

func TestCheck6Refusals(t *testing.T) {
	r := newRig(t, config(), registered)
	try := func() error {
		_, err := r.Send(t.Context(), say("d1", "o1", "您好"))
		return err
	}
	r.platform.Wrote("o1")
	for range 5 {
		if err := try(); err != nil {
			t.Fatal(err)
		}
	}
	sends := len(r.platform.Calls(customPath))
	err := try()
	coretest.Fails(t, err, core.KindClosed)
	if !strings.Contains(err.Error(), "45047") || !strings.Contains(err.Error(), "模板") || !strings.Contains(err.Error(), "template") {
		t.Errorf("an agent reads %q", err)
	}
	r.platform.CloseWindow("o1")
	coretest.Fails(t, try(), core.KindClosed)
	if n := len(r.platform.Calls(customPath)) - sends; n != 2 {
		t.Errorf("%d calls for two refused messages: they must not be tried again", n)
	}
	r.platform.Wrote("o1")
	r.platform.Fail(-1)
	coretest.Fails(t, try(), core.KindTransient)
	if err := try(); err != nil {
		t.Errorf("after the platform was busy: %v", err)
	}
	r.platform.Fail(40001, 40001)
	before := len(r.platform.Calls(customPath))
	coretest.Fails(t, try(), core.KindDenied)
	if n := len(r.platform.Calls(customPath)) - before; n != 2 {
		t.Errorf("%d tries with a token that is refused twice, want 2", n)
	}
}

// TestCheck6Table is the table of section 1.16.
func TestCheck6Table(t *testing.T) {
	r := newRig(t, config(), registered)
	r.platform.Wrote("o1")
	for kindWant, codes := range map[core.Kind][]int{
		core.KindTransient: {-1},
		core.KindDenied:    {40002, 40013, 40125, 40243, 40164, 61004, 89503, 89506, 89507, 48001, 48004, 48008, 50002},
		core.KindGone:      {40003, 43004, 43019, 46004, 48002, 50005},
		core.KindRejected: {40004, 40005, 40007, 40012, 40037, 41030, 47003, 41002, 41009, 43001, 43003, 44001, 44002, 44004, 47001,
			43101, 45002, 45003, 45004, 45005, 45007, 45008, 45072, 45080, 45081, 61450, 61457, 65400, 65417, 70000, 99999},
		core.KindThrottled: {45009, 45011},
		core.KindClosed:    {45015, 45047},
	} {
		for _, c := range codes {
			r.platform.Fail(c)
			_, err := r.Send(t.Context(), say("", "o1", "您好"))
			e, ok := errors.AsType[*core.SendError](err)
			if !ok || e.Kind != kindWant || e.Code != fmt.Sprint(c) {
				t.Errorf("%d: got %v, want %v", c, err, kindWant)
				continue
			}
			if words := e.Err.Error(); !strings.ContainsFunc(words, func(r rune) bool { return r > 0x4E00 }) || !strings.Contains(words, " / ") {
				t.Errorf("%d: %q is not in both languages", c, words)
			}
			if c == 45009 && (e.After <= 0 || e.After > 24*time.Hour+5*time.Second) || c == 45011 && e.After != time.Minute {
				t.Errorf("%d: to be tried again after %v", c, e.After)
			}
		}
	}
}

func TestMidnight(t *testing.T) {
	for now, want := range map[string]time.Duration{
		"2026-01-01T15:59:59Z": 6 * time.Second, "2026-01-01T16:00:00Z": 24*time.Hour + 5*time.Second, "2026-12-31T04:00:00Z": 12*time.Hour + 5*time.Second,
	} {
		at, err := time.Parse(time.RFC3339, now)
		if got := untilMidnight(at); err != nil || got != want {
			t.Errorf("at %s: %v, want %v", now, got, want)
		}
	}
}

func TestCheck7LongText(t *testing.T) {
	r := newRig(t, config(), registered)
	long := strings.Repeat("您好，😀世界。", 200)
	fitted := r.Limits().Fit(text(long))
	r.platform.Wrote("o1")
	joined := ""
	for i, ps := range fitted {
		env := say(fmt.Sprint("d", i), "o1", "")
		env.Parts = ps
		s := ps.Text()
		if len(s) > 2000 || !utf8.ValidString(s) {
			t.Errorf("part %d has %d bytes", i, len(s))
		}
		if _, err := r.Send(t.Context(), env); err != nil {
			t.Error(err)
		}
	}
	for _, m := range r.platform.Answers("o1") {
		joined += m.Text
	}
	if joined != long || len(fitted) < 3 {
		t.Errorf("%d parts do not make up the text", len(fitted))
	}
	for _, bad := range []string{"", " \n", strings.Repeat("字", 700)} {
		_, err := r.Send(t.Context(), say("d", "o1", bad))
		coretest.Fails(t, err, core.KindRejected)
	}
}

func TestCheck10Unfollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config(), registered)
		r.platform.Wrote("o1")
		if err := r.platform.Unfollow(t.Context(), "o1"); err != nil {
			t.Fatal(err)
		}
		if e := r.inbox.Got()[0]; e.Parts[0] != (core.Left{}) || e.Cause != "" {
			t.Errorf("it is %+v", e)
		}
		_, err := r.Send(t.Context(), say("d1", "o1", "您好"))
		coretest.Fails(t, err, core.KindClosed)
		r.inbox.Heard = func(e core.Envelope) {
			if ref, err := r.Send(context.Background(), say("d2", "o1", "欢迎回来")); err != nil || core.Costs(ref) {
				t.Errorf("the greeting: %q, %v", ref, err)
			}
		}
		if err := r.platform.Follow(t.Context(), "o1", "shop-12"); err != nil {
			t.Fatal(err)
		}
		e := r.inbox.Got()[1]
		if e.Parts[0] != (core.Joined{From: "shop-12"}) || e.Peer.Facts["entry"] != "shop-12" {
			t.Errorf("it is %+v", e)
		}
		time.Sleep(time.Second)
		r.inbox.Heard = nil
		for i := range 4 {
			_, err := r.Send(t.Context(), say(fmt.Sprint("d3", i), "o1", "您好"))
			if i < 3 && err != nil {
				t.Error(err)
			} else if i == 3 {
				coretest.Fails(t, err, core.KindClosed)
			}
		}
		if err := r.platform.Follow(t.Context(), "o1", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		_, err = r.Send(t.Context(), say("d4", "o1", "您好"))
		coretest.Fails(t, err, core.KindClosed)
	})
}
