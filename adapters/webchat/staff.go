package webchat

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// staff knows who is at the other end, and remembers for a moment who is on duty.
type staff struct {
	visitors visitors
	banners  *banners

	mu    sync.Mutex
	at    time.Time
	names map[string]string
	duty  bool
}

// who is at the other end of g's conversation.
func (st *staff) who(ctx context.Context, g guest) (*who, *banner, error) {
	conv, _, err := st.visitors.talk(ctx, g.Peer)
	if err != nil {
		return nil, nil, err
	}
	agent := ""
	if conv.State == core.WithAgent && conv.Ticket != nil {
		agent = conv.Ticket.Agent
	}
	name, duty, err := st.onDuty(ctx, agent)
	if err != nil {
		return nil, nil, err
	}
	w := &who{State: cmp.Or(string(conv.State), string(core.WithBot)), Name: name, Staff: duty || agent != ""}
	b, ok := st.banners.get(g.Peer)
	if !ok || b.Text == "" {
		return w, nil, nil
	}
	return w, &banner{b.Text}, nil
}

// whoBy is who is at the other end by what a banner says; nil if it does not.
func (st *staff) whoBy(b core.Banner) *who {
	if b.State == "" {
		return nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return &who{State: string(b.State), Name: b.Name, Staff: st.duty || b.State == core.WithAgent}
}

// onDuty is the name of agent, if one is asked for, and whether anybody is on
// duty.
func (st *staff) onDuty(ctx context.Context, agent string) (name string, duty bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := st.visitors.now()
	name, known := st.names[agent]
	if age := now.Sub(st.at); st.names != nil && age >= 0 && age < 5*time.Second && (known || agent == "") {
		return name, st.duty, nil
	}
	agents, err := st.visitors.views.Agents(ctx)
	if err != nil {
		return "", false, err
	}
	st.names, st.duty, st.at = map[string]string{}, false, now
	for _, a := range agents {
		st.names[a.ID] = a.Name
		st.duty = st.duty || a.Presence == core.OnDuty
	}
	return st.names[agent], st.duty, nil
}
