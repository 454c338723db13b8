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

// elsewhere is the room to which a ticket belongs by now if that is not channel,
// where its thread is; empty if it may stay, as a closed one does.
func (c *Config) elsewhere(p core.Part, channel string) string {
	card, ok := p.(core.Case)
	if to := c.room(card.Topic); ok && to != channel && card.State != string(core.TicketClosed) {
		return to
	}
	return ""
}

// leave gives up the thread of a ticket that goes on in another room. From then on
// its card says so and has no buttons. The error is that the thread is gone: the
// ticket is then opened anew. Doing it twice does no harm.
func (ch *Channel) leave(ctx context.Context, thread string, c core.Case, room string) error {
	if err := ch.notes.of("gone", thread).put(ctx, room); err != nil {
		return unkept(err)
	}
	if err := ch.notes.of("left", c.Ticket).put(ctx, thread); err != nil {
		return unkept(err)
	}
	title := "#" + c.Ticket + " " + c.Title
	blocks := []api.Block{api.NewHeaderBlock(text(clip(title, mostHeader))), api.NewSectionBlock(live(ch.lang.say("moved")+mentioned(room)), nil, nil)}
	at, ts, _ := cutRef(thread)
	if _, _, _, err := ch.api.UpdateMessageContext(ctx, at, ts, said(escape(title), blocks)...); err != nil {
		ch.deps.Log.Debug("a card does not say where its ticket is now", "err", ch.api.redact(err))
	}
	return wrong(core.KindGone, "the ticket has moved from %s to %s", at, room)
}

// arrived tells the followers of the thread that a ticket has left where the
// ticket goes on, best effort: the card of that thread says so as well.
func (ch *Channel) arrived(ctx context.Context, ticket, thread string) {
	left := ch.notes.of("left", ticket)
	old, ok, err := left.get(ctx)
	at, root, _ := cutRef(old)
	if ok && err == nil {
		err = ch.pace.take(at)
	}
	if !ok || err != nil {
		return
	}
	room, _, _ := cutRef(thread)
	words, line := ch.lang.say("moved"), ch.lang.say("moved")+mentioned(room)
	if to := ch.people.link(ctx, thread); to != "" {
		words, line = words+to, line+" · <"+to+"|"+ch.lang.say("go")+">"
	}
	o := append(said(escape(words), []api.Block{api.NewSectionBlock(live(line), nil, nil)}), api.MsgOptionTS(root))
	if _, _, err := ch.api.PostMessageContext(ctx, at, o...); err != nil {
		ch.deps.Log.Debug("a thread does not say where its ticket is now", "err", ch.api.redact(err))
	}
	if err := left.drop(ctx); err != nil {
		ch.deps.Log.Debug("a ticket's earlier thread is still remembered", "err", err)
	}
}

// mentioned is a channel as Slack shows it by its name, to those who may know it.
func mentioned(channel string) string { return "<#" + channel + ">" }

// barred reports whether an agent must be told in private what the desk says to
// them in a thread, because they are not in its room.
func (ch *Channel) barred(ctx context.Context, env core.Envelope, channel string) bool {
	if _, ok := env.Parts[0].(core.Text); !ok || env.By.Kind != core.BySystem || env.Peer.ID == "" || len(ch.conf.Rooms) == 0 {
		return false
	}
	in, err := ch.members.within(ctx, env.Peer.ID, channel)
	return !in && err == nil
}

// numbered names the ticket that a text is about, outside of its thread.
func numbered(env core.Envelope) core.Envelope {
	if env.Ticket != "" {
		env.Parts = core.Parts{core.Text{Body: "#" + env.Ticket + " " + env.Parts.Text()}}
	}
	return env
}

// blamed is an error that says which of several channels an operator has to see to.
func (c *Config) blamed(channel string, err error) error {
	if advice[codeOf(err)] == "" || len(c.Rooms) == 0 {
		return err
	}
	e, _ := errors.AsType[*core.SendError](err)
	return &core.SendError{Kind: e.Kind, Code: e.Code, Err: fmt.Errorf("%w (it is %s)", e.Err, channel)}
}
