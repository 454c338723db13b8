package dialog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// A memory is what the bot remembers of a conversation, in Conversation.Mind. It
// is a value: its maps and lists are replaced, never written to.
type memory struct {
	Version  string            `json:"v,omitempty"`               // of the Book that wrote it
	Greeted  time.Time         `json:"greeted,omitzero" k:"g"`    //
	Lang     string            `json:"lang,omitempty" k:"l"`      // of the last message that showed one
	Wrote    bool              `json:"wrote,omitempty" k:"w"`     // Lang was seen in a message, not taken from the profile
	Form     map[string]string `json:"form,omitempty"`            // what flows found out
	Flow     at                `json:"flow,omitzero"`             // where the customer is; zero outside flows
	Ended    time.Time         `json:"ended,omitzero"`            // when a flow last came to its end
	Call     call              `json:"call,omitzero"`             // what a business system is being asked; zero for nothing
	Menu     menu              `json:"menu,omitzero" k:"o"`       // what a digit means now
	Misses   int               `json:"misses,omitempty"`          // in a row
	Barren   int               `json:"barren,omitempty"`          // bot turns without progress
	Last     string            `json:"last,omitempty" k:"e"`      // entry answered last
	LastAt   time.Time         `json:"last_at,omitzero" k:"ea"`   //
	Again    int               `json:"again,omitempty"`           // how often in a row it was asked before
	Turns    map[string]int    `json:"turns,omitempty" k:"tn"`    // text: variants used
	Intent   string            `json:"intent,omitempty" k:"i"`    // what was understood last
	IntentAt time.Time         `json:"intent_at,omitzero" k:"ia"` //
	Asked    string            `json:"asked,omitempty" k:"q"`     // the words of the last real question
	AskedAt  time.Time         `json:"asked_at,omitzero" k:"qa"`  //
	Mood     string            `json:"mood,omitempty" k:"m"`      // shown last
	MoodAt   time.Time         `json:"mood_at,omitzero" k:"ma"`   //
	Burst    time.Time         `json:"burst,omitzero"`            // when doubtful lines are decided
	Lines    []trace           `json:"lines,omitempty" k:"n"`     // last lines of the customer
	Voice    []mark            `json:"voice,omitempty" k:"y"`     // last lines of the bot
	Recent   []said            `json:"recent,omitempty"`          // in old records: Lines, folded
	Own      []string          `json:"own,omitempty"`             // in old records: Voice, folded
	Flood    flood             `json:"flood,omitzero" k:"fl"`     //
	Exit     exit              `json:"exit,omitzero"`             // the place in line that was given up
	Confirm  request           `json:"confirm,omitzero"`          // hand-off that waits for a yes
	Acked    time.Time         `json:"acked,omitzero"`            // when somebody in line was last told that it was noted
	Survey   rating            `json:"survey,omitzero"`           //
	Peril    peril             `json:"peril,omitzero"`            //
	Surveyed string            `json:"surveyed,omitempty"`
	Bubbles  int               `json:"bubbles,omitempty" k:"b"` // said since the customer last wrote
	Room     int               `json:"room,omitempty" k:"r"`    // how many may be said to what they wrote
	Calls    int               `json:"calls,omitempty"`         // numbers the calls
	Held     []string          `json:"held,omitempty"`          // texts that wait until there is room for them
	Message  bool              `json:"message,omitempty"`       // the ticket was left as a message
	Nods     int               `json:"nods,omitempty"`          // acts beside asking in a row: see manner.go
	Stopped  bool              `json:"stopped,omitempty"`       // they asked for nothing that they have not asked for
	Tongue   string            `json:"tongue,omitempty"`        // the language they asked to be answered in
	Strange  bool              `json:"strange,omitempty"`       // they were told which languages the script has
	Seen     said              `json:"seen,omitzero"`           // what was last acknowledged that had no words
	Kept     int               `json:"kept,omitempty"`          // lines kept for the agent since they were told so
	More     map[string]string `json:"more,omitempty"`          // further values of a field, for staff
}

// at is where the bot is in a flow.
type at struct {
	Flow    string    `json:"flow"`
	Step    string    `json:"step"`
	Tries   int       `json:"tries,omitempty"`
	Asked   time.Time `json:"asked,omitzero"`
	Paused  bool      `json:"paused,omitempty"`  // the customer is asked whether to go on
	Asides  int       `json:"asides,omitempty"`  // questions in between that were answered at this step
	Back    string    `json:"back,omitempty"`    // the step to go back to when this one is corrected
	Call    call      `json:"call,omitzero"`     // in old records: memory.Call
	Checked bool      `json:"checked,omitempty"` // in old records: call.Checked
}

func (f at) on() bool { return f.Flow != "" }

// key names the step for the variants of its texts and the buttons of its list.
func (f at) key() string { return f.Flow + "." + f.Step }

// call is a question that a business system has not answered yet.
type call struct {
	ID      string    `json:"id"`
	System  string    `json:"system"`
	Until   time.Time `json:"until"`
	Checked bool      `json:"checked,omitempty"` // the customer wrote meanwhile and was told
}

func (c call) on() bool { return c.ID != "" }

// menu is a list that was shown. Its options are entries, flows, reserved
// names, or what pick knows.
type menu struct {
	Kind  string    `json:"kind"` // menu, clarify, choose, line, confirm, resume, offer
	Items []item    `json:"items"`
	Until time.Time `json:"until,omitzero"`
	Asked string    `json:"asked,omitempty"` // the words that were not clear
}

func (m menu) on() bool { return m.Kind != "" }

// passing lists are answered once; the others can be picked from again.
func (m menu) passing() bool { return m.on() && m.Kind != "menu" && m.Kind != "line" }

type item struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Digit string `json:"digit,omitempty"` // by which it is answered; empty: its place in the list
}

type said struct {
	Text string    `json:"t"`
	At   time.Time `json:"at"`
}

// A mark stands for a text of which only sameness counts.
type mark int64

// markOf is FNV-1a, 48 bits of it: a number that any reader of JSON can hold.
func markOf(text string) mark {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return mark(h >> 16)
}

// A trace is a line of the customer, and when it came.
type trace struct {
	Line mark      `json:"l"`
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

// on reports whether anybody is wanted: every wish says why.
func (r request) on() bool { return r != request{} }

// rating is how far the survey of a ticket has come.
type rating struct {
	Ticket string    `json:"ticket"`
	Stage  string    `json:"stage"`
	Solved string    `json:"solved,omitempty"`
	Score  int       `json:"score,omitempty"`
	At     time.Time `json:"at"`
}

// Stages of a rating: what the customer is asked.
const (
	stageSolved = "solved"
	stageScore  = "score"
	stageWords  = "words"
	stageDone   = "done"
)

// recall reads the bot's memory. What can't be read is forgotten: a customer
// is better served by a bot with no memory than by none.
func recall(raw json.RawMessage) memory {
	m, ok := unpack(raw)
	if ok || len(raw) == 0 {
		return m
	}
	m = memory{}
	if bytes.HasPrefix(raw, []byte(`{"":`)) { // of a newer program
		return m
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return memory{}
	}
	for _, s := range m.Recent {
		m.Lines = append(m.Lines, trace{markOf(s.Text), s.At})
	}
	for _, s := range m.Own {
		m.Voice = append(m.Voice, markOf(s))
	}
	m.Recent, m.Own = nil, nil
	if old := m.Flow.Call; old.on() {
		m.Call, m.Call.Checked = old, m.Flow.Checked
		m.Flow.Call, m.Flow.Checked = call{}, false
	}
	return m
}

func (m memory) keep() json.RawMessage { return pack(m) }

// left is the memory of somebody who is in no flow any more; what it asked of a
// business system is of no use to anybody.
func (m memory) left() memory {
	m.Flow, m.Call = at{}, call{}
	return m
}

// settled is the memory of somebody who is well served: nothing of what went
// wrong before counts.
func (m memory) settled() memory {
	m.Misses, m.Barren, m.Again = 0, 0, 0
	return m
}

// meant notes what was understood.
func (m memory) meant(id string, now time.Time) memory {
	m.Intent, m.IntentAt = id, now
	return m
}

// asks notes the words of a real question.
func (m memory) asks(words string, now time.Time) memory {
	m.Asked, m.AskedAt = clip(words, 500), now
	return m
}

// put keeps a value; an empty one is forgotten.
func (m memory) put(name, value string) memory {
	form := maps.Clone(m.Form)
	if form == nil {
		form = map[string]string{}
	}
	if form[name] = clip(value, 1000); value == "" {
		delete(form, name)
	}
	m.Form = form
	return m
}

// adds keeps further values of a field for staff; empty forgets them.
func (m memory) adds(name, more string) memory {
	if m.More[name] == more {
		return m
	}
	all := maps.Clone(m.More)
	if all == nil {
		all = map[string]string{}
	}
	if all[name] = clip(more, 300); more == "" {
		delete(all, name)
	}
	m.More = all
	return m
}

// turned notes which variant of a text comes next.
func (m memory) turned(key string, n int) memory {
	turns := maps.Clone(m.Turns)
	if _, ok := turns[key]; turns == nil || !ok && len(turns) >= 200 {
		turns = map[string]int{}
	}
	turns[key] = n
	m.Turns = turns
	return m
}

// repeats notes a line, and reports whether the same came within the time.
func (m memory) repeats(line mark, now time.Time, within time.Duration) (memory, bool) {
	lines := make([]trace, 0, len(m.Lines)+1)
	for _, x := range m.Lines {
		if now.Sub(x.At) <= within && !x.At.After(now) {
			lines = append(lines, x)
		}
	}
	again := slices.ContainsFunc(lines, func(x trace) bool { return x.Line == line })
	if !again {
		lines = append(lines, trace{line, now})
	}
	m.Lines = lines[max(0, len(lines)-8):]
	return m, again
}

// spoke notes what the bot said, to know its own voice when it is echoed.
func (m memory) spoke(s string) memory {
	f := match.Fold(s)
	if utf8.RuneCountInString(f) < 8 {
		return m
	}
	voice := append(slices.Clone(m.Voice), markOf(clip(f, 200)))
	m.Voice = voice[max(0, len(voice)-4):]
	return m
}

// clip shortens s to at most n runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
