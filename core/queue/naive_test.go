package queue_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

// naive is the line written down as the rules read: a list, searched from end
// to end for every question.
type naive struct {
	rules   queue.Rules
	tickets []*place
	agents  map[string]*clerk
	turns   int
	arrived int
	now     time.Time
}

type place struct {
	core.Ticket
	order int  // of arrival, to break ties
	held  bool // decided when it came
	out   bool // offered
}

type clerk struct {
	core.Agent
	turn int
}

func (n *naive) has(p *place) bool {
	return p.Agent != "" && (p.out || p.State == core.TicketRinging || p.State == core.TicketActive)
}

func (n *naive) load(id string) (k int) {
	for _, p := range n.tickets {
		if n.has(p) && p.Agent == id {
			k++
		}
	}
	return k
}

func short(lang string) string { lang, _, _ = strings.Cut(lang, "-"); return lang }

// serves: what the agent takes; a language that nobody names is anyone's, and
// so is what nobody would take.
func (n *naive) serves(a *clerk, p *place) bool {
	lang := short(p.Lang)
	if !slices.ContainsFunc(n.all(), func(b *clerk) bool { return slices.Contains(b.Langs, lang) }) {
		lang = ""
	}
	takes := func(b *clerk) bool {
		return (p.Topic == "" || len(b.Topics) == 0 || slices.Contains(b.Topics, p.Topic)) &&
			(lang == "" || len(b.Langs) == 0 || slices.Contains(b.Langs, lang))
	}
	return takes(a) || !slices.ContainsFunc(n.all(), takes)
}

func (n *naive) all() (as []*clerk) {
	for _, a := range n.agents {
		as = append(as, a)
	}
	slices.SortFunc(as, func(a, b *clerk) int { return cmp.Compare(a.ID, b.ID) })
	return as
}

func (n *naive) room(a *clerk) bool { return a.Presence == core.OnDuty && n.load(a.ID) < a.Max }

func (n *naive) isHeld(p *place) bool {
	return p.held && n.now.Before(p.Since.Add(n.rules.Sticky))
}

func (n *naive) less(a, b *place) int {
	front := func(p *place) int {
		if p.Front > 0 {
			return 0
		}
		return 1
	}
	virtual := func(p *place) time.Time { return p.Since.Add(time.Duration(p.Class) * n.rules.Age) }
	return cmp.Or(cmp.Compare(front(a), front(b)), virtual(a).Compare(virtual(b)), cmp.Compare(a.order, b.order))
}

func (n *naive) find(id string) *place {
	for _, p := range n.tickets {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (n *naive) put(t core.Ticket) {
	p := n.find(t.ID)
	if t.State == core.TicketClosed {
		n.drop(t.ID)
		return
	}
	if p == nil {
		p = &place{Ticket: core.Ticket{State: core.TicketParked}}
		n.tickets = append(n.tickets, p)
	}
	had, by := n.has(p), p.Agent
	waited := p.State == core.TicketWaiting && !p.out
	same := waited && t.State == core.TicketWaiting && t.Topic == p.Topic && t.Lang == p.Lang && t.Front == p.Front && t.Class == p.Class
	if p.order == 0 && (t.State == core.TicketWaiting || t.State == core.TicketMessage) {
		n.arrived++
		p.order = n.arrived
	}
	fresh := p.ID == ""
	p.Ticket, p.out = t, false
	if has := n.has(p); had && (!has || p.Agent != by) {
		n.touch(by)
	}
	if has := n.has(p); has && (!had || p.Agent != by) && !fresh {
		n.turns++
		n.agents[p.Agent].turn = n.turns
		n.touch(p.Agent)
	}
	if t.State != core.TicketWaiting {
		p.held = false
		return
	}
	if same && !(p.held && slices.Contains(t.Passed, t.LastOwn)) {
		return
	}
	a := n.agents[t.LastOwn]
	p.held = n.rules.Mode == queue.ModeLast && t.Front == 0 && a != nil && a.Presence == core.OnDuty &&
		n.serves(a, p) && !slices.Contains(t.Passed, t.LastOwn) && n.now.Before(t.Since.Add(n.rules.Sticky))
}

func (n *naive) touch(id string) {
	if a := n.agents[id]; n.now.After(a.Idle) {
		a.Idle = n.now
	}
}

func (n *naive) drop(id string) {
	if p := n.find(id); p != nil {
		if n.has(p) {
			n.touch(p.Agent)
		}
		n.tickets = slices.DeleteFunc(n.tickets, func(q *place) bool { return q == p })
	}
}

func (n *naive) agent(a core.Agent) {
	defer func() {
		for _, p := range n.tickets { // a hold ends when skills change so that they no longer serve it
			p.held = p.held && n.serves(n.agents[p.LastOwn], p)
		}
	}()
	old := n.agents[a.ID]
	if old == nil {
		n.agents[a.ID] = &clerk{Agent: a}
		return
	}
	if old.Presence != a.Presence || !slices.Equal(old.Topics, a.Topics) || !slices.Equal(old.Langs, a.Langs) {
		for _, p := range n.tickets {
			if p.LastOwn == a.ID {
				p.held = false
			}
		}
	}
	if a.Idle.Before(old.Idle) {
		a.Idle = old.Idle
	}
	old.Agent = a
}

// takers are those with room who may have p now.
func (n *naive) takers(p *place) (as []*clerk) {
	for _, a := range n.all() {
		if n.room(a) && n.serves(a, p) && (!n.isHeld(p) || a.ID == p.LastOwn) {
			as = append(as, a)
		}
	}
	return as
}

func (n *naive) next() (id, agent string, ok bool) {
	var best *place
	for _, state := range []core.TicketState{core.TicketWaiting, core.TicketMessage} {
		for _, p := range n.tickets {
			if p.State == state && !p.out && len(n.takers(p)) > 0 && (best == nil || n.less(p, best) < 0) {
				best = p
			}
		}
		if best != nil {
			break
		}
	}
	if best == nil {
		return "", "", false
	}
	as := n.takers(best)
	for _, a := range as {
		if n.rules.Mode == queue.ModeLast && a.ID == best.LastOwn && !slices.Contains(best.Passed, a.ID) {
			as = []*clerk{a}
			break
		}
	}
	if fresh := slices.DeleteFunc(slices.Clone(as), func(a *clerk) bool { return slices.Contains(best.Passed, a.ID) }); len(fresh) > 0 {
		as = fresh
	}
	slices.SortFunc(as, func(a, b *clerk) int {
		by := 0
		switch n.rules.Mode {
		case queue.ModeRound:
			by = cmp.Compare(a.turn, b.turn)
		case queue.ModeLeast, queue.ModeLast:
			by = cmp.Compare(float64(n.load(a.ID))/float64(a.Max), float64(n.load(b.ID))/float64(b.Max))
		}
		return cmp.Or(by, a.Idle.Compare(b.Idle), cmp.Compare(a.ID, b.ID))
	})
	best.out, best.held, best.Agent = true, false, as[0].ID
	n.turns++
	as[0].turn = n.turns
	n.touch(best.Agent)
	return best.ID, best.Agent, true
}

// ahead counts those before p whom somebody on duty could serve as well as p.
func (n *naive) ahead(p *place) (k int) {
	skill := func(p *place) string {
		lang := short(p.Lang)
		if !slices.ContainsFunc(n.all(), func(b *clerk) bool { return slices.Contains(b.Langs, lang) }) {
			lang = ""
		}
		return p.Topic + "/" + lang
	}
	for _, q := range n.tickets {
		if q == p || q.State != core.TicketWaiting || q.out || n.less(q, p) > 0 {
			continue
		}
		rival := !q.held && skill(p) == skill(q)
		for _, a := range n.all() {
			if a.Presence != core.OnDuty || !n.serves(a, p) || !n.serves(a, q) {
				continue
			}
			if !q.held || q.LastOwn == a.ID {
				rival = true
			}
		}
		if rival {
			k++
		}
	}
	return k
}
