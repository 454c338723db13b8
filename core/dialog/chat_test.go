package dialog_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/action"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

func demo(t testing.TB) *dialog.Engine {
	t.Helper()
	b, err := script.Load(flows.FS, script.Options{Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(b)
}

// player is a customer, a bot and as much of the rest as a script needs: the
// state is written and read again between any two lines.
type player struct {
	t      testing.TB
	b      *dialog.Engine
	c      core.Conversation
	now    time.Time
	line   core.LineState
	unread []core.Envelope
	shown  []string // to the customer, not yet expected
	all    []string
	last   *core.Choice
	events []core.Event
	orders core.Adapter
	inbox  *coretest.Inbox
	seen   int
	ref    int
	others map[string]core.Conversation // by the name of who has them
	deaf   bool                         // business systems do not answer
	heard  int                          // bubbles of the customer
	said   int                          // of the bot, since heard was zero
}

func newPlayer(t testing.TB, b *dialog.Engine) *player {
	p := &player{t: t, b: b, now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), inbox: &coretest.Inbox{},
		line: core.LineState{OnDuty: 2, Free: 1}}
	p.c.Key = core.Key{Channel: "web", Peer: "p1"}
	d := coretest.Deps(p.inbox, &coretest.Log{}, nil)
	d.Name = "orders"
	a, err := action.New(action.Config{}, d)
	if err != nil {
		t.Fatal(err)
	}
	p.orders = a
	return p
}

func (p *player) scene() core.Scene {
	return core.Scene{Now: p.now, Lines: map[string]core.LineState{"": p.line}}
}

// turn runs Step once over what is unread, and again while a business system
// answers at once.
func (p *player) turn() {
	p.t.Helper()
	for range 20 {
		before, _ := json.Marshal(p.c)
		out, err := p.b.Step(p.c, p.unread, p.scene())
		if err != nil {
			p.t.Fatal(err)
		}
		if after, _ := json.Marshal(p.c); string(after) != string(before) {
			p.t.Errorf("Step wrote to its input:\n%s\n%s", before, after)
		}
		again, err := p.b.Step(p.c, p.unread, p.scene()) // a turn may be taken again
		one, _ := json.Marshal(out)
		if two, _ := json.Marshal(again); err != nil || string(one) != string(two) {
			p.t.Errorf("taken again, the turn differs: %v\n%s\n%s", err, one, two)
		}
		p.unread = p.unread[len(p.unread)-out.Left:]
		p.take(out)
		got := p.inbox.Got()[p.seen:]
		p.seen += len(got)
		if p.deaf || len(got) == 0 {
			return
		}
		p.unread = append(p.unread, got...)
	}
	p.t.Fatal("the business system is asked again and again")
}

func (p *player) take(out core.Outcome) {
	p.t.Helper()
	raw, err := json.Marshal(out.Conversation)
	if err != nil {
		p.t.Fatal(err)
	}
	p.c = core.Conversation{}
	if err := json.Unmarshal(raw, &p.c); err != nil {
		p.t.Fatal(err)
	}
	if k := p.c.Ticket; k != nil && k.ID == "" {
		p.ref++
		k.ID = "T" + strconv.Itoa(p.ref)
	}
	p.events = append(p.events, out.Events...)
	for _, env := range out.Say {
		if env.Channel != p.c.Key.Channel {
			p.ref++
			env.ID = "e" + strconv.Itoa(p.ref)
			if _, err := p.orders.Send(p.t.Context(), env); err != nil {
				p.t.Fatal(err)
			}
			continue
		}
		if env.By.Kind != core.ByBot || env.By.Name == "" {
			p.t.Errorf("said by %+v", env.By)
		}
		for _, part := range env.Parts {
			p.said++
			s := ""
			switch x := part.(type) {
			case core.Text:
				s = x.Body
			case core.Choice:
				p.last = &x
				s = x.Numbered()
			case core.Card:
				s = x.Title + x.URL
			default:
				p.t.Fatalf("said %T", part)
			}
			if s == "" || strings.Contains(strings.ReplaceAll(s, "{{ name }}", ""), "{{") { // but for what the customer typed
				p.t.Errorf("said %q", s)
			}
			p.shown, p.all = append(p.shown, s), append(p.all, s)
		}
	}
}

// says sends one message of the customer.
func (p *player) says(parts ...core.Part) {
	p.t.Helper()
	for i, x := range parts {
		if pick, ok := x.(core.Pick); ok && pick.Option == "" && p.last != nil {
			for _, o := range p.last.Options {
				if o.Label == pick.Label {
					parts[i] = core.Pick{Option: o.ID, Label: o.Label}
				}
			}
		}
	}
	p.ref++
	p.heard++
	p.unread = append(p.unread, core.Envelope{Channel: "web", Ref: "r" + strconv.Itoa(p.ref), At: p.now, Filed: p.now, Parts: parts})
	p.turn()
	if p.said > 2*p.heard {
		p.t.Errorf("%d messages to %d of the customer's: %q", p.said, p.heard, p.all)
	}
}

func (p *player) text(s string) { p.t.Helper(); p.says(core.Text{Body: s}) }

// passes lets time go by, with the turns that the bot asked for.
func (p *player) passes(d time.Duration) {
	p.t.Helper()
	end := p.now.Add(d)
	for !p.c.Wakes.At(core.WakeBot).IsZero() && !p.c.Wakes.At(core.WakeBot).After(end) {
		if p.c.Wakes.At(core.WakeBot).After(p.now) {
			p.now = p.c.Wakes.At(core.WakeBot)
		}
		was := p.c.Wakes.At(core.WakeBot)
		p.turn()
		if p.c.Wakes.At(core.WakeBot).Equal(was) {
			p.t.Fatalf("woken at %s, and wants to be woken then again", was)
		}
	}
	p.now = end
}

// agent does what staff do, as far as the bot is concerned.
func (p *player) agent(text string) {
	p.t.Helper()
	switch cmd, _, _ := strings.Cut(text, " "); cmd {
	case "!claim":
		p.c.State, p.c.Ticket.State, p.c.Ticket.Claimed, p.c.Ticket.Agent = core.WithAgent, core.TicketActive, p.now, "desk/lin"
	case "!close":
		p.c.State, p.c.Ticket.State, p.c.Ticket.Closed, p.c.Ticket.Outcome = core.WithBot, core.TicketClosed, p.now, "solved"
		p.heard++
		p.take(p.b.AfterClose(p.c, p.scene()))
	default:
		p.shown = append(p.shown, text)
	}
}

// play runs a .chat file.
func (p *player) play(c *script.Chat) {
	p.t.Helper()
	for i, s := range c.Steps {
		if (s.Kind == script.ChatSay || s.Kind == script.ChatAgent) && (i == 0 || c.Steps[i-1].Kind != script.ChatSay) {
			p.shown = nil
		}
		p.step(s)
	}
}

// meets goes on with the conversation of a customer, or begins one.
func (p *player) meets(who string) {
	if p.others == nil {
		p.others = map[string]core.Conversation{}
	}
	if old := p.c.Peer.Name; old != "" && old != who {
		p.others[old] = p.c
		c, ok := p.others[who]
		if !ok {
			c.Key = core.Key{Channel: p.c.Key.Channel, Peer: "p-" + who}
		}
		p.c, p.unread, p.last = c, nil, nil
	}
	p.c.Peer.Name = who
}

func (p *player) step(s script.ChatStep) {
	p.t.Helper()
	switch s.Kind {
	case script.ChatSay:
		p.meets(s.Who)
		p.says(s.Parts()...)
	case script.ChatAgent:
		p.agent(s.Text)
	case script.ChatPass:
		p.passes(s.Pass)
	case script.ChatExpect:
		for i, got := range p.shown {
			ok, err := s.Matches(got)
			if err != nil {
				p.t.Fatal(err)
			}
			if ok {
				p.shown = p.shown[i+1:]
				return
			}
		}
		p.t.Errorf("%s: want %s\nshown %q\nwhy %s", s.Pos, s.Text, p.shown, p.why())
	case script.ChatNothing:
		if len(p.shown) > 0 {
			p.t.Errorf("%s: shown %q, want nothing more\nwhy %s", s.Pos, p.shown, p.why())
		}
	case script.ChatSet:
		p.set(s)
	}
}

func (p *player) why() string {
	var b strings.Builder
	for _, e := range p.events[max(0, len(p.events)-4):] {
		b.WriteString("\n  " + string(e.Kind) + ": " + e.Why)
	}
	return b.String()
}

func (p *player) set(s script.ChatStep) {
	p.t.Helper()
	f := strings.Fields(s.Text)
	switch {
	case f[0] == "start" && len(f) == 3:
		at, err := time.ParseInLocation("2006-01-02 15:04", f[1]+" "+f[2], time.FixedZone("", 8*3600))
		if err != nil {
			p.t.Fatalf("%s: %v", s.Pos, err)
		}
		p.now = at
	case f[0] == "staff" && len(f) == 2:
		n, _ := strconv.Atoi(f[1])
		p.line.OnDuty, p.line.Free = n, n
	case f[0] == "line" && len(f) >= 2:
		p.line.Waiting, _ = strconv.Atoi(f[1])
		p.line.Free = 0
		if len(f) == 3 {
			low, high, _ := strings.Cut(f[2], "-")
			p.line.Low, _ = time.ParseDuration(low)
			p.line.High, _ = time.ParseDuration(high)
			p.line.Known = true
		}
	default:
		p.t.Fatalf("%s: = %s is not known here", s.Pos, s.Text)
	}
}

// The demo's conversations hold, with the first model and with the better one.
func TestChats(t *testing.T) {
	playAll(t, demo(t))
	if testing.Short() {
		return
	}
	b := demo(t)
	if err := b.Matcher.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	playAll(t, b)
}

func playAll(t *testing.T, b *dialog.Engine) {
	t.Helper()
	playFiles(t, b, "../../flows/*.chat", 8)
}

// playFiles plays the files of a pattern, at least so many.
func playFiles(t *testing.T, b *dialog.Engine, pattern string, least int) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < least {
		t.Fatalf("%d chats, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := script.ParseChat(filepath.Base(name), src)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := script.ParseChat("x", []byte(c.String())); err != nil || again.String() != c.String() {
				t.Errorf("printed and read again it differs: %v", err)
			}
			newPlayer(t, b).play(c)
		})
	}
}

// Twenty conversations as people have them, from the greeting to the goodbye.
func TestWhole(t *testing.T) { playFiles(t, demo(t), "../../flows/testdata/whole/*.chat", 20) }
