package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// spoken keeps the parts that can be said.
func spoken(parts core.Parts) core.Parts {
	var out core.Parts
	for _, p := range parts {
		switch p := p.(type) {
		case core.Text:
			if strings.TrimSpace(p.Body) != "" {
				out = append(out, p)
			}
		case core.Media, core.Place, core.Card:
			out = append(out, p)
		}
	}
	return out
}

// noteMarks begin a line that is a note.
var noteMarks = []string{"//", "／／", "/／", "／/", "备注", "備註"}

// isNote reports whether a line is a note.
func isNote(line string) bool {
	s := visible(line)
	return slices.ContainsFunc(noteMarks, func(m string) bool { return strings.HasPrefix(s, m) })
}

// noteText is a note without its mark.
func noteText(s string) string {
	s = visible(s)
	for _, m := range noteMarks {
		if rest, ok := strings.CutPrefix(s, m); ok {
			return strings.TrimLeft(rest, ":： ")
		}
	}
	return s
}

// lines calls f with every line that a message has in any of its parts.
func eachLine(parts core.Parts, f func(string)) {
	for _, p := range parts {
		var s string
		switch p := p.(type) {
		case core.Text:
			s = p.Body
		case core.Media:
			s = p.Words
		}
		for l := range strings.FieldsFuncSeq(s, lineEnd) {
			f(l)
		}
	}
}

// lineEnd: every character that some platform shows as the end of a line.
func lineEnd(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// sayable is a message without the lines that are never sent, and whether there
// were any.
func sayable(parts core.Parts) (out core.Parts, cut bool) {
	clean := func(s string) string {
		var keep []string
		for l := range strings.FieldsFuncSeq(s, lineEnd) {
			if isNote(l) || IsCommand(l) {
				cut = true
				continue
			}
			keep = append(keep, l)
		}
		if !cut {
			return s
		}
		return strings.Join(keep, "\n")
	}
	for _, p := range parts {
		switch q := p.(type) {
		case core.Text:
			if q.Body = clean(q.Body); strings.TrimSpace(q.Body) == "" {
				continue
			}
			p = q
		case core.Media:
			q.Words = clean(q.Words)
			p = q
		}
		out = append(out, p)
	}
	return out, cut
}

// speak is what an agent wrote in the thread: to the customer only if they own
// the ticket.
func (t *turn) speak(a core.Agent, via core.Via, parts core.Parts) {
	first := ""
	eachLine(parts, func(l string) {
		if first == "" {
			first = visible(l)
		}
	})
	if isNote(first) {
		t.note(a, via, noteText(parts.Text()))
		return
	}
	if !t.t.Open() {
		t.offer(a, via, parts, "offer_reopen", t.c.Peer.Name)
		return
	}
	if t.t.Agent == a.ID && (t.t.State == core.TicketRinging || t.t.State == core.TicketParked) {
		t.own(a, "answered in the thread")
	}
	if !t.owner(a) {
		id, who := "offer_take_free", ""
		if t.t.Agent != "" {
			id, who = "offer_take", t.name(t.t.Agent)
		}
		t.offer(a, via, parts, id, who)
		return
	}
	if d := t.r.desk(via.Channel); d.Explicit {
		said, ok := marked(parts)
		if !ok {
			t.offerSend(a, via, parts)
			return
		}
		parts = said
	}
	said, why := t.guard(a, parts)
	if len(said) == 0 {
		t.note(a, via, parts.Text())
		return
	}
	d := draft{Kind: draftSend, Via: via, Name: a.Name, Parts: said}
	if len(why) > 0 {
		t.holdBack(a, d, why)
		return
	}
	t.hold(d)
}

// marked takes the > off a message that may go out from an explicit desk.
func marked(parts core.Parts) (core.Parts, bool) {
	out := slices.Clone(parts)
	for i, p := range out {
		s, ok := p.(core.Text)
		if !ok {
			continue
		}
		rest, ok := strings.CutPrefix(visible(s.Body), ">")
		if !ok {
			rest, ok = strings.CutPrefix(visible(s.Body), "＞")
		}
		if !ok || strings.TrimSpace(rest) == "" {
			return nil, false
		}
		out[i] = core.Text{Body: strings.TrimLeft(rest, " 　")}
		return out, true
	}
	return nil, false
}

// note keeps what an agent wrote from the customer.
func (t *turn) note(a core.Agent, via core.Via, text string) {
	text = strings.TrimSpace(text)
	t.event(core.Noted, by(a), "a note", "text", clip(text, 4000), "via", via.Ref, "desk", via.Channel)
	if t.t == nil || text == "" {
		return
	}
	t.m.remember(line{At: t.now(), Kind: core.ByAgent, Note: true, Name: a.Name, Text: text})
	t.mirror(via.Channel, by(a), core.Parts{core.Text{Body: "📝 " + text}})
}

// offer makes a note of what somebody wrote who may not speak, and offers them
// to take the ticket and send it.
func (t *turn) offer(a core.Agent, via core.Via, parts core.Parts, id, who string) {
	t.note(a, via, parts.Text())
	said, _ := sayable(parts)
	if len(said) == 0 {
		return
	}
	n := t.keepDraft(draft{Kind: draftTake, Via: via, Name: a.Name, Parts: said})
	num := itoa(n)
	t.ask(a.ID, t.of(a.ID, id, "owner", who, "n", num),
		option(ActTake+":"+num, t.of(a.ID, "btn_take")), option(ActDrop+":"+num, t.of(a.ID, "btn_note")))
}

// offerSend: at an explicit desk nothing goes out by itself.
func (t *turn) offerSend(a core.Agent, via core.Via, parts core.Parts) {
	t.note(a, via, parts.Text())
	said, _ := sayable(parts)
	if len(said) == 0 {
		return
	}
	n := t.keepDraft(draft{Kind: draftSend, Via: via, Name: a.Name, Parts: said})
	num := itoa(n)
	t.ask(a.ID, t.of(a.ID, "offer_send", "n", num),
		option(ActSend+":"+num, t.of(a.ID, "btn_send")), option(ActDrop+":"+num, t.of(a.ID, "btn_note")))
}

// holdBack keeps a message and asks its author whether it is meant.
func (t *turn) holdBack(a core.Agent, d draft, why []string) {
	d.Why = why
	n := t.keepDraft(d)
	num := itoa(n)
	var reasons []string
	for _, w := range why {
		reasons = append(reasons, t.of(a.ID, "guard_"+w, "left", itoa(t.c.Ledger.Room(t.now())), "count", itoa(t.pieces(d.Parts))))
	}
	prompt := t.of(a.ID, "held_back", "why", strings.Join(reasons, t.of(a.ID, "comma")), "text", clip(d.Parts.Text(), 200), "n", num)
	options := []core.Option{option(ActSend+":"+num, t.of(a.ID, "btn_anyway"))}
	if slices.Contains(why, guardWindow) || slices.Contains(why, guardGone) {
		options = []core.Option{option(ActKeep+":"+num, t.of(a.ID, "btn_keep"))}
	}
	if slices.Contains(why, guardCount) && t.merges(d.Parts) {
		options = append(options, option(ActMerge+":"+num, t.of(a.ID, "btn_merge")))
	}
	t.ask(a.ID, prompt, append(options, option(ActDrop+":"+num, t.of(a.ID, "btn_drop")))...)
	t.event(core.Refused, bySystem, "held back: "+strings.Join(why, ", "), "action", "send", "agent", a.ID, "via", d.Via.Ref)
}

// keepDraft files a message that somebody was asked about, and returns its
// number. The oldest are forgotten: they stay notes.
func (t *turn) keepDraft(d draft) int {
	d.N = t.m.number()
	t.m.Asked = append(slices.Clone(t.m.Asked), d)
	if n := len(t.m.Asked); n > draftMax {
		t.m.Asked = t.m.Asked[n-draftMax:]
	}
	return d.N
}

// hold lets a message go out when it can no longer be taken back.
func (t *turn) hold(d draft) {
	wait := t.r.desk(d.Via.Channel).Hold
	if wait <= 0 && len(t.m.Held) == 0 {
		t.send(d, "the owner's message")
		return
	}
	d.N = t.m.number()
	d.Due = t.now().Add(max(wait, 0))
	t.m.Held = append(slices.Clone(t.m.Held), d)
}

// release sends what is due, in the order in which it was written.
func (t *turn) release() {
	for len(t.m.Held) > 0 && !t.m.Held[0].Due.After(t.now()) {
		d := t.m.Held[0]
		t.m.Held = t.m.Held[1:]
		if t.t.State == core.TicketActive && t.t.Agent == d.Via.Agent {
			t.send(d, "the owner's message, not taken back")
		} else {
			t.unsent(d)
		}
	}
}

// flush sends what the owner has written before they do something that ends
// their turn to speak: they have not taken it back.
func (t *turn) flush(a core.Agent) {
	held := t.m.Held
	t.m.Held = nil
	for _, d := range held {
		if t.owner(a) && d.Via.Agent == a.ID {
			t.send(d, "the owner's message, before the next step")
		} else {
			t.unsent(d)
		}
	}
}

// discard makes notes of everything that is held: its author no longer owns the
// ticket.
func (t *turn) discard() {
	held := t.m.Held
	t.m.Held = nil
	for _, d := range held {
		t.unsent(d)
	}
}

// unsent says visibly that a held message did not go out.
func (t *turn) unsent(d draft) {
	a := core.Agent{ID: d.Via.Agent, Name: d.Name}
	t.event(core.Dropped, bySystem, "its author no longer has the ticket", "via", d.Via.Ref, "agent", a.ID)
	t.note(a, d.Via, d.Parts.Text())
	t.notice(a.ID, "unsent", "text", clip(d.Parts.Text(), 80))
}

// send says an agent's message to the customer. Nothing else does.
func (t *turn) send(d draft, why string) {
	via := d.Via
	who := core.Author{Kind: core.ByAgent, ID: via.Agent, Name: d.Name}
	t.out.Say = append(t.out.Say, core.Envelope{By: who, Via: &via, Parts: d.Parts})
	t.event(core.Relayed, who, why, "via", via.Ref)
	text := d.Parts.Text()
	if text == "" {
		text = mediaText(d.Parts)
	}
	t.m.remember(line{At: t.now(), Kind: core.ByAgent, Name: d.Name, Text: text})
	t.mirror(via.Channel, who, d.Parts)
	n := d.N
	if n == 0 {
		n = t.m.number()
	}
	t.m.Sent = append(slices.Clone(t.m.Sent), sent{N: n, Via: via, At: t.now(), Text: clip(text, lineMax)})
	if k := len(t.m.Sent); k > sentMax {
		t.m.Sent = t.m.Sent[k-sentMax:]
	}
	t.answered()
}

// answered: the customer has heard from their agent.
func (t *turn) answered() {
	t.m.Open, t.m.Nags, t.m.Sorry = time.Time{}, 0, false
}

// mediaText says what a message without words has.
func mediaText(parts core.Parts) string {
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case core.Media:
			name := p.Name
			if name == "" {
				name = p.Type
			}
			out = append(out, "["+name+"]")
		case core.Place:
			out = append(out, "["+p.Name+" "+"📍]")
		case core.Card:
			out = append(out, p.Title)
		}
	}
	return strings.Join(out, " ")
}

// edit is an agent's change of a message that they wrote before: another text,
// or none if they deleted it.
func (t *turn) edit(a core.Agent, env core.Envelope) {
	same := func(v core.Via) bool { return v.Channel == env.Channel && v.Ref == env.Replaces && v.Agent == a.ID }
	parts := spoken(env.Parts)
	via := core.Via{Channel: env.Channel, Thread: env.Thread, Ref: env.Replaces, Agent: a.ID}
	for i, d := range t.m.Held {
		if !same(d.Via) {
			continue
		}
		t.m.Held = slices.Delete(slices.Clone(t.m.Held), i, i+1)
		if len(parts) == 0 {
			t.event(core.Dropped, by(a), "taken back in time", "via", via.Ref)
			return
		}
		t.again(a, d, parts, i)
		return
	}
	if i := slices.IndexFunc(t.m.Asked, func(d draft) bool { return same(d.Via) && d.Kind != draftRetry && d.Kind != draftCorrect }); i >= 0 {
		d := t.m.Asked[i]
		t.m.Asked = slices.Delete(slices.Clone(t.m.Asked), i, i+1)
		switch {
		case len(parts) == 0:
			t.event(core.Dropped, by(a), "deleted before it was sent", "via", via.Ref)
		case d.Kind == draftSend && !t.r.desk(env.Channel).Explicit && len(d.Why) > 0:
			t.speak(a, via, parts)
		default: // it was a note; what the button would send is the new text
			t.note(a, via, parts.Text())
			if d.Parts, _ = sayable(parts); len(d.Parts) > 0 && !isNote(parts.Text()) {
				t.m.Asked = append(t.m.Asked, d)
			}
		}
		return
	}
	if i := slices.IndexFunc(t.m.Sent, func(s sent) bool { return same(s.Via) }); i >= 0 {
		t.amend(a, t.m.Sent[i], parts)
		return
	}
	// A note, or older than we remember: it stays what it was.
	t.event(core.Noted, by(a), "an earlier note was changed", "text", clip(parts.Text(), 4000), "via", via.Ref, "desk", via.Channel)
}

// again holds an edited message for another moment, at its old place.
func (t *turn) again(a core.Agent, d draft, parts core.Parts, at int) {
	first := visible(parts.Text())
	if isNote(first) || IsCommand(first) {
		t.event(core.Dropped, by(a), "edited into a note in time", "via", d.Via.Ref)
		t.note(a, d.Via, noteText(parts.Text()))
		return
	}
	if t.r.desk(d.Via.Channel).Explicit {
		if said, ok := marked(parts); ok {
			parts = said
		}
	}
	said, why := t.guard(a, parts)
	d.Parts = said
	switch {
	case !t.owner(a):
		t.unsent(d)
	case len(said) == 0:
		t.note(a, d.Via, parts.Text())
	case len(why) > 0:
		d.Due = time.Time{}
		t.holdBack(a, d, why)
	default:
		d.Due = t.now().Add(t.r.desk(d.Via.Channel).Hold)
		t.m.Held = slices.Insert(t.m.Held, min(at, len(t.m.Held)), d)
	}
}

// amend changes what the customer has seen already: on their screen if the
// platform can, otherwise the agent is told that it did not change.
func (t *turn) amend(a core.Agent, s sent, parts core.Parts) {
	text := parts.Text()
	if len(parts) > 0 && clip(text, lineMax) == s.Text {
		return // a platform's own edit: a link unfolded
	}
	said, why := t.guard(a, parts)
	first := visible(text)
	if !t.owner(a) || isNote(first) || IsCommand(first) {
		t.note(a, s.Via, text)
		t.notice(a.ID, "edit_unseen", "text", clip(s.Text, 80))
		return
	}
	if len(parts) == 0 && t.r.Words != nil {
		said, why = t.r.Words(t.lang(), "withdrawn", nil), nil
	}
	old := t.pieceIDs(s.Via)
	if len(why) == 0 && len(said) > 0 && len(old) == 1 && t.pieces(said) == 1 && t.r.Edits != nil && t.r.Edits(t.c.Key.Channel) {
		t.out.Say = append(t.out.Say, core.Envelope{By: by(a), Via: &s.Via, Replaces: old[0], Parts: said})
		t.event(core.Relayed, by(a), "an edit of a message", "via", s.Via.Ref, "replaces", old[0])
		t.resent(s, said)
		return
	}
	if len(parts) == 0 {
		t.ask(a.ID, t.of(a.ID, "delete_seen", "text", clip(s.Text, 80)), option(ActCorrect+":"+itoa(s.N), t.of(a.ID, "btn_correct")))
		return
	}
	if said, _ = sayable(parts); len(said) == 0 {
		return
	}
	n := t.keepDraft(draft{Kind: draftCorrect, Via: s.Via, Name: a.Name, Parts: said, Why: why})
	num := itoa(n)
	t.ask(a.ID, t.of(a.ID, "edit_seen", "text", clip(s.Text, 80), "n", num),
		option(ActCorrect+":"+num, t.of(a.ID, "btn_correct")), option(ActDrop+":"+num, t.of(a.ID, "btn_drop")))
}

// resent remembers what a sent message says now.
func (t *turn) resent(s sent, parts core.Parts) {
	t.m.Sent = slices.Clone(t.m.Sent)
	for i := range t.m.Sent {
		if t.m.Sent[i].N == s.N {
			t.m.Sent[i].Text = clip(parts.Text(), lineMax)
		}
	}
}

// pieceIDs are the IDs of the messages in which one of an agent's went out.
func (t *turn) pieceIDs(via core.Via) (ids []string) {
	for _, e := range t.past {
		if e.Via != nil && e.Via.Channel == via.Channel && e.Via.Ref == via.Ref && e.ID != "" && e.Replaces == "" {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// pieces is how many messages of the customer's platform it takes.
func (t *turn) pieces(parts core.Parts) int {
	return len(t.r.limits(t.c.Key.Channel).Fit(parts))
}

func itoa(n int) string { return strconv.Itoa(n) }
