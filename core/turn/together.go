package turn

import (
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// Together is the one message that is sent of those that wait for a peer, oldest
// first, where nothing can be sent but in answer: what was said last comes first,
// and of what has waited for longer as much as fits goes with it. Its ID has the
// IDs of all that it carries, which with lists, separated by commas.
func Together(lim core.Limits, waiting []core.Envelope) (env core.Envelope, with []string) {
	last := waiting[len(waiting)-1].Filed
	var order, older []core.Envelope
	for _, e := range waiting {
		if e.Filed.Equal(last) {
			order = append(order, e)
		} else {
			older = append(older, e)
		}
	}
	order = append(order, older...)
	env, with = order[0], []string{order[0].ID}
	for _, e := range order[1:] {
		if len(env.Parts) != 1 || len(e.Parts) != 1 {
			break
		}
		p, ok := join(lim, env.Parts[0], e.Parts[0])
		if !ok {
			break
		}
		env.Parts, with = core.Parts{p}, append(with, e.ID)
	}
	env.ID = strings.Join(with, ",")
	return env, with
}
