package desk

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
)

// A mind is what Ticket.Mind holds.
type mind struct {
	drafts
	silence
	Cards   map[string]string `json:"cards,omitempty"`   // desk → what its card said last
	Tail    []card.Remark     `json:"tail,omitempty"`    // the last messages, oldest first
	Offers  []Suggestion      `json:"offers,omitempty"`  // shown to the owner
	Until   time.Time         `json:"until,omitzero"`    // parked until then
	Quiet   bool              `json:"quiet,omitempty"`   // the customer knows somebody else is coming
	Message bool              `json:"message,omitempty"` // nobody waits for the answer: a message was left
	Gone    bool              `json:"gone,omitempty"`    // parked because the customer left the channel
	Alarmed bool              `json:"alarmed,omitempty"` // leads were told of the danger
	Warned  time.Time         `json:"warned,omitzero"`   // Ledger.Until of which leads were warned
	Owner   string            `json:"owner,omitempty"`   // Agent.ID of who owned it last
	Called  string            `json:"called,omitempty"`  // what they are called: turns at the same moment may not know them yet
}

// A silence is how long the customer has waited for their agent's word.
type silence struct {
	Open  time.Time `json:"open,omitzero"`   // since when the customer has had no answer
	Nags  int       `json:"nags,omitempty"`  // how often staff were reminded since
	Sorry bool      `json:"sorry,omitempty"` // the customer was told of the return since they were last answered
}

// drafts are the agents' messages: on their way, undecided, and sent.
type drafts struct {
	N     int     `json:"n,omitempty"`     // number last given to a message, by which people name it
	Held  []draft `json:"held,omitempty"`  // on their way out, can be taken back
	Asked []draft `json:"asked,omitempty"` // not sent; an agent was asked what to do
	Kept  []draft `json:"kept,omitempty"`  // for when the customer writes again
	Sent  []sent  `json:"sent,omitempty"`  // what went out last
}

// A draft is an agent's message that has not gone out.
type draft struct {
	N     int        `json:"n"`
	Kind  draftKind  `json:"kind"`
	Via   core.Via   `json:"via"`
	Name  string     `json:"name,omitempty"` // of the agent
	Parts core.Parts `json:"parts"`
	Due   time.Time  `json:"due,omitzero"`  // when it goes out, if it is held
	ID    string     `json:"id,omitempty"`  // Envelope.ID of the failed message
	Why   []string   `json:"why,omitempty"` // what the guard found
}

type draftKind string

const (
	draftSend    draftKind = "send"    // held, or held back by the guard
	draftTake    draftKind = "take"    // written by somebody who does not own the ticket
	draftCorrect draftKind = "correct" // an edit of what the customer has seen
	draftRetry   draftKind = "retry"   // did not arrive
)

// sent is an agent's message that went out.
type sent struct {
	N    int       `json:"n"`
	Via  core.Via  `json:"via"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

const (
	tailMax   = 10
	sentMax   = 20
	draftMax  = 10
	remarkMax = 300 // runes of a message on a card
)

func read(t *core.Ticket) (m mind) {
	if t == nil || len(t.Mind) == 0 {
		return m
	}
	if err := json.Unmarshal(t.Mind, &m); err != nil {
		// Written by a version that this one does not understand: the ticket goes
		// on, without what was held. Its card is shown again.
		return mind{}
	}
	return m
}

// remember is m with one more message in its tail.
func (m mind) remember(x card.Remark) mind {
	if x.Text == "" {
		return m
	}
	x.Text = card.Clip(x.Text, remarkMax)
	m.Tail = last(m.Tail, x, tailMax)
	return m
}

// last is the list with one more, without the oldest if it would be longer than
// n.
func last[T any](list []T, x T, n int) []T {
	list = append(slices.Clip(list), x)
	return list[max(0, len(list)-n):]
}

// ask files a message that somebody is asked about, and gives it its number. The
// oldest are forgotten: they stay notes.
func (d drafts) ask(x draft) (drafts, int) {
	d.N++
	x.N = d.N
	d.Asked = last(d.Asked, x, draftMax)
	return d, d.N
}

// hold files a message that goes out when it is due.
func (d drafts) hold(x draft) drafts {
	d.N++
	x.N = d.N
	d.Held = append(slices.Clip(d.Held), x)
	return d
}

// went files a message that has gone out.
func (d drafts) went(x draft, now time.Time) drafts {
	if x.N == 0 {
		d.N++
		x.N = d.N
	}
	d.Sent = last(d.Sent, sent{N: x.N, Via: x.Via, At: now, Text: card.Clip(card.Gist(x.Parts), remarkMax)}, sentMax)
	return d
}

// forget is d without the message that somebody was asked about.
func (d drafts) forget(at int) drafts {
	d.Asked = without(d.Asked, at)
	return d
}

// without is the list without one.
func without(list []draft, at int) []draft { return slices.Delete(slices.Clone(list), at, at+1) }

// asked finds the message that an action of an agent's names: by its number, by
// its ref at the desk, by the ID it failed under, or else their newest of a
// kind. Only its author can decide about it.
func (d drafts) asked(agent, name string, kinds ...draftKind) (x draft, at int, ok bool) {
	for i, x := range slices.Backward(d.Asked) {
		if x.Via.Agent == agent && slices.Contains(kinds, x.Kind) && (x.named(name) || name != "" && name == x.ID) {
			return x, i, true
		}
	}
	return x, -1, false
}

// named reports whether name means the message; every one if it is empty.
func (x draft) named(name string) bool {
	return name == "" || name == strconv.Itoa(x.N) || name == x.Via.Ref
}

// Held are the agents' messages that wait for their undo window to pass: they
// are marked core.MarkWaiting.
func Held(t *core.Ticket) []core.Via {
	var out []core.Via
	for _, d := range read(t).Held {
		out = append(out, d.Via)
	}
	return out
}
