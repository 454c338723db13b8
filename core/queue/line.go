package queue

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Line is the waiting line. Use New.
type Line struct{ rules Rules }

// New returns an empty line.
func New(r Rules) *Line { return &Line{rules: r} }

// Put tells the line what a ticket is now: call it after every commit. A ticket
// that waits gets or keeps its place; one that rings or is active counts for
// its agent; one that is parked is skipped and keeps its arrival time; a closed
// one is dropped.
func (l *Line) Put(t core.Ticket, now time.Time) {}

// Drop forgets a ticket; an unknown one is ignored.
func (l *Line) Drop(id string) {}

// Agent tells the line about an agent, new or changed. Load is ignored: the
// line counts it.
func (l *Line) Agent(a core.Agent) {}

// Agents returns every agent with Load, by ID, for core.Scene.
func (l *Line) Agents() map[string]core.Agent { return nil }

// Next takes the next ticket that somebody can serve out of the line and counts
// it for them. It is theirs until the ticket is Put again: after the turn that
// made it ring, or as it was if that turn decided otherwise or failed.
func (l *Line) Next(now time.Time) (Offer, bool) { return Offer{}, false }

// Place is how many tickets will be served before this one by those who serve
// it, as things are. It reports false for a ticket that does not wait.
func (l *Line) Place(id string) (ahead int, ok bool) { return 0, false }

// Estimate is Place with the time it will take.
func (l *Line) Estimate(id string, now time.Time) (Estimate, bool) { return Estimate{}, false }

// State is the line for a topic, for somebody who joins it now with an ordinary
// ticket.
func (l *Line) State(topic string, now time.Time) core.LineState { return core.LineState{} }

// Snapshot is State for every topic that has had a ticket or an agent of its
// own, and for "", which stands for all others.
func (l *Line) Snapshot(now time.Time) map[string]core.LineState { return nil }

// Band names the rounded band for an estimate, for the scripts' words: "0-1",
// "1-2", "2-4", "3-6", "5-10", "8-15", "15-30" or "30-45" minutes; empty if it
// is longer than that and no number may be shown.
func Band(low, high time.Duration) string { return "" }
