package hub

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/turn"
)

// turn takes one turn of a conversation: steps 4 to 6.
func (h *Hub) turn(ctx context.Context, key core.Key) error {
	start := time.Now()
	in := turn.Input{Scene: h.line.scene()}
	if h.role(key.Channel) == core.RoleDesk {
		mine, err := h.store.Tickets(ctx, core.TicketQuery{Agent: key.String(), States: held, Max: 200})
		if err != nil {
			return err
		}
		in.Mine = mine
	}
	var said []core.Event
	take := func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		h.minds <- struct{}{}
		defer func() { <-h.minds }()
		in.Scene = h.line.own(in.Scene, c.Ticket)
		began := time.Now()
		out, err := turn.Take(h.rules, c, unread, in)
		h.conf.Meter.Time("decide_seconds", time.Since(began))
		said = out.Events
		return out, err
	}
	done, err := h.store.Turn(ctx, key, in.Scene.Now, take)
	if errors.Is(err, turn.ErrPast) {
		if in.Past, err = past(ctx, h.store, key); err != nil {
			return err
		}
		done, err = h.store.Turn(ctx, key, in.Scene.Now, take)
	}
	if err != nil {
		return err
	}
	h.conf.Meter.Time("turn_seconds", time.Since(start))
	h.count(done, said)
	h.committed(ctx, key, done)
	return nil
}

// held are the states in which a ticket is somebody's.
var held = []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}

// role is what an account is for, empty for one that the configuration has lost.
func (h *Hub) role(channel string) core.Role {
	if a := h.accounts[channel]; a != nil {
		return a.role
	}
	return ""
}

// limits are those of an account, none for one that the configuration has lost.
func (h *Hub) limits(channel string) core.Limits {
	if a := h.accounts[channel]; a != nil {
		return a.limits
	}
	return core.Limits{}
}

// past is what was said with the peer, for a ticket's card.
func past(ctx context.Context, from core.Views, key core.Key) ([]core.Envelope, error) {
	records, err := from.Past(ctx, core.PastQuery{Key: key, Max: 12, Peer: true})
	if err != nil {
		return nil, err
	}
	c, err := from.Conversation(ctx, key)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	out := []core.Envelope{} // not nil: somebody has looked
	for _, r := range records {
		if r.Message != nil && (!r.In || r.Seq <= c.Seen) { // what is unread comes with the turn
			out = append(out, *r.Message)
		}
	}
	return out, nil
}

// committed passes on what a turn has changed. The line hears of agents before
// they do: who has been told that they are on duty is there for the next customer.
func (h *Hub) committed(ctx context.Context, key core.Key, done core.Committed) {
	h.halts.set(ctx, done.Values)
	var was []core.Presence
	for _, a := range done.Agents {
		was = append(was, h.line.agent(a))
	}
	for _, d := range done.Deliveries {
		h.send(d)
	}
	for i, a := range done.Agents {
		if a.Presence == core.OffDuty && (was[i] == core.OnDuty || was[i] == core.OnBreak) {
			h.vacate(ctx, a.ID) // they have just gone home
		}
		if a.ID != key.String() { // said in a ticket's thread
			h.rests(ctx, a)
		}
	}
	t := done.After.Ticket
	changed := t != nil && (done.Before.Open() || t.Open())
	if changed || len(done.Agents) > 0 {
		h.line.tell(ctx, key)
	}
	if changed {
		h.line.put(*t)
		h.board.put(t)
		h.banners.show(ctx, done.After)
	}
	for _, via := range desk.Held(done.After.Ticket) {
		h.mark(via, core.MarkWaiting, "")
	}
	if done.More {
		h.turns.want(key)
	}
	if due := done.After.Wakes.Next(); !due.IsZero() {
		h.turns.at(key, due)
	}
}

// rests arranges the end of a break that has one.
func (h *Hub) rests(ctx context.Context, a core.Agent) {
	if a.Presence != core.OnBreak || a.Until.IsZero() {
		return
	}
	desk, peer, _ := strings.Cut(a.ID, "/")
	if h.role(desk) == core.RoleDesk {
		h.alter(ctx, core.Key{Channel: desk, Peer: peer}, func(c core.Conversation, s core.Scene) core.Outcome { return h.conf.Desk.AgentDue(c, s) })
	}
}

// vacate returns the tickets of an agent who has gone home.
func (h *Hub) vacate(ctx context.Context, agent string) {
	ts, err := h.store.Tickets(ctx, core.TicketQuery{Agent: agent, States: held[:2]})
	if err != nil {
		h.log.Error("tickets of an agent who went off duty were not returned", "agent", agent, "err", err)
		return
	}
	for _, v := range ts {
		h.alter(ctx, v.Ticket.Key, func(c core.Conversation, s core.Scene) core.Outcome {
			if c.Ticket.Open() && c.Ticket.Agent == agent {
				return h.conf.Desk.Vacate(c, agent, "off duty", s)
			}
			return core.Outcome{Conversation: c}
		})
	}
}

// alter is a turn that reads nothing: f decides, what is unread stays so. It
// reports whether that was kept.
func (h *Hub) alter(ctx context.Context, key core.Key, f func(core.Conversation, core.Scene) core.Outcome) (kept bool) {
	in := turn.Input{Scene: h.line.scene()}
	done, err := h.store.Turn(ctx, key, in.Scene.Now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		in.Scene = h.line.own(in.Scene, c.Ticket)
		return turn.Alter(h.rules, c, unread, in, f)
	})
	if err != nil {
		if ctx.Err() == nil {
			h.log.Error("a change to a conversation was not kept", "conversation", key.String(), "err", err)
		}
		return false
	}
	h.committed(ctx, key, done)
	return true
}
