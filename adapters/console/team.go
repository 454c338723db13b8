package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// mate is a member of staff as the others see them.
type mate struct {
	ID       string        `json:"id"` // Agent.ID
	Name     string        `json:"name"`
	Lead     bool          `json:"lead,omitempty"`
	Presence core.Presence `json:"presence"`
	Since    time.Time     `json:"since,omitzero"`
	Until    time.Time     `json:"until,omitzero"` // when their break ends by itself
	Idle     time.Time     `json:"idle,omitzero"`
	Load     int           `json:"load"`
	Max      int           `json:"max,omitempty"`
	Misses   int           `json:"misses,omitempty"`
	Topics   []string      `json:"topics,omitempty"`
	Langs    []string      `json:"langs,omitempty"`
	Today    *today        `json:"today,omitempty"` // for leads
	Tickets  []row         `json:"tickets,omitempty"`
}

func (in inbox) serveTeam(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	agents, err := in.views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	open, err := in.board.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	as, err := in.accounts.all(ctx)
	if err != nil {
		return nil, err
	}
	w, err := in.viewer(ctx, who)
	if err != nil {
		return nil, err
	}
	team := in.team(agents, as, loads(open))
	if who.account.Role.leads() {
		done, err := in.board.doneLately(ctx, figuresAge)
		if err != nil {
			return nil, err
		}
		from := midnight(in.now(), r.URL.Query().Get("tz"))
		for i := range team {
			id := team[i].ID
			sum := sumUp(slices.DeleteFunc(slices.Clone(done), func(v core.TicketView) bool { return v.Ticket.Agent != id }), from)
			team[i].Today = &sum
			team[i].Tickets = w.rows(open, func(t core.Ticket) bool { return boxMine.has(t, id) })
		}
	}
	return map[string]any{"team": team, "lines": lines(open), "now": in.now()}, nil
}

// team joins the agents of all desks with the accounts of this one.
func (in inbox) team(agents []core.Agent, as []account, load map[string]int) []mate {
	byID := map[string]mate{}
	for _, a := range as {
		if !a.Off {
			id := in.desk.agent(a.ID)
			byID[id] = mate{ID: id, Name: a.Name, Lead: a.Role.leads(), Presence: core.OffDuty, Max: a.Max, Topics: a.Topics, Langs: a.Langs, Load: load[id]}
		}
	}
	for _, a := range agents {
		m, here := byID[a.ID]
		if in.desk.account(a.ID) != "" && !here {
			continue // the account was switched off
		}
		if !here {
			m = mate{ID: a.ID, Name: a.Name, Lead: a.Lead, Load: load[a.ID]}
		}
		m.Presence, m.Since, m.Idle, m.Misses = cmp.Or(a.Presence, core.OffDuty), a.Since, a.Idle, a.Misses
		m.Until = breakEnd(a)
		m.Max = cmp.Or(a.Max, m.Max)
		if len(a.Topics)+len(a.Langs) > 0 {
			m.Topics, m.Langs = a.Topics, a.Langs
		}
		byID[a.ID] = m
	}
	out := []mate{}
	for _, m := range byID {
		out = append(out, m)
	}
	rank := map[core.Presence]int{core.OnDuty: 0, core.OnBreak: 1, core.OffDuty: 2}
	slices.SortFunc(out, func(a, b mate) int {
		if d := rank[a.Presence] - rank[b.Presence]; d != 0 {
			return d
		}
		return strings.Compare(a.Name+a.ID, b.Name+b.ID)
	})
	return out
}

// topicLine is how one topic's line stands.
type topicLine struct {
	Topic   string    `json:"topic"`
	Waiting int       `json:"waiting"`
	Active  int       `json:"active"`
	Head    time.Time `json:"head,omitzero"` // since when the first in line waits
}

func lines(open []core.TicketView) []topicLine {
	byTopic := map[string]*topicLine{}
	for _, v := range open {
		t := v.Ticket
		l := byTopic[t.Topic]
		if l == nil {
			l = &topicLine{Topic: t.Topic}
			byTopic[t.Topic] = l
		}
		switch t.State {
		case core.TicketActive:
			l.Active++
		case core.TicketWaiting, core.TicketRinging:
			if l.Waiting++; l.Head.IsZero() || t.Since.Before(l.Head) {
				l.Head = t.Since
			}
		}
	}
	out := []topicLine{}
	for _, l := range byTopic {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b topicLine) int { return strings.Compare(a.Topic, b.Topic) })
	return out
}
