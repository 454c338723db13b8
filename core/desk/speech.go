package desk

import (
	"cmp"
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
	var partly bool
	if t.r.desk(via.Channel).Explicit {
		said, all, some := marked(parts)
		if !some {
			t.offerSend(a, via, parts)
			return
		}
		parts, partly = said, !all
	}
	said, why := t.guard(a, parts)
	if partly {
		why = append(why, guardPartly)
	}
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

// marked takes the > off the lines of a message that may go out from an explicit
// desk, and tells whether all lines have it, or some.
func marked(parts core.Parts) (out core.Parts, all, some bool) {
	all = true
	for _, p := range parts {
		s, ok := p.(core.Text)
		if !ok {
			out = append(out, p)
			continue
		}
		var ls []string
		for l := range strings.FieldsFuncSeq(s.Body, lineEnd) {
			rest, ok := strings.CutPrefix(visible(l), ">")
			if !ok {
				rest, ok = strings.CutPrefix(visible(l), "＞")
			}
			switch {
			case ok:
				some = true
				l = strings.TrimLeft(rest, " 　")
			case strings.TrimSpace(l) != "":
				all = false
			}
			ls = append(ls, l)
		}
		if body := strings.Join(ls, "\n"); strings.TrimSpace(body) != "" {
			out = append(out, core.Text{Body: body})
		}
	}
	return out, all && some, some
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
	prompt := t.of(a.ID, "held_back", "why", strings.Join(reasons, t.of(a.ID, "comma")), "text", clip(gist(d.Parts), 200), "n", num)
	options := []core.Option{option(ActSend+":"+num, t.of(a.ID, "btn_anyway"))}
	if slices.Contains(why, guardWindow) || slices.Contains(why, guardGone) {
		options = []core.Option{option(ActKeep+":"+num, t.of(a.ID, "btn_keep"))}
	}
	if slices.Contains(why, guardWindow) && !slices.Contains(why, guardGone) {
		options = append(options, t.byTemplate(a.ID, num)...)
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
	t.note(a, d.Via, gist(d.Parts))
	t.notice(a.ID, "unsent", "text", clip(gist(d.Parts), 80))
}

// send says an agent's message to the customer. Nothing else does.
func (t *turn) send(d draft, why string) {
	via := d.Via
	who := core.Author{Kind: core.ByAgent, ID: via.Agent, Name: d.Name}
	t.out.Say = append(t.out.Say, core.Envelope{By: who, Via: &via, Parts: d.Parts})
	t.event(core.Relayed, who, why, "via", via.Ref)
	text := gist(d.Parts)
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

// gist is what staff read of a message in few words.
func gist(parts core.Parts) string { return cmp.Or(parts.Text(), mediaText(parts)) }

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
		case core.Form:
			out = append(out, p.String())
		}
	}
	return strings.Join(out, " ")
}

func itoa(n int) string { return strconv.Itoa(n) }
