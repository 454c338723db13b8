package play

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The two ends of a Talk, by which it is connected to the hub.
const (
	TalkChannel = "chat"
	TalkDesk    = "staff"
	talkPeer    = "you"
	talkAgent   = "me"
	talkName    = "小林"
)

// TalkOptions say how a talk is held.
type TalkOptions struct {
	In      io.Reader // what is typed, a line each; its end ends the talk
	Out     io.Writer // what both ends show
	Lang    string    // what the customer's device speaks; empty: unknown
	Zone    *time.Location
	Now     func() time.Time
	Verbose bool // also show why the bot said what it said
}

// A Receiver takes what people wrote, as the hub does.
type Receiver interface {
	Receive(ctx context.Context, env core.Envelope) error
}

// Records are what the store tells of a talk.
type Records interface {
	Stats(ctx context.Context) (core.Stats, error)
	Past(ctx context.Context, q core.PastQuery) ([]core.Record, error)
}

// A Talk is one conversation, typed in a terminal: by the customer, and by the
// agent in lines that begin with @.
type Talk struct {
	in      io.Reader
	out     io.Writer
	lang    string
	now     func() time.Time
	verbose bool

	hub  Receiver
	kept Records
	rec  *record

	mu     sync.Mutex
	sent   int
	choice core.Choice // the last one shown
	thread string      // the customer's, at the desk
	card   []string    // its lines as they were last shown
	seen   int64       // Seq of the last record explained
}

// NewTalk returns a talk that begins now. Connect its ends to the hub, then run it.
func NewTalk(o TalkOptions) *Talk {
	return &Talk{in: o.In, out: o.Out, lang: o.Lang, now: o.Now, verbose: o.Verbose, rec: newRecord(o.Now(), o.Zone, o.Lang)}
}

// Customer is the customer's end, for TalkChannel.
func (t *Talk) Customer() core.Adapter { return customerEnd{t} }

// Desk is the agent's end, for TalkDesk.
func (t *Talk) Desk() core.Adapter { return deskEnd{t} }

// Record is the talk so far, as a .chat file.
func (t *Talk) Record() string { return t.rec.String() }

// Run files what is typed in the hub, a line when the one before has been
// answered, until the input ends or ctx is done. The hub runs meanwhile, and what
// it keeps is looked at in kept.
func (t *Talk) Run(ctx context.Context, hub Receiver, kept Records) error {
	t.hub, t.kept = hub, kept
	return t.loop(ctx)
}

// loop hands on what is typed until the input ends.
func (t *Talk) loop(ctx context.Context) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		sc := bufio.NewScanner(t.in)
		for sc.Scan() {
			select {
			case lines <- sc.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := t.customer(ctx, core.Parts{core.Joined{From: "terminal"}}); err != nil {
		return err
	}
	for {
		if err := t.quiet(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			if err := t.typed(ctx, strings.TrimSpace(line)); err != nil {
				return err
			}
		}
	}
}

func (t *Talk) typed(ctx context.Context, line string) error {
	if line == "" {
		return nil
	}
	if text, ok := strings.CutPrefix(line, "@@"); ok {
		return t.agent(ctx, "", strings.TrimSpace(text))
	}
	if text, ok := strings.CutPrefix(line, "@"); ok {
		t.mu.Lock()
		thread := t.thread
		t.mu.Unlock()
		if thread == "" {
			t.say("  (没有工单 / there is no ticket yet)\n")
			return nil
		}
		return t.agent(ctx, thread, strings.TrimSpace(text))
	}
	return t.customer(ctx, core.Parts{t.meant(line)})
}

// meant turns a number into a pick from the last list, by the number that stands
// before it.
func (t *Talk) meant(line string) core.Part {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, o := range t.choice.Options {
		if line == cmp.Or(o.Digit, strconv.Itoa(i+1)) {
			return core.Pick{Option: o.ID, Label: o.Label}
		}
	}
	return core.Text{Body: line}
}

func (t *Talk) customer(ctx context.Context, ps core.Parts) error {
	t.rec.customer(t.now(), ps[0])
	return t.hub.Receive(ctx, core.Envelope{
		Channel: TalkChannel, Peer: core.Peer{ID: talkPeer, Name: "you", Lang: t.lang}, Ref: t.ref(), At: t.now(), Parts: ps,
	})
}

func (t *Talk) agent(ctx context.Context, thread, text string) error {
	t.rec.agent(t.now(), thread, text)
	return t.hub.Receive(ctx, core.Envelope{
		Channel: TalkDesk, Peer: core.Peer{ID: talkAgent, Name: talkName}, Thread: thread, Ref: t.ref(), At: t.now(), Parts: core.Parts{core.Text{Body: text}},
	})
}

func (t *Talk) ref() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	return "line-" + strconv.Itoa(t.sent)
}

// longest is how long an answer is waited for before the next line is read.
const longest = 5 * time.Second

// quiet returns when everything that was said has been answered.
func (t *Talk) quiet(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := t.now().Add(longest)
	for still := 0; still < 2 && t.now().Before(end); {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		st, err := t.kept.Stats(ctx)
		if err != nil {
			return err
		}
		if still++; st.Unread > 0 || st.Outbox > 0 {
			still = 0
		}
	}
	if t.verbose {
		return t.explain(ctx)
	}
	return nil
}

// explain shows the events since it was last called.
func (t *Talk) explain(ctx context.Context) error {
	rs, err := t.kept.Past(ctx, core.PastQuery{Key: core.Key{Channel: TalkChannel, Peer: talkPeer}, After: t.seen, Max: 200})
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	for _, r := range rs {
		t.seen = r.Seq
		if r.Event != nil {
			t.say("    · %s %s %v\n", r.Event.Kind, r.Event.Why, r.Event.Data)
		}
	}
	return nil
}

func (t *Talk) say(format string, a ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format, a...)
}

// customerEnd shows what the customer gets.
type customerEnd struct{ *Talk }

func (customerEnd) Limits() core.Limits {
	return core.Limits{Options: 20, Cards: true, Places: true, Media: []string{""}, Idempotent: true, Names: true}
}

func (e customerEnd) Send(_ context.Context, env core.Envelope) (string, error) {
	who := map[core.AuthorKind]string{core.ByBot: "🤖", core.ByAgent: "👤", core.BySystem: "ℹ️ "}[env.By.Kind]
	for _, p := range env.Parts {
		if c, ok := p.(core.Choice); ok {
			e.mu.Lock()
			e.choice = c
			e.mu.Unlock()
		}
		e.rec.shown(e.now(), env.By, p)
		e.say("%s %s\n", who, strings.ReplaceAll(inWords(p), "\n", "\n   "))
	}
	return env.ID, nil
}

// inWords is a part in words.
func inWords(p core.Part) string {
	if c, ok := p.(core.Choice); ok {
		return c.Numbered()
	}
	var out []string
	for _, ps := range (core.Limits{}).Fit(core.Parts{p}) {
		out = append(out, ps.Text())
	}
	return strings.Join(out, "\n")
}

// deskEnd shows what the agent gets.
type deskEnd struct{ *Talk }

func (deskEnd) Limits() core.Limits {
	return core.Limits{Threads: true, Cases: true, Options: 20, Media: []string{""}, Cards: true, Places: true, Forms: true, Idempotent: true, Names: true}
}

func (e deskEnd) Send(_ context.Context, env core.Envelope) (string, error) {
	ref := env.ID
	for _, p := range env.Parts {
		words := inWords(p)
		if c, ok := p.(core.Case); ok {
			e.mu.Lock()
			if env.Thread == "" {
				e.thread, ref, e.card = c.Ticket, c.Ticket, nil
			}
			words, e.card = news(words, e.card)
			e.mu.Unlock()
		}
		if words != "" {
			e.say("      ┃ %s\n", strings.ReplaceAll(words, "\n", "\n      ┃ "))
		}
	}
	return ref, nil
}

// news is what of a card differs from the lines that were shown before: a card
// comes again, whole, whenever anything of it changes. It also returns its lines.
func news(card string, shown []string) (words string, lines []string) {
	lines = strings.Split(card, "\n")
	fresh := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return slices.Contains(shown, l) })
	return strings.Join(fresh, "\n"), lines
}

// Mark implements core.Marker.
func (e deskEnd) Mark(_ context.Context, _ core.Via, m core.Mark, why string) error {
	sign := map[core.Mark]string{core.MarkWaiting: "⏳", core.MarkArrived: "✅", core.MarkFailed: "⚠", core.MarkUnsure: "⚠"}[m]
	e.say("      ┃ %s\n", strings.TrimSpace(sign+" "+why))
	return nil
}
