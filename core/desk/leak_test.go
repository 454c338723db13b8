package desk_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"pgregory.net/rapid"
)

// A word is one thing that an agent wrote, with everything that was done about
// it. What may reach the customer is judged from this alone.
type word struct {
	id      string
	by, ref string
	desk    string
	inside  bool // written as a note, or as a command
	could   bool // its author could speak to the customer when they wrote it
	owned   bool // by the owner of the ticket, where a plain message goes out
	pressed bool // its author said afterwards that it is to be sent
	undone  bool // deleted or written over before it was sent
	out     int
}

type leaks struct {
	r      *rapid.T
	rules  *desk.Rules
	c      core.Conversation
	now    time.Time
	agents map[string]core.Agent
	words  map[string]*word
	byRef  map[string]*word // desk + ref → what it says now
	nums   map[string]*word // number of a question → the word it is about
	went   map[string]bool  // desk + ref: something of it went out, so an edit may follow it
	n      int
	past   []core.Envelope
}

var token = regexp.MustCompile(`w\d+w`)

func (l *leaks) scene() core.Scene {
	return core.Scene{Now: l.now, Agents: l.agents, Lines: map[string]core.LineState{"": {}, "sales": {}}}
}

func (l *leaks) word(agent, deskName string) *word {
	w := &word{id: fmt.Sprintf("w%dw", len(l.words)), by: agent, desk: deskName}
	l.words[w.id] = w
	return w
}

func (l *leaks) owns(agent string) bool {
	k := l.c.Ticket
	return k.Agent == agent && (k.State == core.TicketActive || k.State == core.TicketRinging || k.State == core.TicketParked)
}

// step takes a turn and judges what it says to the customer.
func (l *leaks) step(f func() core.Outcome) {
	before := l.c.Ticket.Agent
	o := f()
	b, err := json.Marshal(o.Conversation)
	if err != nil {
		l.r.Fatal(err)
	}
	l.c = core.Conversation{}
	if err := json.Unmarshal(b, &l.c); err != nil {
		l.r.Fatal(err)
	}
	for _, a := range o.Agents {
		l.agents[a.Now.ID] = a.Apply(l.agents[a.Now.ID])
	}
	k := l.c.Ticket
	if k.State == core.TicketActive && k.Agent == "" || k.State == core.TicketWaiting && k.Agent != "" {
		l.r.Fatalf("a ticket is %s with %q", k.State, k.Agent)
	}
	for _, e := range o.Say {
		if e.Channel != "" {
			l.note(e)
			continue
		}
		l.n++
		e.ID = fmt.Sprint("m", l.n)
		l.past = append(l.past, e)
		text := e.Parts.Text()
		if e.By.Kind != core.ByAgent {
			if token.MatchString(text) && !strings.HasPrefix(text, "<correction") {
				l.r.Fatalf("the program says an agent's words: %q", text)
			}
			continue
		}
		if e.By.ID != before && e.By.ID != k.Agent {
			l.r.Fatalf("%s spoke; the owner was %q and is %q: %q", e.By.ID, before, k.Agent, text)
		}
		if e.Via == nil || e.Via.Agent != e.By.ID {
			l.r.Fatalf("no way back to the agent's message: %+v", e)
		}
		for _, id := range token.FindAllString(text, -1) {
			l.judge(l.words[id], e.By.ID, text)
		}
	}
}

func (l *leaks) judge(w *word, by, text string) {
	w.out++
	l.went[w.desk+w.ref] = true
	switch {
	case w.by != by:
		l.r.Fatalf("%s's words in the name of %s: %q", w.by, by, text)
	case w.inside:
		l.r.Fatalf("a note or a command went out: %q", text)
	case w.undone:
		l.r.Fatalf("what was taken back went out: %q", text)
	case !w.owned && !w.pressed:
		l.r.Fatalf("words of somebody who did not own the ticket went out: %q", text)
	case w.out > 1:
		l.r.Fatalf("said twice: %q", text)
	}
}

// note remembers which word a question at a desk is about.
func (l *leaks) note(e core.Envelope) {
	for _, p := range e.Parts {
		c, ok := p.(core.Choice)
		if !ok {
			continue
		}
		for _, o := range c.Options {
			_, num, _ := strings.Cut(o.ID, ":")
			if m := l.last(e.Peer, e.Channel); m != nil {
				l.nums[num] = m
			}
		}
	}
}

// last is the word that its author wrote or changed last.
func (l *leaks) last(p core.Peer, channel string) *word {
	var best *word
	for _, w := range l.words {
		if w.by == channel+"/"+p.ID && (best == nil || len(w.id) > len(best.id) || len(w.id) == len(best.id) && w.id > best.id) {
			best = w
		}
	}
	return best
}

func (l *leaks) send(agent string, env core.Envelope) {
	d, peer, _ := strings.Cut(agent, "/")
	env.Channel, env.Peer, env.Thread = d, core.Peer{ID: peer}, "th-"+d
	if env.Ref == "" {
		l.n++
		env.Ref = fmt.Sprint("r", l.n)
	}
	l.step(func() core.Outcome { return l.rules.Staff(l.c, env, l.scene(), l.past...) })
}

// Over any interleaving of claims, transfers, messages, notes, edits,
// deletions, buttons, timers and desks nothing reaches the customer that a
// non-owner wrote, that is a note, or that was taken back.
func TestNothingLeaks(t *testing.T) {
	runs := "10000"
	if testing.Short() {
		runs = "1000"
	}
	f := flag.Lookup("rapid.checks")
	old := f.Value.String()
	if old == f.DefValue {
		if err := f.Value.Set(runs); err != nil {
			t.Fatal(err)
		}
		defer f.Value.Set(old)
	}
	rapid.Check(t, func(r *rapid.T) {
		base := rules()
		l := &leaks{r: r, rules: base, now: t0, agents: map[string]core.Agent{}, words: map[string]*word{}, byRef: map[string]*word{}, nums: map[string]*word{}, went: map[string]bool{}}
		base.Edits = func(string) bool { return true }
		base.Desks[0].Explicit = rapid.IntRange(0, 3).Draw(r, "explicit") == 0
		base.Desks[1].Hold = []time.Duration{0, 5 * time.Second}[rapid.IntRange(0, 1).Draw(r, "hold")]
		ids := []string{"slack/lin", "slack/bob", "tg/chen", "console/eve"}
		for _, id := range ids {
			l.agents[id] = core.Agent{ID: id, Name: id[strings.Index(id, "/")+1:], Max: 3, Lead: id == "console/eve", Presence: core.OnDuty}
		}
		l.c = core.Conversation{Key: core.Key{Channel: "web", Peer: "ann"}, State: core.InLine,
			Ticket: &core.Ticket{ID: "T1", State: core.TicketWaiting, Topic: "sales", Class: 2, Since: t0}}
		l.step(func() core.Outcome { return base.Open(l.c, l.scene()) })
		explicit := func(agent string) bool { return base.Desks[0].Explicit && strings.HasPrefix(agent, "slack") }
		write := func(agent string) {
			deskName, _, _ := strings.Cut(agent, "/")
			w := l.word(agent, deskName)
			l.n++
			w.ref = fmt.Sprint("r", l.n)
			text, kind := w.id, rapid.IntRange(0, 8).Draw(r, "kind")
			switch kind {
			case 0:
				text, w.inside = rapid.SampledFrom([]string{"// ", " //", "备注 ", "／／", "\n//"}).Draw(r, "mark")+text, true
			case 1:
				text, w.inside = rapid.SampledFrom([]string{"!", "！note ", "!备注 "}).Draw(r, "bang")+text, true
			case 2: // only the first line may ever go out, and only when asked
				in := l.word(agent, deskName)
				in.inside, in.ref = true, w.ref
				text += "\n// " + in.id
			case 3:
				text = "> " + text
			}
			w.could = l.owns(agent) && (!explicit(agent) || kind == 3)
			w.owned = w.could && kind != 2
			if !w.inside {
				l.byRef[deskName+w.ref] = w
			}
			l.send(agent, core.Envelope{Ref: w.ref, Parts: core.Parts{core.Text{Body: text}}})
		}
		edit := func(agent string, deleted bool) {
			var mine []*word
			for _, w := range l.byRef {
				if w.by == agent {
					mine = append(mine, w)
				}
			}
			slices.SortFunc(mine, func(a, b *word) int { return strings.Compare(a.id, b.id) })
			if len(mine) == 0 {
				return
			}
			old := mine[rapid.IntRange(0, len(mine)-1).Draw(r, "which")]
			env := core.Envelope{Replaces: old.ref}
			if old.out == 0 {
				old.undone = true
			}
			if !deleted {
				w := l.word(agent, old.desk)
				w.ref = old.ref
				w.inside = rapid.IntRange(0, 3).Draw(r, "into a note") == 0
				// It stands where the old text stood: it was the owner's then, and
				// it is now, or its author presses a button.
				w.could = old.could && l.owns(agent)
				w.owned = w.could || (old.pressed || l.went[old.desk+old.ref]) && l.owns(agent)
				text := w.id
				if w.inside {
					text = "// " + text
				}
				l.byRef[old.desk+w.ref] = w
				env.Parts = core.Parts{core.Text{Body: text}}
			}
			l.send(agent, env)
		}
		press := func(agent string) {
			var nums []string
			for n := range l.nums {
				nums = append(nums, n)
			}
			slices.Sort(nums)
			if len(nums) == 0 {
				return
			}
			n := rapid.SampledFrom(nums).Draw(r, "number")
			act := rapid.SampledFrom([]string{"send", "take", "drop", "correct", "undo"}).Draw(r, "button")
			for _, w := range l.words { // every word of theirs that stands: which one a number is about is the desk's business
				if w.by == agent && (act == "send" || act == "take" || act == "correct") && !w.undone {
					w.pressed = true
				}
			}
			l.send(agent, core.Envelope{Parts: core.Parts{core.Pick{Option: act + ":" + n}}})
		}
		command := func(agent string) {
			c := rapid.SampledFrom([]string{"!claim", "!claim", "!take", "!release", "!transfer chen", "!transfer bob", "!transfer sales", "!park", "!park 1m", "!resume", "!close", "!reopen", "!bot", "!undo", "!off force"}).Draw(r, "command")
			if c == "!undo" { // takes back the last one that is not out yet
				before := map[string]bool{}
				for _, v := range desk.Held(l.c.Ticket) {
					before[v.Ref] = true
				}
				l.send(agent, core.Envelope{Parts: core.Parts{core.Text{Body: c}}})
				for _, v := range desk.Held(l.c.Ticket) {
					delete(before, v.Ref)
				}
				for _, w := range l.words {
					if before[w.ref] && w.by == agent && w.out == 0 {
						w.undone = true
					}
				}
				return
			}
			l.send(agent, core.Envelope{Parts: core.Parts{core.Text{Body: c}}})
		}
		for range rapid.IntRange(3, 22).Draw(r, "steps") {
			agent := rapid.SampledFrom(ids).Draw(r, "agent")
			switch rapid.SampledFrom([]string{"write", "write", "write", "write", "edit", "delete", "press", "press", "command", "command", "time", "time", "customer", "line", "vacate"}).Draw(r, "what") {
			case "write":
				write(agent)
			case "edit":
				edit(agent, false)
			case "delete":
				edit(agent, true)
			case "press":
				press(agent)
			case "command":
				command(agent)
			case "time":
				l.now = l.now.Add(time.Duration(rapid.SampledFrom([]int{1, 3, 5, 6, 50, 301}).Draw(r, "seconds")) * time.Second)
				if w := l.c.Wakes.At(core.WakeDesk); !w.IsZero() && !w.After(l.now) {
					l.step(func() core.Outcome { return base.TicketDue(l.c, l.scene()) })
				}
			case "customer":
				l.step(func() core.Outcome {
					return base.Relay(l.c, []core.Envelope{{Parts: core.Parts{core.Text{Body: "customer"}}}}, l.scene())
				})
			case "line":
				l.step(func() core.Outcome { return base.Assign(l.c, agent, l.scene()) })
			case "vacate":
				l.step(func() core.Outcome { return base.Vacate(l.c, agent, "gone", l.scene()) })
			}
		}
	})
}
