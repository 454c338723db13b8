package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// rooms are the desk's channels, the main one first.
func (c *Config) rooms() []string {
	return append([]string{c.Channel}, slices.Sorted(maps.Values(c.Rooms))...)
}

// has reports whether a channel is one of the desk's.
func (c *Config) has(channel string) bool {
	return channel != "" && slices.Contains(c.rooms(), channel)
}

// room is where tickets about a topic are.
func (c *Config) room(topic string) string { return or(c.Rooms[topic], c.Channel) }

// elsewhere is the room in which a ticket belongs by now, whose thread is in
// channel; empty if it may stay, as a closed one does.
func (ch *Channel) elsewhere(p core.Part, channel string) string {
	c, ok := p.(core.Case)
	if to := ch.conf.room(c.Topic); ok && to != channel && c.State != string(core.TicketClosed) {
		return to
	}
	return ""
}

// leave gives a ticket's thread up, which goes on in another room. Its card says
// so from then on and has no buttons. The error is that the thread is gone: the
// ticket is then opened anew. Doing it twice does no harm.
func (ch *Channel) leave(ctx context.Context, thread string, c core.Case, room string) error {
	if err := ch.deps.Values.Put(ctx, ch.key("gone", thread), room, month); err != nil {
		return &core.SendError{Kind: core.Transient, Err: err}
	}
	if err := ch.deps.Values.Put(ctx, ch.key("left", c.Ticket), thread, month); err != nil {
		return &core.SendError{Kind: core.Transient, Err: err}
	}
	title := "#" + c.Ticket + " " + c.Title
	blocks := []api.Block{api.NewHeaderBlock(text(clip(title, mostHeader))), api.NewSectionBlock(live(ch.say("moved")+mentioned(room)), nil, nil)}
	at, ts, _ := spot(thread)
	if _, _, _, err := ch.api.UpdateMessageContext(ctx, at, ts, said(escape(title), blocks)...); err != nil {
		ch.deps.Log.Debug("a card does not say where its ticket is now", "err", ch.redact(err))
	}
	return wrong(core.Gone, "the ticket has moved from %s to %s", at, room)
}

// arrived tells those who follow the thread that a ticket has left where it goes
// on, best effort: that thread's card says so as well.
func (ch *Channel) arrived(ctx context.Context, ticket, thread string) {
	key := ch.key("left", ticket)
	old, ok, err := ch.deps.Values.Get(ctx, key)
	at, root, _ := spot(old)
	if ok && err == nil {
		err = ch.pace.take(at)
	}
	if !ok || err != nil {
		return
	}
	room, _, _ := spot(thread)
	words, line := ch.say("moved"), ch.say("moved")+mentioned(room)
	if to := ch.link(ctx, core.Shown{Desk: ch.deps.Name, Thread: thread}); to != "" {
		words, line = words+to, line+" · <"+to+"|"+ch.say("go")+">"
	}
	o := append(said(escape(words), []api.Block{api.NewSectionBlock(live(line), nil, nil)}), api.MsgOptionTS(root))
	if _, _, err := ch.api.PostMessageContext(ctx, at, o...); err != nil {
		ch.deps.Log.Debug("a thread does not say where its ticket is now", "err", ch.redact(err))
	}
	if err := ch.deps.Values.Delete(ctx, key); err != nil {
		ch.deps.Log.Debug("a ticket's earlier thread is still remembered", "err", err)
	}
}

// mentioned is a channel as Slack shows it by its name, to those who may know it.
func mentioned(channel string) string { return "<#" + channel + ">" }

// barred reports whether what the desk tells one agent in a thread is told in
// private: they are not in its room.
func (ch *Channel) barred(ctx context.Context, env core.Envelope, channel string) bool {
	if _, ok := env.Parts[0].(core.Text); !ok || env.By.Kind != core.BySystem || env.Peer.ID == "" || len(ch.conf.Rooms) == 0 {
		return false
	}
	in, err := ch.within(ctx, env.Peer.ID, channel)
	return !in && err == nil
}

// numbered names the ticket that a text is about, outside of its thread.
func numbered(env core.Envelope) core.Envelope {
	if env.Ticket != "" {
		env.Parts = core.Parts{core.Text{Body: "#" + env.Ticket + " " + env.Parts.Text()}}
	}
	return env
}

// named is an error that says which of several channels an operator has to see to.
func (ch *Channel) named(channel string, err error) error {
	if advice[codeOf(err)] == "" || len(ch.conf.Rooms) == 0 {
		return err
	}
	e, _ := errors.AsType[*core.SendError](err)
	return &core.SendError{Kind: e.Kind, Code: e.Code, Err: fmt.Errorf("%w (it is %s)", e.Err, channel)}
}
