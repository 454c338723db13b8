package hub

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/action"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/queue"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A play is a .chat file on a stage: the real store, desk and scripts, under a
// clock of its own. Between two lines everything is on disk and read again.
type play struct {
	*stage
	scene func(core.Scene) core.Scene
	last  core.Choice
	who   string // who spoke last
	shown []string
	staff map[string]bool
	desks []string
}

func newPlay(t *testing.T, b *dialog.Engine) *play {
	st, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, clock: time.Date(2026, 11, 23, 10, 0, 0, 0, zone)}
	p := &play{stage: s, staff: map[string]bool{}}
	s.web = &pipe{name: "web", lim: core.Limits{Options: 10, Idempotent: true, Names: true}}
	s.desk = &pipe{name: "desk", lim: core.Limits{Threads: true, Cases: true}}
	p.crew(core.LineState{OnDuty: 2, Free: 1})
	s.Hub = New(Config{Store: st, Bus: bus.New(), Books: func(string) *dialog.Engine { return b }, Now: func() time.Time { return s.clock },
		Line:  queue.Rules{Mode: queue.ModeManual},
		Desk:  &desk.Rules{Words: b.Words, Desks: []desk.Desk{{Name: "desk", Lang: "zh-CN", Crowd: -1}}},
		Scene: func(sc core.Scene) core.Scene { return p.scene(sc) }})
	d := coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, nil)
	d.Name, d.Inbox, d.Now = "orders", s.Hub, s.Hub.now
	orders, err := action.New(action.Config{}, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("desk", core.RoleDesk, s.desk), s.Connect("orders", core.RoleSystem, orders)); err != nil {
		t.Fatal(err)
	}
	return p
}

// crew makes the line what the file says.
func (p *play) crew(l core.LineState) {
	p.scene = func(s core.Scene) core.Scene {
		s.Lines = map[string]core.LineState{"": l}
		return s
	}
}

func (p *play) step(s script.ChatStep) error {
	switch s.Kind {
	case script.ChatSay:
		return p.say(s)
	case script.ChatAgent:
		return p.agent(s)
	case script.ChatPass:
		p.work(s.Pass)
		p.gather()
	case script.ChatExpect:
		return take(&p.shown, s)
	case script.ChatDesk:
		return take(&p.desks, s)
	case script.ChatNothing:
		if len(p.shown) > 0 {
			return fmt.Errorf("shown %q, want nothing more", p.shown)
		}
	case script.ChatSet:
		return p.set(strings.Fields(s.Text))
	}
	return nil
}

// take looks for what is expected, in order.
func take(shown *[]string, s script.ChatStep) error {
	for i, got := range *shown {
		if ok, err := s.Matches(got); err != nil || ok {
			*shown = (*shown)[i+1:]
			return err
		}
	}
	return fmt.Errorf("want %q\n      shown %q", s.Text, *shown)
}

func (p *play) say(s script.ChatStep) error {
	p.who = cmp.Or(s.Who, "customer")
	parts := s.Parts()
	for i, x := range parts {
		if pick, ok := x.(core.Pick); ok && pick.Option == "" {
			o := slices.IndexFunc(p.last.Options, func(o core.Option) bool { return o.Label == pick.Label })
			if o < 0 {
				return fmt.Errorf("there is no button %q in %v", pick.Label, p.last.Options)
			}
			parts[i] = core.Pick{Option: p.last.Options[o].ID, Label: pick.Label}
		}
	}
	p.in(core.Envelope{Channel: "web", Peer: core.Peer{ID: p.who, Name: s.Who}, Parts: parts})
	p.work(0)
	p.gather()
	return nil
}

func (p *play) agent(s script.ChatStep) error {
	c, err := p.Hub.store.Conversation(p.t.Context(), core.Key{Channel: "web", Peer: p.who})
	if err != nil || c.Ticket == nil {
		return fmt.Errorf("no ticket that staff could answer: %w", err)
	}
	peer := core.Peer{ID: s.Who, Name: s.Who}
	if !p.staff[s.Who] {
		p.staff[s.Who] = true
		p.in(core.Envelope{Channel: "desk", Peer: peer, Parts: core.Parts{core.Pick{Option: "on"}}})
	}
	p.in(core.Envelope{Channel: "desk", Thread: "t" + c.Ticket.ID, Peer: peer, Parts: core.Parts{core.Text{Body: s.Text}}})
	p.work(0)
	p.gather()
	return nil
}

// gather is what customers and staff were shown since the last step.
func (p *play) gather() {
	for _, env := range p.web.take() {
		for _, part := range env.Parts {
			if c, ok := part.(core.Choice); ok {
				p.last = c
				p.shown = append(p.shown, c.Numbered())
				continue
			}
			p.shown = append(p.shown, core.Limits{}.Fit(core.Parts{part})[0].Text())
		}
	}
	for _, env := range p.desk.take() {
		for _, part := range env.Parts {
			p.desks = append(p.desks, core.Limits{}.Fit(core.Parts{part})[0].Text())
		}
	}
}

func (p *play) set(f []string) error {
	switch f[0] {
	case "start":
		at, err := time.ParseInLocation("2006-01-02 15:04", f[1]+" "+f[2], p.clock.Location())
		p.clock = at
		return err
	case "staff":
		n, err := strconv.Atoi(f[1])
		p.crew(core.LineState{OnDuty: n, Free: n})
		return err
	case "line":
		n, err := strconv.Atoi(f[1])
		l := core.LineState{Waiting: n, OnDuty: 2, Known: len(f) == 3}
		if len(f) == 3 {
			low, high, _ := strings.Cut(f[2], "-")
			l.Low, _ = time.ParseDuration(low)
			l.High, _ = time.ParseDuration(high)
		}
		p.crew(l)
		return err
	}
	return fmt.Errorf("= %s is not known", f[0])
}

// TestChats plays the demo's conversations on the whole program.
func TestChats(t *testing.T) {
	b, err := script.Load(flows.FS, script.Options{Base: flows.FS, Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(flows.FS, "*.chat")
	if err != nil || len(names) < 8 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			src, err := fs.ReadFile(flows.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := script.ParseChat(name, src)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlay(t, dialog.New(b))
			for i, s := range c.Steps {
				if i > 0 && (s.Kind == script.ChatSay || s.Kind == script.ChatAgent) && c.Steps[i-1].Kind != script.ChatSay {
					p.shown = nil
				}
				if err := p.step(s); err != nil {
					t.Errorf("%s: %v", s.Pos, err)
				}
			}
			if t.Failed() {
				t.Log(p.record("web", p.who))
			}
		})
	}
}
