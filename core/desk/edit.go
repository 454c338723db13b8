package desk

import (
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// edit is an agent's change of a message that they wrote before, which w.via
// names: another text, or none if they deleted it.
func edit(v view, t ticket, w writer, parts core.Parts) (ticket, done) {
	same := func(via core.Via) bool {
		return via.Channel == w.via.Channel && via.Ref == w.via.Ref && via.Agent == w.ID
	}
	if i := slices.IndexFunc(t.m.Held, func(x draft) bool { return same(x.Via) }); i >= 0 {
		x := t.m.Held[i]
		t.m.Held = without(t.m.Held, i)
		if len(parts) == 0 {
			return t, done{}.log(v.event(core.EventDropped, by(w.Agent), "taken back in time", "via", w.via.Ref))
		}
		x.Parts = parts
		return rehold(v, t, x, i)
	}
	asked := func(x draft) bool { return same(x.Via) && x.Kind != draftRetry && x.Kind != draftCorrect }
	if i := slices.IndexFunc(t.m.Asked, asked); i >= 0 {
		x := t.m.Asked[i]
		t.m.drafts = t.m.forget(i)
		x.Parts = parts
		return editAsked(v, t, w, x)
	}
	if i := slices.IndexFunc(t.m.Sent, func(s sent) bool { return same(s.Via) }); i >= 0 {
		return amend(v, t, t.m.Sent[i], parts)
	}
	// A note, or older than we remember: it stays what it was.
	return t, done{}.log(v.event(core.EventNoted, by(w.Agent), "an earlier note was changed", "text", card.Clip(parts.Text(), 4000), "via", w.via.Ref, "desk", w.via.Channel))
}

// editAsked decides about a message that has not gone out, about which its author
// was asked, and which they have made x now.
func editAsked(v view, t ticket, w writer, x draft) (ticket, done) {
	parts := x.Parts
	switch {
	case len(parts) == 0:
		return t, done{}.log(v.event(core.EventDropped, by(w.Agent), "deleted before it was sent", "via", w.via.Ref))
	case x.Kind == draftSend && !v.r.Desks.Named(w.via.Channel).Explicit && len(x.Why) > 0:
		return speak(v, t, w, parts)
	}
	// It was a note; what the button would send is the new text.
	t, d := note(v, t, w, parts.Text())
	if x.Parts, _ = sayable(parts); len(x.Parts) > 0 && !isNote(parts.Text()) {
		t.m.Asked = append(slices.Clip(t.m.Asked), x)
	}
	return t, d
}

// rehold holds an edited message for another moment, at its old place.
func rehold(v view, t ticket, x draft, at int) (ticket, done) {
	w, parts := writer{Agent: v.actor, via: x.Via}, x.Parts
	kept := done{}.log(v.event(core.EventDropped, by(w.Agent), "edited into a note in time", "via", x.Via.Ref))
	desk := v.r.Desks.Named(x.Via.Channel)
	line := command.Visible(parts.Text())
	if isNote(line) || command.IsCommand(line) {
		t, d := note(v, t, w, noteText(parts.Text()))
		return t, kept.then(d)
	}
	if desk.Explicit {
		said, all, _ := marked(parts)
		if !all {
			t, d := offerSend(v, t, w, parts)
			return t, kept.then(d)
		}
		parts = said
	}
	said, why := guard(v, t, w.ID, parts)
	x.Parts = said
	switch {
	case !t.ownedBy(w.ID):
		return unsent(v, t, x)
	case len(said) == 0:
		return note(v, t, w, parts.Text())
	case len(why) > 0:
		x.Due = time.Time{}
		return holdBack(v, t, x, why)
	}
	x.Due = v.now().Add(desk.Hold)
	t.m.Held = slices.Insert(slices.Clone(t.m.Held), min(at, len(t.m.Held)), x)
	return t, done{}
}

// amend changes what the customer has seen already: on their screen if the
// platform can, otherwise the agent is told that it did not change.
func amend(v view, t ticket, s sent, parts core.Parts) (ticket, done) {
	a, text := v.actor, parts.Text()
	if len(parts) > 0 && card.Clip(text, remarkMax) == s.Text {
		return t, done{} // a platform's own edit: a link unfolded
	}
	line := command.Visible(text)
	if !t.ownedBy(a.ID) || isNote(line) || command.IsCommand(line) {
		t, d := note(v, t, writer{Agent: a, via: s.Via}, text)
		return t, d.say(v.notice(t, a.ID, "edit_unseen", "text", card.Clip(s.Text, 80)))
	}
	said, why := guard(v, t, a.ID, parts)
	if len(parts) == 0 && v.r.Words != nil {
		said, why = v.r.Words(v.lang(t), "withdrawn", nil), nil
	}
	old := v.pieceIDs(s.Via)
	if len(why) == 0 && len(said) > 0 && len(old) == 1 && v.pieces(said) == 1 && v.r.Edits != nil && v.r.Edits(v.c.Key.Channel) {
		return replace(v, t, s, core.Envelope{By: by(a), Via: &s.Via, Replaces: old[0], Parts: said})
	}
	if len(parts) == 0 {
		return t, done{}.say(v.ask(t, a.ID, v.of(a.ID, "delete_seen", "text", card.Clip(s.Text, 80)), v.button(a.ID, command.ActCorrect, strconv.Itoa(s.N), "btn_correct")))
	}
	if said, _ = sayable(parts); len(said) == 0 {
		return t, done{}
	}
	drafts, n := t.m.ask(draft{Kind: draftCorrect, Via: s.Via, Name: a.Name, Parts: said, Why: why})
	t.m.drafts = drafts
	num := strconv.Itoa(n)
	return t, done{}.say(v.ask(t, a.ID, v.of(a.ID, "edit_seen", "text", card.Clip(s.Text, 80), "n", num),
		v.button(a.ID, command.ActCorrect, num, "btn_correct"), v.button(a.ID, command.ActDrop, num, "btn_drop")))
}

// replace puts env in the place of a message on the customer's screen.
func replace(v view, t ticket, s sent, env core.Envelope) (ticket, done) {
	t.m.Sent = slices.Clone(t.m.Sent)
	for i := range t.m.Sent {
		if t.m.Sent[i].N == s.N {
			t.m.Sent[i].Text = card.Clip(env.Parts.Text(), remarkMax)
		}
	}
	return t, done{}.
		say(saying{env: env}).
		log(v.event(core.EventRelayed, env.By, "an edit of a message", "via", s.Via.Ref, "replaces", env.Replaces))
}

// pieceIDs are the IDs of the messages in which one of an agent's went out.
func (v view) pieceIDs(via core.Via) (ids []string) {
	for _, e := range v.past {
		if e.Via != nil && e.Via.Channel == via.Channel && e.Via.Ref == via.Ref && e.ID != "" && e.Replaces == "" {
			ids = append(ids, e.ID)
		}
	}
	return ids
}
