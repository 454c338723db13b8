package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// own makes an agent the ticket's owner. It is the only way to become one.
func (t *turn) own(a core.Agent, why string) {
	k := t.t
	if k.State == core.TicketRinging && k.Agent != "" && k.Agent != a.ID {
		t.notice(k.Agent, "taken", "owner", a.Name)
	}
	if k.State == core.TicketParked {
		t.m.Until, t.m.Gone = time.Time{}, t.c.Gone
	}
	was := k.State
	message := was == core.TicketMessage || t.m.Message
	t.m.Message = message
	same := k.Agent == a.ID && was == core.TicketParked
	k.State, k.Agent, k.Claimed, k.Rung, k.Passed = core.TicketActive, a.ID, t.now(), time.Time{}, nil
	t.c.State = core.WithAgent
	t.out.Hush = true
	t.m.Nags, t.m.Offers = 0, nil
	if t.m.Open.IsZero() && !message && !same {
		t.m.Open = t.now()
	} else if !t.m.Open.IsZero() {
		t.m.Open = t.now() // the new owner's time begins now
	}
	t.event(core.Claimed, by(a), why, "agent", a.ID)
	if a.Misses > 0 {
		a.Misses = 0
		t.agents[a.ID] = a
	}
	t.m.Owner, t.m.Called = a.ID, a.Name
	desk, _ := deskOf(a.ID)
	t.show(desk)
	if !t.m.Quiet && !message && !same && !t.counted() {
		t.toPeer("claimed", map[string]string{"agent": a.Name})
	}
	t.m.Quiet = false
}

// claim takes a ticket that nobody has. The loser of a race is told who won.
func (t *turn) claim(a core.Agent) {
	k := t.t
	switch {
	case !k.Open():
		t.refuse(a, ActClaim, "closed_already")
	case t.owner(a):
		t.notice(a.ID, "yours_already")
	case k.State == core.TicketActive, k.State == core.TicketParked && k.Agent != "" && k.Agent != a.ID:
		t.refuse(a, ActClaim, "owned", "owner", t.name(k.Agent))
	default:
		t.own(a, "claimed")
	}
}

// takeOver takes the ticket from whoever has it. The earlier owner is told.
func (t *turn) takeOver(a core.Agent) bool {
	k := t.t
	if t.owner(a) {
		return true
	}
	if !k.Open() {
		return t.reopen(a)
	}
	if k.Agent != "" && k.Agent != a.ID {
		t.notice(k.Agent, "taken_over", "owner", a.Name)
		if k.State == core.TicketActive || k.State == core.TicketParked {
			k.LastOwn = k.Agent
		}
		if k.State == core.TicketRinging {
			k.Agent = ""
		}
	}
	t.discard()
	t.own(a, "took over")
	return true
}

// mayDispose reports whether an agent may decide what becomes of the ticket:
// its owner, a lead, or anybody while nobody has it. Others are told who does.
func (t *turn) mayDispose(a core.Agent, action string) bool {
	k := t.t
	if !k.Open() {
		t.refuse(a, action, "closed_already")
		return false
	}
	if k.Agent == "" || k.Agent == a.ID || a.Lead {
		return true
	}
	t.refuse(a, action, "not_yours", "owner", t.name(k.Agent))
	return false
}

// refuse tells an agent why their action was not done.
func (t *turn) refuse(a core.Agent, action, id string, vars ...string) {
	t.event(core.Refused, by(a), words("en", id, vars...), "action", action)
	t.notice(a.ID, id, vars...)
}

// back returns the ticket to the line. It keeps its arrival; front counts it
// among those that go first.
func (t *turn) back(front int, why string, who core.Author) {
	k := t.t
	was := k.Agent
	t.discard()
	if k.State == core.TicketActive {
		k.LastOwn = was
	}
	k.State, t.c.State = core.TicketWaiting, core.InLine
	if t.m.Message {
		k.State, t.c.State = core.TicketMessage, core.WithBot
	}
	k.Agent, k.Rung = "", time.Time{}
	k.Front += front
	if was != "" && !slices.Contains(k.Passed, was) {
		k.Passed = append(k.Passed, was)
	}
	t.m.Open, t.m.Nags, t.m.Until, t.m.Offers = time.Time{}, 0, time.Time{}, nil
	t.event(core.Returned, who, why, "agent", was)
}

// sorry tells the customer once that their agent is gone and they go first.
func (t *turn) sorry() {
	if t.m.Sorry || t.m.Message {
		return
	}
	t.m.Sorry = true
	t.toPeer("returned", nil)
}

// giveBack is release: an owner lets go, or a phone is silenced.
func (t *turn) giveBack(a core.Agent) {
	if !t.mayDispose(a, ActRelease) {
		return
	}
	switch t.t.State {
	case core.TicketRinging:
		t.back(0, "declined", by(a))
	case core.TicketActive:
		t.flush(a)
		t.back(1, "released", by(a))
		t.sorry()
	case core.TicketParked:
		t.back(0, "released", by(a))
	default:
		t.notice(a.ID, "waits_already")
		return
	}
	t.notice(a.ID, "released")
}

// park sets the ticket aside until a time, or until the customer writes.
func (t *turn) park(a core.Agent, act Act) {
	if !t.mayDispose(a, ActPark) {
		return
	}
	until := time.Time{}
	if s := act.Values["until"]; s != "" {
		at, ok := Until(s, t.now(), t.r.zone())
		if !ok {
			t.refuse(a, ActPark, "bad_time", "word", clip(s, 40))
			return
		}
		until = at
	}
	t.flush(a)
	k := t.t
	if k.State == core.TicketRinging {
		k.Agent, k.Rung = "", time.Time{}
	}
	told := k.State == core.TicketActive
	t.m.Message = t.m.Message || k.State == core.TicketMessage
	k.State = core.TicketParked
	t.m.Until, t.m.Open, t.m.Nags = until, time.Time{}, 0
	t.event(core.Parked, by(a), "set aside", "until", stamp(until), "note", act.Values["note"])
	if s := act.Values["note"]; s != "" {
		t.m.remember(line{At: t.now(), Kind: core.ByAgent, Note: true, Name: a.Name, Text: s})
	}
	if told {
		t.toPeer("parked", nil)
	}
	if until.IsZero() {
		t.notice(a.ID, "parked")
	} else {
		t.notice(a.ID, "parked_until", "time", until.In(t.r.zone()).Format("01-02 15:04"))
	}
}

// resume lets a parked ticket go on: with its owner if they are on duty,
// otherwise in line where it was.
func (t *turn) resume(why string, who core.Author) {
	k := t.t
	t.m.Until, t.m.Gone = time.Time{}, false
	if a, ok := t.agent(k.Agent); ok && k.Agent != "" && a.Presence == core.OnDuty {
		k.State, t.c.State = core.TicketActive, core.WithAgent
		t.event(core.Reopened, who, why, "agent", a.ID)
		t.notice(a.ID, "resumed")
		return
	}
	if k.Agent != "" {
		k.LastOwn = k.Agent
	}
	k.Agent, k.State, t.c.State = "", core.TicketWaiting, core.InLine
	if t.m.Message {
		k.State, t.c.State = core.TicketMessage, core.WithBot
	}
	t.spread()
	t.event(core.Returned, who, why)
}

// close ends the ticket.
func (t *turn) close(a core.Agent, act Act) {
	if !t.mayDispose(a, ActClose) {
		return
	}
	t.flush(a)
	outcome := act.Values["outcome"]
	if outcome == "" {
		outcome = "solved"
	}
	if k := t.t; k.State == core.TicketActive || k.State == core.TicketParked {
		k.LastOwn = k.Agent
	} else {
		k.Agent = a.ID
	}
	t.t.Summary = clip(act.Values["summary"], 2000)
	for _, tag := range strings.FieldsFunc(act.Values["tags"], func(r rune) bool { return strings.ContainsRune(" ,，、;；#＃", r) }) {
		t.tag(tag)
	}
	if s := strings.ToLower(act.Values["survey"]); s == "no" || s == "false" || s == "0" || s == "off" {
		t.tag(NoSurvey)
	}
	t.finish(outcome, by(a), "closed by an agent")
	if outcome == "solved" || outcome == "unsolved" {
		t.toPeer("closed", nil)
	}
	t.notice(a.ID, "closed")
}

func (t *turn) tag(tag string) {
	if !slices.Contains(t.t.Tags, tag) {
		t.t.Tags = append(t.t.Tags, clip(tag, 60))
	}
}

// finish closes the ticket, whoever says so, and forgets what was on its way.
func (t *turn) finish(outcome string, who core.Author, why string) {
	k := t.t
	if n := len(t.m.Asked) + len(t.m.Kept); n > 0 && k.Agent != "" {
		for _, d := range append(slices.Clone(t.m.Asked), t.m.Kept...) {
			if d.Kind != draftTake {
				t.event(core.Dropped, bySystem, "the ticket was closed before it was sent", "via", d.Via.Ref, "agent", d.Via.Agent)
			}
		}
	}
	t.discard()
	k.State, k.Closed, k.Outcome, k.Rung = core.TicketClosed, t.now(), outcome, time.Time{}
	t.c.State = core.WithBot
	t.m.Asked, t.m.Kept, t.m.Offers, t.m.Open, t.m.Nags, t.m.Until = nil, nil, nil, time.Time{}, 0, time.Time{}
	t.event(core.ClosedIt, who, why, "outcome", outcome, "tags", strings.Join(k.Tags, " "))
}

// toBot hands the customer back to the scripts.
func (t *turn) toBot(a core.Agent) {
	if !t.mayDispose(a, ActBot) {
		return
	}
	t.flush(a)
	if t.t.Agent != "" {
		t.t.LastOwn = t.t.Agent
	}
	t.tag(NoSurvey)
	t.finish("bot", by(a), "handed back to the bot")
	t.toPeer("handed_back", nil)
	t.notice(a.ID, "to_bot")
}

// reopen lets a closed ticket go on with an agent.
func (t *turn) reopen(a core.Agent) bool {
	if t.t.Open() {
		t.notice(a.ID, "open_already")
		return false
	}
	t.revive(a, "opened again by an agent", by(a))
	return true
}

func (t *turn) revive(a core.Agent, why string, who core.Author) {
	k := t.t
	k.State, k.Agent, k.Claimed, k.Closed, k.Outcome = core.TicketActive, a.ID, t.now(), time.Time{}, ""
	k.Tags = slices.DeleteFunc(k.Tags, func(s string) bool { return s == NoSurvey })
	t.c.State = core.WithAgent
	t.out.Hush = true
	t.m.Message, t.m.Gone = false, false
	desk, _ := deskOf(a.ID)
	t.show(desk)
	t.event(core.Reopened, who, why, "agent", a.ID)
}

// priority sets how urgent the ticket is.
func (t *turn) priority(a core.Agent, act Act) {
	if !t.mayDispose(a, ActPriority) {
		return
	}
	n, ok := classOf(act.Values["class"])
	if act.Values["class"] == "" {
		var options []core.Option
		for i := range 4 {
			options = append(options, option(ActPriority+":P"+itoa(i), "P"+itoa(i)))
		}
		t.ask(a.ID, t.of(a.ID, "bad_class"), options...)
		return
	}
	if !ok {
		t.refuse(a, ActPriority, "bad_class")
		return
	}
	t.t.Class = n
	t.event(core.Noted, by(a), "priority set", "class", "P"+itoa(n), "text", "P"+itoa(n))
	t.notice(a.ID, "priority", "class", "P"+itoa(n))
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
