package telegram

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A shop has two bots: customers write to one, staff answer in the group of the
// other. Hub, store, scripts and desk are the program's own; time is the test's.
type shop struct {
	*testing.T
	hub       *hub.Hub
	clock     *coretest.Clock
	front     *fake.Platform // the customers'
	back      *fake.Platform // the staff's
	customers *Channel
	staff     *Channel
	topic     int64
}

func newShop(t *testing.T) *shop {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{T: t, clock: coretest.NewClock(time.Date(2026, 11, 23, 10, 0, 0, 0, zone))}
	now := s.clock.Now
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "frontdesk.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	book, err := script.Load(flows.FS, script.Options{Base: flows.FS, Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	s.hub = hub.New(hub.Config{Store: st, Bus: bus.New(), Books: func(string) *dialog.Engine { return dialog.New(book) }, Now: now, Line: queue.Rules{Mode: queue.ModeManual},
		Desk: &desk.Rules{Words: book.Words, Zone: zone, Edits: func(string) bool { return true },
			Desks: []desk.Desk{{Name: "staff", Lang: "zh-CN", Crowd: -1, Hold: 5 * time.Second}}}})
	s.front, s.back = fake.New(fake.Options{Token: token, Now: now}), fake.New(fake.Options{Token: token, Now: now, Group: group, Forum: true})
	s.back.Join(lin)
	blobs := &coretest.Blobs{}
	open := func(name string, p *fake.Platform, c Config) *Channel {
		c.Token, c.API, c.Webhook, c.Secret = token, "http://"+name+".test", "https://desk.example/hook/"+name+"/", secret
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		return coretest.Open(t, New, c, core.Deps{Name: name, Inbox: s.hub, Views: st, Values: st, Blobs: blobs, HTTP: p.Client(), Log: slog.New(slog.DiscardHandler), Meter: coretest.Meter{}, Now: now})
	}
	s.customers, s.staff = open("bot", s.front, Config{}), open("staff", s.back, Config{Group: group})
	if err := errors.Join(s.hub.Connect("bot", core.RoleChannel, s.customers), s.hub.Connect("staff", core.RoleDesk, s.staff)); err != nil {
		t.Fatal(err)
	}
	return s
}

// after delivers what people wrote and lets the time pass, doing what falls due.
func (s *shop) after(pass time.Duration) {
	s.Helper()
	err := errors.Join(s.front.Deliver(s.Context(), hook{s.customers}), s.back.Deliver(s.Context(), hook{s.staff}),
		s.customers.albums.join(s.Context(), 0), s.staff.albums.join(s.Context(), 0))
	if err != nil {
		s.Fatal(err)
	}
	s.clock.Work(s, pass, s.hub.Work)
}

func (s *shop) customer(text string) {
	s.Helper()
	s.front.Write(wang, wang.ID, fake.Draft{Text: text})
	s.after(3 * time.Second)
}

func (s *shop) agent(d fake.Draft) int64 {
	s.Helper()
	d.Topic = s.topic
	id := s.back.Write(lin, group, d)
	s.after(6 * time.Second)
	return id
}

// phone and room are what customer and staff were shown.
func (s *shop) phone() []fake.Message { return s.front.Said(wang.ID) }
func (s *shop) room() []fake.Message  { return s.back.In(s.topic) }

func texts(ms []fake.Message) (out []string) {
	for _, m := range ms {
		out = append(out, m.Text)
	}
	return out
}

func (s *shop) shows(where string, ms []fake.Message, want string) fake.Message {
	s.Helper()
	for _, m := range slices.Backward(ms) {
		if strings.Contains(m.Text, want) {
			return m
		}
	}
	s.Fatalf("%s does not show %q: %q", where, want, texts(ms))
	return fake.Message{}
}

// TestWhole plays a customer's case from the first word to the survey.
func TestWhole(t *testing.T) {
	s := newShop(t)
	s.agent(fake.Draft{Text: "/on"})
	s.customer("/start")
	s.customer("人工")
	if len(s.back.Topics()) != 1 {
		t.Fatalf("topics %+v; the phone shows %q", s.back.Topics(), texts(s.phone()))
	}
	s.topic = s.back.Topics()[0].ID
	card := s.room()[0]
	if err := s.back.Press(lin, group, card.ID, "接听"); err != nil {
		t.Fatal(err)
	}
	s.after(time.Second)
	if card = s.room()[0]; !card.Edited || !strings.Contains(card.Text, "小林") {
		t.Errorf("the card says %q", card.Text)
	}

	id := s.agent(fake.Draft{Text: "您好，周四送到"})
	s.shows("the phone", s.phone(), "您好，周四送到")
	if m := s.back.Chat(group); m[slices.IndexFunc(m, func(m fake.Message) bool { return m.ID == id })].Reaction != "👌" {
		t.Error("the agent does not see that it arrived")
	}
	s.back.Revise(group, id, "您好，周五送到")
	s.after(6 * time.Second)
	if m := s.shows("the phone", s.phone(), "周五"); !m.Edited {
		t.Errorf("not corrected in its place: %+v", m)
	}

	s.front.Write(wang, wang.ID, fake.Draft{Kind: "photo", Text: "碎了", File: fake.File{Body: []byte("a picture")}})
	s.after(2 * time.Second)
	if m := s.shows("the topic", s.room(), "👤 Wang Min: 碎了"); m.Kind != "photo" || string(m.File.Body) != "a picture" || !slices.Equal(m.Mentions, []int64{lin.ID}) {
		t.Errorf("the topic has %+v", m)
	}
	before := len(s.phone())
	for i, words := range []string{"", "// 内部照片", ""} {
		s.back.Write(lin, group, fake.Draft{Topic: s.topic, Kind: "photo", Album: "A", Text: words, File: fake.File{Body: []byte{byte(i)}}})
	}
	s.after(10 * time.Second)
	if now := s.phone(); len(now) != before {
		t.Errorf("a note's pictures reached the customer: %+v", now[before:])
	}
	s.agent(fake.Draft{Kind: "voice", File: fake.File{Body: []byte("OggS"), Type: "audio/ogg"}})
	if now := s.phone(); len(now) != before+1 || now[before].Kind != "voice" || string(now[before].File.Body) != "OggS" {
		t.Errorf("a recording did not: %+v", now[before:])
	}

	s.deleted()
	s.busy()
	s.agent(fake.Draft{Text: "都看到了"})
	s.agent(fake.Draft{Text: "/close 已补发 #破损"})
	if last := s.back.Topics(); !last[len(last)-1].Closed {
		t.Errorf("the topic is open still: %+v; it has %q", last, texts(s.room()))
	}
	s.shows("the phone", s.phone(), "解决了吗")
}

// deleted: somebody deletes the topic; the customer writes on.
func (s *shop) deleted() {
	s.back.DeleteTopic(s.topic)
	s.customer("还有一个杯子")
	ts := s.back.Topics()
	s.topic = ts[len(ts)-1].ID
	in := s.room()
	if len(ts) != 2 || len(in) < 2 || !strings.Contains(in[0].Text, "碎了") || len(in[0].Buttons) == 0 {
		s.Fatalf("topics %+v, the new one has %q", ts, texts(in))
	}
	s.shows("the new topic", in, "被删除")
	s.shows("the new topic", in, "👤 Wang Min: 还有一个杯子")
	s.agent(fake.Draft{Text: "一起补发"})
	s.shows("the phone", s.phone(), "一起补发")
}

// busy: the group answers 429, then has had its posts of the minute; the
// customer's lines come later, in order, none lost.
func (s *shop) busy() {
	s.back.Throttle(group, 30*time.Second)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("第 %d 句", i))
		s.front.Write(wang, wang.ID, fake.Draft{Text: fmt.Sprintf("第 %d 句", i)})
	}
	s.after(90 * time.Second)
	var got []string
	for _, m := range s.room() {
		if words, ok := strings.CutPrefix(m.Text, "👤 Wang Min: 第"); ok {
			got = append(got, "第"+words)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.Errorf("the topic has %q", got)
	}
	n := 0
	for _, c := range s.back.Calls("sendMessage") {
		if strings.Contains(c.Params["text"], "句") {
			n++
		}
	}
	if n > len(want)+1 {
		s.Errorf("%d posts were tried for %d lines", n, len(want))
	}
}
