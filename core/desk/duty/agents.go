package duty

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// Changes are the agents' records that a turn changes, in the order in which it
// did. They are passed on and returned; none is changed itself.
type Changes []change

type change struct {
	agent core.Agent
	said  bool // the presence is as they said themselves, whatever it was
}

// With is c with one more.
func (c Changes) With(a core.Agent) Changes { return append(slices.Clip(c), change{agent: a}) }

// WithSaid is c with one more, whose presence holds whatever it was: they said so
// themselves.
func (c Changes) WithSaid(a core.Agent) Changes { return append(slices.Clip(c), change{a, true}) }

// Append is c, and d after it.
func (c Changes) Append(d Changes) Changes {
	if len(c) == 0 {
		return d
	}
	return append(slices.Clip(c), d...)
}

// Find is an agent as c leaves them; false if it does not change them.
func (c Changes) Find(id string) (core.Agent, bool) {
	for _, x := range slices.Backward(c) {
		if x.agent.ID == id {
			return x.agent, true
		}
	}
	return core.Agent{}, false
}

// Against are the changes to agents as the turn knew them, one for each, by ID.
func (c Changes) Against(agents map[string]core.Agent) (out []core.AgentChange) {
	for i, x := range c {
		id := x.agent.ID
		if slices.ContainsFunc(c[:i], func(y change) bool { return y.agent.ID == id }) {
			continue
		}
		was, known := agents[id]
		if !known {
			was.Presence = core.OffDuty
		}
		if slices.ContainsFunc(c, func(y change) bool { return y.agent.ID == id && y.said }) {
			was.Presence = ""
		}
		now, _ := c.Find(id)
		out = append(out, core.AgentChange{Was: was, Now: now})
	}
	slices.SortFunc(out, func(a, b core.AgentChange) int { return cmp.Compare(a.Now.ID, b.Now.ID) })
	return out
}

// AgentOf is the agent who wrote env, and the change if their record does not say
// so. One whom nobody has met gets a record: they are a member of the desk, or
// they could not write there.
func AgentOf(s core.Scene, env core.Envelope) (core.Agent, Changes) {
	id := env.Channel + "/" + env.Peer.ID
	old, known := s.Agents[id]
	a := old
	if !known {
		a = core.Agent{ID: id, Presence: core.OffDuty}
	}
	if a.Name == "" {
		a.Name = cmp.Or(env.Peer.Name, env.Peer.ID)
	}
	a = described(a, env.Peer.Facts)
	if known && reflect.DeepEqual(old, a) {
		return a, nil
	}
	return a, Changes{{agent: a}}
}

// described is an agent as their desk says: a desk with accounts of its own
// tells role, topics, langs and max with every envelope.
func described(a core.Agent, facts map[string]string) core.Agent {
	role, ok := facts["role"]
	if !ok {
		return a
	}
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	a.Lead = role != "agent"
	a.Topics, a.Langs = list(facts["topics"]), list(facts["langs"])
	if n, err := strconv.Atoi(facts["max"]); err == nil && n > 0 {
		a.Max = n
	}
	return a
}
