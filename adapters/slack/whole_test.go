package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
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

// A phone is a customers' channel: what it shows, and what it fails with.
type phone struct {
	mu    sync.Mutex
	shown []core.Envelope
	err   error
}

func (p *phone) Limits() core.Limits {
	return core.Limits{Text: 2000, Media: []string{""}, Options: 10, Names: true}
}

func (p *phone) Send(_ context.Context, env core.Envelope) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return "", p.err
	}
	p.shown = append(p.shown, env)
	return fmt.Sprint(len(p.shown) - 1), nil
}

func (p *phone) Edit(_ context.Context, ref string, env core.Envelope) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var i int
	_, err := fmt.Sscan(ref, &i)
	p.shown[i].Parts = env.Parts
	return err
}

func (p *phone) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *phone) texts() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.shown {
		out = append(out, e.Parts.Text())
	}
	return out
}

// A shop has customers with phones and staff in Slack. Hub, store, scripts and
// desk are the program's own; time is the test's.
type shop struct {
	*testing.T
	hub   *hub.Hub
	clock *coretest.Clock
	w     *fake.Workspace
	phone phone
	blobs coretest.Blobs
	root  string
	n     int
}

func newShop(t *testing.T, rooms map[string]string, topics ...string) *shop {
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	s := &shop{T: t, w: fake.New(), clock: coretest.NewClock(time.Date(2026, 11, 23, 10, 0, 0, 0, zone))}
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "frontdesk.db"), Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	book, err := script.Load(flows.FS, script.Options{Base: flows.FS, Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	s.hub = hub.New(hub.Config{Store: st, Bus: bus.New(), Books: func(string) *dialog.Engine { return dialog.New(book) }, Now: s.clock.Now, Line: queue.Rules{Mode: queue.ModeManual},
		Desk: &desk.Rules{Words: book.Words, Zone: zone, Edits: func(string) bool { return true },
			Desks: []desk.Desk{{Name: "slack", Lang: "zh-CN", Crowd: -1, Hold: 5 * time.Second, Topics: topics}}}})
	srv := httptest.NewServer(s.w)
	t.Cleanup(srv.Close)
	s.w.URL, s.w.Now = srv.URL, s.clock.Now
	c := config(srv.URL)
	c.App, c.Rooms = "", rooms
	ch := coretest.Open(t, New, c, core.Deps{Name: "slack", Inbox: s.hub, Views: st, Values: st, Blobs: &s.blobs, HTTP: srv.Client(), Log: slog.New(slog.DiscardHandler), Meter: coretest.Meter{}, Now: s.clock.Now})
	ch.marks.patience = time.Hour // only what became of a message
	events := httptest.NewServer(ch)
	t.Cleanup(events.Close)
	s.w.Events = events.URL
	if err := errors.Join(s.hub.Connect("app", core.RoleChannel, &s.phone), s.hub.Connect("slack", core.RoleDesk, ch)); err != nil {
		t.Fatal(err)
	}
	return s
}

// after lets the time pass, doing what falls due.
func (s *shop) after(pass time.Duration) {
	s.Helper()
	if !s.w.Until(func() bool { return s.w.Unacked() == 0 }) {
		s.Fatal("not everything was filed")
	}
	s.clock.Work(s, pass, s.hub.Work)
}

func (s *shop) customer(parts ...core.Part) {
	s.Helper()
	s.n++
	err := s.hub.Receive(s.Context(), core.Envelope{Channel: "app", Peer: core.Peer{ID: "wang", Name: "王先生", Lang: "zh-CN"}, Ref: fmt.Sprint(s.n), At: s.clock.Now(), Cause: core.CauseMessage, Parts: parts})
	if err != nil {
		s.Fatal(err)
	}
	s.after(3 * time.Second)
}

func (s *shop) agent(user, text string, files ...fake.File) string {
	s.Helper()
	ts := s.w.Say(user, s.root, text, files...)
	s.after(6 * time.Second)
	return ts
}

func (s *shop) press(user, value string, ms ...fake.Message) {
	s.Helper()
	for _, m := range slices.Backward(ms) {
		if slices.Contains(fake.Buttons(m.Blocks), value) {
			if err := s.w.Press(user, m.TS, value); err != nil {
				s.Fatal(err)
			}
			s.after(time.Second)
			return
		}
	}
	s.Fatalf("there is no button %q", value)
}

// fill waits for a form, fills it in and sends it.
func (s *shop) fill(user string, values map[string]string) {
	s.Helper()
	if s.w.View(user) == nil {
		s.Fatal("no form is open")
	}
	if err := s.w.Submit(user, values); err != nil {
		s.Fatal(err)
	}
	s.after(6 * time.Second)
}

// button is the value of a button under the last message that has one which
// begins so.
func (s *shop) button(ms []fake.Message, prefix string) string {
	s.Helper()
	for _, m := range slices.Backward(ms) {
		for _, v := range fake.Buttons(m.Blocks) {
			if strings.HasPrefix(v, prefix) {
				return v
			}
		}
	}
	s.Fatalf("there is no button %s…", prefix)
	return ""
}

func (s *shop) message(ts string) fake.Message {
	s.Helper()
	for _, m := range s.w.Thread(s.root) {
		if m.TS == ts {
			return m
		}
	}
	s.Fatalf("there is no message %s", ts)
	return fake.Message{}
}

func (s *shop) shows(where string, texts []string, want string) {
	s.Helper()
	if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, want) }) {
		s.Errorf("%s does not show %q: %q", where, want, texts)
	}
}

func lines(ms []fake.Message) (out []string) {
	for _, m := range ms {
		out = append(out, m.Words())
	}
	return out
}

func (s *shop) thread() []string { return lines(s.w.Thread(s.root)) }
func (s *shop) alone(user string) []string {
	return lines(s.w.Told(user))
}

// TestWhole plays a customer's case from the first word to the survey.
func TestWhole(t *testing.T) {
	s := newShop(t, nil)
	for _, user := range []string{"U0LIN", "U0CHEN"} {
		s.w.Slash(user, fake.Channel, "上班")
		s.after(time.Second)
		s.shows("Slack", s.alone(user), "已上班")
	}
	s.customer(core.Text{Body: "人工"})
	if len(s.w.Roots()) != 1 {
		t.Fatalf("roots %q; the phone shows %q", lines(s.w.Roots()), s.phone.texts())
	}
	s.root = s.w.Roots()[0].TS
	s.press("U0LIN", "claim", s.w.Roots()...)
	s.shows("the card", lines(s.w.Roots()), "小林 处理中")
	s.spoken()
	s.files()
	s.failure()
	s.passedOn()
	s.deleted()
	s.closed()
}

// spoken: what the owner writes goes out, and only that; it can be taken back
// and corrected.
func (s *shop) spoken() {
	ts := s.agent("U0LIN", "您好 &amp; 欢迎，<https://shop.example|看这里>")
	s.shows("the phone", s.phone.texts(), "您好 & 欢迎，看这里 (https://shop.example)")
	if got := s.message(ts).Marks(); !slices.Equal(got, []string{"white_check_mark"}) {
		s.Errorf("marks %q", got)
	}
	s.w.Edit(ts, "您好")
	s.after(6 * time.Second)
	if n := len(s.phone.texts()); s.phone.texts()[n-1] != "您好" {
		s.Errorf("not corrected in its place: %q", s.phone.texts())
	}
	before := len(s.phone.texts())
	undone := s.w.Say("U0LIN", s.root, "说错了")
	s.after(2 * time.Second)
	s.w.Delete(undone)
	s.after(10 * time.Second)
	s.agent("U0LIN", "!备注 老客户")
	s.agent("U0CHEN", "我来回")
	if now := s.phone.texts(); len(now) != before {
		s.Errorf("what was taken back or a note went out: %q", now[before:])
	}
	s.shows("Chen", s.alone("U0CHEN"), "会话在 小林 手上")
	s.press("U0CHEN", s.button(s.w.Told("U0CHEN"), "drop:"), s.w.Told("U0CHEN")...)
	s.customer(core.Text{Body: "在吗 <!channel>"})
	s.shows("the thread", s.thread(), "在吗 &lt;!channel&gt;")
}

// files go both ways.
func (s *shop) files() {
	m, err := s.blobs.Save(s.Context(), core.Media{Type: "image/png", Name: "碎.png"}, strings.NewReader("broken"), 100)
	if err != nil {
		s.Fatal(err)
	}
	s.customer(m)
	last := s.w.Thread(s.root)[len(s.w.Thread(s.root))-1]
	for _, m := range s.w.Thread(s.root) {
		if len(m.Files) > 0 {
			last = m
		}
	}
	if len(last.Files) != 1 || s.w.Body(last.Files[0].ID) != "broken" {
		s.Errorf("the thread has %+v", last)
	}
	s.agent("U0LIN", "", fake.Upload("new.png", "whole"))
	sent := s.phone.shown[len(s.phone.shown)-1]
	if m, ok := sent.Parts[0].(core.Media); !ok || s.body(m) != "whole" {
		s.Errorf("the phone shows %+v", sent.Parts)
	}
}

func (s *shop) body(m core.Media) string {
	r, _, err := s.blobs.Open(s.Context(), m.Handle)
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	b, _ := io.ReadAll(r)
	return string(b)
}

// failure: a message that does not arrive is marked, its agent told why; Retry
// sends it.
func (s *shop) failure() {
	s.phone.fail(&core.SendError{Kind: core.KindRejected, Err: errors.New("a word is not allowed")})
	ts := s.agent("U0LIN", "到付可以吗")
	s.phone.fail(nil)
	if got := s.message(ts).Marks(); !slices.Equal(got, []string{"warning"}) {
		s.Errorf("marks %q", got)
	}
	s.shows("Lin", s.alone("U0LIN"), "a word is not allowed")
	s.press("U0LIN", s.button(s.w.Told("U0LIN"), "retry:"), s.w.Told("U0LIN")...)
	s.shows("the phone", s.phone.texts(), "到付可以吗")
}

// passedOn: a form passes the ticket to a colleague, with a note.
func (s *shop) passedOn() {
	s.press("U0LIN", "transfer", s.w.Roots()...)
	s.fill("U0LIN", map[string]string{"to/1": "slack/U0CHEN", "note": "客户急"})
	s.shows("the thread", s.thread(), "客户急")
	s.press("U0CHEN", "claim", s.w.Roots()...)
	s.shows("the card", lines(s.w.Roots()), "Mary Chen 处理中")
	s.agent("U0CHEN", "我是 Mary")
	s.shows("the phone", s.phone.texts(), "我是 Mary")
}

// deleted: somebody deletes the card; the customer writes on.
func (s *shop) deleted() {
	s.w.Delete(s.root)
	s.after(time.Second)
	s.agent("U0CHEN", "写在旧线程里")
	s.shows("Chen", s.alone("U0CHEN"), "新卡片")
	s.customer(core.Text{Body: "还有一个杯子"})
	roots := s.w.Roots()
	if s.root = roots[len(roots)-1].TS; len(roots) != 2 {
		s.Fatalf("roots %q", lines(roots))
	}
	s.shows("the new thread", s.thread(), "还有一个杯子")
	s.shows("the new thread", s.thread(), "被删除")
	s.agent("U0CHEN", "一起补发")
	s.shows("the phone", s.phone.texts(), "一起补发")
}

// closed: a form closes the ticket; the customer is asked to rate it.
func (s *shop) closed() {
	s.press("U0CHEN", "close", s.w.Roots()...)
	s.fill("U0CHEN", map[string]string{"summary": "已补发两个", "tags": "破损"})
	s.shows("the card", lines(s.w.Roots()), "破损")
	s.shows("the phone", s.phone.texts(), "解决")
	s.w.OpenHome("U0CHEN")
	s.after(time.Second)
	if v := s.w.Home("U0CHEN"); v == nil || !strings.Contains(string(v.Blocks), "您在岗") {
		s.Errorf("the home is %+v", v)
	}
}
