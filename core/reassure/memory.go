package reassure

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// memory is what a policy remembers of a wait.
type memory struct {
	Policy  string
	Version int
	Done    map[string]stamp // steps that are behind it: said, or dropped
	Due     map[string]stamp // steps whose condition holds, since when
	Said    int              // bubbles since the customer wrote last
	Last    stamp            // of them
	Bot     stamp            // when the bot answered the customer last
	Asked   stamp            // when they were asked whether they are still there, if they have not answered
	Misses  int              // times in a row
	Rest    bool             // they are not asked again until they write
	Offer   string           // digits of the newest text with any
	Offered stamp            // when that was
	Away    stamp            // since when their page is closed
	Ahead   int              // what they were told last
}

// A stamp is a moment to the second; 0 is none.
type stamp int64

func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return 0
	}
	return stamp(t.Unix())
}

func (s stamp) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0)
}

// form is what keep writes, as a JSON string, for it is read and written with every
// look at everybody who waits: the policy, numbers, digits, and the steps done and due
// with their times.
//
//	"1 default 3 2 1794398400 0 0 0 0 1794398400 0 12|29|M0=1794398400 M1=1794398520|M4=1794398600"
const form = "1"

// keep is m as it lies on the ticket.
func (m memory) keep() json.RawMessage {
	b := append(make([]byte, 0, 160), '"')
	b = append(b, form...)
	b = append(append(b, ' '), m.Policy...)
	rest := int64(0)
	if m.Rest {
		rest = 1
	}
	for _, n := range []int64{int64(m.Version), int64(m.Said), int64(m.Last), int64(m.Bot), int64(m.Asked), int64(m.Misses), rest, int64(m.Offered), int64(m.Away), int64(m.Ahead)} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	b = append(append(b, '|'), m.Offer...)
	for _, steps := range []map[string]stamp{m.Done, m.Due} {
		b = append(b, '|')
		for i, id := range slices.Sorted(maps.Keys(steps)) {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendInt(append(append(b, id...), '='), int64(steps[id]), 10)
		}
	}
	return append(b, '"')
}

// recall is what keep wrote. What another version wrote otherwise begins again.
func recall(b json.RawMessage) (m memory) {
	if len(b) < 2 || b[0] != '"' {
		return m
	}
	parts := strings.Split(string(b[1:len(b)-1]), "|")
	head := strings.Fields(parts[0])
	if len(parts) != 4 || len(head) != 12 || head[0] != form {
		return m
	}
	var n [10]int64
	for i, s := range head[2:] {
		n[i], _ = strconv.ParseInt(s, 10, 64)
	}
	return memory{
		Policy: head[1], Version: int(n[0]), Said: int(n[1]), Last: stamp(n[2]), Bot: stamp(n[3]), Asked: stamp(n[4]), Misses: int(n[5]), Rest: n[6] != 0,
		Offered: stamp(n[7]), Away: stamp(n[8]), Ahead: int(n[9]), Offer: parts[1], Done: marks(parts[2]), Due: marks(parts[3]),
	}
}

func marks(s string) map[string]stamp {
	if s == "" {
		return nil
	}
	out := make(map[string]stamp, 8)
	for _, x := range strings.Fields(s) {
		id, at, _ := strings.Cut(x, "=")
		n, _ := strconv.ParseInt(at, 10, 64)
		out[id] = stamp(n)
	}
	return out
}

func (m memory) done(step string, at time.Time) memory {
	m.Done = with(m.Done, step, stampOf(at))
	if _, ok := m.Due[step]; ok {
		m.Due = maps.Clone(m.Due)
		delete(m.Due, step)
	}
	return m
}

func with(all map[string]stamp, name string, at stamp) map[string]stamp {
	out := maps.Clone(all)
	if out == nil {
		out = map[string]stamp{}
	}
	out[name] = at
	return out
}

// heard is m when the customer has written at: they are there, and whoever spoke
// too much may speak again.
func (m memory) heard(at time.Time) memory {
	if !at.After(m.Last.time()) {
		return m
	}
	m.Said, m.Rest = 0, false
	if at.After(m.Asked.time()) {
		m.Asked, m.Misses = 0, 0
	}
	return m
}

// present is m as the page shows it.
func (m memory) present(f Facts) memory {
	switch {
	case !f.Banner:
	case f.Here:
		m.Away, m.Asked, m.Misses = 0, 0, 0
	case m.Away == 0:
		m.Away = stampOf(f.Now)
	}
	return m
}

// said is m after l has been said.
func (m memory) said(s *Step, l Line, f Facts) memory {
	m.Last = stampOf(f.Now)
	m.Said++
	if len(l.Options) > 0 {
		m.Offer, m.Offered = "", stampOf(f.Now)
		for _, o := range l.Options {
			m.Offer += o.Digit
		}
	}
	if f.Own != nil {
		m.Ahead = f.Own.Ahead
	}
	if s != nil && s.Presence != nil && !(f.Banner && f.Here) {
		m.Asked, m.Misses = stampOf(f.Now), m.Misses+1
	}
	return m
}

// offers reports whether the newest text offered a digit.
func (m memory) offers(digit string) bool { return strings.Contains(m.Offer, digit) }

// told is what was promised of a wait: kept on the ticket, where staff see it.
func told(f Facts) core.Told { return f.Talk.Ticket.Told }
