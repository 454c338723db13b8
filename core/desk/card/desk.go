package card

import (
	"slices"
	"strings"
	"time"
)

// A Desk is an adapter that faces staff, and how it is used.
type Desk struct {
	Name     string        // of the account
	Topics   []string      // whose tickets it shows; empty means all
	Channels []string      // customers' accounts whose tickets it shows; empty means all
	Explicit bool          // nothing goes out without a leading > or a button
	Hold     time.Duration // how long an agent's message can be taken back; chat desks: DefaultHold
	Lang     string        // zh-CN or en, of cards and notices
	Mask     bool          // hides telephone numbers, addresses and names on cards
	Crowd    int           // shows a waiting ticket only while fewer wait than this; 0 is 5, negative is always
	Views    bool          // reads messages from the store itself: gets cards and notices only (the console)
}

// DefaultHold is the undo window of a chat desk.
const DefaultHold = 5 * time.Second

// Crowded reports whether so many wait that the desk shows none of them: its
// digest tells of them.
func (d Desk) Crowded(waiting int) bool {
	limit := d.Crowd
	if limit == 0 {
		limit = 5
	}
	return waiting >= limit
}

// Desks are all desks there are.
type Desks []Desk

// Named is how a desk is used; one that is not configured gets the defaults of a
// chat desk.
func (all Desks) Named(name string) Desk {
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	return Desk{Name: name, Hold: DefaultHold}
}

// Taking are the desks that show tickets about topic from a customers' channel,
// any channel if it is empty; all of them if none does.
func (all Desks) Taking(topic, channel string) Desks {
	var out Desks
	for _, d := range all {
		if (len(d.Topics) == 0 || slices.Contains(d.Topics, topic)) && (len(d.Channels) == 0 || channel == "" || slices.Contains(d.Channels, channel)) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// DeskOf is the desk an agent works at, and the platform's name for them there.
func DeskOf(agent string) (desk, peer string) {
	desk, peer, _ = strings.Cut(agent, "/")
	return desk, peer
}
