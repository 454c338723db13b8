package dialog

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// An Engine is the bot's side of conversations by one Book. It never changes and
// may be used by any number of goroutines.
type Engine struct{ *script.Book }

// New makes an Engine of a loaded script.
func New(b *script.Book) *Engine { return &Engine{b} }

// Step decides what the bot says and does about what is unread, oldest first:
// lines of the customer, and answers of business systems. With nothing unread
// it looks whether a time has come. It says nothing while an agent has the
// conversation. s.Now is its only clock.
//
// Outcome.Left of the newest lines are to stay unread until WakeBot of Conversation.Wakes:
// more of a burst may come.
func (e *Engine) Step(c core.Conversation, unread []core.Envelope, s core.Scene) (core.Outcome, error) {
	v, t := begin(e.Book, c, s)
	if t.State == core.WithAgent {
		for _, env := range unread {
			if v.fromSystem(env) {
				t = late(v, t, env)
			}
		}
		t.memory = t.left()
		t.Burst = time.Time{}
		return finish(v, t, c), nil
	}
	t, left := read(v, checkFlow(v, t), unread)
	out := finish(v, overdue(v, t), c)
	out.Left = left
	return out, nil
}

// AfterClose is called in the turn that closed the ticket: the survey, or
// nothing where there is nothing to rate.
func (e *Engine) AfterClose(c core.Conversation, s core.Scene) core.Outcome {
	v, t := begin(e.Book, c, s)
	return finish(v, survey(v, t), c)
}

// Rating reports whether what the customer writes next belongs to the survey:
// they have rated and were asked for words. A ticket is not opened again by it.
func (e *Engine) Rating(c core.Conversation, now time.Time) bool {
	r := recall(c.Mind).Survey
	return r.Stage == stageWords && now.Sub(r.At) <= e.Settings.Survey
}

// A Suggestion is an entry that may answer a text, for staff to send.
type Suggestion struct {
	Entry  string
	Title  string
	Answer string
	P      float64
	Why    string
}

// floor is how probable what staff are offered must be: an offer that is wrong
// more often than three times of four is only in the way.
const floor = 0.25

// Suggest returns what the script would answer to text, best first, at most
// max, and nothing below floor. Answers are without what only a conversation knows.
func (e *Engine) Suggest(lang, text string, max int) []Suggestion {
	d := e.Matcher.Match(match.Query{Text: text, Lang: lang})
	var out []Suggestion
	for _, c := range d.Candidates {
		x := e.Entries[c.Entry]
		if len(out) == max || c.P < floor || x == nil || x.Answer.Empty() {
			continue
		}
		out = append(out, Suggestion{x.ID, e.Title(x.ID, lang), e.Answer(lang, x.ID), c.P, d.Why})
	}
	return out
}

// A talk is how far a turn has come with a conversation. It is a value: who is
// given one and returns one may change all of it, who is given its memory may
// change, or read, that alone.
type talk struct {
	memory // what the bot keeps
	claim  // what the customer wants of staff
	speech // what is said and noted
	heard  // the line that is being answered
}

// A claim is what the customer wants of staff, and whether they are there. The
// ticket is replaced, never written to.
type claim struct {
	State  core.State
	Ticket *core.Ticket
	Gone   bool
}

// waiting reports whether the customer waits for a person, in line or for an
// answer to a message.
func (c claim) waiting() bool { return c.Ticket.Open() }

// inLine reports whether they wait in line.
func (c claim) inLine() bool { return c.State == core.InLine && c.Ticket.Open() }

// message reports whether they have left a message, which somebody's phone may ring
// for by now.
func (c claim) message() bool {
	return c.Ticket.Open() && (c.Ticket.State == core.TicketMessage || c.Ticket.State == core.TicketRinging && !c.inLine())
}

// closed is the claim given up.
func (c claim) closed(now time.Time) claim {
	k := *c.Ticket
	k.State, k.Closed, k.Outcome = core.TicketClosed, now, "left"
	return claim{State: core.WithBot, Ticket: &k, Gone: c.Gone}
}

// heard is the line that is being answered.
type heard struct {
	text    string // its words
	opening string // the words that started a flow, until it has asked something
	before  int    // doubtful lines of the same burst
	beside  []item // offered beside an answer that may not be all that is needed
}

// begin reads a conversation.
func begin(b *script.Book, c core.Conversation, s core.Scene) (view, talk) {
	v := view{Book: b, Scene: s, key: c.Key, peer: c.Peer, ledger: c.Ledger}
	t := talk{memory: recall(c.Mind), claim: claim{State: c.State, Gone: c.Gone}}
	if c.Ticket != nil { // the caller's ticket is not ours to write to
		k := *c.Ticket
		t.Ticket = &k
	}
	if t.Lang == "" {
		t.Lang = profileLang(v)
	}
	return v, t
}

// finish makes the outcome of a turn of c.
func finish(v view, t talk, c core.Conversation) core.Outcome {
	t, parts := fit(v, t)
	t.memory.Version = v.Version
	c.State, c.Ticket, c.Gone, c.Stopped, c.Mind = t.State, t.Ticket, t.Gone, t.Stopped, t.keep()
	if c.Script = ""; t.Flow.on() {
		c.Script = v.Version
	}
	wake := time.Time{}
	if t.Burst.After(v.Now) {
		wake = t.Burst
	}
	if t.Call.on() && (wake.IsZero() || t.Call.Until.Before(wake)) {
		wake = t.Call.Until
	}
	c.Wakes = c.Wakes.Set(core.WakeBot, wake)
	out := core.Outcome{Conversation: c, Events: t.events}
	if len(parts) > 0 {
		peer := c.Peer
		if peer.ID == "" {
			peer.ID = c.Key.Peer
		}
		out.Say = append(out.Say, core.Envelope{Channel: c.Key.Channel, Peer: peer, By: v.by(t.Lang), Parts: parts, Greeting: t.short})
	}
	out.Say = append(out.Say, t.sent...)
	return out
}
