package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// An inbox answers what the page of that name asks for.
type inbox struct {
	desk      deskName
	title     string
	upload    int64
	topics    []string // those of the configuration
	board     *board
	accounts  *accounts
	views     core.Views
	catalogue *catalogue
	now       func() time.Time
}

// viewer is who looks, with what they need to see names.
func (in inbox) viewer(ctx context.Context, who signedIn) (viewer, error) {
	names, err := in.board.names(ctx)
	return viewer{in.desk, who.account, names, in.catalogue, in.now()}, err
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

func (in inbox) serveMe(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	agents, err := in.views.Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("console: agents: %w", err)
	}
	open, err := in.board.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	id := in.desk.agent(who.account.ID)
	out := me{
		ID: who.account.ID, Agent: id, Name: who.account.Name, Role: who.account.Role, Title: in.title, Presence: core.OffDuty,
		Max: who.account.Max, Topics: topicsOf(in.topics, agents, open), Now: in.now(), Upload: in.upload, Load: loads(open)[id],
	}
	out.Titles = in.catalogue.titled(out.Topics)
	for _, a := range agents {
		if a.ID == id && a.Presence != "" {
			out.Presence, out.Since, out.Until, out.Max = a.Presence, a.Since, breakEnd(a), cmp.Or(a.Max, out.Max)
		}
	}
	done, err := in.board.closed(ctx, core.TicketQuery{Agent: id, Max: mostDone})
	if err != nil {
		return nil, err
	}
	out.Today = sumUp(done, midnight(in.now(), r.URL.Query().Get("tz")))
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

// topicsOf are the configured ones and those in use.
func topicsOf(configured []string, agents []core.Agent, open []core.TicketView) []string {
	out := slices.Clone(configured)
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

func (in inbox) serveTickets(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	open, err := in.board.openTickets(ctx)
	if err != nil {
		return nil, err
	}
	f, err := readFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	agent := in.desk.agent(who.account.ID)
	list, err := in.list(ctx, box(r.URL.Query().Get("box")), agent, open)
	if err != nil {
		return nil, err
	}
	w, err := in.viewer(ctx, who)
	if err != nil {
		return nil, err
	}
	rows, total := []row{}, 0
	for _, v := range list {
		if !f.wants(v) {
			continue
		}
		if total >= f.from && len(rows) < mostRows {
			rows = append(rows, w.row(v))
		}
		total++
	}
	return map[string]any{
		"tickets": rows, "from": f.from, "total": total, "choices": choicesOf(list, w.names), "counts": counts(open, agent), "now": in.now(),
		"mine": w.rows(open, func(t core.Ticket) bool { return boxMine.has(t, agent) }),
	}, nil
}

// list is what a box has, in its order.
func (in inbox) list(ctx context.Context, b box, agent string, open []core.TicketView) (list []core.TicketView, err error) {
	switch b {
	case boxClosed:
		return in.board.doneLately(ctx, boardAge)
	case boxWaiting, boxMine, boxAll:
		for _, v := range open {
			if b.has(v.Ticket, agent) {
				list = append(list, v)
			}
		}
		slices.SortStableFunc(list, urgency)
		return list, nil
	}
	return nil, core.ErrNotFound
}

func (in inbox) serveTicket(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	ctx := r.Context()
	v, err := in.board.ticket(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	w, err := in.viewer(ctx, who)
	if err != nil {
		return nil, err
	}
	others, err := in.views.Tickets(ctx, core.TicketQuery{Key: v.Ticket.Key, Max: 50})
	if err != nil {
		return nil, fmt.Errorf("console: history of %s: %w", v.Ticket.ID, err)
	}
	history := []row{}
	for _, o := range others {
		if o.Ticket.ID != v.Ticket.ID {
			history = append(history, w.row(o))
		}
	}
	slices.SortStableFunc(history, func(a, b row) int { return b.Since.Compare(a.Since) })
	return map[string]any{
		"ticket": w.row(v), "history": history, "carries": in.catalogue.carries(v.Ticket.Key.Channel),
		"templates": in.catalogue.offers(v.Ticket.Key.Channel), "now": in.now(),
	}, nil
}

func (in inbox) servePast(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	v, err := in.board.ticket(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var before int64
	if s := r.URL.Query().Get("before"); s != "" {
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 0 {
			return nil, core.ErrInvalid
		}
	}
	w, err := in.viewer(r.Context(), who)
	if err != nil {
		return nil, err
	}
	es, more, err := in.past(r.Context(), w, core.PastQuery{Key: v.Ticket.Key, Before: before})
	if err != nil {
		return nil, err
	}
	return map[string]any{"entries": es, "more": more}, nil
}

// serveNotices are what the desk told this member of staff outside every thread.
func (in inbox) serveNotices(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	type notice struct {
		Seq  int64     `json:"seq"`
		At   time.Time `json:"at"`
		Text string    `json:"text"`
	}
	out := []notice{}
	rs, err := in.own(r.Context(), who.account.ID)
	for _, rec := range rs {
		if m := rec.Message; m != nil && !rec.In && m.Channel == string(in.desk) {
			if s := m.Parts.Text(); s != "" {
				out = append(out, notice{rec.Seq, rec.At, s})
			}
		}
	}
	return map[string]any{"notices": out}, err
}

// own is the newest of the conversation between the desk and one account.
func (in inbox) own(ctx context.Context, account string) ([]core.Record, error) {
	rs, err := in.views.Past(ctx, core.PastQuery{Key: core.Key{Channel: string(in.desk), Peer: account}, Max: 60})
	if err != nil {
		return nil, fmt.Errorf("console: notices: %w", err)
	}
	return rs, nil
}

const pageSize = 60

// past is a page of the conversation q.Key before q.Before, oldest first, and
// whether there is more before it. Much of a log is not for this page, so it may take several reads.
func (in inbox) past(ctx context.Context, w viewer, q core.PastQuery) (es []entry, more bool, err error) {
	q.Max = pageSize * 2
	more = true
	for round := 0; more && round < 6 && len(es) < pageSize*2/3; round++ {
		rs, err := in.views.Past(ctx, q)
		if err != nil {
			return nil, false, fmt.Errorf("console: a conversation: %w", err)
		}
		more = len(rs) == q.Max
		var page []entry
		for _, r := range rs {
			if e, ok := w.entry(r, q.Key); ok {
				page = append(page, e)
			}
		}
		es = append(page, es...)
		if len(rs) > 0 {
			q.Before = rs[0].Seq
		}
	}
	if es == nil {
		es = []entry{}
	}
	return es, more, nil
}
