package slack

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// Send implements core.Adapter. A ref is the message's place, "<channel>:<ts>";
// of a Case that opens a thread that is the thread's name.
func (ch *Channel) Send(ctx context.Context, env core.Envelope) (string, error) {
	ref, err := ch.send(ctx, env)
	ch.doubts.settle(env.ID, err)
	if c, ok := env.Parts[0].(core.Case); ok && err == nil && env.Thread == "" {
		ch.arrived(ctx, c.Ticket, ref)
	}
	if err == nil && env.Thread == "" && env.Peer.ID != "" {
		ch.screens.refresh(ctx, env.Peer.ID) // what is answered there may have changed it
	}
	return ref, err
}

func (ch *Channel) send(ctx context.Context, env core.Envelope) (string, error) {
	if ref, err := ch.find(ctx, env); ref != "" || err != nil {
		return ref, err
	}
	if _, ok := env.Parts[0].(core.Case); env.Thread == "" && env.Peer.ID != "" && !ok {
		return ch.private(ctx, env)
	}
	at, err := ch.root(ctx, env)
	if err != nil {
		return "", err
	}
	if m, ok := env.Parts[0].(core.Media); ok && m.Handle != "" {
		return ch.upload(ctx, at, env)
	}
	if env.By.Kind == core.BySystem && ch.eyes.on(env.Peer.ID, env.Thread) {
		ref, err := ch.ephemeral(ctx, at, env)
		if codeOf(err) != "user_not_in_channel" {
			return ref, err
		}
	}
	if ch.barred(ctx, env, at.channel) {
		return ch.private(ctx, numbered(env))
	}
	call := ch.mention(ctx, env)
	ref, err := ch.post(ctx, at, letter{env, call})
	if err == nil && call != "" {
		ch.follows(ctx, env.Thread, call)
	}
	return ref, err
}

// mention is whom a message calls: the agent whom it concerns, if they do not
// follow the thread yet, and with a notice in any case.
func (ch *Channel) mention(ctx context.Context, env core.Envelope) string {
	switch env.Parts[0].(type) {
	case core.Case:
		return ""
	case core.Text:
		if env.By.Kind == core.BySystem {
			return env.Peer.ID
		}
	}
	if env.Peer.ID != "" && ch.followed(ctx, env.Thread, env.Peer.ID) {
		return ""
	}
	return env.Peer.ID
}

// root is where a message belongs. A thread in a channel that is not the desk's,
// whose root was deleted, or whose ticket belongs in another room, is gone; but
// who writes where a ticket was is answered there.
func (ch *Channel) root(ctx context.Context, env core.Envelope) (place, error) {
	if env.Thread == "" {
		c, _ := env.Parts[0].(core.Case)
		return place{channel: ch.conf.room(c.Topic)}, nil
	}
	channel, root, ok := cutRef(env.Thread)
	if !ok {
		return place{}, wrong(core.KindRejected, "%q is not a thread", env.Thread)
	}
	if !ch.conf.has(channel) {
		return place{}, wrong(core.KindGone, "the thread is in %s, where the desk is not any more", channel)
	}
	why, gone, err := ch.notes.of("gone", env.Thread).get(ctx)
	if err != nil {
		return place{}, unkept(err)
	}
	if gone && (why == rootDeleted || env.Ticket != "") {
		return place{}, wrong(core.KindGone, "the message that the thread hung on was deleted, or the ticket has moved")
	}
	if to := ch.conf.elsewhere(env.Parts[0], channel); to != "" {
		return place{}, ch.leave(ctx, env.Thread, env.Parts[0].(core.Case), to)
	}
	return place{channel, root}, nil
}

// rootDeleted is the note about a thread whose root was deleted; about one whose
// ticket has moved it is the room that it moved to.
const rootDeleted = "1"

// A letter is a message and whom it calls; nobody if call is empty.
type letter struct {
	core.Envelope
	call string
}

// post sends one message that everybody there sees.
func (ch *Channel) post(ctx context.Context, at place, l letter) (string, error) {
	words, blocks, err := content(l.Thread, listed(l.Parts[0]), l.call)
	if err != nil {
		return "", err
	}
	if err := ch.pace.take(at.channel); err != nil {
		return "", err
	}
	o := append(author(l.By, ch.lang), said(words, blocks)...)
	o = append(o, at.thread()...)
	o = append(o, api.MsgOptionMetadata(api.SlackMetadata{EventType: eventType, EventPayload: map[string]any{"id": l.ID}}))
	c, ts, err := ch.api.PostMessageContext(ctx, at.channel, o...)
	if err != nil {
		if err = ch.api.refused(err); codeOf(err) == "not_in_channel" && ch.conf.has(at.channel) && ch.doors.join(ctx, at.channel) == nil {
			return "", wrong(core.KindTransient, "was not in the desk's channel and has joined it")
		}
		return "", ch.conf.blamed(at.channel, err)
	}
	if ts == "" {
		return "", wrong(core.KindUnknown, "its answer does not name the message")
	}
	if c == "" || ch.conf.has(at.channel) {
		c = at.channel // by whatever name Slack calls it, for the thread to be found where the room is
	}
	return joinRef(c, ts), nil
}

// eventType marks our messages; find looks for it.
const eventType = "frontdesk_message"

// said is what every message has: words in which nothing is markup, nothing
// unfolded. Only one that begins with a mention has markup, or nobody is called.
func said(words string, blocks []api.Block) []api.MsgOption {
	o := []api.MsgOption{api.MsgOptionText(cmp.Or(strings.TrimSpace(words), "…"), false), api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl()}
	if !strings.HasPrefix(words, "<@") {
		o = append(o, api.MsgOptionDisableMarkdown())
	}
	if len(blocks) > 0 {
		o = append(o, api.MsgOptionBlocks(blocks...))
	}
	return o
}

// author shows who speaks. https://docs.slack.dev/reference/scopes/chat.write.customize
func author(by core.Author, l lang) []api.MsgOption {
	name, icon := signed(by, l)
	if name == "" {
		return nil
	}
	return []api.MsgOption{api.MsgOptionUsername(clip(name, 80)), api.MsgOptionIconEmoji(icon)}
}

// signed is the name and the picture of who speaks; empty for the desk itself.
func signed(by core.Author, l lang) (name, icon string) {
	switch by.Kind {
	case core.ByPeer:
		return cmp.Or(by.Name, l.say("customer")), ":bust_in_silhouette:"
	case core.ByBot:
		return cmp.Or(by.Name, l.say("bot")), ":robot_face:"
	case core.ByAgent:
		return cmp.Or(by.Name, by.ID), ":speech_balloon:"
	}
	return "", ""
}

// listed is media that is not in Blobs, as words.
func listed(p core.Part) core.Part {
	if m, ok := p.(core.Media); ok {
		ss := slices.DeleteFunc([]string{m.Name, m.Words, m.URL}, func(s string) bool { return s == "" })
		return core.Text{Body: strings.Join(ss, "\n")}
	}
	return p
}

// ephemeral shows a message to one agent alone. It is not kept, and Slack names
// no message that could be changed.
func (ch *Channel) ephemeral(ctx context.Context, at place, env core.Envelope) (string, error) {
	words, blocks, err := content(env.Thread, env.Parts[0], "")
	if err != nil {
		return "", err
	}
	o := append(said(words, blocks), at.thread()...)
	ts, err := ch.api.PostEphemeralContext(ctx, at.channel, env.Peer.ID, o...)
	if err != nil {
		return "", ch.api.refused(err)
	}
	return cmp.Or(ts, env.ID, "0") + "/ephemeral", nil
}

// private answers an agent outside the threads: where they asked, for them
// alone, or in their direct messages.
func (ch *Channel) private(ctx context.Context, env core.Envelope) (string, error) {
	at, _, err := ch.notes.of("at", env.Peer.ID).get(ctx)
	if err != nil {
		return "", unkept(err)
	}
	if m, ok := env.Parts[0].(core.Media); ok {
		env.Parts = core.Parts{listed(m)}
	}
	if at != "" && at[0] != 'D' {
		ref, err := ch.ephemeral(ctx, place{channel: at}, env)
		if c := codeOf(err); !slices.Contains([]string{"user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived"}, c) {
			return ref, err
		}
		at = "" // refused for certain: their direct messages are left
	}
	return ch.post(ctx, place{channel: cmp.Or(at, env.Peer.ID)}, letter{Envelope: env})
}

// followed reports whether an agent follows a thread: Slack tells those who were
// mentioned or wrote in it of all that comes.
func (ch *Channel) followed(ctx context.Context, thread, user string) bool {
	_, ok, err := ch.notes.of("follows", thread+"/"+user).get(ctx)
	return ok && err == nil
}

// follows notes that an agent follows a thread.
func (ch *Channel) follows(ctx context.Context, thread, user string) {
	if ch.followed(ctx, thread, user) {
		return
	}
	if err := ch.notes.of("follows", thread+"/"+user).put(ctx, "1"); err != nil {
		ch.deps.Log.Debug("an agent will be mentioned once more", "err", err)
	}
}

// doubts are the messages of which nobody knows whether they were sent.
type doubts struct {
	begun time.Time // what was made before may have been sent by an earlier process

	mu  sync.Mutex
	ids map[string]bool
}

// about reports whether a message may have been sent before.
func (d *doubts) about(env core.Envelope) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return env.ID != "" && (d.ids[env.ID] || !env.Filed.IsZero() && env.Filed.Before(d.begun))
}

// settle remembers a message that may have been taken although its sending
// failed with err, and forgets one that certainly was not.
func (d *doubts) settle(id string, err error) {
	if id == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := core.KindOf(err); err == nil || k != core.KindUnknown && k != core.KindTransient {
		delete(d.ids, id)
		return
	}
	if len(d.ids) > mostRemembered {
		clear(d.ids)
	}
	d.ids[id] = true
}

// find looks for a message whose sending was in doubt, by its ID; empty if it
// was not, or is not there.
func (ch *Channel) find(ctx context.Context, env core.Envelope) (string, error) {
	if !ch.doubts.about(env) || env.Thread == "" && env.Peer.ID != "" {
		return "", nil
	}
	channel, root, ok := cutRef(env.Thread)
	if ok && !ch.conf.has(channel) {
		return "", nil // perhaps we may not look there any more; it is gone
	}
	if !ok {
		card, _ := env.Parts[0].(core.Case)
		channel, root = ch.conf.room(card.Topic), ""
	}
	file, _, err := ch.notes.of("file", env.ID).get(ctx)
	if err != nil {
		return "", unkept(err)
	}
	since := ""
	if !env.Filed.IsZero() {
		since = stamp(env.Filed.Add(-time.Minute))
	}
	ms, err := ch.api.since(ctx, place{channel, root}, since)
	if err != nil {
		if err = ch.api.refused(err); core.KindOf(err) == core.KindRejected || core.KindOf(err) == core.KindUnknown {
			err = unkept(err) // of the search, not of the message
		}
		return "", err
	}
	for _, m := range ms {
		if m.Metadata.EventPayload["id"] == env.ID || file != "" && slices.ContainsFunc(m.Files, func(f api.File) bool { return f.ID == file }) {
			return joinRef(channel, m.Timestamp), nil
		}
	}
	return "", nil
}

// since is what stands somewhere, with the marks of our own, from a time on.
func (w web) since(ctx context.Context, at place, oldest string) ([]api.Message, error) {
	if at.root != "" {
		ms, _, _, err := w.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{ChannelID: at.channel, Timestamp: at.root, Oldest: oldest, Limit: perPage, IncludeAllMetadata: true})
		return ms, err
	}
	h, err := w.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: at.channel, Oldest: oldest, Limit: perPage, IncludeAllMetadata: true})
	if err != nil {
		return nil, err
	}
	return h.Messages, nil
}

// stamp writes a time as Slack does.
func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// Edit implements core.Editor. What cannot be changed any more is gone: it is
// then sent anew.
func (ch *Channel) Edit(ctx context.Context, ref string, env core.Envelope) error {
	c, ts, ok := cutRef(ref)
	if _, media := env.Parts[0].(core.Media); !ok || media {
		return wrong(core.KindGone, "%q is no message that can be changed", ref)
	}
	if _, gone, err := ch.notes.of("gone", ref).get(ctx); err != nil || gone {
		if err != nil {
			return unkept(err)
		}
		return wrong(core.KindGone, "the message was deleted, or its ticket has moved")
	}
	if to := ch.conf.elsewhere(env.Parts[0], c); to != "" {
		return wrong(core.KindGone, "the ticket belongs in %s", to)
	}
	words, blocks, err := content(cmp.Or(env.Thread, ref), env.Parts[0], "")
	if err != nil {
		return err
	}
	_, _, _, err = ch.api.UpdateMessageContext(ctx, c, ts, said(words, blocks)...)
	return ch.api.refused(err)
}
