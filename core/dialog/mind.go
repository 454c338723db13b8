package dialog

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// mind is what the bot remembers of a conversation, in Conversation.Mind.
type mind struct {
	Version  string            `json:"v,omitempty"`        // of the Book that wrote it
	Greeted  time.Time         `json:"greeted,omitzero"`   //
	Lang     string            `json:"lang,omitempty"`     // of the last message that showed one
	Wrote    bool              `json:"wrote,omitempty"`    // Lang was seen in a message, not taken from the profile
	Form     map[string]string `json:"form,omitempty"`     // what flows found out
	Flow     *at               `json:"flow,omitempty"`     //
	Menu     *menu             `json:"menu,omitempty"`     // what a digit means now
	Misses   int               `json:"misses,omitempty"`   // in a row
	Barren   int               `json:"barren,omitempty"`   // bot turns without progress
	Last     string            `json:"last,omitempty"`     // entry answered last
	LastAt   time.Time         `json:"last_at,omitzero"`   //
	Again    int               `json:"again,omitempty"`    // how often in a row it was asked before
	Turns    map[string]int    `json:"turns,omitempty"`    // text: variants used
	Intent   string            `json:"intent,omitempty"`   // what was understood last
	IntentAt time.Time         `json:"intent_at,omitzero"` //
	Asked    string            `json:"asked,omitempty"`    // the words of the last real question
	AskedAt  time.Time         `json:"asked_at,omitzero"`  //
	Mood     string            `json:"mood,omitempty"`     // shown last
	MoodAt   time.Time         `json:"mood_at,omitzero"`   //
	Burst    time.Time         `json:"burst,omitzero"`     // when doubtful lines are decided
	Recent   []said            `json:"recent,omitempty"`   // last lines of the customer
	Own      []string          `json:"own,omitempty"`      // last lines of the bot, folded
	Flood    flood             `json:"flood,omitzero"`     //
	Exit     exit              `json:"exit,omitzero"`      // the place in line that was given up
	Confirm  *request          `json:"confirm,omitempty"`  // hand-off that waits for a yes
	Acked    time.Time         `json:"acked,omitzero"`     // when somebody in line was last told that it was noted
	Survey   *survey           `json:"survey,omitempty"`   //
	Surveyed string            `json:"surveyed,omitempty"`
	Bubbles  int               `json:"bubbles,omitempty"` // said since the customer last wrote
	Room     int               `json:"room,omitempty"`    // how many may be said to what they wrote
	Calls    int               `json:"calls,omitempty"`   // numbers the calls
	Held     []string          `json:"held,omitempty"`    // texts that wait until there is room for them
	Message  bool              `json:"message,omitempty"` // the ticket was left as a message
}

// at is where the bot is in a flow.
type at struct {
	Flow    string    `json:"flow"`
	Step    string    `json:"step"`
	Tries   int       `json:"tries,omitempty"`
	Asked   time.Time `json:"asked,omitzero"`
	Call    *call     `json:"call,omitempty"`
	Paused  bool      `json:"paused,omitempty"` // the customer is asked whether to go on
	Checked bool      `json:"checked,omitempty"`
}

type call struct {
	ID     string    `json:"id"`
	System string    `json:"system"`
	Until  time.Time `json:"until"`
}

// menu is a list that was shown. Its options are entries, flows, reserved
// names, or actions of this package (see act).
type menu struct {
	Kind  string    `json:"kind"` // menu, clarify, choose, line, confirm, resume, offer
	Items []item    `json:"items"`
	Until time.Time `json:"until,omitzero"`
	Asked string    `json:"asked,omitempty"` // the words that were not clear
}

type item struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

type said struct {
	Text string    `json:"t"`
	At   time.Time `json:"at"`
}

type flood struct {
	From   time.Time `json:"from,omitzero"`
	N      int       `json:"n,omitempty"`
	Ignore time.Time `json:"ignore,omitzero"`
}

type exit struct {
	At    time.Time `json:"at,omitzero"`
	Since time.Time `json:"since,omitzero"`
	Topic string    `json:"topic,omitempty"`
}

// request is a wish for a person.
type request struct {
	Topic string `json:"topic,omitempty"`
	Class int    `json:"class"`
	Asked string `json:"asked,omitempty"`
	Why   string `json:"why,omitempty"`
	Mood  string `json:"mood,omitempty"`
}

type survey struct {
	Ticket string    `json:"ticket"`
	Stage  string    `json:"stage"` // solved, score, words, done
	Solved string    `json:"solved,omitempty"`
	Score  int       `json:"score,omitempty"`
	At     time.Time `json:"at"`
}

// recall reads the bot's memory. What can't be read is forgotten: a customer
// is better served by a bot with no memory than by none.
func recall(raw json.RawMessage) *mind {
	m := &mind{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, m); err != nil {
			m = &mind{}
		}
	}
	if m.Form == nil {
		m.Form = map[string]string{}
	}
	if m.Turns == nil {
		m.Turns = map[string]int{}
	}
	return m
}

func (m *mind) keep() (json.RawMessage, error) { return json.Marshal(m) }

// heard reports whether the same line came within the time, and remembers it.
func (m *mind) heard(folded string, now time.Time, within time.Duration) bool {
	m.Recent = slices.DeleteFunc(m.Recent, func(s said) bool { return now.Sub(s.At) > within || s.At.After(now) })
	for _, s := range m.Recent {
		if s.Text == folded {
			return true
		}
	}
	m.Recent = append(m.Recent, said{folded, now})
	if len(m.Recent) > 8 {
		m.Recent = m.Recent[1:]
	}
	return false
}

// spoke remembers what the bot said, to know its own voice when it is echoed.
func (m *mind) spoke(s string) {
	f := match.Fold(s)
	if len([]rune(f)) < 8 {
		return
	}
	m.Own = append(m.Own, clip(f, 200))
	if len(m.Own) > 4 {
		m.Own = m.Own[len(m.Own)-4:]
	}
}

// clip shortens s to at most n runes.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
