package reassure

import (
	"cmp"
	"math"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// grace is how long a customer whose page is closed is still served in turn: a page
// that is loaded again is closed for a moment.
const grace = time.Minute

// A wait is what a decision is made on: the facts, and what is remembered.
type wait struct {
	*Policy
	Facts
	m     memory
	env   env
	start time.Time // when they got in line
}

func (p *Policy) wait(f Facts) *wait {
	m := recall(f.Talk.Ticket.Wait).heard(f.Talk.Heard).present(f)
	m.Policy, m.Version = p.Name, p.Version
	w := &wait{Policy: p, Facts: f, m: m, start: f.Talk.Ticket.Since}
	w.env = w.environment()
	return w
}

// environment is what conditions may name.
func (w *wait) environment() env {
	k, now := w.Talk.Ticket, w.Now
	e := env{
		Waited: now.Sub(w.start).Seconds(), Idle: now.Sub(w.Talk.Heard).Seconds(), Closing: math.Inf(1), Left: math.Inf(1),
		Channel: cmp.Or(w.Kind, w.Talk.Key.Channel), VIP: k.VIP, Mood: k.Mood, Lang: primary(k.Lang), Topic: k.Topic, Peak: w.Facts.Peak,
		Ahead: math.Inf(1), Queue: lineOf(w.Line), ETA: etaEnv{Upper: math.Inf(1)}, Agents: float64(w.Line.OnDuty),
	}
	if len(w.Limits.Allowances) > 0 {
		e.Left = float64(w.Talk.Ledger.Room(now))
	}
	if !w.Closes.IsZero() {
		e.Closing = w.Closes.Sub(now).Seconds()
	}
	if o := w.Own; o != nil {
		e.Ahead = float64(o.Ahead)
		if o.Known {
			e.ETA = etaEnv{Upper: o.High.Seconds(), Low: o.Low.Seconds(), Known: true}
			e.Upper = o.High.Seconds()
		}
		if o.Nobody {
			e.Agents = 0
		}
	}
	if t := told(w.Facts); t.Upper > 0 {
		e.Upper, e.Told.Upper = t.Upper.Seconds(), t.Upper.Seconds()
		e.Told.Rose = (now.Sub(t.At).Seconds()+e.ETA.Upper)/t.Upper.Seconds() - 1
	}
	return e
}

func lineOf(l core.LineState) lineEnv {
	return lineEnv{Length: float64(l.Waiting), Head: l.Head.Seconds(), Agents: float64(l.OnDuty), Free: float64(l.Free)}
}

// Begin is what somebody is told who has just got in line. It is an answer to what
// they wrote. Nothing is said where the policy has no words for it.
func (p *Policy) Begin(f Facts) Decision {
	if f.Own == nil { // the line has not seen the ticket yet
		l := f.Line
		f.Own = &core.Estimate{Ahead: l.Waiting, Low: l.Low, High: l.High, Known: l.Known, Nobody: l.OnDuty == 0, Busy: l.OnDuty > 0 && l.Free == 0}
	}
	w := p.wait(f)
	w.m = memory{Policy: p.Name, Version: p.Version, Away: w.m.Away}
	var d Decision
	if o := f.Own; o.Ahead == 0 && !o.Nobody && !o.Busy { // a phone rings already
		return w.finish(d)
	}
	for _, s := range p.Steps {
		if s.At.kind == atEnqueue {
			d = w.try(d, s)
		}
	}
	return w.finish(d)
}

// Decide is what is to be said, of the policy's own accord, now that its time has
// come: one text at most. Whoever did not answer whether they are still there is
// set aside.
func (p *Policy) Decide(f Facts) Decision {
	w := p.wait(f)
	if d, gone := w.gone(); gone {
		return d
	}
	var d Decision
	for _, s := range p.Steps {
		if s.At.kind == atEnqueue || !w.wanted(s) {
			continue
		}
		due, ok := w.due(s)
		if !ok {
			continue
		}
		if w.m.Due[s.ID] == 0 && s.At.kind == whenTrue {
			w.m.Due = with(w.m.Due, s.ID, stampOf(f.Now))
		}
		if why := w.late(s, due); why != "" {
			w.m = w.m.done(s.ID, f.Now)
			if s.Presence != nil { // they are asked again when they have written
				w.m.Asked, w.m.Misses, w.m.Rest = 0, 0, true
			}
			d.Log = append(d.Log, w.event(s, why))
			continue
		}
		if !s.When.holds(&w.env) || w.brake(s) != "" {
			continue // perhaps in a moment
		}
		d = w.try(d, s)
		if r := d.Log[len(d.Log)-1].Data["result"]; r == sent || r == shadow {
			break
		}
	}
	return w.finish(d)
}

// gone sets somebody aside who did not answer, or whose page has been closed for
// long.
func (w *wait) gone() (d Decision, yes bool) {
	why := ""
	if w.checks() != nil && w.m.Away != 0 && !w.Now.Before(w.m.Away.time().Add(grace)) {
		why = "page closed"
	}
	if s := w.checks(); why == "" && s != nil && w.m.Asked != 0 && w.m.Misses >= s.Presence.Misses && !w.Now.Before(w.m.Asked.time().Add(s.Presence.Timeout)) {
		why = "no answer"
	}
	if why == "" || w.Muted != "" {
		return d, false
	}
	w.m.Asked, w.m.Misses, w.m.Away = 0, 0, 0
	e := w.event(&Step{ID: "park"}, why)
	if w.Facts.Shadow || w.Policy.Shadow {
		e.Data["result"] = shadow
		return w.finish(Decision{Log: []core.Event{e}}), true
	}
	return Decision{Wait: w.m.keep(), Park: true, Log: []core.Event{e}}, true
}

// held is until when the line passes over somebody who was asked: as long as they have
// for an answer.
func (w *wait) held(s *Step) time.Time { return w.m.Asked.time().Add(s.Presence.Timeout) }

// checks is the step whose rules hold for whoever is asked whether they are there.
func (w *wait) checks() *Step {
	for _, s := range w.Steps {
		if s.Presence != nil {
			return s
		}
	}
	return nil
}

// wanted reports whether a step may still be said in this wait, as things stand.
func (w *wait) wanted(s *Step) bool {
	if !w.Facts.Peak && !s.Always {
		return false
	}
	if s.Presence != nil && w.asking(s) {
		return true
	}
	at, done := w.m.Done[s.ID]
	return !done || s.At.kind == afterTold && !told(w.Facts).At.Before(at.time())
}

// asking reports whether a question of a check is still to be repeated: nobody has
// answered the last one, or whoever has was silent for long.
func (w *wait) asking(s *Step) bool {
	if w.m.Done[s.ID] == 0 || w.m.Rest || w.Banner && w.Here {
		return false
	}
	if w.m.Asked != 0 {
		return w.m.Misses < s.Presence.Misses
	}
	return s.Presence.Again > 0
}

// due is when a step was, or is, to be said, and whether that has come.
func (w *wait) due(s *Step) (at time.Time, yes bool) {
	at = w.at(s)
	return at, !at.IsZero() && !at.After(w.Now)
}

// at is when a step is to be said; zero: nobody knows yet.
func (w *wait) at(s *Step) time.Time {
	if s.Presence != nil && w.asking(s) {
		if w.m.Asked != 0 {
			return w.m.Asked.time().Add(s.Presence.Timeout)
		}
		return later(later(w.Talk.Heard, w.m.Last.time()), w.m.Done[s.ID].time()).Add(s.Presence.Again)
	}
	switch s.At.kind {
	case afterStart:
		return w.start.Add(seconds(s.At.number(&w.env)))
	case afterTold:
		if t := told(w.Facts); t.Upper > 0 {
			return t.At.Add(seconds(s.At.number(&w.env)))
		}
	case whenTrue:
		if since := w.m.Due[s.ID]; !s.At.holds(&w.env) {
			return time.Time{}
		} else if since != 0 {
			return since.time()
		}
		return w.Now
	}
	return time.Time{}
}

func seconds(s float64) time.Duration { return time.Duration(min(s, 1e8) * float64(time.Second)) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// try says a step, if there are words for it, and remembers it. What became of it is
// the last of the log.
func (w *wait) try(d Decision, s *Step) Decision {
	l, why := w.words(s)
	if why == "" && s.New && !w.news() {
		why = "nothing new"
	}
	if why == "" && (w.Facts.Shadow || w.Policy.Shadow) {
		why = shadow
	}
	if why == "" && s.At.kind == atEnqueue {
		why = w.mute()
	}
	w.m = w.m.done(s.ID, w.Now)
	if why != "" {
		d.Log = append(d.Log, w.event(s, why))
		return d
	}
	w.m = w.m.said(s, l, w.Facts)
	d.Say = append(d.Say, l)
	d.Told = w.promised(l)
	d.Divert = s.Convert
	d.Log = append(d.Log, w.event(s, sent))
	return d
}

// promised is what l promises; nil: nothing.
func (w *wait) promised(l Line) *core.Told {
	if l.Upper == 0 {
		return nil
	}
	return &core.Told{At: w.Now, Ahead: w.Own.Ahead, Upper: l.Upper}
}

// Results of a step, beside why it was not said.
const (
	sent   = "sent"
	shadow = "shadow"
)

// event notes what became of a step.
func (w *wait) event(s *Step, result string) core.Event {
	data := map[string]string{"policy": w.Name, "version": strconv.Itoa(w.Version), "step": s.ID, "result": result, "ticket": w.Talk.Ticket.ID}
	if len(w.Limits.Allowances) > 0 {
		data["left"] = strconv.Itoa(w.Talk.Ledger.Room(w.Now))
	}
	if w.Own != nil && w.Own.Known {
		data["upper"] = w.Own.High.String()
	}
	return core.Event{Kind: core.EventReassured, At: w.Now, By: core.Author{Kind: core.BySystem}, Why: w.Name + " " + s.ID + ": " + result, Data: data}
}

// news reports whether there is something new to say about the place: a fifth less
// than what was said last.
func (w *wait) news() bool {
	if w.Vars["answer_short"] != "" || w.Vars["order_status"] != "" {
		return true
	}
	if w.Own == nil || w.m.Ahead == 0 {
		return false
	}
	return float64(w.Own.Ahead) <= 0.8*float64(w.m.Ahead)
}

// finish sets when to look again.
func (w *wait) finish(d Decision) Decision {
	d.Wait = w.m.keep()
	if d.Divert == "" || d.Divert == "stay" {
		if x := w.checks(); x != nil && w.m.Asked != 0 {
			if t := w.held(x); t.After(w.Now) {
				d.Held = t.In(w.Now.Location())
			}
		}
		if d.Told != nil {
			k := *w.Talk.Ticket
			k.Told = *d.Told
			w.Talk.Ticket = &k
			w.env = w.environment()
		}
		if d.Wake = w.next(); !d.Wake.IsZero() {
			d.Wake = d.Wake.In(w.Now.Location())
		}
	}
	return d
}

// Looks again are not closer than glance, and not further apart than stare while
// something may happen that no clock tells.
const (
	glance = 20 * time.Second
	stare  = 2 * time.Minute
)

// next is when something may be due.
func (w *wait) next() (at time.Time) {
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if w.m.Away != 0 && w.checks() != nil {
		sooner(w.m.Away.time().Add(grace))
	}
	if w.Banner {
		sooner(w.Now.Add(stare))
	}
	if s := w.checks(); s != nil && w.m.Asked != 0 {
		for _, t := range []time.Time{w.held(s), w.m.Asked.time().Add(s.Presence.Timeout)} {
			if t.After(w.Now) {
				sooner(t)
			}
		}
	}
	for _, s := range w.Steps {
		if s.At.kind == atEnqueue {
			continue
		}
		if !w.Facts.Peak && !s.Always {
			sooner(w.Now.Add(stare)) // the peak may begin
			continue
		}
		if !w.wanted(s) {
			continue
		}
		switch t := w.at(s); {
		case s.At.kind == whenTrue && (t.IsZero() || !t.After(w.Now)) && !w.repeats(s):
			sooner(w.Now.Add(w.look()))
		case !t.IsZero() && !t.After(w.Now):
			sooner(later(w.free(), w.Now.Add(glance)))
		default:
			sooner(t)
		}
	}
	if !at.IsZero() && !at.After(w.Now) {
		at = w.Now.Add(time.Second)
	}
	return at
}

// repeats reports whether a check's time is one of its repetition.
func (w *wait) repeats(s *Step) bool { return s.Presence != nil && w.asking(s) }

// look is after which time a condition is worth another look: often when the turn
// is near.
func (w *wait) look() time.Duration {
	if w.Own == nil || !w.Own.Known {
		return time.Minute
	}
	return min(max((w.Own.High-5*time.Minute)/3, glance), stare)
}
