package desk

import (
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

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
		said, all, _ := marked(parts)
		if !all {
			t.event(core.Dropped, by(a), "edited into a note in time", "via", d.Via.Ref)
			t.offerSend(a, d.Via, parts)
			return
		}
		parts = said
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
