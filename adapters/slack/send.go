package slack

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
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
	ch.doubtful(env.ID, err)
	if c, ok := env.Parts[0].(core.Case); ok && err == nil && env.Thread == "" {
		ch.arrived(ctx, c.Ticket, ref)
	}
	if err == nil && env.Thread == "" && env.Peer.ID != "" {
		ch.refreshHome(ctx, env.Peer.ID) // what is answered there may have changed it
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
	channel, root, err := ch.root(ctx, env)
	if err != nil {
		return "", err
	}
	if m, ok := env.Parts[0].(core.Media); ok && m.Handle != "" {
		return ch.upload(ctx, env, m, channel, root)
	}
	if env.By.Kind == core.BySystem && ch.looks(env.Peer.ID, env.Thread) {
		ref, err := ch.ephemeral(ctx, channel, root, env)
		if codeOf(err) != "user_not_in_channel" {
			return ref, err
		}
	}
	if ch.barred(ctx, env, channel) {
		return ch.private(ctx, numbered(env))
	}
	mention := ch.mention(ctx, env)
	ref, err := ch.post(ctx, channel, root, mention, env)
	if err == nil && mention != "" {
		ch.follows(ctx, env.Thread, mention)
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

// root is where a message belongs: a channel, and in it the message that its
// thread hangs on, empty for none. A thread in a channel that is not the desk's,
// whose root was deleted, or whose ticket belongs in another room, is gone; but
// who writes where a ticket was is answered there.
func (ch *Channel) root(ctx context.Context, env core.Envelope) (channel, root string, err error) {
	if env.Thread == "" {
		c, _ := env.Parts[0].(core.Case)
		return ch.conf.room(c.Topic), "", nil
	}
	channel, root, ok := spot(env.Thread)
	if !ok {
		return "", "", wrong(core.Rejected, "%q is not a thread", env.Thread)
	}
	if !ch.conf.has(channel) {
		return "", "", wrong(core.Gone, "the thread is in %s, where the desk is not any more", channel)
	}
	why, gone, err := ch.deps.Values.Get(ctx, ch.key("gone", env.Thread))
	if err != nil {
		return "", "", &core.SendError{Kind: core.Transient, Err: err}
	}
	if gone && (why == deleted || env.Ticket != "") {
		return "", "", wrong(core.Gone, "the message that the thread hung on was deleted, or the ticket has moved")
	}
	if to := ch.elsewhere(env.Parts[0], channel); to != "" {
		return "", "", ch.leave(ctx, env.Thread, env.Parts[0].(core.Case), to)
	}
	return channel, root, nil
}

// deleted is kept of a thread whose root was deleted, and of one whose ticket has
// moved the room that it moved to.
const deleted = "1"

// post is one message to the channel, or to a thread of it.
func (ch *Channel) post(ctx context.Context, channel, root, mention string, env core.Envelope) (string, error) {
	words, blocks, err := content(env.Thread, linked(env.Parts[0]), mention)
	if err != nil {
		return "", err
	}
	if err := ch.pace.take(channel); err != nil {
		return "", err
	}
	o := append(ch.author(env.By), said(words, blocks)...)
	if root != "" {
		o = append(o, api.MsgOptionTS(root))
	}
	o = append(o, api.MsgOptionMetadata(api.SlackMetadata{EventType: eventType, EventPayload: map[string]any{"id": env.ID}}))
	c, ts, err := ch.api.PostMessageContext(ctx, channel, o...)
	if err != nil {
		if err = ch.refused(err); codeOf(err) == "not_in_channel" && ch.conf.has(channel) && ch.join(ctx, channel) == nil {
			return "", wrong(core.Transient, "was not in the desk's channel and has joined it")
		}
		return "", ch.named(channel, err)
	}
	if ts == "" {
		return "", wrong(core.Unknown, "its answer does not name the message")
	}
	if c == "" || ch.conf.has(channel) {
		c = channel // by whatever name Slack calls it, for the thread to be found where the room is
	}
	return place(c, ts), nil
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
func (ch *Channel) author(by core.Author) []api.MsgOption {
	name, icon := ch.signed(by)
	if name == "" {
		return nil
	}
	return []api.MsgOption{api.MsgOptionUsername(clip(name, 80)), api.MsgOptionIconEmoji(icon)}
}

func (ch *Channel) signed(by core.Author) (name, icon string) {
	switch by.Kind {
	case core.ByPeer:
		return cmp.Or(by.Name, ch.say("customer")), ":bust_in_silhouette:"
	case core.ByBot:
		return cmp.Or(by.Name, ch.say("bot")), ":robot_face:"
	case core.ByAgent:
		return cmp.Or(by.Name, by.ID), ":speech_balloon:"
	}
	return "", ""
}

// linked is media that is not in Blobs, as words.
func linked(p core.Part) core.Part {
	if m, ok := p.(core.Media); ok {
		ss := slices.DeleteFunc([]string{m.Name, m.Words, m.URL}, func(s string) bool { return s == "" })
		return core.Text{Body: strings.Join(ss, "\n")}
	}
	return p
}

// ephemeral shows a message to one agent alone. It is not kept, and Slack names
// no message that could be changed.
func (ch *Channel) ephemeral(ctx context.Context, channel, root string, env core.Envelope) (string, error) {
	words, blocks, err := content(env.Thread, env.Parts[0], "")
	if err != nil {
		return "", err
	}
	o := said(words, blocks)
	if root != "" {
		o = append(o, api.MsgOptionTS(root))
	}
	ts, err := ch.api.PostEphemeralContext(ctx, channel, env.Peer.ID, o...)
	if err != nil {
		return "", ch.refused(err)
	}
	return cmp.Or(ts, env.ID, "0") + "/ephemeral", nil
}

// private answers an agent outside the threads: where they asked, for them
// alone, or in their direct messages.
func (ch *Channel) private(ctx context.Context, env core.Envelope) (string, error) {
	at, _, err := ch.deps.Values.Get(ctx, ch.key("at", env.Peer.ID))
	if err != nil {
		return "", &core.SendError{Kind: core.Transient, Err: err}
	}
	if m, ok := env.Parts[0].(core.Media); ok {
		env.Parts = core.Parts{linked(m)}
	}
	if at != "" && at[0] != 'D' {
		ref, err := ch.ephemeral(ctx, at, "", env)
		if c := codeOf(err); !slices.Contains([]string{"user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived"}, c) {
			return ref, err
		}
		at = "" // refused for certain: their direct messages are left
	}
	return ch.post(ctx, cmp.Or(at, env.Peer.ID), "", "", env)
}

// followed reports whether an agent follows a thread: Slack tells those who were
// mentioned or wrote in it of all that comes.
func (ch *Channel) followed(ctx context.Context, thread, user string) bool {
	_, ok, err := ch.deps.Values.Get(ctx, ch.key("follows", thread+"/"+user))
	return ok && err == nil
}

func (ch *Channel) follows(ctx context.Context, thread, user string) {
	if ch.followed(ctx, thread, user) {
		return
	}
	if err := ch.deps.Values.Put(ctx, ch.key("follows", thread+"/"+user), "1", month); err != nil {
		ch.deps.Log.Debug("an agent will be mentioned once more", "err", err)
	}
}

const month = 31 * 24 * time.Hour

// find looks for a message whose sending was in doubt, by its ID; empty if it
// was not, or is not there.
func (ch *Channel) find(ctx context.Context, env core.Envelope) (string, error) {
	ch.mu.Lock()
	doubt := env.ID != "" && (ch.doubt[env.ID] || !env.Filed.IsZero() && env.Filed.Before(ch.begun))
	ch.mu.Unlock()
	if !doubt || env.Thread == "" && env.Peer.ID != "" {
		return "", nil
	}
	c, ts, ok := spot(env.Thread)
	if ok && !ch.conf.has(c) {
		return "", nil // perhaps we may not look there any more; it is gone
	}
	file, _, err := ch.deps.Values.Get(ctx, ch.key("file", env.ID))
	if err != nil {
		return "", &core.SendError{Kind: core.Transient, Err: err}
	}
	since := ""
	if !env.Filed.IsZero() {
		since = stamp(env.Filed.Add(-time.Minute))
	}
	var ms []api.Message
	if ok {
		ms, _, _, err = ch.api.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{ChannelID: c, Timestamp: ts, Oldest: since, Limit: 200, IncludeAllMetadata: true})
	} else {
		var h *api.GetConversationHistoryResponse
		card, _ := env.Parts[0].(core.Case)
		c = ch.conf.room(card.Topic)
		if h, err = ch.api.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: c, Oldest: since, Limit: 200, IncludeAllMetadata: true}); err == nil {
			ms = h.Messages
		}
	}
	if err != nil {
		if err = ch.refused(err); core.KindOf(err) == core.Rejected || core.KindOf(err) == core.Unknown {
			err = &core.SendError{Kind: core.Transient, Err: err} // of the search, not of the message
		}
		return "", err
	}
	for _, m := range ms {
		if m.Metadata.EventPayload["id"] == env.ID || file != "" && slices.ContainsFunc(m.Files, func(f api.File) bool { return f.ID == file }) {
			return place(c, m.Timestamp), nil
		}
	}
	return "", nil
}

// stamp writes a time as Slack does.
func stamp(t time.Time) string {
	return strconv.FormatInt(t.Unix(), 10) + "." + leftPad(t.Nanosecond()/1000)
}

func leftPad(micro int) string {
	s := strconv.Itoa(micro)
	return strings.Repeat("0", 6-len(s)) + s
}

// Edit implements core.Editor. What cannot be changed any more is gone: it is
// then sent anew.
func (ch *Channel) Edit(ctx context.Context, ref string, env core.Envelope) error {
	c, ts, ok := spot(ref)
	if _, media := env.Parts[0].(core.Media); !ok || media {
		return wrong(core.Gone, "%q is no message that can be changed", ref)
	}
	if _, gone, err := ch.deps.Values.Get(ctx, ch.key("gone", ref)); err != nil || gone {
		if err != nil {
			return &core.SendError{Kind: core.Transient, Err: err}
		}
		return wrong(core.Gone, "the message was deleted, or its ticket has moved")
	}
	if to := ch.elsewhere(env.Parts[0], c); to != "" {
		return wrong(core.Gone, "the ticket belongs in %s", to)
	}
	words, blocks, err := content(cmp.Or(env.Thread, ref), env.Parts[0], "")
	if err != nil {
		return err
	}
	_, _, _, err = ch.api.UpdateMessageContext(ctx, c, ts, said(words, blocks)...)
	return ch.refused(err)
}

// pace keeps us below the rate at which Slack answers 429: a message a second in
// a channel, with bursts. https://docs.slack.dev/apis/web-api/rate-limits
type pace struct {
	now     func() time.Time
	several bool // channels: what is too much for one does not hold up the others

	mu   sync.Mutex
	free map[string]time.Time // when the channel's burst is paid off
}

// burst is how many messages may go at once after a silence.
const burst = 20

// take books a message to channel, or says how long it has to wait.
func (p *pace) take(channel string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.free == nil || len(p.free) > 1000 {
		p.free = map[string]time.Time{}
	}
	at := p.free[channel]
	if at.Before(now) {
		at = now
	}
	if wait := at.Sub(now) - (burst-1)*time.Second; wait > 0 {
		return &core.SendError{Kind: core.Throttled, After: wait, Only: p.several, Err: errors.New("slack: a channel takes a message a second")}
	}
	p.free[channel] = at.Add(time.Second)
	return nil
}
