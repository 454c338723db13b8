package slack

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// TestWholeRooms passes a customer's case from one room to another and back, with
// what was said; nothing is lost, and nobody speaks to them from where it was.
func TestWholeRooms(t *testing.T) {
	s := newShop(t, map[string]string{"complaint": leads}, "presale", "aftersale", "complaint")
	s.w.User("U0ZHOU", "老周", false)
	s.w.Room(leads, "U0ZHOU")
	for user, in := range map[string]string{"U0LIN": fake.Channel, "U0ZHOU": leads} {
		s.w.Slash(user, in, "上班")
		s.after(time.Second)
		s.shows(user, s.alone(user), "已上班")
	}
	s.customer(core.Text{Body: "人工"})
	s.root = s.w.Roots()[0].TS
	s.press("U0LIN", "claim", s.w.Roots()...)
	s.agent("U0LIN", "您好")
	s.customer(core.Text{Body: "我要投诉你们"})
	old := s.root

	s.press("U0LIN", "transfer", s.w.Roots()...)
	s.fill("U0LIN", map[string]string{"to/2": "complaint", "note": "客户急"})
	s.moved(old, leads, 1, "我要投诉你们")
	s.shows("the new card", lines(s.w.In(leads)), "客户急")
	s.shows("Lin", s.alone("U0LIN"), "已转到“complaint”")
	s.customer(core.Text{Body: "还在吗"})
	s.shows("the new room", append(lines(s.w.In(leads)), s.thread()...), "还在吗")

	before := s.phone.texts()
	s.w.Say("U0LIN", old, "我再说一句")
	s.after(10 * time.Second)
	if now := s.phone.texts(); !slices.Equal(now, before) {
		t.Errorf("the phone shows %q", now[len(before):])
	}
	s.shows("Lin", s.alone("U0LIN"), "<#C0LEADS>")

	s.press("U0ZHOU", "claim", s.w.In(leads)...)
	s.agent("U0ZHOU", "我是老周")
	s.shows("the phone", s.phone.texts(), "我是老周")
	old = s.root
	s.press("U0ZHOU", "transfer", s.w.In(leads)...)
	s.w.Refuse("chat.postMessage", "500", "500", "500") // it takes a while to open there
	if err := s.w.Submit("U0ZHOU", map[string]string{"to/2": "presale"}); err != nil {
		t.Fatal(err)
	}
	s.customer(core.Text{Body: "谁来管管"})
	s.after(time.Minute)
	s.moved(old, fake.Channel, 2, "还在吗")
	s.shows("the room that it came back to", append(lines(s.w.Roots()), s.thread()...), "谁来管管")
	s.press("U0LIN", "claim", s.w.Roots()...)
	s.agent("U0LIN", "又是我")
	s.shows("the phone", s.phone.texts(), "又是我")
	s.after(time.Minute)
	if a, b := len(s.w.Roots()), len(s.w.In(leads)); a != 2 || b != 1 {
		t.Errorf("%d cards and %d", a, b)
	}
}

// moved finds the ticket in a room, as its n-th card there, with what was said;
// the old thread leads there.
func (s *shop) moved(old, room string, n int, said string) {
	s.Helper()
	roots := s.w.In(room)
	if len(roots) != n {
		s.Fatalf("%s has %q\n%s has %q", room, lines(roots), old, lines(s.w.Thread(old)))
	}
	last := s.w.Thread(old)
	s.shows("the new card", lines(roots[n-1:]), said)
	s.shows("the old card", lines(last[:1]), "<#"+room+">")
	if len(fake.Buttons(last[0].Blocks)) > 0 {
		s.Errorf("the old card has buttons: %q", last[0].Words())
	}
	s.root = roots[n-1].TS
	s.shows("the old thread", lines(last), "/archives/"+room+"/p"+strings.ReplaceAll(s.root, ".", ""))
	s.shows("the new thread", s.thread(), "会话移到了这里")
}
