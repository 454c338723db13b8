package duty

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Preset is what the configuration says of an agent. Everything else in the
// agent's record, presence before all, is the agent's own.
type Preset struct {
	ID     string // Agent.ID: desk/name
	Name   string // empty: as the agent calls themselves
	Lead   bool
	Topics []string
	Langs  []string
	Max    int
	Shift  bool // on and off duty by the clock
}

// Apply returns what a turn of the agent's conversation c commits when the
// program starts, so that the record was, the zero Agent if there is none, says
// what p says. An agent with a shift is woken, to go on or off duty by the clock.
// ok is false if nothing is to be done.
func (p Preset) Apply(was core.Agent, c core.Conversation, now time.Time) (out core.Outcome, ok bool) {
	set := was
	set.ID, set.Name, set.Lead, set.Topics, set.Langs, set.Max = p.ID, cmp.Or(p.Name, was.Name), p.Lead, p.Topics, p.Langs, p.Max
	same := was.ID == set.ID && was.Name == set.Name && was.Lead == set.Lead && was.Max == set.Max &&
		slices.Equal(was.Topics, set.Topics) && slices.Equal(was.Langs, set.Langs)
	if same && !p.Shift {
		return core.Outcome{}, false
	}
	if p.Shift {
		c.Wakes = c.Wakes.Set(core.WakeDesk, now)
	}
	return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Was: was, Now: set}}}, true
}
