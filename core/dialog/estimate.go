package dialog

import (
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// longestWait is the most that anybody is ever told to expect.
const longestWait = 45 * time.Minute

// Place says where somebody is in line and how long it will take, in their
// language. It is what the bot says when it is asked for the first time.
func (e *Engine) Place(lang string, x core.Estimate) string {
	return e.Word(lang, placeWord(x), waitWords(e.Book, lang, x))
}

// placeWord is the text that says a place in line.
func placeWord(x core.Estimate) string {
	if x.Nobody {
		return "place_nobody"
	}
	return "place"
}

// waitWords are the words of an estimate: how many are ahead, as long as the
// number means something to people, and the bounds, rounded outwards.
func waitWords(b *script.Book, lang string, x core.Estimate) map[string]string {
	vars := map[string]string{"ahead": b.Word(lang, "ahead_next", nil), "eta": b.Word(lang, "eta_none", nil)}
	if x.Ahead <= 0 { // nobody is waited for: nothing keeps them but the agent's phone
		vars["eta"] = ""
	}
	switch {
	case x.Ahead > 20:
		vars["ahead"] = b.Word(lang, "ahead_about", map[string]string{"n": strconv.Itoa((x.Ahead + 5) / 10 * 10)})
	case x.Ahead > 0:
		vars["ahead"] = b.Word(lang, "ahead", map[string]string{"n": strconv.Itoa(x.Ahead)})
	}
	switch high := upper(x); {
	case high > time.Minute:
		low := max(1, int(x.Low/time.Minute))
		vars["eta"] = b.Word(lang, "eta", map[string]string{"low": strconv.Itoa(low), "high": strconv.Itoa(max(low+1, minutesUp(high)))})
	case high > 0:
		vars["eta"] = b.Word(lang, "eta_under", map[string]string{"high": "1"})
	case x.Busy && x.Ahead <= 0:
		vars["eta"] = b.Word(lang, "eta_busy", nil)
	}
	return vars
}

// upper is the longest wait that may be announced, 0 if none may be.
func upper(x core.Estimate) time.Duration {
	if !x.Known || x.High <= 0 || x.High > longestWait {
		return 0
	}
	return x.High
}

func minutesUp(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// joining is the estimate for somebody who joins a line now.
func joining(l core.LineState) core.Estimate {
	return core.Estimate{Ahead: l.Waiting, Low: l.Low, High: l.High, Known: l.Known}
}

// joinWords say the wait to somebody who is not in line yet.
func joinWords(v view, lang, topic string) map[string]string {
	l := v.Line(topic)
	vars := waitWords(v.Book, lang, joining(l))
	if upper(joining(l)) == 0 && l.Head >= 30*time.Minute {
		vars["eta"] = v.Word(lang, "eta_over", map[string]string{"high": "30"})
	}
	return vars
}

// expected is what somebody in line may expect: the estimate of their own ticket,
// or what the line says of it.
func expected(v view, t talk) core.Estimate {
	if v.Own != nil {
		return *v.Own
	}
	l := v.Line(t.Ticket.Topic)
	return core.Estimate{Nobody: l.OnDuty == 0}
}

// openWords are when people are there again, and by when a message is answered of
// who waits since a time.
func openWords(v view, lang, topic string, since time.Time) map[string]string {
	h, vars := v.HoursOf(topic), map[string]string{}
	at, ok := h.Promise(since)
	if ok && !at.After(v.Now) {
		at, ok = h.Promise(v.Now)
	}
	if ok {
		vars["promise"] = v.when(lang, h, at)
	}
	if at, ok := h.Calendar().Opens(v.Now); ok && at.After(v.Now) {
		vars["opens"] = v.when(lang, h, at)
	}
	return vars
}

// ownWords say the wait to somebody in line: the estimate of their own ticket.
// Where nobody keeps a line, as in previews, it is what can honestly be said
// from outside: no more ahead than they were told, and what is left of the wait
// they were told.
func ownWords(v view, t talk) map[string]string {
	if expected(v, t).Nobody {
		return openWords(v, t.Lang, t.Ticket.Topic, t.Ticket.Since)
	}
	if v.Own != nil {
		return waitWords(v.Book, t.Lang, *v.Own)
	}
	k, l := t.Ticket, v.Line(t.Ticket.Topic)
	ahead := l.Waiting - 1
	if !k.Told.At.IsZero() {
		ahead = min(ahead, k.Told.Ahead)
	}
	vars := waitWords(v.Book, t.Lang, core.Estimate{Ahead: ahead})
	left := k.Told.Upper - v.Now.Sub(k.Told.At)
	switch {
	case k.Told.Upper == 0 && l.Head >= 30*time.Minute:
		vars["eta"] = v.Word(t.Lang, "eta_over", map[string]string{"high": "30"})
	case k.Told.Upper == 0:
	case left <= 0:
		vars["eta"] = v.Word(t.Lang, "eta_late", nil)
	default:
		vars["eta"] = v.Word(t.Lang, "eta_under", map[string]string{"high": strconv.Itoa(minutesUp(left))})
	}
	return vars
}

// told notes on the ticket what its customer has just been told.
func told(v view, c claim) claim {
	if v.Own == nil {
		return c
	}
	k := *c.Ticket
	k.Told = core.Told{At: v.Now, Ahead: v.Own.Ahead, Upper: upper(*v.Own)}
	c.Ticket = &k
	return c
}
