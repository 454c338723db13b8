package reassure

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Variable is what a text may name in braces.
type Variable struct {
	Max int                // longest value in runes; a longer one is cut
	Or  map[string]string  // by language, where nothing is known
	Of  func(*wait) string // nil: the script's, from Facts.Vars
}

// variables are all that texts may name. One that is not known and has no other
// value takes the part in [brackets] around it with it, else the whole text: no
// gap ever reaches a customer.
var variables = map[string]Variable{
	"name":               {Max: 12, Or: map[string]string{"zh": "您", "en": "you"}, Of: func(w *wait) string { return w.Talk.Peer.Name }},
	"ahead":              {Max: 4, Of: (*wait).ahead},
	"ahead_text":         {Max: 20, Of: (*wait).aheadText},
	"eta_low":            {Max: 4, Of: func(w *wait) string { return w.bound(func(o *core.Estimate) time.Duration { return o.Low }) }},
	"eta_up":             {Max: 4, Of: func(w *wait) string { return w.bound(func(o *core.Estimate) time.Duration { return o.High }) }},
	"eta_text":           {Max: 24, Of: (*wait).etaText},
	"waited":             {Max: 12, Of: func(w *wait) string { return w.minutes(w.Now.Sub(w.start)) }},
	"floor_text":         {Max: 12, Of: (*wait).floorText},
	"queue_name":         {Max: 16, Of: func(w *wait) string { return w.Vars["topic"] }},
	"topic":              {Max: 16},
	"answer_short":       {Max: 60},
	"order_tail":         {Max: 8},
	"order_status":       {Max: 30},
	"sla_text":           {Max: 12},
	"promise_text":       {Max: 20},
	"slot_text":          {Max: 20},
	"hours_text":         {Max: 30},
	"cause_text":         {Max: 40, Or: map[string]string{"zh": "现在咨询的人特别多", "en": "very many people are writing right now"}, Of: func(w *wait) string { return w.Cause }},
	"self_service_label": {Max: 12},
	"coupon_text":        {Max: 30},
	"agent_name":         {Max: 12},
	"vip_level":          {Max: 12},
	"case_no":            {Max: 16, Of: func(w *wait) string { return w.Talk.Ticket.ID }},
	"exit_hint":          {Max: 20, Of: func(w *wait) string { return w.say("回复 9 不等了", "reply 9 to leave") }},
}

// value is what a variable stands for; empty: nobody knows.
func (w *wait) value(name string) string {
	v, ok := variables[name]
	if !ok {
		return ""
	}
	s := w.Vars[name]
	if v.Of != nil {
		s = v.Of(w)
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > v.Max {
		s = string([]rune(s)[:v.Max-1]) + "…"
	}
	if s == "" {
		s = v.Or[w.lang()]
	}
	return s
}

// lang is the language of texts for the customer.
func (w *wait) lang() string {
	l := primary(w.Talk.Ticket.Lang)
	if l == "" {
		l = primary(w.Talk.Peer.Lang)
	}
	if l == "" || l == "zh" {
		return "zh"
	}
	return "en"
}

func (w *wait) say(zh, en string) string {
	if w.lang() == "zh" {
		return zh
	}
	return en
}

func (w *wait) minutes(d time.Duration) string {
	n := max(1, int(d.Minutes()))
	return w.say(fmt.Sprintf("%d 分钟", n), fmt.Sprintf("%d min", n))
}

// fewAhead is up to how many people ahead are counted.
const fewAhead = 20

func (w *wait) ahead() string {
	if w.Own == nil || w.Own.Ahead > fewAhead {
		return ""
	}
	return strconv.Itoa(w.Own.Ahead)
}

func (w *wait) aheadText() string {
	switch {
	case w.Own == nil:
		return w.say("中", "")
	case w.Own.Ahead == 0:
		return w.say("，您是下一位", ", you are next")
	case w.Own.Ahead <= fewAhead:
		return w.say(fmt.Sprintf("，前面 %d 位", w.Own.Ahead), fmt.Sprintf(", %d ahead of you", w.Own.Ahead))
	}
	n := (w.Own.Ahead + 5) / 10 * 10
	return w.say(fmt.Sprintf("，前面约 %d 位", n), fmt.Sprintf(", about %d ahead of you", n))
}

// promises reports whether a time may be named: it is known, and no longer than
// what was promised before.
func (w *wait) promises() bool {
	return w.known() && (w.until().IsZero() || !w.Now.Add(w.Own.High).After(w.until()))
}

func (w *wait) known() bool { return w.Own != nil && w.Own.Known }

func (w *wait) bound(of func(*core.Estimate) time.Duration) string {
	if !w.known() {
		return ""
	}
	return strconv.Itoa(max(1, int(of(w.Own).Minutes())))
}

func (w *wait) etaText() string {
	if !w.known() {
		return ""
	}
	low, high := int(w.Own.Low.Minutes()), int(w.Own.High.Minutes())
	if low == 0 || low == high {
		return w.say(fmt.Sprintf("预计 %d 分钟内", high), fmt.Sprintf("within about %d min", high))
	}
	return w.say(fmt.Sprintf("预计 %d–%d 分钟", low, high), fmt.Sprintf("about %d–%d min", low, high))
}

// floorText is a wait that is surely not shorter than what the first in line has
// had.
func (w *wait) floorText() string {
	n := int(w.Line.Head.Minutes()) / 5 * 5
	if n < 5 {
		return ""
	}
	return w.minutes(time.Duration(n) * time.Minute)
}

// words are what a step says now, in the first variant for which everything is
// known; else why it says nothing.
func (w *wait) words(s *Step) (Line, string) {
	var names []string
	for _, v := range w.variants(s) {
		if name := s.Text[v]; name != "" {
			names = append(names, name)
		}
	}
	l, why := w.render(s.ID, names, append(append([]string{}, s.Choices...), s.Offers...))
	if why == "" && l.Upper > 0 && s.At.kind != afterTold && !w.promises() {
		return l, "would break a promise"
	}
	l.Sorry = s.At.kind == afterTold
	return l, why
}

// variants are those that suit the customer, the most special first.
func (w *wait) variants(s *Step) (out []string) {
	if m := w.Talk.Ticket.Mood; m == "angry" || m == "negative" {
		out = append(out, "negative")
	}
	if w.m.Done[s.ID] != 0 {
		out = append(out, "again")
	}
	if !w.known() {
		out = append(out, "unknown")
	}
	if s.At.kind != afterTold && w.known() && !w.promises() {
		out = append(out, "plain")
	}
	return append(out, "order", "answer", "progress", "default", "plain")
}

var (
	braces   = regexp.MustCompile(`\{([a-z_]*)\}`)
	brackets = regexp.MustCompile(`\[([^\[\]]*)\]`)
)

// render fills in the first text of names for which everything is known.
func (w *wait) render(step string, names, offers []string) (Line, string) {
	why := "no text"
	for _, name := range names {
		t, ok := w.Texts[name]
		if !ok {
			continue
		}
		src := t[w.lang()]
		if src == "" {
			continue
		}
		text, missing := w.fill(src)
		if missing != "" {
			why = "unknown " + missing
			continue
		}
		l := Line{Step: step, Text: text}
		if w.known() && (strings.Contains(src, "{eta_text}") || strings.Contains(src, "{eta_up}")) {
			l.Upper = w.Own.High
		}
		l.Options = w.offered(offers, text)
		return l, ""
	}
	return Line{}, why
}

// offered are the options of a text: those of the step whose digit the text still
// names.
func (w *wait) offered(keys []string, text string) (out []Option) {
	for _, k := range keys {
		o, ok := optionOf(strings.TrimSuffix(k, "?"))
		if !ok || !strings.Contains(text, o.Digit) {
			continue
		}
		out = append(out, o)
	}
	return out
}

// fill is src with its variables; missing names one that nobody knows.
func (w *wait) fill(src string) (text, missing string) {
	put := func(s string) (string, string) {
		lost := ""
		out := braces.ReplaceAllStringFunc(s, func(b string) string {
			name := b[1 : len(b)-1]
			x := w.value(name)
			if x == "" && !(name == "ahead_text" && w.Own == nil) {
				lost = name
			}
			return x
		})
		return out, lost
	}
	src = brackets.ReplaceAllStringFunc(src, func(b string) string {
		s, lost := put(b[1 : len(b)-1])
		if lost != "" {
			return ""
		}
		return s
	})
	return put(src)
}
