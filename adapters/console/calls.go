package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func (c *Console) routeCalls(at func(string, http.HandlerFunc)) {
	at("GET api/me", c.call(c.serveMe))
	at("GET api/tickets", c.call(c.serveTickets))
	at("GET api/tickets/{id}", c.call(c.serveTicket))
	at("GET api/tickets/{id}/past", c.call(c.servePast))
	at("GET api/team", c.call(c.serveTeam))
	at("GET api/notices", c.call(c.serveNotices))
	at("POST api/act", c.call(c.serveAct))
	at("POST api/typing", c.call(c.serveTyping))
	at("POST api/media", c.call(c.serveUpload))
	at("GET media/{handle...}", c.call(c.serveMedia))
	at("GET api/canned", c.call(c.serveCanned))
	at("PUT api/canned", c.call(c.saveCanned))
	at("GET api/accounts", c.ruling(c.serveAccounts))
	at("POST api/invitations", c.ruling(c.invite))
	at("DELETE api/invitations/{hash}", c.ruling(c.withdraw))
	at("PATCH api/accounts/{id}", c.ruling(c.editAccount))
	at("POST api/accounts/{id}/reset", c.ruling(c.resetAccount))
	at("GET api/live", func(w http.ResponseWriter, r *http.Request) {
		who, ok, err := c.who(nil, r)
		switch {
		case err != nil:
			c.fail(w, r, err)
		case !ok:
			c.fail(w, r, problem{http.StatusUnauthorized, "signed_out"})
		default:
			c.serveLive(w, r, who)
		}
	})
}

// me is who looks at the page, and what the page needs to know once.
type me struct {
	ID       string        `json:"id"`
	Agent    string        `json:"agent"` // Agent.ID
	Name     string        `json:"name"`
	Role     role          `json:"role"`
	Title    string        `json:"title"`
	Presence core.Presence `json:"presence"`
	Since    time.Time     `json:"since,omitzero"`
	Until    time.Time     `json:"until,omitzero"` // when the break ends by itself
	Max      int           `json:"max,omitempty"`
	Load     int           `json:"load"`
	Topics   []string      `json:"topics"` // of the whole desk
	Titles   titles        `json:"titles,omitempty"`
	Today    today         `json:"today"`
	Now      time.Time     `json:"now"` // the pages' clocks may be wrong
	Upload   int64         `json:"upload"`
}

// today is what an agent has done since midnight. Seconds are means.
type today struct {
	Closed int `json:"closed"`
	Wait   int `json:"wait"`   // from joining the line to the claim
	Handle int `json:"handle"` // from the claim to the close
}

func (c *Console) serveMe(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	agents, err := c.Views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	open, err := c.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	id := c.agent(who.account.ID)
	out := me{
		ID: who.account.ID, Agent: id, Name: who.account.Name, Role: who.account.Role, Title: c.Title, Presence: core.OffDuty,
		Max: who.account.Max, Topics: c.topics(agents, open), Now: c.Now(), Upload: c.Upload, Load: loads(open)[id],
	}
	out.Titles = c.titled(out.Topics)
	for _, a := range agents {
		if a.ID == id && a.Presence != "" {
			out.Presence, out.Since, out.Until, out.Max = a.Presence, a.Since, breakEnd(a), cmp.Or(a.Max, out.Max)
		}
	}
	done, err := c.closed(ctx, core.TicketQuery{Agent: id, Max: doneMax})
	if err != nil {
		return nil, err
	}
	out.Today = sumUp(done, midnight(c.Now(), r.URL.Query().Get("tz")))
	return out, nil
}

// breakEnd is when an agent's break ends by itself; zero if it does not.
func breakEnd(a core.Agent) time.Time {
	if a.Presence != core.OnBreak {
		return time.Time{}
	}
	return a.Until
}

// midnight is when the day began, offset minutes west of UTC as browsers have it.
func midnight(now time.Time, offset string) time.Time {
	if m, err := strconv.Atoi(offset); err == nil && m >= -14*60 && m <= 12*60 {
		now = now.In(time.FixedZone("", -m*60))
	}
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
}

func sumUp(done []core.TicketView, from time.Time) today {
	var t today
	var wait, handle time.Duration
	timed := 0
	for _, v := range done {
		if k := v.Ticket; !k.Closed.Before(from) {
			t.Closed++
			if !k.Claimed.IsZero() {
				wait, handle, timed = wait+k.Claimed.Sub(k.Since), handle+k.Closed.Sub(k.Claimed), timed+1
			}
		}
	}
	if timed > 0 {
		t.Wait, t.Handle = int(wait.Seconds())/timed, int(handle.Seconds())/timed
	}
	return t
}

// topics are the configured ones and those in use.
func (c *Console) topics(agents []core.Agent, open []core.TicketView) []string {
	out := slices.Clone(c.Topics)
	for _, a := range agents {
		out = append(out, a.Topics...)
	}
	for _, v := range open {
		out = append(out, v.Ticket.Topic)
	}
	slices.Sort(out)
	out = slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
	return append([]string{}, out...)
}

// loads are how many tickets each agent has.
func loads(open []core.TicketView) map[string]int {
	out := map[string]int{}
	for _, v := range open {
		if s := v.Ticket.State; s == core.TicketRinging || s == core.TicketActive {
			out[v.Ticket.Agent]++
		}
	}
	return out
}

func (c *Console) serveTickets(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	open, err := c.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	agent := c.agent(who.account.ID)
	b, words := box(r.URL.Query().Get("box")), strings.TrimSpace(clip(r.URL.Query().Get("q"), 100))
	var list []core.TicketView
	switch b {
	case boxClosed:
		if list, err = c.closed(ctx, core.TicketQuery{}); err != nil {
			return nil, err
		}
	case boxWaiting, boxMine, boxAll:
		for _, v := range open {
			if b.has(v.Ticket, agent) {
				list = append(list, v)
			}
		}
		slices.SortStableFunc(list, urgency)
	default:
		return nil, core.ErrNotFound
	}
	names, err := c.names(ctx)
	if err != nil {
		return nil, err
	}
	rows := []row{}
	for _, v := range list {
		if len(rows) < closedMax && (words == "" || says(v, words)) {
			rows = append(rows, c.row(v, names))
		}
	}
	return map[string]any{
		"tickets": rows, "counts": counts(open, agent), "capped": c.board.isCapped() || len(list) > len(rows) && words == "", "now": c.Now(),
		"mine": c.rows(open, names, func(t core.Ticket) bool { return boxMine.has(t, agent) }),
	}, nil
}

// rows are the open tickets that f wants: every list carries the agent's own,
// so that the page can ring whatever is on show.
func (c *Console) rows(open []core.TicketView, names map[string]string, f func(core.Ticket) bool) []row {
	out := []row{}
	for _, v := range open {
		if f(v.Ticket) {
			out = append(out, c.row(v, names))
		}
	}
	return out
}

func (c *Console) serveTicket(_ http.ResponseWriter, r *http.Request, _ signedIn) (any, error) {
	ctx := r.Context()
	v, err := c.ticket(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := c.names(ctx)
	if err != nil {
		return nil, err
	}
	others, err := c.Views.Tickets(ctx, core.TicketQuery{Key: v.Ticket.Key, Max: 50})
	if err != nil {
		return nil, fmt.Errorf("console: history of %s: %w", v.Ticket.ID, err)
	}
	history := []row{}
	for _, o := range others {
		if o.Ticket.ID != v.Ticket.ID {
			history = append(history, c.row(o, names))
		}
	}
	slices.SortStableFunc(history, func(a, b row) int { return b.Since.Compare(a.Since) })
	return map[string]any{
		"ticket": c.row(v, names), "history": history, "carries": c.carries(v.Ticket.Key.Channel),
		"templates": c.offers(v.Ticket.Key.Channel), "now": c.Now(),
	}, nil
}

func (c *Console) servePast(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	v, err := c.ticket(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var before int64
	if s := r.URL.Query().Get("before"); s != "" {
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 0 {
			return nil, core.ErrInvalid
		}
	}
	es, more, err := c.past(r.Context(), v, before, who)
	if err != nil {
		return nil, err
	}
	return map[string]any{"entries": es, "more": more}, nil
}

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

func (c *Console) serveTeam(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	agents, err := c.Views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	open, err := c.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	as, err := c.everybody(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.names(ctx)
	if err != nil {
		return nil, err
	}
	team := c.team(agents, as, loads(open))
	if who.account.Role.leads() {
		done, err := c.doneLately(ctx)
		if err != nil {
			return nil, err
		}
		from := midnight(c.Now(), r.URL.Query().Get("tz"))
		for i := range team {
			id := team[i].ID
			sum := sumUp(slices.DeleteFunc(slices.Clone(done), func(v core.TicketView) bool { return v.Ticket.Agent != id }), from)
			team[i].Today = &sum
			team[i].Tickets = c.rows(open, names, func(t core.Ticket) bool { return boxMine.has(t, id) })
		}
	}
	return map[string]any{"team": team, "lines": lines(open), "now": c.Now()}, nil
}

// team joins the agents of all desks with the accounts of this one.
func (c *Console) team(agents []core.Agent, as []account, load map[string]int) []mate {
	byID := map[string]mate{}
	for _, a := range as {
		if !a.Off {
			id := c.agent(a.ID)
			byID[id] = mate{ID: id, Name: a.Name, Lead: a.Role.leads(), Presence: core.OffDuty, Max: a.Max, Topics: a.Topics, Langs: a.Langs, Load: load[id]}
		}
	}
	for _, a := range agents {
		m, here := byID[a.ID]
		if c.account(a.ID) != "" && !here {
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

// serveNotices are what the desk told this member of staff outside every thread.
func (c *Console) serveNotices(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	type notice struct {
		Seq  int64     `json:"seq"`
		At   time.Time `json:"at"`
		Text string    `json:"text"`
	}
	out := []notice{}
	rs, err := c.own(r.Context(), who.account.ID)
	for _, rec := range rs {
		if m := rec.Message; m != nil && !rec.In && m.Channel == c.Name {
			if s := m.Parts.Text(); s != "" {
				out = append(out, notice{rec.Seq, rec.At, s})
			}
		}
	}
	return map[string]any{"notices": out}, err
}

// own is the newest of the conversation between the desk and one account.
func (c *Console) own(ctx context.Context, account string) ([]core.Record, error) {
	rs, err := c.Views.Past(ctx, core.PastQuery{Key: core.Key{Channel: c.Name, Peer: account}, Max: 60})
	if err != nil {
		return nil, fmt.Errorf("console: notices: %w", err)
	}
	return rs, nil
}
