package slack

import (
	"context"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// notes are what a desk remembers beyond this process, by kind and name:
//
//	gone     a thread: whether its root was deleted, or the room its ticket moved to
//	left     a ticket: the thread that it has left
//	at       an agent: where they wrote last outside of every thread
//	follows  a thread and an agent who is told of what comes in it
//	file     a message of ours: the file that was uploaded for it
//	home     an agent who has looked at their home
//	seen     a channel: how far it was read
type notes struct {
	values core.Values
	desk   string
}

// A note is one of them.
type note struct {
	values core.Values
	key    string
}

func (n notes) of(kind, name string) note {
	return note{n.values, "slack/" + n.desk + "/" + kind + "/" + name}
}

const month = 31 * 24 * time.Hour

func (n note) get(ctx context.Context) (value string, ok bool, err error) {
	return n.values.Get(ctx, n.key)
}

// put keeps a value for a month.
func (n note) put(ctx context.Context, value string) error {
	return n.values.Put(ctx, n.key, value, month)
}

// keep keeps a value for good.
func (n note) keep(ctx context.Context, value string) error {
	return n.values.Put(ctx, n.key, value, 0)
}

func (n note) drop(ctx context.Context) error { return n.values.Delete(ctx, n.key) }

// unkept is that notes failed: nothing was sent.
func unkept(err error) error {
	return &core.SendError{Kind: core.KindTransient, Err: err}
}
