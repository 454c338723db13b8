package wechat

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// TestPlayground connects an account to the fake platform as the program does
// for its playground, and plays a follower as its page does.
func TestPlayground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := fake.Demo()
		p := fake.New(fake.Options{Account: reg})
		box := &coretest.Inbox{Once: true}
		conf := Config{AppID: reg.AppID, Secret: core.Secret(reg.Secret), Token: core.Secret(reg.Token), Keys: []core.Secret{core.Secret(reg.Key)}}
		a := coretest.Open(t, New, conf, deps(box, &coretest.Log{}, p.Client()))
		p.SetHook(a)
		r := &rig{Account: a, platform: p, inbox: box}
		r.answering(t, text("您好"))
		control := p.Control()
		act := func(body string, want int) {
			t.Helper()
			if w := coretest.Serve(control, "POST /", body); w.Code != want {
				t.Errorf("%s: answered %d %s", body, w.Code, w.Body)
			}
			time.Sleep(5 * time.Second)
		}
		state := func() (s fake.State) {
			w := coretest.Serve(control, "GET /?who=o1", "")
			if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
				t.Fatal(err)
			}
			return s
		}
		act(`{"who":"o1","do":"say","text":"问"}`, 200)
		if s := state(); len(s.Screen) != 2 || s.Screen[1].How != "passive" || s.Screen[1].Text != "您好" || s.Left != 5 {
			t.Errorf("the page shows %+v", s)
		}
		act(`{"who":"o1","do":"break_token"}`, 200)
		r.inbox.Heard = nil
		if _, err := a.Send(t.Context(), say("d", "o1", "在")); err != nil {
			t.Error(err)
		}
		for _, do := range []string{"follow", "scan", "click", "tap", "image", "voice", "unfollow", "close_window", "fail"} {
			act(`{"who":"o1","do":"`+do+`","text":"x","id":"x"}`, 200)
		}
		if s := state(); s.Left != 0 || s.Tokens != 1 || s.Follows || len(box.Got()) != 8 {
			t.Errorf("the page shows %+v, %d filed", s, len(box.Got()))
		}
		act(`{"who":"o1","do":"fly"}`, 400)
		act(`{"do":"say"}`, 400)
	})
}
