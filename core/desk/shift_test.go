package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

// A day of somebody with a shift: on duty at nine, a break that ends by itself,
// what they say holds until the next edge, and nobody goes home with a customer.
func TestShift(t *testing.T) {
	r := rules()
	week, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"09:00-12:00", "13:00-18:00"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Shifts = map[string]calendar.Week{"slack/lin": week}
	agents := map[string]core.Agent{"slack/lin": {ID: "slack/lin", Name: "Lin", Presence: core.OffDuty, Since: t0}}
	c := core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}, Peer: core.Peer{ID: "lin", Name: "Lin"}}
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) // a Friday
	var mine []core.TicketView
	take := func(o core.Outcome) string {
		c = o.Conversation
		for _, a := range o.Agents {
			agents[a.Now.ID] = a.Apply(agents[a.Now.ID])
		}
		var said []string
		for _, e := range o.Say {
			if e.Channel != "slack" || e.Peer.ID != "lin" {
				t.Errorf("said elsewhere: %+v", e)
			}
			said = append(said, e.Parts.Text())
		}
		return strings.Join(said, "\n")
	}
	scene := func() core.Scene { return core.Scene{Now: now, Agents: agents} }
	until := func(clock string) (said string) { // the hub takes a turn whenever Wake has come
		t.Helper()
		at, err := time.Parse("2 15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Date(2026, 11, at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
		for !c.Wakes.At(core.WakeDesk).IsZero() && !c.Wakes.At(core.WakeDesk).After(end) {
			now = c.Wakes.At(core.WakeDesk)
			said += take(r.AgentDue(c, scene(), mine...))
			if !c.Wakes.At(core.WakeDesk).IsZero() && !c.Wakes.At(core.WakeDesk).After(now) {
				t.Fatalf("at %s they are to be looked after at %s", now, c.Wakes.At(core.WakeDesk))
			}
		}
		now = end
		return said
	}
	says := func(text string) string {
		return take(r.Duty(c, core.Envelope{Channel: "slack", Ref: text, Peer: core.Peer{ID: "lin", Name: "Lin"}, Parts: core.Parts{core.Text{Body: text}}}, scene(), mine...))
	}
	is := func(want core.Presence, said, part string) {
		t.Helper()
		if a := agents["slack/lin"]; a.Presence != want || !strings.Contains(said, part) || part == "" && said != "" {
			t.Errorf("%s: %s, said %q; want %s and %q", now.Format("Mon 15:04"), a.Presence, said, want, part)
		}
	}
	if said := take(r.AgentDue(c, scene())); said != "" || !c.Wakes.At(core.WakeDesk).Equal(now.Add(time.Hour)) {
		t.Errorf("at eight: %q, wake %s", said, c.Wakes.At(core.WakeDesk))
	}
	is(core.OnDuty, until("27 09:00"), "shift begins")
	is(core.OnBreak, says("!break 30m"), "until 09:30")
	is(core.OnBreak, until("27 09:29"), "")
	is(core.OnDuty, until("27 09:30"), "break is over")
	is(core.OnBreak, says("!break"), "on a break")
	is(core.OnBreak, says("!break soon"), "nothing was done")
	is(core.OffDuty, until("27 12:00"), "shift is over") // nobody's customer is open
	is(core.OnDuty, says("!on"), "on duty")
	is(core.OnDuty, until("27 13:00"), "") // they are already
	is(core.OffDuty, says("!off"), "off duty")
	is(core.OffDuty, until("27 17:59"), "") // they said so
	is(core.OnDuty, says("!on"), "on duty")
	mine = []core.TicketView{{Ticket: core.Ticket{ID: "T9", State: core.TicketActive, Key: core.Key{Channel: "web", Peer: "ann"}}}}
	is(core.OnBreak, until("27 18:00"), "#T9")
	is(core.OnBreak, until("27 18:25"), "") // not told again
	mine[0].Ticket.State = core.TicketParked
	is(core.OffDuty, until("27 18:30"), "shift is over")
	is(core.OnDuty, says("!on"), "on duty")
	mine[0].Ticket.State = core.TicketActive
	is(core.OnBreak, says("!break 30m"), "until 19:00")
	is(core.OnBreak, says("!off"), "still have 1")
	is(core.OnBreak, until("27 19:30"), "") // they want to go
	is(core.OffDuty, says("!off force"), "go back")
	mine = nil
	is(core.OffDuty, until("29 12:00"), "") // the weekend
	is(core.OnDuty, until("30 09:00"), "shift begins")
	// Somebody who is no longer a member of the desk is left alone.
	take(r.Duty(c, core.Envelope{Channel: "slack", Ref: "left", Peer: core.Peer{ID: "lin"}, Parts: core.Parts{core.Left{}}}, scene()))
	if !c.Wakes.At(core.WakeDesk).IsZero() || agents["slack/lin"].Presence != core.OffDuty {
		t.Errorf("after leaving: %+v, wake %s", agents["slack/lin"], c.Wakes.At(core.WakeDesk))
	}
	if said := take(r.AgentDue(c, scene())); said != "" || !c.Wakes.At(core.WakeDesk).IsZero() {
		t.Errorf("after leaving: %q, wake %s", said, c.Wakes.At(core.WakeDesk))
	}
}

// A break that begins when a shift is already running long, read for the first
// time in the middle of a shift, or after the program was down over an edge.
func TestShiftFirstSeen(t *testing.T) {
	week, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"09:00-18:00"}})
	if err != nil {
		t.Fatal(err)
	}
	r := &desk.Rules{Shifts: map[string]calendar.Week{"slack/lin": week}}
	key := core.Key{Channel: "slack", Peer: "lin"}
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	o := r.AgentDue(core.Conversation{Key: key}, core.Scene{Now: noon})
	if len(o.Agents) != 1 || o.Agents[0].Apply(core.Agent{}).Presence != core.OnDuty {
		t.Errorf("a new colleague in the middle of their shift: %+v", o.Agents)
	}
	c := o.Conversation
	on := core.Agent{ID: "slack/lin", Presence: core.OnDuty, Since: noon}
	o = r.AgentDue(c, core.Scene{Now: noon.Add(15 * time.Hour), Agents: map[string]core.Agent{on.ID: on}}) // down from noon to three at night
	if len(o.Agents) != 1 || o.Agents[0].Apply(on).Presence != core.OffDuty {
		t.Errorf("after an edge that was slept over: %+v", o.Agents)
	}
}

// Whoever is told that their shift is over and says that they go on does: until
// the next edge nobody sends them home, with customers or without.
func TestShiftGoesOn(t *testing.T) {
	week, err := calendar.ParseWeek(map[string][]string{"mon-fri": {"09:00-18:00"}})
	if err != nil {
		t.Fatal(err)
	}
	r := &desk.Rules{Shifts: map[string]calendar.Week{"slack/lin": week}}
	active := []core.TicketView{{Ticket: core.Ticket{ID: "T9", State: core.TicketActive}}}
	six := time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)
	for _, resting := range []time.Time{{}, six.Add(15 * time.Minute)} {
		for _, mine := range [][]core.TicketView{active, nil} {
			is := core.Agent{ID: "slack/lin", Presence: core.OnDuty, Since: six.Add(-time.Hour)}
			if !resting.IsZero() {
				is.Presence, is.Until = core.OnBreak, resting
			}
			c := core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}, Mind: []byte(`{"edge":"2026-11-27T18:00:00Z"}`)}
			take := func(o core.Outcome) {
				c = o.Conversation
				for _, a := range o.Agents {
					is = a.Apply(is)
				}
			}
			scene := func(at time.Time) core.Scene { return core.Scene{Now: at, Agents: map[string]core.Agent{is.ID: is}} }
			take(r.AgentDue(c, scene(six), active...))
			if is.Presence != core.OnBreak || !is.Until.IsZero() {
				t.Fatalf("at six: %+v", is)
			}
			for at := six; at.Before(six.Add(time.Hour)); at = c.Wakes.At(core.WakeDesk) { // a break that would have ended later does not begin a night
				if take(r.AgentDue(c, scene(at), active...)); is.Presence != core.OnBreak {
					t.Fatalf("at %s: %+v", at, is)
				}
			}
			take(r.Duty(c, core.Envelope{Channel: "slack", Ref: "on", Peer: core.Peer{ID: "lin"}, Parts: core.Parts{core.Text{Body: "!on"}}}, scene(six.Add(time.Hour)), active...))
			for at := c.Wakes.At(core.WakeDesk); at.Before(six.Add(12 * time.Hour)); at = c.Wakes.At(core.WakeDesk) {
				if take(r.AgentDue(c, scene(at), mine...)); is.Presence != core.OnDuty {
					t.Fatalf("%d open, at %s: %+v", len(mine), at, is)
				}
			}
		}
	}
}

// Whoever comes back to the desk has their shift back.
func TestShiftComesBack(t *testing.T) {
	r := &desk.Rules{Shifts: map[string]calendar.Week{"slack/lin": {}}}
	c := core.Conversation{Key: core.Key{Channel: "slack", Peer: "lin"}, Gone: true, Mind: []byte(`{"edge":"2026-11-27T09:00:00Z"}`)}
	lin := core.Agent{ID: "slack/lin", Name: "Lin", Presence: core.OffDuty, Since: t0}
	o := r.Duty(c, core.Envelope{Channel: "slack", Ref: "1", Peer: core.Peer{ID: "lin", Name: "Lin"}, Parts: core.Parts{core.Text{Body: "hello"}}},
		core.Scene{Now: t0, Agents: map[string]core.Agent{lin.ID: lin}})
	if o.Conversation.Wakes.At(core.WakeDesk).IsZero() {
		t.Error("nothing wakes them")
	}
}
