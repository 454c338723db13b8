// Package queue is the waiting line: who serves whom next, how many are ahead,
// and how long it will take.
//
// Every hub keeps a Line in memory; only the one that holds the lease takes
// Offers from it. It decides nothing that lasts: an Offer only becomes true in a
// turn of its conversation, whose result is Put back. A line is built, after a
// crash too, by putting every open ticket and every agent. It is a function of the calls made to it: no
// clock, no chance. It is not safe for concurrent use.
//
// The order: tickets that returned to the front, then by arrival, where each
// class more urgent is worth a head start of Rules.Age. So the urgent go first,
// within a class it is first come first served, and nobody is overtaken by
// those who arrive more than a few Ages later: nobody starves.
//
// A Line is put together of parts that know nothing of each other: the slab
// keeps the tickets and the index finds them by ID (index.go), the staff are the
// agents, in teams of those who take the same (agents.go), the skills are the
// tracks of tickets that ask for the same, each with its teams and its rivals
// (skills.go) and what it has seen of waits, its history (wait.go). A track's
// tickets are a seq, in order (seq.go).
package queue

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Rules is how tickets are given out, from the configuration. The zero value
// works.
type Rules struct {
	Mode   Mode          // how an agent is chosen; empty is ModeLeast
	Sticky time.Duration // for ModeLast: how long a ticket waits for its last agent while they are on duty but full; 0 is 1 min
	Age    time.Duration // head start of a class over the next less urgent one; 0 is 10 min
	Max    int           // tickets at most for an agent whose Max is 0; 0 is 5
}

// Mode is how an agent is chosen among those who serve a ticket and have room.
type Mode string

const (
	ModeLeast  Mode = "least"  // smallest share of their Max in use, then longest idle
	ModeIdle   Mode = "idle"   // longest without a new ticket
	ModeRound  Mode = "round"  // in turn
	ModeLast   Mode = "last"   // who served this peer last, then as ModeLeast
	ModeManual Mode = "manual" // nobody: agents claim
)

// An Offer is the line's decision that Agent's phone rings for Ticket. Of the
// ticket only what the line knows is set: ID, Key, State, Topic, Lang, Class,
// Since, Front and LastOwn.
type Offer struct {
	Ticket core.Ticket
	Agent  string
}
