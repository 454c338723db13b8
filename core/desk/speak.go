package desk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// A writer is an agent, and the message of theirs that is decided about.
type writer struct {
	core.Agent
	via  core.Via
	peer core.Peer // as their desk names them
}

// draft is what the writer wants to say to the customer.
func (w writer) draft(parts core.Parts) draft {
	return draft{Kind: draftSend, Via: w.via, Name: w.Name, Parts: parts}
}

// speak is what an agent wrote in the thread: to the customer only if they own
// the ticket.
func speak(v view, t ticket, w writer, parts core.Parts) (ticket, done) {
	if isNote(first(parts)) {
		return note(v, t, w, noteText(parts.Text()))
	}
	if !t.Open() {
		return offerTake(v, t, w, parts)
	}
	var d done
	if t.Agent == w.ID && (t.State == core.TicketRinging || t.State == core.TicketParked) {
		t, d = own(v, t, w.Agent, "answered in the thread")
	}
	if !t.ownedBy(w.ID) {
		return offerTake(v, t, w, parts)
	}
	t, d2 := utter(v, t, w, parts)
	return t, d.then(d2)
}

// utter is the owner's message: held for a moment, or held back if the guard
// finds something.
func utter(v view, t ticket, w writer, parts core.Parts) (ticket, done) {
	var partly bool
	if v.r.Desks.Named(w.via.Channel).Explicit {
		said, all, some := marked(parts)
		if !some {
			return offerSend(v, t, w, parts)
		}
		parts, partly = said, !all
	}
	said, why := guard(v, t, w.ID, parts)
	if partly {
		why = append(why, guardPartly)
	}
	if len(said) == 0 {
		return note(v, t, w, parts.Text())
	}
	return pass(v, t, w.draft(said), why)
}

// pass lets a message go out after its hold, or asks its author whether it is
// meant if something speaks against it.
func pass(v view, t ticket, x draft, why []string) (ticket, done) {
	if len(why) > 0 {
		return holdBack(v, t, x, why)
	}
	wait := v.r.Desks.Named(x.Via.Channel).Hold
	if wait <= 0 && len(t.m.Held) == 0 {
		return send(v, t, x, "the owner's message")
	}
	x.Due = v.now().Add(max(wait, 0))
	t.m.drafts = t.m.hold(x)
	return t, done{}
}

// note keeps what an agent wrote from the customer.
func note(v view, t ticket, w writer, text string) (ticket, done) {
	d := done{}.log(v.noted(w, text))
	if text = strings.TrimSpace(text); text == "" {
		return t, d
	}
	t.m = t.m.remember(noteOf(v, w.Name, text))
	return t, d.say(v.mirror(t, w.via.Channel, by(w.Agent), core.Parts{core.Text{Body: "📝 " + text}}))
}

// noted records a note.
func (v view) noted(w writer, text string) core.Event {
	return v.event(core.EventNoted, by(w.Agent), "a note", "text", card.Clip(strings.TrimSpace(text), 4000), "via", w.via.Ref, "desk", w.via.Channel)
}

// offerTake makes a note of what was written by somebody who may not speak, and
// offers them to take the ticket and send it.
func offerTake(v view, t ticket, w writer, parts core.Parts) (ticket, done) {
	t, d := note(v, t, w, parts.Text())
	said, _ := sayable(parts)
	if len(said) == 0 {
		return t, d
	}
	x := w.draft(said)
	x.Kind = draftTake
	drafts, n := t.m.ask(x)
	t.m.drafts = drafts
	num := strconv.Itoa(n)
	var prompt string
	switch {
	case !t.Open():
		prompt = v.of(w.ID, "offer_reopen", "n", num)
	case t.Agent != "":
		prompt = v.of(w.ID, "offer_take", "owner", v.name(t, t.Agent), "n", num)
	default:
		prompt = v.of(w.ID, "offer_take_free", "n", num)
	}
	return t, d.say(v.ask(t, w.ID, prompt, v.button(w.ID, command.ActTake, num, "btn_take"), v.button(w.ID, command.ActDrop, num, "btn_note")))
}

// offerSend asks at an explicit desk, where nothing goes out by itself, whether a
// note is to be sent.
func offerSend(v view, t ticket, w writer, parts core.Parts) (ticket, done) {
	t, d := note(v, t, w, parts.Text())
	said, _ := sayable(parts)
	if len(said) == 0 {
		return t, d
	}
	drafts, n := t.m.ask(w.draft(said))
	t.m.drafts = drafts
	num := strconv.Itoa(n)
	return t, d.say(v.ask(t, w.ID, v.of(w.ID, "offer_send", "n", num), v.button(w.ID, command.ActSend, num, "btn_send"), v.button(w.ID, command.ActDrop, num, "btn_note")))
}

// holdBack keeps a message and asks its author whether it is meant.
func holdBack(v view, t ticket, x draft, why []string) (ticket, done) {
	x.Why = why
	drafts, n := t.m.ask(x)
	t.m.drafts = drafts
	num, agent := strconv.Itoa(n), x.Via.Agent
	var reasons []string
	for _, w := range why {
		reasons = append(reasons, v.of(agent, "guard_"+w, "left", strconv.Itoa(v.room()), "count", strconv.Itoa(v.pieces(x.Parts))))
	}
	prompt := v.of(agent, "held_back", "why", strings.Join(reasons, v.of(agent, "comma")), "text", card.Clip(card.Gist(x.Parts), 200), "n", num)
	options := []core.Option{v.button(agent, command.ActSend, num, "btn_anyway")}
	if slices.Contains(why, guardWindow) || slices.Contains(why, guardGone) {
		options = []core.Option{v.button(agent, command.ActKeep, num, "btn_keep")}
	}
	if slices.Contains(why, guardWindow) && !slices.Contains(why, guardGone) {
		options = append(options, byTemplate(v, agent, num)...)
	}
	if slices.Contains(why, guardCount) && merges(v, x.Parts) {
		options = append(options, v.button(agent, command.ActMerge, num, "btn_merge"))
	}
	options = append(options, v.button(agent, command.ActDrop, num, "btn_drop"))
	return t, done{}.say(v.ask(t, agent, prompt, options...)).
		log(v.event(core.EventRefused, bySystem, "held back: "+strings.Join(why, ", "), "action", "send", "agent", agent, "via", x.Via.Ref))
}

// sendDue sends what can no longer be taken back, in the order in which it was
// written.
func sendDue(v view, t ticket) (ticket, done) {
	var d done
	for len(t.m.Held) > 0 && !t.m.Held[0].Due.After(v.now()) {
		x := t.m.Held[0]
		t.m.Held = t.m.Held[1:]
		var out done
		if t.ownedBy(x.Via.Agent) {
			t, out = send(v, t, x, "the owner's message, not taken back")
		} else {
			t, out = unsent(v, t, x)
		}
		d = d.then(out)
	}
	return t, d
}

// flush sends what who acts has written before they do something that ends their
// turn to speak: they have not taken it back.
func flush(v view, t ticket) (ticket, done) {
	held := t.m.Held
	t.m.Held = nil
	var d done
	for _, x := range held {
		var out done
		if x.Via.Agent == v.actor.ID && t.ownedBy(v.actor.ID) {
			t, out = send(v, t, x, "the owner's message, before the next step")
		} else {
			t, out = unsent(v, t, x)
		}
		d = d.then(out)
	}
	return t, d
}

// discard makes notes of everything that is held: its author no longer owns the
// ticket.
func discard(v view, t ticket) (ticket, done) {
	held := t.m.Held
	t.m.Held = nil
	var d done
	for _, x := range held {
		var out done
		t, out = unsent(v, t, x)
		d = d.then(out)
	}
	return t, d
}

// unsent says visibly that a held message did not go out.
func unsent(v view, t ticket, x draft) (ticket, done) {
	w := writer{Agent: core.Agent{ID: x.Via.Agent, Name: x.Name}, via: x.Via}
	t, noted := note(v, t, w, card.Gist(x.Parts))
	d := done{}.log(v.event(core.EventDropped, bySystem, "its author no longer has the ticket", "via", x.Via.Ref, "agent", w.ID))
	return t, d.then(noted).say(v.notice(t, w.ID, "unsent", "text", card.Clip(card.Gist(x.Parts), 80)))
}

// send says an agent's message to the customer. Nothing else does.
func send(v view, t ticket, x draft, why string) (ticket, done) {
	via := x.Via
	who := core.Author{Kind: core.ByAgent, ID: via.Agent, Name: x.Name}
	d := done{}.
		say(saying{env: core.Envelope{By: who, Via: &via, Parts: x.Parts}}, v.mirror(t, via.Channel, who, x.Parts)).
		log(v.event(core.EventRelayed, who, why, "via", via.Ref))
	t.m = t.m.remember(card.Remark{At: v.now(), Kind: core.ByAgent, Name: x.Name, Text: card.Gist(x.Parts)})
	t.m.drafts = t.m.went(x, v.now())
	t.m.silence = silence{}
	return t, d
}

// sendKept sends what was kept, now that the customer has written.
func sendKept(v view, t ticket) (ticket, done) {
	if t.State != core.TicketActive {
		return t, done{}
	}
	var d done
	kept := t.m.Kept
	t.m.Kept = nil
	for _, x := range kept {
		var out done
		switch {
		case x.Via.Agent != t.Agent:
			t, out = unsent(v, t, x)
		case stuck(v, x) != "":
			t.m.Kept = append(t.m.Kept, x)
		default:
			t, out = send(v, t, x, "kept until the customer wrote")
		}
		d = d.then(out)
	}
	return t, d
}

// stuck is why a message cannot go out whoever says so.
func stuck(v view, x draft) string {
	switch {
	case v.c.Gone:
		return "guard_gone"
	case v.counted() && v.room() == 0 && !isForm(x.Parts):
		return "guard_window"
	}
	return ""
}
