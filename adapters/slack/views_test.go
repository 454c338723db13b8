package slack

import (
	"context"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// views are core.Views with the agents and tickets of a test.
type views struct {
	core.Views
	mu      sync.Mutex
	agents  []core.Agent
	tickets []core.TicketView
}

func (v *views) Agents(context.Context) ([]core.Agent, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.agents, nil
}

func (v *views) Tickets(context.Context, core.TicketQuery) ([]core.TicketView, error) {
	return v.tickets, nil
}

func (v *views) set(agents ...core.Agent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.agents = agents
}
