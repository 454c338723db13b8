// Package card is what staff see: the card of a ticket, the digest of those who
// wait, the lists that commands answer with, and every text that a desk is told,
// in Chinese and English (the catalog).
//
// Everything is a function of a View, a Desk and the time; nothing here changes
// a ticket. A card is sent again only when its Sum differs from the last one's,
// so a repeated turn repeats no card. A text that is missing in the catalog
// appears as its ID.
package card

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// A View is what a card is made from: a ticket, its conversation and what staff
// are to be told of them now.
type View struct {
	Ticket  core.Ticket
	Key     core.Key // of the conversation
	Peer    core.Peer
	Ledger  core.Ledger
	Gone    bool           // the customer has left the channel
	Counted bool           // the platform counts what we say: Ledger means something
	Tail    []Remark       // the last messages, oldest first
	Until   time.Time      // parked until then
	Link    string         // the address of the ticket's history
	Zone    *time.Location // of the times on the card
	Agent   string         // what Ticket.Agent is called
	Last    string         // what Ticket.LastOwn is called
	Labels  Labels
	Now     time.Time
}

// Labels are what the scripts call things for staff, in a desk's language. What
// has no label keeps its name; so does everything where a function is nil.
type Labels struct {
	Topic func(lang, id string) string
	Field func(lang, name string) string         // of a ticket's form
	Value func(lang, field, value string) string // of that field
}

func (l Labels) topic(lang, id string) string {
	if l.Topic == nil || id == "" {
		return id
	}
	return l.Topic(lang, id)
}

func (l Labels) field(lang, name, value string) core.Field {
	f := core.Field{Name: name, Value: value}
	if l.Field != nil {
		f.Name = l.Field(lang, name)
	}
	if l.Value != nil {
		f.Value = l.Value(lang, name, value)
	}
	return f
}

// A Remark is a message or a note as a card shows it.
type Remark struct {
	At   time.Time       `json:"at,omitzero"`
	Kind core.AuthorKind `json:"kind,omitempty"`
	Note bool            `json:"note,omitempty"`
	Name string          `json:"name,omitempty"`
	Text string          `json:"text"`
}

// ClosingSoon is how long before the platform's window closes staff are warned.
const ClosingSoon = 30 * time.Minute

// Case is the ticket as a desk shows it.
func (v View) Case(d Desk) core.Case {
	c := core.Case{Ticket: v.Ticket.ID, State: string(v.Ticket.State), Topic: v.Ticket.Topic, Title: v.title(d, v.waited()), Actions: v.actions(d)}
	hide := func(s string) string { return s }
	if d.Mask {
		hide = mask
	}
	add := func(id, value string) {
		if value != "" {
			c.Fields = append(c.Fields, core.Field{Name: Words(d.Lang, id), Value: value})
		}
	}
	k := v.Ticket
	add("f_state", v.stateOf(d))
	add("f_who", v.Who(d))
	add("f_channel", k.Key.Channel)
	add("f_topic", v.Labels.topic(d.Lang, k.Topic))
	add("f_intent", k.Intent)
	add("f_asked", hide(Clip(OneLine(k.Asked), 200)))
	add("f_summary", hide(v.summary(d)))
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		if k.Form[name] != "" {
			f := v.Labels.field(d.Lang, name, k.Form[name])
			f.Value = hide(Clip(OneLine(f.Value), 200))
			c.Fields = append(c.Fields, f)
		}
	}
	add("f_mood", v.mood(d))
	if v.Peer.VIP() != "" {
		add("f_vip", v.Peer.VIP())
	}
	add("f_class", "P"+strconv.Itoa(int(max(0, min(k.Class, 3)))))
	if k.LastOwn != "" && k.LastOwn != k.Agent {
		add("f_last", v.Last)
	}
	add("f_allowance", v.allowance(d))
	add("f_told", v.told(d))
	if k.State == core.TicketParked && !v.Until.IsZero() {
		add("f_until", v.Until.In(v.Zone).Format("01-02 15:04"))
	}
	if k.State == core.TicketClosed {
		add("f_outcome", k.Outcome)
	}
	add("f_tags", strings.Join(k.Tags, " "))
	add("f_link", v.Link)
	for _, l := range v.Tail {
		c.Lines = append(c.Lines, v.remark(l, hide))
	}
	return c
}

// Sum changes when c, which is Case(d), must be shown anew. That time has passed
// is no reason, and once the ticket is somebody's, neither is what is said: it
// is in the thread.
func (v View) Sum(d Desk, c core.Case) string {
	c.Title, c.Topic = v.title(d, ""), "" // which is a field, too
	if v.Ticket.State == core.TicketActive || v.Ticket.State == core.TicketClosed || d.Views {
		c.Lines = nil
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic("card: a card does not marshal: " + err.Error()) // it is made of strings
	}
	h := fnv.New64a()
	h.Write(b)
	return strconv.FormatUint(h.Sum64(), 36)
}

// How states and those who speak look.
var (
	marks = map[core.TicketState]string{
		core.TicketWaiting: "🟠", core.TicketRinging: "🔔", core.TicketActive: "🟢", core.TicketParked: "⏸", core.TicketMessage: "✉️", core.TicketClosed: "⚪",
	}
	voices = map[core.AuthorKind]string{core.ByPeer: "👤", core.ByBot: "🤖", core.ByAgent: "💬"}
)

// title is the first thing that is read: how urgent, who, from where, about
// what, for how long.
func (v View) title(d Desk, waited string) string {
	k := v.Ticket
	mark := marks[k.State]
	if (k.State == core.TicketWaiting || k.State == core.TicketMessage) && k.Class == 0 {
		mark = "🔴"
	}
	if amber := v.window(); amber != "" && k.State == core.TicketActive {
		mark = amber
	}
	who := v.Who(d)
	if v.Peer.VIP() != "" {
		who = "VIP " + who
	}
	parts := []string{who, k.Key.Channel}
	about := k.Intent
	if about == "" {
		about = v.Labels.topic(d.Lang, k.Topic)
	}
	if about != "" {
		parts = append(parts, about)
	}
	if waited != "" && k.State != core.TicketClosed && k.State != core.TicketActive {
		parts = append(parts, Words(d.Lang, "waited", "time", waited))
	}
	if m := v.mood(d); m != "" {
		parts = append(parts, m)
	}
	return mark + " " + strings.Join(parts, " · ")
}

func (v View) waited() string {
	if v.Ticket.Since.IsZero() {
		return ""
	}
	return Span(v.Now.Sub(v.Ticket.Since))
}

// Who is what the customer is called; a visitor of a website without a name is
// called after the page they are on, by its title, and the time since which they wait.
func (v View) Who(d Desk) string {
	name := cmp.Or(v.Peer.Facts[core.FactCalled], v.Peer.Name, v.Ticket.Form["name"])
	if page := v.Peer.Facts[core.FactPage]; name == "" && page != "" {
		where := Clip(OneLine(v.Peer.Facts[core.FactTitle]), 20)
		if atHome(page) {
			where = Words(d.Lang, "home_page")
		}
		called := []string{Words(d.Lang, "visitor"), where, v.Ticket.Since.In(v.Zone).Format("15:04")}
		return strings.Join(slices.DeleteFunc(called, func(s string) bool { return s == "" }), " · ")
	}
	if name == "" {
		id := v.Key.Peer
		if utf8.RuneCountInString(id) > 10 {
			id = "…" + string([]rune(id)[utf8.RuneCountInString(id)-6:])
		}
		return Words(d.Lang, "customer") + " " + id
	}
	if d.Mask {
		return maskName(name)
	}
	return name
}

// atHome reports whether a page is a site's first one.
func atHome(page string) bool {
	u, err := url.Parse(page)
	return err == nil && (u.Path == "" || u.Path == "/" || strings.HasPrefix(u.Path, "/index.") && strings.Count(u.Path, ".") == 1)
}

func (v View) mood(d Desk) string {
	if v.Ticket.Mood == "" {
		return ""
	}
	return Words(d.Lang, "mood_"+v.Ticket.Mood)
}

func (v View) stateOf(d Desk) string {
	s := Words(d.Lang, "state_"+string(v.Ticket.State))
	if v.Gone {
		s = Words(d.Lang, "state_gone")
	}
	if v.Ticket.Agent != "" && v.Ticket.State != core.TicketClosed {
		s = v.Agent + " " + s
		if desk, _ := DeskOf(v.Ticket.Agent); desk != d.Name {
			s += " @" + desk
		}
	}
	return s
}

// summary is at most three lines: the agent's own when there is one, otherwise
// what the customer said last.
func (v View) summary(d Desk) string {
	if v.Ticket.Summary != "" {
		ls := strings.Split(v.Ticket.Summary, "\n")
		return Clip(strings.Join(ls[:min(3, len(ls))], "\n"), 300)
	}
	if v.Ticket.State == core.TicketActive || d.Views {
		return "" // the messages are beside it
	}
	var said []string
	for _, l := range slices.Backward(v.Tail) {
		if l.Kind == core.ByPeer && !l.Note && len(said) < 3 && OneLine(l.Text) != OneLine(v.Ticket.Asked) {
			said = append(said, Clip(OneLine(l.Text), 80))
		}
	}
	slices.Reverse(said)
	return strings.Join(said, "\n")
}

// allowance is what the platform still lets us say, in words.
func (v View) allowance(d Desk) string {
	if !v.Counted {
		return ""
	}
	left := v.Ledger.Room(v.Now)
	if left == 0 {
		return Words(d.Lang, "allowance_none")
	}
	until := v.Ledger.Until
	if !v.Now.Before(until) {
		until = v.Ledger.ExtraUntil
	}
	n := strconv.Itoa(left)
	if left >= core.AnyNumber {
		n = Words(d.Lang, "any")
	}
	return Words(d.Lang, "allowance", "n", n, "until", until.In(v.Zone).Format("01-02 15:04"))
}

// window colours the card when the platform's window is about to close.
func (v View) window() string {
	if !v.Counted {
		return ""
	}
	if v.Ledger.Room(v.Now) == 0 {
		return "🔴"
	}
	switch left := v.Ledger.Until.Sub(v.Now); {
	case left <= ClosingSoon:
		return "🔴"
	case left <= 2*time.Hour:
		return "🟡"
	}
	return ""
}

// told is what the customer was promised about the wait.
func (v View) told(d Desk) string {
	if v.Ticket.Told.At.IsZero() || v.Ticket.State == core.TicketActive || v.Ticket.State == core.TicketClosed {
		return ""
	}
	if v.Ticket.Told.Upper > 0 {
		return Words(d.Lang, "told_upper", "n", strconv.Itoa(int(v.Ticket.Told.Upper.Minutes())), "ahead", strconv.Itoa(v.Ticket.Told.Ahead))
	}
	return Words(d.Lang, "told_ahead", "ahead", strconv.Itoa(v.Ticket.Told.Ahead))
}

// remark is a line of the card.
func (v View) remark(l Remark, hide func(string) string) string {
	who := voices[l.Kind]
	if l.Note {
		who = "📝"
	}
	name := l.Name
	if l.Kind == core.ByPeer {
		name = ""
	}
	return strings.TrimSpace(l.At.In(v.Zone).Format("15:04")+" "+who+" "+name) + " " + hide(Clip(OneLine(l.Text), 200))
}

// actions are what can be done now.
func (v View) actions(d Desk) []core.Option {
	var names []string
	switch v.Ticket.State {
	case core.TicketWaiting, core.TicketMessage:
		names = []string{command.ActClaim, command.ActTransfer, command.ActPriority, command.ActClose}
	case core.TicketRinging:
		names = []string{command.ActClaim, command.ActRelease}
	case core.TicketActive:
		names = []string{command.ActTransfer, command.ActPark, command.ActCanned, command.ActClose, command.ActBot, command.ActRelease}
		if desk, _ := DeskOf(v.Ticket.Agent); desk != d.Name {
			names = []string{command.ActTake}
		}
	case core.TicketParked:
		names = []string{command.ActResume, command.ActClose}
		if v.Ticket.Agent == "" {
			names = append([]string{command.ActClaim}, names...)
		}
	case core.TicketClosed:
		names = []string{command.ActReopen}
	}
	out := make([]core.Option, 0, len(names))
	for _, n := range names {
		out = append(out, Option(n, Words(d.Lang, "act_"+n)))
	}
	return out
}
