package dialog

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// read answers the lines in order. Lines that nothing is sure about wait for
// the end of the burst, unless something else settles the matter: left is how
// many of the newest.
func read(v view, t talk, unread []core.Envelope) (_ talk, left int) {
	var doubts []doubt
	var before talk // as it was when the first of them came
	first := 0
	forced := false // nothing can be left unread any more
	for i, env := range unread {
		if v.fromSystem(env) {
			forced = forced || len(doubts) > 0
			t = answered(v, t, env)
			continue
		}
		if len(doubts) == 0 {
			before, first = t, i
		}
		if !slices.ContainsFunc(unread[:i], func(e core.Envelope) bool { return !v.fromSystem(e) }) {
			t.Bubbles, t.Room = 0, 0
		}
		t.Room += 2
		t.before = len(doubts)
		var d *doubt
		if t, d = line(v, t, env); d == nil {
			doubts, forced = nil, false
			continue
		}
		doubts = append(doubts, *d)
	}
	if len(unread) == 0 { // the lines of a burst, if any, come in the next call
		return t, 0
	}
	until := burstEnd(v, t.memory, unread[first:])
	t.Burst = time.Time{}
	if len(doubts) == 0 {
		return t, 0
	}
	if a := settled(v, t.memory, doubts, early); a != nil {
		return a.do(v, t), 0
	}
	if !forced && v.Now.Before(until) {
		before.Burst = until
		return before, len(unread) - first
	}
	if a := settled(v, t.memory, doubts, 0); a != nil {
		return a.do(v, t), 0
	}
	return doubtful(v, t, doubts), 0
}

// line answers one envelope of the customer. It returns the doubt if it can't
// be answered with confidence, nil if it is settled.
func line(v view, t talk, env core.Envelope) (talk, *doubt) {
	t.Gone = false
	for _, p := range env.Parts {
		switch p.(type) {
		case core.Left:
			return gone(t), nil
		case core.Joined:
			return came(v, t), nil
		}
	}
	if v.Now.Sub(t.Greeted) >= v.Settings.Greeting || t.Greeted.After(v.Now.Add(time.Minute)) {
		t.greet = true
	}
	u := match.Listen(own(strings.ToValidUTF8(env.Parts.Text(), "�")))
	stop := false
	if pleads(v, t, env, u) {
		t.Flood.N++
	} else if next, over := flooded(v, t); !over || u.Danger == "" && !perilous(v, t) { // a danger is answered, however much somebody writes
		t, stop = next, over
	}
	if !stop {
		t, stop = repeated(v, t, env, u)
	}
	if stop {
		return t, nil
	}
	if env.Replaces != "" {
		return edited(v, t, u)
	}
	t.memory = hearLang(v, t.memory, u.Text)
	t = unparked(v, t)
	if p, ok := pickOf(env); ok {
		t.text = p.Label
		return pressed(v, t, p)
	}
	if u.Text == "" || forwarded(v, t, env, u) {
		return wordless(v, t, env), nil
	}
	t.text = u.Text
	if m, ok := mediaOf(env); ok && m.Words != "" && isVoice(m) {
		t = tellWith(v, t, "voice_text", map[string]string{"text": clip(m.Words, 200)})
	}
	t, d := reply(v, t, u)
	if d != nil {
		d.shown = !onlyWords(env)
		return t, d
	}
	return noted(v, t, u.Text), nil
}

// reply does what a text means, or returns the doubt.
func reply(v view, t talk, u match.Utterance) (talk, *doubt) {
	t, a, d := understand(v, t, u)
	nod, polite := a.(manners)
	if !polite {
		t.Nods = 0
	}
	if t.before > 0 && (polite || fragment(a)) || scrap(a) { // more may come: it is decided with the lines before it
		if polite && nod.act == match.ActStop {
			return a.do(v, t), nil
		}
		return t, &doubt{said: u, d: d, act: a}
	}
	if a == nil {
		return t, &doubt{said: u, d: d}
	}
	return a.do(v, t), nil
}

func onlyWords(env core.Envelope) bool {
	for _, p := range env.Parts {
		if _, ok := p.(core.Text); !ok {
			return false
		}
	}
	return true
}

func pickOf(env core.Envelope) (core.Pick, bool) {
	for _, p := range env.Parts {
		if p, ok := p.(core.Pick); ok {
			return p, true
		}
	}
	return core.Pick{}, false
}

func mediaOf(env core.Envelope) (core.Media, bool) {
	for _, p := range env.Parts {
		if m, ok := p.(core.Media); ok {
			return m, true
		}
	}
	return core.Media{}, false
}

func isVoice(m core.Media) bool { return strings.HasPrefix(m.Type, "audio/") }

// gone: the customer left or blocked us; nothing waits for them. The ticket is
// the desk's to park.
func gone(t talk) talk {
	t.claim.Gone = true
	t.memory = t.left()
	t.Menu, t.Confirm, t.Held, t.Survey = menu{}, request{}, nil, rating{}
	return t
}

// came greets somebody who came. Who was greeted a while ago and presses start,
// follows or scans again is shown where they are.
func came(v view, t talk) talk {
	t.Stopped = false
	switch greeted := v.Now.Sub(t.Greeted); {
	case greeted >= v.Settings.Greeting || greeted < 0:
		return welcome(v, t)
	case greeted < v.Settings.Duplicate: // one tap, told twice
		return t
	case t.inLine() || perilous(v, t):
		return sayPlace(v, t, "came again")
	case t.message():
		return sayKept(v, t)
	case t.Flow.on() && !t.Call.on() && !t.Flow.Paused:
		return askAgain(v, t)
	}
	return showMenu(v, note(v, t, core.EventFlowed, "came again", "flow", script.ToMenu, "step", ""))
}

// welcome shows the greeting with its menu.
func welcome(v view, t talk) talk {
	x := v.Greeting.Text
	if own, ok := variantFor(v.Greeting.Channels, v.key.Channel); ok {
		x = own
	}
	t = offerNext(v, t, "menu", "greeting", x, greetingItems(v, t.Lang))
	t.full = true
	t.Greeted = v.Now
	return note(v, t, core.EventGreeted, "came, or first message within the greeting interval")
}

// showMenu shows the greeting's menu, and the greeting itself if one is due.
func showMenu(v view, t talk) talk {
	if t.greet {
		return welcome(v, t)
	}
	return offer(v, t, "menu", v.Word(t.Lang, "menu", nil), greetingItems(v, t.Lang))
}

func greetingItems(v view, lang string) []item {
	return v.items(lang, append(slices.Clone(v.Greeting.Menu), script.ToHuman)...)
}

// flooded counts lines. Over the limit the customer is warned once; then
// nothing is answered for a while.
func flooded(v view, t talk) (talk, bool) {
	f, set, now := t.Flood, v.Settings.Flood, v.Now
	if now.Before(f.Ignore) && f.Ignore.Sub(now) <= set.Ignore {
		return note(v, t, core.EventIgnored, "flood: too many messages, not answered until "+f.Ignore.UTC().Format(time.TimeOnly)), true
	}
	if now.Sub(f.From) > set.Within || f.From.After(now) {
		f = flood{From: now}
	}
	f.N++
	if t.Flood = f; f.N <= set.Messages {
		return t, false
	}
	t.Flood.Ignore, t.Flood.N = now.Add(set.Ignore), 0
	t = tellWith(v, t, "flood", map[string]string{"minutes": strconv.Itoa(int(max(1, set.Ignore/time.Minute)))})
	return note(v, t, core.EventIgnored, "flood: "+strconv.Itoa(set.Messages)+" messages within "+set.Within.String()+"; warned once"), true
}

// pleads reports whether somebody who is not answered for a flood asks for a
// person, for the first time in that pause: that is answered, and does not end it.
func pleads(v view, t talk, env core.Envelope, u match.Utterance) bool {
	if !v.Now.Before(t.Flood.Ignore) || t.Flood.N > 0 || t.Ticket.Open() {
		return false
	}
	p, ok := pickOf(env)
	return ok && p.Option == script.ToHuman || !ok && wantsHuman(v, t.memory, u)
}

// repeated drops what was sent twice, and our own words coming back from a
// machine at the other end.
func repeated(v view, t talk, env core.Envelope, u match.Utterance) (talk, bool) {
	f := u.Folded
	if p, ok := pickOf(env); ok {
		f = "pick:" + p.Option
	}
	if f == "" {
		return t, false
	}
	if slices.Contains(t.Voice, markOf(clip(f, 200))) {
		t.greet = false
		return note(v, t, core.EventIgnored, "the customer's side sends our own words back: another bot?"), true
	}
	if len([]rune(f)) < 3 { // numbers and 好的 may well come twice
		return t, false
	}
	if p := match.Bare(f); p != "" && !strings.HasPrefix(f, "pick:") {
		f = p // asked again with a question mark is still the same
	}
	m, again := t.repeats(markOf(f), v.Now, v.Settings.Duplicate)
	if t.memory = m; !again {
		return t, false
	}
	t.greet = false
	return note(v, t, core.EventIgnored, "the same line came twice within "+v.Settings.Duplicate.String()), true
}

// unparked tells somebody who writes again that they have their old place. The
// desk takes the ticket out of the park in the same turn.
func unparked(v view, t talk) talk {
	if k := t.Ticket; !t.inLine() || k.State != core.TicketParked || k.Agent != "" {
		return t
	}
	t = tellWith(v, t, "back_in_line", ownWords(v, t))
	t.Acked = v.Now
	return t
}

// wordless acknowledges what has no words: recordings, pictures, places.
func wordless(v view, t talk, env core.Envelope) talk {
	id, vars := "", map[string]string(nil)
	for _, p := range env.Parts { // the first of them
		if _, ok := p.(core.Text); !ok {
			id, vars = kindOf(p)
			break
		}
	}
	if env.Forwarded != nil {
		id, vars = "forwarded", nil
	}
	if id != "" && t.waiting() {
		id, vars = "to_agent", nil
	}
	why := "no words in it: " + id
	if id != "" && t.Seen.Text == id && v.Now.Sub(t.Seen.At) < time.Minute && !t.Seen.At.After(v.Now) { // the second of several pictures
		t.greet = false
		return note(v, t, core.EventIgnored, why+"; acknowledged a moment ago")
	}
	t.Seen = said{id, v.Now}
	if id == "" { // nothing at all in it: still never silence
		id, why = "unsupported", "an empty message"
	}
	return askAgain(v, note(v, tellWith(v, t, id, vars), core.EventFellBack, why))
}

// kindOf is the text with which a part without words is acknowledged.
func kindOf(p core.Part) (id string, vars map[string]string) {
	switch p := p.(type) {
	case core.Media:
		switch {
		case isVoice(p):
			return "voice", nil
		case strings.HasPrefix(p.Type, "image/"):
			return "image", nil
		}
		return "file", map[string]string{"name": clip(p.Name, 40)}
	case core.Place:
		return "location", nil
	case core.Other:
		return "unsupported", map[string]string{"kind": clip(p.Kind, 40)}
	}
	return "unsupported", nil
}
