package hub

import (
	"context"
	"fmt"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// A pipe is an adapter whose far side is the test: a channel, a desk or a
// system, with every face.
type pipe struct {
	name string
	lim  core.Limits

	mu      sync.Mutex
	sent    []core.Envelope
	edits   []core.Envelope
	marks   []string
	banners []core.Banner
	typed   []string
	fail    func(core.Envelope) error // asked before anything is shown
	seen    map[string]bool           // IDs, where the platform drops repeats
}

var (
	_ core.Editor   = (*pipe)(nil)
	_ core.Marker   = (*pipe)(nil)
	_ core.Bannerer = (*pipe)(nil)
	_ core.Typist   = (*pipe)(nil)
)

func (p *pipe) Limits() core.Limits { return p.lim }

func (p *pipe) Send(_ context.Context, env core.Envelope) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(env); err != nil {
			return "", err
		}
	}
	if p.lim.Idempotent && p.seen[env.ID] {
		return "r" + env.ID, nil
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[env.ID] = true
	p.sent = append(p.sent, env)
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
		return "t" + c.Ticket, nil
	}
	return "r" + env.ID, nil
}

func (p *pipe) Edit(_ context.Context, _ string, env core.Envelope) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.edits = append(p.edits, env)
	return nil
}

func (p *pipe) Mark(_ context.Context, at core.Via, m core.Mark, why string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marks = append(p.marks, fmt.Sprintf("%s %s %s", at.Ref, m, why))
	return nil
}

func (p *pipe) Banner(_ context.Context, _ core.Peer, b core.Banner) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.banners = append(p.banners, b)
	return nil
}

func (p *pipe) Typing(_ context.Context, to core.Peer, thread string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.typed = append(p.typed, to.ID+"@"+thread)
	return nil
}

// take returns what was sent since the last call.
func (p *pipe) take() []core.Envelope {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.sent
	p.sent = nil
	return out
}
