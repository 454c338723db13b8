package desk

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A mind is what Ticket.Mind holds.
type mind struct {
	N       int               `json:"n,omitempty"`       // number last given to a message
	Cards   map[string]string `json:"cards,omitempty"`   // desk → what its card said last
	Tail    []line            `json:"tail,omitempty"`    // the last messages, oldest first
	Held    []draft           `json:"held,omitempty"`    // on their way out, can be taken back
	Asked   []draft           `json:"asked,omitempty"`   // not sent; an agent was asked what to do
	Kept    []draft           `json:"kept,omitempty"`    // for when the customer writes again
	Sent    []sent            `json:"sent,omitempty"`    // what went out last
	Offers  []Suggestion      `json:"offers,omitempty"`  // shown to the owner
	Open    time.Time         `json:"open,omitzero"`     // since when the customer has had no answer
	Nags    int               `json:"nags,omitempty"`    // how often staff were reminded since
	Until   time.Time         `json:"until,omitzero"`    // parked until then
	Quiet   bool              `json:"quiet,omitempty"`   // the customer knows somebody else is coming
	Sorry   bool              `json:"sorry,omitempty"`   // the customer was told of the return since they were last answered
	Message bool              `json:"message,omitempty"` // nobody waits for the answer: a message was left
	Gone    bool              `json:"gone,omitempty"`    // parked because the customer left the channel
	Warned  time.Time         `json:"warned,omitzero"`   // Ledger.Until of which leads were warned
	Owner   string            `json:"owner,omitempty"`   // Agent.ID of who owned it last
	Called  string            `json:"called,omitempty"`  // what they are called: turns at the same moment may not know them yet
}

// A line is a message as a card shows it.
type line struct {
	At   time.Time       `json:"at,omitzero"`
	Kind core.AuthorKind `json:"kind,omitempty"`
	Note bool            `json:"note,omitempty"`
	Name string          `json:"name,omitempty"`
	Text string          `json:"text"`
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
	tailMax  = 10
	sentMax  = 20
	draftMax = 10
	lineMax  = 300 // runes of a message on a card
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

// remember adds a message to the tail.
func (m *mind) remember(l line) {
	if l.Text == "" {
		return
	}
	l.Text = clip(l.Text, lineMax)
	m.Tail = append(slices.Clone(m.Tail), l)
	if n := len(m.Tail); n > tailMax {
		m.Tail = m.Tail[n-tailMax:]
	}
}

// number gives the next message its number, by which people name it.
func (m *mind) number() int {
	m.N++
	return m.N
}

// clip shortens s to at most n runes.
func clip(s string, n int) string {
	rs := []rune(s)
	if len(rs) <= n {
		return s
	}
	return string(rs[:n-1]) + "…"
}

// Held are the agents' messages that wait for their undo window to pass: they
// are marked core.Waiting.
func Held(t *core.Ticket) []core.Via {
	var out []core.Via
	for _, d := range read(t).Held {
		out = append(out, d.Via)
	}
	return out
}
