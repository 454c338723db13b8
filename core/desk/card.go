package desk

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// card is the ticket as a desk shows it.
func (t *turn) card(d Desk) core.Case {
	c := core.Case{Ticket: t.t.ID, State: string(t.t.State), Topic: t.t.Topic, Title: t.title(d, t.waited()), Actions: t.actions(d)}
	hide := func(s string) string { return s }
	if d.Mask {
		hide = mask
	}
	add := func(id, value string) {
		if value != "" {
			c.Fields = append(c.Fields, core.Field{Name: words(d.Lang, id), Value: value})
		}
	}
	k := t.t
	add("f_state", t.stateOf(d))
	add("f_who", t.who(d))
	add("f_channel", k.Key.Channel)
	add("f_topic", k.Topic)
	add("f_intent", k.Intent)
	add("f_asked", hide(clip(oneLine(k.Asked), 200)))
	add("f_summary", hide(t.summary(d)))
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		if v := k.Form[name]; v != "" {
			c.Fields = append(c.Fields, core.Field{Name: name, Value: hide(clip(oneLine(v), 200))})
		}
	}
	add("f_mood", t.mood(d))
	if vip(t.c.Peer) != "" {
		add("f_vip", vip(t.c.Peer))
	}
	add("f_class", "P"+itoa(int(max(0, min(k.Class, 3)))))
	if k.LastOwn != "" && k.LastOwn != k.Agent {
		add("f_last", t.name(k.LastOwn))
	}
	add("f_allowance", t.allowance(d))
	add("f_told", t.told(d))
	if k.State == core.TicketParked && !t.m.Until.IsZero() {
		add("f_until", t.m.Until.In(t.r.zone()).Format("01-02 15:04"))
	}
	if k.State == core.TicketClosed {
		add("f_outcome", k.Outcome)
		add("f_tags", strings.Join(k.Tags, " "))
	}
	if t.r.Link != nil {
		add("f_link", t.r.Link(k.ID))
	}
	for _, l := range t.m.Tail {
		c.Lines = append(c.Lines, t.line(d, l, hide))
	}
	return c
}

// title is the first thing that is read: how urgent, who, from where, about
// what, for how long.
func (t *turn) title(d Desk, waited string) string {
	k := t.t
	mark := map[core.TicketState]string{core.TicketWaiting: "🟠", core.TicketRinging: "🔔", core.TicketActive: "🟢", core.TicketParked: "⏸", core.TicketMessage: "✉️", core.TicketClosed: "⚪"}[k.State]
	if k.State == core.TicketWaiting && (k.Class == 0 || k.Mood == "distress") {
		mark = "🔴"
	}
	if amber := t.window(); amber != "" && k.State == core.TicketActive {
		mark = amber
	}
	who := t.who(d)
	if vip(t.c.Peer) != "" {
		who = "VIP " + who
	}
	parts := []string{who, k.Key.Channel}
	about := k.Intent
	if about == "" {
		about = k.Topic
	}
	if about != "" {
		parts = append(parts, about)
	}
	if waited != "" && k.State != core.TicketClosed && k.State != core.TicketActive {
		parts = append(parts, words(d.Lang, "waited", "time", waited))
	}
	if m := t.mood(d); m != "" {
		parts = append(parts, m)
	}
	return mark + " " + strings.Join(parts, " · ")
}

func (t *turn) waited() string {
	if t.t.Since.IsZero() {
		return ""
	}
	return span(t.now().Sub(t.t.Since))
}

// who is what the customer is called.
func (t *turn) who(d Desk) string {
	name := t.c.Peer.Name
	if name == "" {
		name = t.t.Form["name"]
	}
	if name == "" {
		id := t.c.Key.Peer
		if utf8.RuneCountInString(id) > 10 {
			id = "…" + string([]rune(id)[utf8.RuneCountInString(id)-6:])
		}
		return words(d.Lang, "customer") + " " + id
	}
	if d.Mask {
		return maskName(name)
	}
	return name
}

// vip is what the platform or the host page says of an important customer.
func vip(p core.Peer) string {
	for _, name := range []string{"vip", "VIP", "level", "vip_level"} {
		if v := p.Facts[name]; v != "" && v != "0" && v != "false" && v != "no" {
			if v == "true" || v == "yes" || v == "1" {
				return "VIP"
			}
			return v
		}
	}
	return ""
}

func (t *turn) mood(d Desk) string {
	if t.t.Mood == "" {
		return ""
	}
	return words(d.Lang, "mood_"+t.t.Mood)
}

func (t *turn) stateOf(d Desk) string {
	s := words(d.Lang, "state_"+string(t.t.State))
	if t.c.Gone {
		s = words(d.Lang, "state_gone")
	}
	if t.t.Agent != "" && t.t.State != core.TicketClosed {
		s = t.name(t.t.Agent) + " " + s
		if desk, _ := deskOf(t.t.Agent); desk != d.Name {
			s += " @" + desk
		}
	}
	return s
}

// summary is at most three lines: the agent's own when there is one, otherwise
// what the customer said last.
func (t *turn) summary(d Desk) string {
	if t.t.Summary != "" {
		ls := strings.Split(t.t.Summary, "\n")
		return clip(strings.Join(ls[:min(3, len(ls))], "\n"), 300)
	}
	if t.t.State == core.TicketActive || d.Views {
		return "" // the messages are beside it
	}
	var said []string
	for _, l := range slices.Backward(t.m.Tail) {
		if l.Kind == core.ByPeer && !l.Note && len(said) < 3 && oneLine(l.Text) != oneLine(t.t.Asked) {
			said = append(said, clip(oneLine(l.Text), 80))
		}
	}
	slices.Reverse(said)
	return strings.Join(said, "\n")
}

// allowance is what the platform still lets us say, in words.
func (t *turn) allowance(d Desk) string {
	if !t.counted() {
		return ""
	}
	left := t.c.Ledger.Room(t.now())
	if left == 0 {
		return words(d.Lang, "allowance_none")
	}
	until := t.c.Ledger.Until
	if !t.now().Before(until) {
		until = t.c.Ledger.ExtraUntil
	}
	n := itoa(left)
	if left >= core.Any {
		n = words(d.Lang, "any")
	}
	return words(d.Lang, "allowance", "n", n, "until", until.In(t.r.zone()).Format("01-02 15:04"))
}

// window colours the card when the platform's window is about to close.
func (t *turn) window() string {
	if !t.counted() {
		return ""
	}
	if t.c.Ledger.Room(t.now()) == 0 {
		return "🔴"
	}
	switch left := t.c.Ledger.Until.Sub(t.now()); {
	case left <= closingSoon:
		return "🔴"
	case left <= 2*time.Hour:
		return "🟡"
	}
	return ""
}

// told is what the customer was promised about the wait.
func (t *turn) told(d Desk) string {
	if t.t.Told.At.IsZero() || t.t.State == core.TicketActive || t.t.State == core.TicketClosed {
		return ""
	}
	if t.t.Told.Upper > 0 {
		return words(d.Lang, "told_upper", "n", itoa(int(t.t.Told.Upper.Minutes())), "ahead", itoa(t.t.Told.Ahead))
	}
	return words(d.Lang, "told_ahead", "ahead", itoa(t.t.Told.Ahead))
}

func (t *turn) line(d Desk, l line, hide func(string) string) string {
	who := map[core.AuthorKind]string{core.ByPeer: "👤", core.ByBot: "🤖", core.ByAgent: "💬"}[l.Kind]
	if l.Note {
		who = "📝"
	}
	name := l.Name
	if l.Kind == core.ByPeer {
		name = ""
	}
	return strings.TrimSpace(l.At.In(t.r.zone()).Format("15:04")+" "+who+" "+name) + " " + hide(clip(oneLine(l.Text), 200))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// actions are what can be done now.
func (t *turn) actions(d Desk) []core.Option {
	var names []string
	switch t.t.State {
	case core.TicketWaiting, core.TicketMessage:
		names = []string{ActClaim, ActTransfer, ActPriority, ActClose}
	case core.TicketRinging:
		names = []string{ActClaim, ActRelease}
	case core.TicketActive:
		names = []string{ActTransfer, ActPark, ActCanned, ActClose, ActBot, ActRelease}
		if desk, _ := deskOf(t.t.Agent); desk != d.Name {
			names = []string{ActTake}
		}
	case core.TicketParked:
		names = []string{ActResume, ActClose}
		if t.t.Agent == "" {
			names = append([]string{ActClaim}, names...)
		}
	case core.TicketClosed:
		names = []string{ActReopen}
	}
	out := make([]core.Option, 0, len(names))
	for _, n := range names {
		out = append(out, option(n, words(d.Lang, "act_"+n)))
	}
	return out
}

var (
	maskPhone = regexp.MustCompile(`(\d{3})[ -]?\d{2,4}[ -]?\d{0,2}(\d{4})\b`)
	maskMail  = regexp.MustCompile(`([\w.+-])[\w.+-]*(@[\w-]+\.[\w.-]+)`)
	maskLong  = regexp.MustCompile(`\d[\d -]{10,}\d`)
	maskPlace = regexp.MustCompile(`(\p{Han}{2,}(?:路|街|道|巷|弄|小区|花园|大厦|村))[^，。；,;\n]*`)
)

// mask hides what identifies a person: telephone and other long numbers, mail
// and street addresses.
func mask(s string) string {
	s = maskLong.ReplaceAllStringFunc(s, func(x string) string {
		d := digits(x)
		return d[:3] + strings.Repeat("*", max(0, len(d)-7)) + d[len(d)-4:]
	})
	s = maskPhone.ReplaceAllString(s, "$1****$2")
	s = maskMail.ReplaceAllString(s, "$1***$2")
	return maskPlace.ReplaceAllString(s, "$1***")
}

// maskName keeps the family name, or the initial.
func maskName(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(r) + "**"
}
