package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// judge holds the world to what is promised, when all is done: by what people
// wrote and saw, and by the record.
func (w *world) judge() {
	filed := map[string]int{} // by when it was written, to the nanosecond: never the same
	for _, p := range []*platform{w.web, w.im, w.wx} {
		for i := range customers + 3 {
			id := fmt.Sprint("c", i)
			if i >= customers {
				id = fmt.Sprint("z", i-customers)
			}
			w.judgeOne(p, id, filed)
		}
	}
	for i := range agents {
		w.inbound(w.past(core.Key{Channel: "desk", Peer: fmt.Sprint("a", i)}), filed)
	}
	for _, x := range w.posts {
		switch n := filed[written(x.env)]; {
		case n > 1:
			w.found("filed %d times: %s %s", n, x.env.Channel, x.env.Ref)
		case n == 0 && x.acked:
			w.found("acknowledged and lost: %s %s", x.env.Channel, x.env.Ref)
		}
	}
	if err := w.store.Close(); err != nil {
		w.found("the store did not close: %v", err)
	}
}

// written tells messages apart whatever has become of their Ref.
func written(env core.Envelope) string {
	return fmt.Sprint(env.Channel, " ", env.Peer.ID, " ", env.At.UnixMicro())
}

func (w *world) past(key core.Key) []core.Record {
	rs, err := w.store.Past(w.t.Context(), core.PastQuery{Key: key, Max: 100_000, After: -1})
	if err != nil {
		w.found("%s: %v", key, err)
	}
	return rs
}

// inbound counts what was filed.
func (w *world) inbound(rs []core.Record, filed map[string]int) {
	for _, r := range rs {
		if r.Message != nil && r.In {
			filed[written(*r.Message)]++
		}
	}
}

// A chat is one customer's conversation, as it was kept and as they saw it.
type chat struct {
	p    *platform
	id   string
	rs   []core.Record
	seen []shown
}

func (w *world) judgeOne(p *platform, id string, filed map[string]int) {
	c := chat{p, id, w.past(core.Key{Channel: p.name, Peer: id}), nil}
	w.inbound(c.rs, filed)
	for _, s := range p.shows {
		if s.env.Peer.ID == id {
			c.seen = append(c.seen, s)
		}
	}
	n := len(w.findings)
	for _, f := range slices.Concat(c.once(), c.order(), c.owned(), c.answered(), c.called(), c.quota()) {
		w.found("%s/%s: %s", p.name, id, f)
	}
	if len(w.findings) > n {
		w.records = append(w.records, c.String())
	}
}

func (c chat) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the record of %s/%s\n", c.p.name, c.id)
	for _, r := range c.rs {
		at := r.At.Sub(c.p.w.begun)
		switch {
		case r.Event != nil:
			fmt.Fprintf(&b, "%5d %12s  * %s %s: %s %v\n", r.Seq, at, r.Event.Kind, r.Event.By.ID, r.Event.Why, r.Event.Data)
		case r.In:
			fmt.Fprintf(&b, "%5d %12s  > %s %s %s %q\n", r.Seq, at, r.Message.Channel, r.Message.Thread, r.Message.Peer.ID, r.Message.Parts)
		default:
			fmt.Fprintf(&b, "%5d %12s  < %s %s %s %q %s %s\n", r.Seq, at, r.Message.Channel, r.Message.Thread, r.State, r.Message.Parts, r.Why, r.Message.Ref)
		}
	}
	for _, s := range c.seen {
		fmt.Fprintf(&b, "      %12s  saw %d %s: %q\n", s.at, s.env.Seq, s.env.By.Kind, s.env.Parts.Text())
	}
	return b.String()
}

// toPeer are the messages to the customer, as they were kept.
func (c chat) toPeer() (out []core.Record) {
	for _, r := range c.rs {
		if r.Message != nil && !r.In && r.Message.Channel == c.p.name {
			out = append(out, r)
		}
	}
	return out
}

// once: what is kept as sent was seen once, and nothing is seen twice. Where the
// platform drops repeats nothing may be uncertain, but a bot's words that a
// person's claim has overtaken.
func (c chat) once() (out []string) {
	times, lines := map[string]int{}, map[string]int{}
	for _, s := range c.seen {
		times[s.env.ID]++
		for _, line := range strings.Split(s.env.Parts.Text(), "\n") {
			if numbered(line) {
				lines[line]++
			}
			if strings.Contains(line, "secret") {
				out = append(out, "a note leaked")
			}
		}
	}
	for _, line := range sorted(lines) {
		if lines[line] > 1 {
			out = append(out, fmt.Sprintf("said %d times: %s", lines[line], line))
		}
	}
	for _, r := range c.toPeer() {
		n, words := times[r.Message.ID], r.Message.Parts.Text()
		overtaken := strings.Contains(r.Why, "dropped meanwhile")
		switch r.State {
		case core.ProgressSent, core.ProgressReceived, core.ProgressRead:
			if n != 1 {
				out = append(out, fmt.Sprintf("kept as sent, seen %d times: %q", n, words))
			}
		case core.ProgressUncertain:
			if n > 1 || c.p.lim.Idempotent && !overtaken {
				out = append(out, fmt.Sprintf("uncertain (%s), seen %d times: %q", r.Why, n, words))
			}
		case core.ProgressPending:
			out = append(out, fmt.Sprintf("never sent: %q", words))
		default:
			if n > 0 {
				out = append(out, fmt.Sprintf("kept as %s (%s), and seen: %q", r.State, r.Why, words))
			}
		}
	}
	return out
}

// numbered reports whether a line is one that is said once only.
func numbered(line string) bool {
	return strings.HasPrefix(line, "answer ") || strings.Contains(line, " tells ")
}

func sorted[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// order: the customer sees messages in the order in which they were decided, and
// staff see the customer's lines in the order in which they came.
func (c chat) order() (out []string) {
	seq := map[string]int64{}
	for _, r := range c.toPeer() {
		seq[r.Message.ID] = r.Seq
	}
	last := int64(0)
	for _, s := range c.seen {
		if n := seq[s.env.ID]; n < last {
			out = append(out, fmt.Sprintf("seen out of order: %d after %d: %q", n, last, s.env.Parts.Text()))
		} else {
			last = n
		}
	}
	came, n := map[string]int{}, 0
	for _, r := range c.rs {
		if r.Message != nil && r.In && r.Message.Channel == c.p.name {
			if words := r.Message.Parts.Text(); strings.Contains(words, " says ") {
				n++
				came[words] = n
			}
		}
	}
	at := map[string]int{} // by thread
	for _, s := range c.p.w.desk.shows {
		if s.env.By.Kind != core.ByPeer {
			continue
		}
		for _, line := range strings.Split(s.env.Parts.Text(), "\n") {
			if k := came[line]; k > 0 && k <= at[s.env.Thread] {
				out = append(out, fmt.Sprintf("staff see out of order or twice: %s", line))
			} else if k > 0 {
				at[s.env.Thread] = k
			}
		}
	}
	return out
}

// owned: one owner at a time, and no bot over a person: neither decided nor seen
// while somebody has the conversation, but for what was on its way already.
func (c chat) owned() (out []string) {
	owner, since := "", int64(0)
	for _, r := range c.rs {
		if e := r.Event; e != nil {
			switch e.Kind {
			case core.EventClaimed:
				if owner != "" && owner != e.By.ID {
					out = append(out, fmt.Sprintf("claimed by %s while %s has it", e.By.ID, owner))
				}
				owner, since = e.By.ID, r.Seq
			case core.EventReturned, core.EventClosed, core.EventTransferred, core.EventParked:
				owner = ""
			}
			continue
		}
		m := r.Message
		if r.In || m.Channel != c.p.name || owner == "" || strings.Contains(m.Parts.Text(), notice) {
			continue
		}
		if m.By.Kind == core.ByBot && r.State == core.ProgressSent {
			out = append(out, fmt.Sprintf("the bot speaks at %d while %s has it since %d: %q", r.Seq, owner, since, m.Parts.Text()))
		}
		if m.By.Kind == core.ByAgent && m.By.ID != owner {
			out = append(out, fmt.Sprintf("%s speaks while %s has it: %q", m.By.ID, owner, m.Parts.Text()))
		}
	}
	return out
}

// answered: behind every message of the customer there is an answer, or staff
// have seen it, or it is in line.
func (c chat) answered() (out []string) {
	last, open := int64(0), false
	for _, r := range c.rs {
		switch {
		case r.Event != nil:
			open = opens(r.Event.Kind, open)
		case !r.In && (r.Message.Channel == c.p.name || r.Message.Ticket != "") && r.State != core.ProgressPending:
			last = r.Seq
		}
	}
	for _, r := range c.rs {
		if r.Message != nil && r.In && r.Message.Channel == c.p.name && r.Seq > last && !open {
			out = append(out, fmt.Sprintf("not answered and not in line: %q", r.Message.Parts.Text()))
		}
	}
	return out
}

// opens is whether a ticket is open after an event.
func opens(kind core.EventKind, open bool) bool {
	switch kind {
	case core.EventQueued, core.EventLeftMessage, core.EventReopened, core.EventClaimed:
		return true
	case core.EventClosed, core.EventExited:
		return false
	}
	return open
}

// called: whoever asks for a person is in line, or has one, by the next thing
// that they say.
func (c chat) called() (out []string) {
	open, want := false, ""
	for _, r := range c.rs {
		if r.Event != nil {
			if open = opens(r.Event.Kind, open); open {
				want = ""
			}
			continue
		}
		if !r.In || r.Message.Channel != c.p.name {
			continue
		}
		if words := r.Message.Parts.Text(); slices.Contains(wants, words) && !open {
			want = words + " at " + strconv.FormatInt(r.Seq, 10)
		}
	}
	if want != "" {
		out = append(out, "asked for a person in vain: "+want)
	}
	return out
}

// quota: after the customer last wrote, no more was shown to them without their
// asking than the platform allows.
func (c chat) quota() (out []string) {
	if words := c.p.over[c.id]; words != "" && len(c.p.lim.Allowances) > 0 {
		out = append(out, fmt.Sprintf("more than %d messages beside the answers: %q", quota, words))
	}
	return out
}
