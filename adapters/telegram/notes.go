package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// notes are what a bot remembers beyond this process, by kind and name:
//
//	ahead  a message: how many of its words' messages have gone
//	album  a picture of an album that is not filed yet
//	begun  a message that was about to leave
//	made   the message of a card: the topic that was made for it
//	moved  the group of the configuration: the supergroup that it became
//	paged  a picture of an album that was filed
//	pick   the short name of a button: what it stands for
//	room   a thread: what is known of it
//	root   a message: the thread that a reply to it is in
type notes struct {
	values  core.Values
	channel string
}

// A note is one of them.
type note struct {
	values core.Values
	key    string
}

func (n notes) of(kind, name string) note {
	return note{n.values, "telegram/" + n.channel + "/" + kind + "/" + name}
}

func (n note) get(ctx context.Context) (value string, ok bool, err error) {
	return n.values.Get(ctx, n.key)
}

func (n note) put(ctx context.Context, value string, life time.Duration) error {
	return n.values.Put(ctx, n.key, value, life)
}

func (n note) drop(ctx context.Context) error { return n.values.Delete(ctx, n.key) }

// How long notes live; 0 is for good.
const (
	month      = 31 * 24 * time.Hour
	updateLife = 24 * time.Hour       // Telegram repeats an update for so long
	roomLife   = 180 * 24 * time.Hour // of a room that nothing happens in
)

// unkept is that notes failed: nothing was sent.
func unkept(err error) error {
	if err == nil {
		return nil
	}
	return &core.SendError{Kind: core.KindTransient, Err: fmt.Errorf("telegram: what is remembered: %w", err)}
}

// A room is what is remembered of a thread in which the group shows a ticket.
// The thread is a topic's id, or, in a group without topics, replies and the ref
// of the card, to which agents reply.
type room struct {
	Card   string `json:"card,omitempty"`   // ref of the card
	State  string `json:"state,omitempty"`  // of the ticket, as the topic's name shows it
	Closed bool   `json:"closed,omitempty"` // the topic is
}

// replies starts the name of a thread that is not a topic.
const replies = "r"

func (n notes) room(ctx context.Context, thread string) (r room, err error) {
	s, ok, err := n.of("room", thread).get(ctx)
	if err == nil && ok {
		err = json.Unmarshal([]byte(s), &r)
	}
	return r, unkept(err)
}

func (n notes) keep(ctx context.Context, thread string, r room) error {
	b, err := json.Marshal(r)
	if err == nil {
		err = n.of("room", thread).put(ctx, string(b), roomLife)
	}
	return unkept(err)
}

// root notes that a reply to the message ref, or a button under it, is in thread.
func (n notes) root(ctx context.Context, thread, ref string) error {
	return unkept(n.of("root", ref).put(ctx, thread, month))
}
