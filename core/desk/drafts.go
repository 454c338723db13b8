package desk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// asked finds the message that an action names: by its number, by its ref at
// the desk, by the ID it failed under, or else the agent's newest of a kind.
// Only its author can decide about it.
func (t *turn) asked(a core.Agent, act Act, kinds ...draftKind) (d draft, at int, ok bool) {
	name := act.Values["message"]
	for i, x := range slices.Backward(t.m.Asked) {
		if x.Via.Agent != a.ID || !slices.Contains(kinds, x.Kind) {
			continue
		}
		if name == "" || name == strconv.Itoa(x.N) || name == x.Via.Ref || name != "" && name == x.ID {
			return x, i, true
		}
	}
	return d, -1, false
}

func (t *turn) forget(at int) { t.m.Asked = slices.Delete(slices.Clone(t.m.Asked), at, at+1) }

// sendAnyway is the author's word that a message that was held back is meant.
func (t *turn) sendAnyway(a core.Agent, act Act) {
	d, at, ok := t.asked(a, act, draftSend)
	if !ok {
		t.refuse(a, ActSend, "no_message")
		return
	}
	if !t.mustOwn(a, ActSend) {
		return
	}
	if why := t.stuck(d); why != "" {
		t.refuse(a, ActSend, why, "left", itoa(t.c.Ledger.Room(t.now())), "count", itoa(t.pieces(d.Parts)))
		return
	}
	t.forget(at)
	if act.Name == ActMerge {
		d.Parts = merged(d.Parts)
	}
	t.send(d, "the owner said to send it")
}

// stuck is why a message cannot go out whoever says so.
func (t *turn) stuck(d draft) string {
	switch {
	case t.c.Gone:
		return "guard_gone"
	case t.counted() && t.c.Ledger.Room(t.now()) == 0 && !isForm(d.Parts):
		return "guard_window"
	}
	return ""
}

// mustOwn reports whether an agent may speak to the customer; if not they are
// told who does.
func (t *turn) mustOwn(a core.Agent, action string) bool {
	if t.owner(a) {
		return true
	}
	if !t.t.Open() {
		t.refuse(a, action, "closed_already")
		return false
	}
	who := t.of(a.ID, "nobody")
	if t.t.Agent != "" {
		who = t.name(t.t.Agent)
	}
	t.refuse(a, action, "not_yours", "owner", who)
	return false
}

// take is taking over, with a note of one's own that is to be sent.
func (t *turn) take(a core.Agent, act Act) {
	if act.Values["message"] == "" {
		t.takeOver(a)
		return
	}
	d, at, ok := t.asked(a, act, draftTake)
	if !ok {
		t.refuse(a, ActTake, "no_message")
		return
	}
	if !t.takeOver(a) {
		return
	}
	t.forget(at)
	said, why := t.guard(a, d.Parts)
	d.Kind, d.Parts = draftSend, said
	switch {
	case len(said) == 0:
	case len(why) > 0:
		t.holdBack(a, d, why)
	default:
		t.send(d, "took over and sent it")
	}
}

// drop says that a message does not go out; it stays a note, or is gone.
func (t *turn) drop(a core.Agent, act Act) {
	name := act.Values["message"]
	for i, d := range slices.Backward(t.m.Held) {
		if d.Via.Agent == a.ID && (name == "" || name == strconv.Itoa(d.N) || name == d.Via.Ref) {
			t.m.Held = slices.Delete(slices.Clone(t.m.Held), i, i+1)
			t.event(core.Dropped, by(a), "taken back in time", "via", d.Via.Ref)
			t.notice(a.ID, "undone", "text", clip(gist(d.Parts), 80))
			return
		}
	}
	if d, at, ok := t.asked(a, act, draftSend, draftTake, draftCorrect, draftRetry); ok {
		t.forget(at)
		t.event(core.Dropped, by(a), "not sent after all", "via", d.Via.Ref, "message", d.ID)
		if d.Kind != draftTake {
			t.notice(a.ID, "dropped")
		}
		return
	}
	for i, d := range slices.Backward(t.m.Kept) {
		if d.Via.Agent == a.ID && (name == "" || name == strconv.Itoa(d.N)) {
			t.m.Kept = slices.Delete(slices.Clone(t.m.Kept), i, i+1)
			t.event(core.Dropped, by(a), "not kept after all", "via", d.Via.Ref)
			t.notice(a.ID, "dropped")
			return
		}
	}
	t.refuse(a, ActDrop, "no_message")
}

// undo takes back the agent's last message. One that the customer has seen is
// withdrawn if the platform can.
func (t *turn) undo(a core.Agent, act Act) {
	name := act.Values["message"]
	mine := func(d draft) bool {
		return d.Via.Agent == a.ID && (name == "" || name == strconv.Itoa(d.N) || name == d.Via.Ref)
	}
	if slices.ContainsFunc(t.m.Held, mine) {
		t.drop(a, act)
		return
	}
	for _, s := range slices.Backward(t.m.Sent) {
		if mine(draft{N: s.N, Via: s.Via}) {
			t.amend(a, s, nil)
			return
		}
	}
	if slices.ContainsFunc(t.m.Asked, mine) {
		t.drop(a, act)
		return
	}
	t.refuse(a, ActUndo, "no_message")
}

// correct sends the customer a correction: of an edit they did not see, or of a
// message that is named, or just so.
func (t *turn) correct(a core.Agent, via core.Via, act Act) {
	if !t.mustOwn(a, ActCorrect) {
		return
	}
	text := act.Values["text"]
	var parts core.Parts
	if d, at, ok := t.asked(a, act, draftCorrect); ok {
		t.forget(at)
		parts, via = d.Parts, d.Via
	}
	if text != "" {
		parts = core.Parts{core.Text{Body: text}}
	}
	said, why := t.guard(a, parts)
	if len(said) == 0 {
		t.refuse(a, ActCorrect, "correct_how")
		return
	}
	if t.r.Words != nil {
		if ps := t.r.Words(t.lang(), "correction", map[string]string{"text": said.Text()}); len(ps) > 0 {
			said = ps
		}
	}
	d := draft{Kind: draftSend, Via: via, Name: a.Name, Parts: said}
	if len(why) > 0 {
		t.holdBack(a, d, why)
		return
	}
	t.send(d, "a correction")
}

// retry tries a message again that did not arrive.
func (t *turn) retry(a core.Agent, act Act) {
	d, at, ok := t.asked(a, act, draftRetry)
	if !ok {
		t.refuse(a, ActRetry, "no_message")
		return
	}
	if !t.mustOwn(a, ActRetry) {
		return
	}
	if why := t.stuck(d); why != "" {
		t.refuse(a, ActRetry, why, "left", "0")
		return
	}
	t.forget(at)
	t.send(d, "tried again")
}

// keep lets a message wait until the customer writes again.
func (t *turn) keep(a core.Agent, act Act) {
	d, at, ok := t.asked(a, act, draftSend, draftRetry)
	if !ok {
		t.refuse(a, ActKeep, "no_message")
		return
	}
	if !t.mustOwn(a, ActKeep) {
		return
	}
	t.forget(at)
	t.m.Kept = append(slices.Clone(t.m.Kept), d)
	t.answered()
	t.event(core.Relayed, by(a), "kept until the customer writes again", "via", d.Via.Ref, "kept", "yes")
	t.notice(a.ID, "kept")
}

// sendKept sends what was kept, now that the customer has written.
func (t *turn) sendKept() {
	kept := t.m.Kept
	if len(kept) == 0 || t.t.State != core.TicketActive {
		return
	}
	t.m.Kept = nil
	for _, d := range kept {
		switch {
		case d.Via.Agent != t.t.Agent:
			t.unsent(d)
		case t.stuck(d) != "":
			t.m.Kept = append(t.m.Kept, d)
		default:
			t.send(d, "kept until the customer wrote")
		}
	}
}

// canned shows a ready reply for confirmation, or the list of them.
func (t *turn) canned(a core.Agent, via core.Via, act Act) {
	name := act.Values["id"]
	if name == "" {
		var titles []string
		var options []core.Option
		for _, c := range t.r.Canned {
			titles = append(titles, c.ID+" "+c.Title)
			if len(options) < 10 {
				options = append(options, option(ActCanned+":"+c.ID, clip(c.Title, 20)))
			}
		}
		if len(titles) == 0 {
			t.notice(a.ID, "canned_none")
			return
		}
		t.ask(a.ID, t.of(a.ID, "canned_list", "list", strings.Join(titles, "\n")), options...)
		return
	}
	if !t.mustOwn(a, ActCanned) {
		return
	}
	c, ok := t.r.findCanned(name)
	if !ok {
		t.refuse(a, ActCanned, "canned_unknown", "name", clip(name, 40))
		return
	}
	n := t.keepDraft(draft{Kind: draftSend, Via: via, Name: a.Name, Parts: core.Parts{core.Text{Body: c.Text}}})
	num := itoa(n)
	t.ask(a.ID, t.of(a.ID, "canned_ask", "text", c.Text, "n", num),
		option(ActSend+":"+num, t.of(a.ID, "btn_send")), option(ActDrop+":"+num, t.of(a.ID, "btn_drop")))
}

// findCanned finds a ready reply by ID, by title, or by the beginning of one.
func (r *Rules) findCanned(name string) (Canned, bool) {
	for _, match := range []func(Canned) bool{
		func(c Canned) bool { return strings.EqualFold(c.ID, name) || strings.EqualFold(c.Title, name) },
		func(c Canned) bool { return strings.HasPrefix(strings.ToLower(c.Title), strings.ToLower(name)) },
		func(c Canned) bool { return strings.Contains(strings.ToLower(c.Title), strings.ToLower(name)) },
	} {
		if i := slices.IndexFunc(r.Canned, match); i >= 0 {
			return r.Canned[i], true
		}
	}
	return Canned{}, false
}

// suggestion finds an offer by its number or its entry.
func (t *turn) suggestion(name string) (Suggestion, bool) {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(t.m.Offers) {
		return t.m.Offers[n-1], true
	}
	for _, o := range t.m.Offers {
		if o.Entry == name {
			return o, true
		}
	}
	return Suggestion{}, false
}

// suggest sends an offered answer in the owner's name, after the hold.
func (t *turn) suggest(a core.Agent, via core.Via, act Act) {
	if !t.mustOwn(a, ActSuggest) {
		return
	}
	o, ok := t.suggestion(act.Values["entry"])
	if !ok {
		t.refuse(a, ActSuggest, "suggest_unknown")
		return
	}
	parts := core.Parts{core.Text{Body: o.Text}}
	t.event(core.Suggested, by(a), "used", "entry", o.Entry, "verdict", "used")
	said, why := t.guard(a, parts)
	d := draft{Kind: draftSend, Via: via, Name: a.Name, Parts: said}
	if len(why) > 0 {
		t.holdBack(a, d, why)
		return
	}
	t.hold(d)
}

// bad records that an offered answer was wrong.
func (t *turn) bad(a core.Agent, act Act) {
	o, ok := t.suggestion(act.Values["entry"])
	if !ok {
		t.refuse(a, ActBad, "suggest_unknown")
		return
	}
	t.event(core.Suggested, by(a), "judged wrong", "entry", o.Entry, "verdict", "bad")
	t.notice(a.ID, "noted_bad")
}
