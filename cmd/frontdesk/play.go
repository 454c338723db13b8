package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

func testCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "test [FILE.chat ...]",
		Short: "Play conversations against the scripts and report what differs",
		Long: `Play .chat files against the scripts, under a clock of their own. Without
arguments: all that stand in the folder of the scripts. The customer's side is
played for real, with the state written and read again between any two lines,
and the configured business systems are asked. Of the staff's side only taking
the conversation, writing and closing it are played (!claim, text, !close).`,
		RunE: func(c *cobra.Command, args []string) error {
			return playAll(c.Context(), c.OutOrStdout(), s, args)
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: the built-in configuration")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts, instead of the configuration's")
	c.Flags().BoolVar(&s.Quick, "quick", false, "understand as in the first seconds after a start, without the training that follows")
	return c
}

// playAll plays every file and says which hold.
func playAll(ctx context.Context, out io.Writer, s setup, files []string) error {
	conf, err := s.load()
	if err != nil {
		return err
	}
	sc, err := openScripts(conf, slog.New(slog.DiscardHandler))
	if err != nil {
		return placed(err, conf.Flows.Dir)
	}
	if !s.Quick {
		sc.refine(ctx)
	}
	dir, err := os.MkdirTemp("", "frontdesk-test-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := store.Open(ctx, store.Options{Path: dir})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()

	chats, err := chatFiles(conf, files)
	if err != nil {
		return err
	}
	bad := 0
	for _, c := range chats {
		p, err := newPlayer(conf, sc.book.Load(), st)
		if err != nil {
			return err
		}
		faults := p.play(ctx, c)
		for _, f := range faults {
			fmt.Fprintln(out, f)
		}
		if len(faults) > 0 {
			bad++
			continue
		}
		fmt.Fprintf(out, "ok    %s\n", c.File)
	}
	fmt.Fprintf(out, "%d conversations, %d differ\n", len(chats), bad)
	if bad > 0 {
		return errSaid
	}
	return nil
}

// chatFiles reads the files named, or all beside the scripts.
func chatFiles(conf *config.Config, names []string) ([]*dialog.Chat, error) {
	fsys, dir := fs.FS(flows.FS), ""
	if conf.Flows.Dir != "" {
		fsys, dir = os.DirFS(conf.Flows.Dir), conf.Flows.Dir
	}
	read := os.ReadFile
	if len(names) == 0 {
		var err error
		if names, err = fs.Glob(fsys, "*.chat"); err != nil {
			return nil, err
		}
		read = func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	} else {
		dir = ""
	}
	var out []*dialog.Chat
	var errs []error
	for _, name := range names {
		b, err := read(name)
		if err == nil {
			var c *dialog.Chat
			if c, err = dialog.ParseChat(filepath.Join(dir, name), b); err == nil {
				out = append(out, c)
			}
		}
		errs = append(errs, err)
	}
	if len(names) == 0 {
		errs = append(errs, errors.New("there are no .chat files here; make one with: frontdesk chat --record first.chat"))
	}
	return out, errors.Join(errs...)
}

// A player plays one conversation: the customers, the bot, and as much of the
// rest as a script needs.
type player struct {
	book    *dialog.Book
	zone    *time.Location
	systems map[string]core.Adapter
	now     time.Time
	line    core.LineState
	people  map[core.Key]*person
	at      *person // who spoke last
	refs    int
	faults  []error
}

// A person is a customer with their conversation.
type person struct {
	c      core.Conversation
	unread []core.Envelope
	shown  []string // not yet expected
	last   core.Choice
	why    []core.Event // of the last turns
}

func newPlayer(conf *config.Config, b *dialog.Book, st *store.Store) (*player, error) {
	zone, err := time.LoadLocation(conf.Zone)
	if err != nil {
		return nil, err
	}
	p := &player{
		book: b, zone: zone, systems: map[string]core.Adapter{}, people: map[core.Key]*person{},
		now: time.Date(2026, 11, 23, 10, 0, 0, 0, zone), line: core.LineState{OnDuty: 2, Free: 1},
	}
	var errs []error
	for _, x := range accounts(conf) {
		if x.role != hub.System {
			continue
		}
		log := slog.New(slog.DiscardHandler)
		a, err := make1(x, core.Deps{
			Name: x.name, Inbox: p, Views: st, Values: st, Bus: bus.New(), HTTP: httpClient(), Log: log,
			Meter: newMeter(log), Now: func() time.Time { return p.now },
		})
		p.systems[x.name] = a
		errs = append(errs, x.part.Explain(err))
	}
	return p, errors.Join(errs...)
}

// Receive implements core.Inbox: a business system answers.
func (p *player) Receive(_ context.Context, env core.Envelope) error {
	for key, who := range p.people {
		if key.String() == env.Thread {
			env.At, env.Filed = p.now, p.now
			who.unread = append(who.unread, env)
			return nil
		}
	}
	return fmt.Errorf("%w: an answer for nobody: %s", core.ErrInvalid, env.Thread)
}

// Report implements core.Inbox.
func (*player) Report(context.Context, core.Receipt) error { return nil }

// Typing implements core.Inbox.
func (*player) Typing(context.Context, core.Envelope) {}

// play returns what differs.
func (p *player) play(ctx context.Context, c *dialog.Chat) []error {
	for i, s := range c.Steps {
		speaks := s.Kind == dialog.ChatSay || s.Kind == dialog.ChatAgent
		if speaks && i > 0 && c.Steps[i-1].Kind != dialog.ChatSay && p.at != nil {
			p.at.shown = nil // what nobody expected may have been said
		}
		if err := p.step(ctx, s); err != nil {
			p.faults = append(p.faults, fmt.Errorf("%s: %w", s.Pos, err))
		}
	}
	return p.faults
}

func (p *player) step(ctx context.Context, s dialog.ChatStep) error {
	if p.at == nil && s.Kind != dialog.ChatSay && s.Kind != dialog.ChatSet && s.Kind != dialog.ChatComment && s.Kind != dialog.ChatPass {
		return errors.New("nobody has said anything yet; begin with @web name> text")
	}
	switch s.Kind {
	case dialog.ChatSay:
		return p.say(ctx, s)
	case dialog.ChatAgent:
		return p.agent(ctx, s.Text)
	case dialog.ChatPass:
		return p.pass(ctx, s.Pass)
	case dialog.ChatExpect:
		return p.expect(s)
	case dialog.ChatNothing:
		if len(p.at.shown) > 0 {
			return fmt.Errorf("shown %q, want nothing more%s", p.at.shown, p.at.reasons())
		}
	case dialog.ChatSet:
		return p.set(s)
	case dialog.ChatDesk, dialog.ChatOutage:
		return errors.New("what staff are shown and what breaks is not played here")
	}
	return nil
}

func (p *player) say(ctx context.Context, s dialog.ChatStep) error {
	key := core.Key{Channel: cmp.Or(s.Channel, "web"), Peer: cmp.Or(s.Who, "customer")}
	who, ok := p.people[key]
	if !ok {
		who = &person{c: core.Conversation{Key: key, Peer: core.Peer{ID: key.Peer, Name: s.Who}}}
		p.people[key] = who
	}
	p.at = who
	parts := s.Parts()
	for i, x := range parts {
		if pick, ok := x.(core.Pick); ok && pick.Option == "" {
			o := slices.IndexFunc(who.last.Options, func(o core.Option) bool { return o.Label == pick.Label })
			if o < 0 {
				return fmt.Errorf("there is no button %q; the last list has %v", pick.Label, who.last.Options)
			}
			parts[i] = core.Pick{Option: who.last.Options[o].ID, Label: pick.Label}
		}
	}
	p.refs++
	who.c.Heard = p.now
	who.unread = append(who.unread, core.Envelope{
		Channel: key.Channel, Peer: who.c.Peer, Ref: strconv.Itoa(p.refs), At: p.now, Filed: p.now, Parts: parts,
	})
	return p.turn(ctx, who)
}

// turn lets the bot decide, and again while business systems answer.
func (p *player) turn(ctx context.Context, who *person) error {
	for range 20 {
		n := len(who.unread)
		out, err := p.book.Step(who.c, who.unread, core.Scene{Now: p.now, Lines: map[string]core.LineState{"": p.line}})
		if err != nil {
			return err
		}
		who.unread = who.unread[n-out.Left:]
		if err := p.take(ctx, who, out); err != nil || len(who.unread) == out.Left {
			return err
		}
	}
	return errors.New("the business system is asked again and again")
}

// take writes the state and reads it again, and hands on what is said.
func (p *player) take(ctx context.Context, who *person, out core.Outcome) error {
	raw, err := json.Marshal(out.Conversation)
	if err != nil {
		return err
	}
	who.c = core.Conversation{}
	if err := json.Unmarshal(raw, &who.c); err != nil {
		return err
	}
	p.refs++
	if k := who.c.Ticket; k != nil && k.ID == "" {
		k.ID = strconv.Itoa(p.refs)
	}
	who.why = append(who.why, out.Events...)
	for i, env := range out.Say {
		if a := p.systems[env.Channel]; a != nil {
			env.ID = fmt.Sprintf("%d-%d", p.refs, i)
			if _, err := a.Send(ctx, env); err != nil {
				return fmt.Errorf("%s: %w", env.Channel, err)
			}
			continue
		}
		for _, part := range env.Parts {
			if c, ok := part.(core.Choice); ok {
				who.last = c
			}
			who.shown = append(who.shown, plain(part))
		}
	}
	return nil
}

// pass lets time go by, with the turns that the bot asked for.
func (p *player) pass(ctx context.Context, d time.Duration) error {
	end := p.now.Add(d)
	for {
		var next *person
		for _, who := range p.people {
			if w := who.c.Wake; !w.IsZero() && !w.After(end) && (next == nil || w.Before(next.c.Wake)) {
				next = who
			}
		}
		if next == nil {
			p.now = end
			return nil
		}
		was := next.c.Wake
		if was.After(p.now) {
			p.now = was
		}
		if err := p.turn(ctx, next); err != nil {
			return err
		}
		if next.c.Wake.Equal(was) {
			return fmt.Errorf("the script wants to be woken at %s again and again", was)
		}
	}
}

// agent does what staff do, as far as the customer notices.
func (p *player) agent(ctx context.Context, text string) error {
	k := p.at.c.Ticket
	if k == nil {
		return errors.New("there is no ticket that staff could answer; the customer has to ask for a person first")
	}
	cmd, _, _ := strings.Cut(text, " ")
	switch cmd {
	case "!claim", "!认领":
		p.at.c.State, k.State, k.Claimed, k.Agent = core.WithAgent, core.TicketActive, p.now, "desk/agent"
	case "!close", "!结束":
		p.at.c.State, k.State, k.Closed, k.Outcome = core.WithBot, core.TicketClosed, p.now, "solved"
		return p.take(ctx, p.at, p.book.AfterClose(p.at.c, core.Scene{Now: p.now, Lines: map[string]core.LineState{"": p.line}}))
	default:
		p.at.shown = append(p.at.shown, text)
	}
	return nil
}

func (p *player) expect(s dialog.ChatStep) error {
	for i, got := range p.at.shown {
		ok, err := s.Matches(got)
		if err != nil {
			return err
		}
		if ok {
			p.at.shown = p.at.shown[i+1:]
			return nil
		}
	}
	return fmt.Errorf("want %q\n      shown %q%s", s.Text, p.at.shown, p.at.reasons())
}

// reasons are the last events: why the bot said what it said.
func (who *person) reasons() string {
	var b strings.Builder
	for _, e := range who.why[max(0, len(who.why)-4):] {
		fmt.Fprintf(&b, "\n      why %s: %s", e.Kind, e.Why)
	}
	return b.String()
}

// set changes the scene.
func (p *player) set(s dialog.ChatStep) error {
	f := strings.Fields(s.Text)
	switch {
	case f[0] == "start" && len(f) == 3:
		at, err := time.ParseInLocation("2006-01-02 15:04", f[1]+" "+f[2], p.zone)
		if err != nil {
			return fmt.Errorf("%q is not a time; write = start 2026-11-23 10:00", f[1]+" "+f[2])
		}
		p.now = at
	case f[0] == "staff" && len(f) == 2:
		n, err := strconv.Atoi(f[1])
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a number; write = staff 2", f[1])
		}
		p.line.OnDuty, p.line.Free = n, n
	case f[0] == "line" && (len(f) == 2 || len(f) == 3):
		return p.queue(f[1:])
	default:
		return fmt.Errorf("= %s is not played here; known are = start, = staff and = line", s.Text)
	}
	return nil
}

// queue sets how many wait and how long, like 30 8m-12m.
func (p *player) queue(f []string) error {
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number; write = line 30 8m-12m", f[0])
	}
	p.line.Waiting, p.line.Free, p.line.Known = n, 0, len(f) == 2
	if len(f) == 1 {
		return nil
	}
	low, high, _ := strings.Cut(f[1], "-")
	var err1, err2 error
	p.line.Low, err1 = time.ParseDuration(low)
	p.line.High, err2 = time.ParseDuration(high)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q is not a span; write 8m-12m", f[1])
	}
	return nil
}
