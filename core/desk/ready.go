package desk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// canned shows a ready reply for confirmation, or the list of them.
func canned(v view, t ticket, w writer, act command.Act) (ticket, done) {
	name := act.Values["id"]
	if name == "" {
		return t, done{}.say(listCanned(v, t, w))
	}
	if d, ok := mustOwn(v, t, command.ActCanned); !ok {
		return t, d
	}
	c, ok := findCanned(v.r.Canned, name)
	if !ok {
		return t, v.refuse(t, command.ActCanned, "canned_unknown", "name", card.Clip(name, 40))
	}
	drafts, n := t.m.ask(w.draft(core.Parts{core.Text{Body: c.Text}}))
	t.m.drafts = drafts
	num := strconv.Itoa(n)
	return t, done{}.say(v.ask(t, w.ID, v.of(w.ID, "canned_ask", "text", c.Text, "n", num),
		v.button(w.ID, command.ActSend, num, "btn_send"), v.button(w.ID, command.ActDrop, num, "btn_drop")))
}

func listCanned(v view, t ticket, w writer) saying {
	var titles []string
	var options []core.Option
	for _, c := range v.r.Canned {
		titles = append(titles, c.ID+" "+c.Title)
		if len(options) < 10 {
			options = append(options, card.Option(command.ActCanned+":"+c.ID, card.Clip(c.Title, 20)))
		}
	}
	if len(titles) == 0 {
		return v.notice(t, w.ID, "canned_none")
	}
	return v.ask(t, w.ID, v.of(w.ID, "canned_list", "list", strings.Join(titles, "\n")), options...)
}

// findCanned finds a ready reply by ID, by title, or by a part of one, best at
// its beginning.
func findCanned(all []Canned, name string) (Canned, bool) {
	for _, match := range []func(Canned) bool{
		func(c Canned) bool { return strings.EqualFold(c.ID, name) || strings.EqualFold(c.Title, name) },
		func(c Canned) bool { return strings.HasPrefix(strings.ToLower(c.Title), strings.ToLower(name)) },
		func(c Canned) bool { return strings.Contains(strings.ToLower(c.Title), strings.ToLower(name)) },
	} {
		if i := slices.IndexFunc(all, match); i >= 0 {
			return all[i], true
		}
	}
	return Canned{}, false
}

// offered finds an offer by its number or its entry.
func offered(offers []Suggestion, name string) (Suggestion, bool) {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(offers) {
		return offers[n-1], true
	}
	for _, o := range offers {
		if o.Entry == name {
			return o, true
		}
	}
	return Suggestion{}, false
}

// suggest sends an offered answer in the owner's name, after the hold.
func suggest(v view, t ticket, w writer, act command.Act) (ticket, done) {
	if d, ok := mustOwn(v, t, command.ActSuggest); !ok {
		return t, d
	}
	o, ok := offered(t.m.Offers, act.Values["entry"])
	if !ok {
		return t, v.refuse(t, command.ActSuggest, "suggest_unknown")
	}
	said, why := guard(v, t, w.ID, core.Parts{core.Text{Body: o.Text}})
	t, d := pass(v, t, w.draft(said), why)
	return t, done{}.log(v.event(core.EventSuggested, by(w.Agent), "used", "entry", o.Entry, "verdict", "used")).then(d)
}

// bad records that an offered answer was wrong.
func bad(v view, t ticket, act command.Act) done {
	o, ok := offered(t.m.Offers, act.Values["entry"])
	if !ok {
		return v.refuse(t, command.ActBad, "suggest_unknown")
	}
	return done{}.
		log(v.event(core.EventSuggested, by(v.actor), "judged wrong", "entry", o.Entry, "verdict", "bad")).
		say(v.notice(t, v.actor.ID, "noted_bad"))
}

// Suggest offers the owner up to three script answers.
func (r *Rules) Suggest(c core.Conversation, offers []Suggestion, s core.Scene) core.Outcome {
	if c.Ticket == nil {
		return core.Outcome{Conversation: c}
	}
	v, t := r.begin(c, s)
	offers = offers[:min(3, len(offers))]
	if t.State != core.TicketActive || len(offers) == 0 || slices.Equal(offers, t.m.Offers) {
		return core.Outcome{Conversation: c}
	}
	t.m.Offers = slices.Clone(offers)
	prompt := v.of(t.Agent, "suggest_ask")
	var options []core.Option
	var entries []string
	for i, o := range offers {
		num := strconv.Itoa(i + 1)
		prompt += "\n" + num + ". " + card.Clip(o.Text, 160)
		options = append(options, card.Option(command.ActSuggest+":"+num, v.of(t.Agent, "btn_suggest", "n", num, "title", card.Clip(o.Title, 20))))
		entries = append(entries, o.Entry)
	}
	return v.end(t, done{}.
		log(v.event(core.EventSuggested, bySystem, "the customer wrote", "entries", strings.Join(entries, ","))).
		say(v.ask(t, t.Agent, prompt, options...)))
}
