// Package reassure decides what those who wait in line are told, and when: a
// policy, which is data that marketers write, read against the facts of one wait.
//
// It is pure. Begin, Decide, Hear and Wrote are functions of a Policy and Facts;
// what a policy has to remember of a wait lies in Ticket.Wait, which nobody else
// reads. Nothing is rendered ahead: a step's time only asks for another look, and
// what is said is decided from the facts of that moment. A step that comes too late
// is dropped, never held back.
//
// The path of a decision: the policy's steps that are due, the most important first
// (policy.go, decide.go), each against what keeps it from being said now: the kill
// switch, quiet hours, caps, and the budget that the platform leaves beside what
// the agent will need (brake.go); then words without gaps (text.go).
package reassure

import (
	"encoding/json"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Facts are all that a decision may know.
type Facts struct {
	Now    time.Time
	Talk   core.Conversation // with the open ticket that waits
	Line   core.LineState    // of the ticket's topic
	Own    *core.Estimate    // of the ticket; nil if the line does not know it yet
	Limits core.Limits       // of the channel
	Kind   string            // of the channel: wechat, web, …; empty: its name
	Banner bool              // the channel shows a line about the wait that costs nothing
	Here   bool              // the channel shows that the customer has the page open
	Peak   bool              // the line is at its peak, see Policy.Peak
	Closes time.Time         // when nobody takes customers of the topic any more; zero: unknown
	Zone   *time.Location    // of the customer's clock; nil is UTC
	Cause  string            // why it takes long, in staff's words
	Vars   map[string]string // what the script knows for texts
	Listed time.Time         // when the bot last showed a list of which the words heard are a number
	Muted  string            // why policies may say nothing; empty: they may
	Shadow bool              // decide and log, but say nothing
}

// A Decision is what becomes of a wait.
type Decision struct {
	Wait   json.RawMessage // the ticket's memory from now on
	Told   *core.Told      // what was promised; nil: as before
	Say    []Line
	Held   time.Time // the line is to pass over the ticket until then: a question whether they are there is open; zero: it is not
	Park   bool      // nobody answered whether they are still there
	Divert string    // what the customer chose, or the policy chose for them: one of the keys message, callback, exit, self; stay asks for the place
	Wake   time.Time // when to look again; zero: never
	Log    []core.Event
}

// A Line is a text of a policy.
type Line struct {
	Step    string
	Text    string
	Options []Option      // what the text offers, by digit
	Upper   time.Duration // the longest wait that it names; 0: none
	Sorry   bool          // it apologises for a longer wait than was named before
}

// An Option is something to choose by a digit, which means the same in every text
// about a wait.
type Option struct {
	Digit string
	Key   string // keep, message, callback, self, helped, exit, person
	Label map[string]string
}

// options are all that can be offered.
var options = []Option{
	{"1", "keep", map[string]string{"zh": "继续等", "en": "keep waiting"}},
	{"2", "message", map[string]string{"zh": "留言", "en": "leave a message"}},
	{"3", "callback", map[string]string{"zh": "约回电", "en": "call me back"}},
	{"4", "self", map[string]string{"zh": "{self_service_label}", "en": "{self_service_label}"}},
	{"5", "helped", map[string]string{"zh": "有用", "en": "that helped"}},
	{"9", "exit", map[string]string{"zh": "不等了", "en": "leave the line"}},
	{"0", "person", map[string]string{"zh": "人工", "en": "a person"}},
}

func optionOf(key string) (Option, bool) {
	for _, o := range options {
		if o.Key == key {
			return o, true
		}
	}
	return Option{}, false
}
