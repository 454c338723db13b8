package desk

import (
	"slices"
	"strconv"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// mustOwn reports whether who acts may speak to the customer; if not they are
// told who does.
func mustOwn(v view, t ticket, action string) (done, bool) {
	switch {
	case t.ownedBy(v.actor.ID):
		return done{}, true
	case !t.Open():
		return v.refuse(t, action, "closed_already"), false
	}
	who := v.of(v.actor.ID, "nobody")
	if t.Agent != "" {
		who = v.name(t, t.Agent)
	}
	return v.refuse(t, action, "not_yours", "owner", who), false
}

// sendAnyway is the author's word that a message that was held back is meant.
func sendAnyway(v view, t ticket, act command.Act) (ticket, done) {
	x, at, ok := t.m.asked(v.actor.ID, act.Values["message"], draftSend)
	if !ok {
		return t, v.refuse(t, command.ActSend, "no_message")
	}
	if d, ok := mustOwn(v, t, command.ActSend); !ok {
		return t, d
	}
	if why := stuck(v, x); why != "" {
		return t, v.refuse(t, command.ActSend, why, "left", strconv.Itoa(v.room()), "count", strconv.Itoa(v.pieces(x.Parts)))
	}
	t.m.drafts = t.m.forget(at)
	if act.Name == command.ActMerge {
		x.Parts = merged(x.Parts)
	}
	return send(v, t, x, "the owner said to send it")
}

// take is taking over, with a note of one's own that is to be sent.
func take(v view, t ticket, act command.Act) (ticket, done) {
	if act.Values["message"] == "" {
		return takeOver(v, t)
	}
	x, at, ok := t.m.asked(v.actor.ID, act.Values["message"], draftTake)
	if !ok {
		return t, v.refuse(t, command.ActTake, "no_message")
	}
	t, d := takeOver(v, t)
	t.m.drafts = t.m.forget(at)
	said, why := guard(v, t, v.actor.ID, x.Parts)
	x.Kind, x.Parts = draftSend, said
	var out done
	switch {
	case len(said) == 0:
	case len(why) > 0:
		t, out = holdBack(v, t, x, why)
	default:
		t, out = send(v, t, x, "took over and sent it")
	}
	return t, d.then(out)
}

// drop says that a message does not go out; it stays a note, or is gone.
func drop(v view, t ticket, act command.Act) (ticket, done) {
	a, name := v.actor, act.Values["message"]
	if i := newest(t.m.Held, func(x draft) bool { return x.Via.Agent == a.ID && x.named(name) }); i >= 0 {
		x := t.m.Held[i]
		t.m.Held = without(t.m.Held, i)
		return t, done{}.
			log(v.event(core.EventDropped, by(a), "taken back in time", "via", x.Via.Ref)).
			say(v.notice(t, a.ID, "undone", "text", card.Clip(card.Gist(x.Parts), 80)))
	}
	if x, at, ok := t.m.asked(a.ID, name, draftSend, draftTake, draftCorrect, draftRetry); ok {
		t.m.drafts = t.m.forget(at)
		d := done{}.log(v.event(core.EventDropped, by(a), "not sent after all", "via", x.Via.Ref, "message", x.ID))
		if x.Kind != draftTake {
			d = d.say(v.notice(t, a.ID, "dropped"))
		}
		return t, d
	}
	if i := newest(t.m.Kept, func(x draft) bool { return x.Via.Agent == a.ID && (name == "" || name == strconv.Itoa(x.N)) }); i >= 0 {
		x := t.m.Kept[i]
		t.m.Kept = without(t.m.Kept, i)
		return t, done{}.
			log(v.event(core.EventDropped, by(a), "not kept after all", "via", x.Via.Ref)).
			say(v.notice(t, a.ID, "dropped"))
	}
	return t, v.refuse(t, command.ActDrop, "no_message")
}

// newest is the place of the last message in the list that is meant, or -1.
func newest(list []draft, meant func(draft) bool) int {
	for i, x := range slices.Backward(list) {
		if meant(x) {
			return i
		}
	}
	return -1
}

// undo takes back the last message of who acts. One that the customer has seen
// is withdrawn if the platform can.
func undo(v view, t ticket, act command.Act) (ticket, done) {
	meant := func(x draft) bool { return x.Via.Agent == v.actor.ID && x.named(act.Values["message"]) }
	if slices.ContainsFunc(t.m.Held, meant) {
		return drop(v, t, act)
	}
	for _, s := range slices.Backward(t.m.Sent) {
		if meant(draft{N: s.N, Via: s.Via}) {
			return amend(v, t, s, nil)
		}
	}
	if slices.ContainsFunc(t.m.Asked, meant) {
		return drop(v, t, act)
	}
	return t, v.refuse(t, command.ActUndo, "no_message")
}

// correct sends the customer a correction: of an edit they did not see, or of a
// message that is named, or just so.
func correct(v view, t ticket, w writer, act command.Act) (ticket, done) {
	if d, ok := mustOwn(v, t, command.ActCorrect); !ok {
		return t, d
	}
	var parts core.Parts
	if x, at, ok := t.m.asked(w.ID, act.Values["message"], draftCorrect); ok {
		t.m.drafts = t.m.forget(at)
		parts, w.via = x.Parts, x.Via
	}
	if text := act.Values["text"]; text != "" {
		parts = core.Parts{core.Text{Body: text}}
	}
	said, why := guard(v, t, w.ID, parts)
	if len(said) == 0 {
		return t, v.refuse(t, command.ActCorrect, "correct_how")
	}
	if v.r.Words != nil {
		if ps := v.r.Words(v.lang(t), "correction", map[string]string{"text": said.Text()}); len(ps) > 0 {
			said = ps
		}
	}
	if len(why) > 0 {
		return holdBack(v, t, w.draft(said), why)
	}
	return send(v, t, w.draft(said), "a correction")
}

// retry tries a message that did not arrive once more.
func retry(v view, t ticket, act command.Act) (ticket, done) {
	x, at, ok := t.m.asked(v.actor.ID, act.Values["message"], draftRetry)
	if !ok {
		return t, v.refuse(t, command.ActRetry, "no_message")
	}
	if d, ok := mustOwn(v, t, command.ActRetry); !ok {
		return t, d
	}
	if why := stuck(v, x); why != "" {
		return t, v.refuse(t, command.ActRetry, why, "left", "0")
	}
	t.m.drafts = t.m.forget(at)
	return send(v, t, x, "tried again")
}

// keep lets a message wait until the customer writes again.
func keep(v view, t ticket, act command.Act) (ticket, done) {
	a := v.actor
	x, at, ok := t.m.asked(a.ID, act.Values["message"], draftSend, draftRetry)
	if !ok {
		return t, v.refuse(t, command.ActKeep, "no_message")
	}
	if d, ok := mustOwn(v, t, command.ActKeep); !ok {
		return t, d
	}
	t.m.drafts = t.m.forget(at)
	t.m.Kept = append(slices.Clip(t.m.Kept), x)
	t.m.silence = silence{} // as if the customer had heard from their agent
	return t, done{}.
		log(v.event(core.EventRelayed, by(a), "kept until the customer writes again", "via", x.Via.Ref, "kept", "yes")).
		say(v.notice(t, a.ID, "kept"))
}
