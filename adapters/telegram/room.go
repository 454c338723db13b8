package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// A room is where the group shows a ticket, as Telegram knows it. The thread
// keeps its name when its topic was deleted and is made again.
type room struct {
	Topic  int       `json:"topic,omitempty"`  // 0 in a group without topics
	Card   string    `json:"card,omitempty"`   // message id of the card; empty if there is none
	State  string    `json:"state,omitempty"`  // of the ticket, as the topic's name shows it
	Closed bool      `json:"closed,omitempty"` // the topic is
	Owed   bool      `json:"owed,omitempty"`   // the topic was made again: the last messages are not in it yet
	Case   core.Case `json:"case,omitzero"`    // as last shown
}

// remembered is how long a room is that nothing happens in.
const remembered = 180 * 24 * time.Hour

// room reads where a thread is. A thread whose room is not known is a topic of
// the staff's own, or a message.
func (ch *Channel) room(ctx context.Context, thread string) (r room, err error) {
	s, ok, err := ch.deps.Values.Get(ctx, ch.key("room", thread))
	if err != nil {
		return r, &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: the thread: %w", err)}
	}
	if ok && json.Unmarshal([]byte(s), &r) == nil {
		return r, nil
	}
	if strings.HasPrefix(thread, reply) {
		return room{}, nil
	}
	if r.Topic, err = strconv.Atoi(thread); err != nil || r.Topic <= 0 {
		return r, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: %q is not a thread of this group", thread)}
	}
	return r, nil
}

func (ch *Channel) keep(ctx context.Context, thread string, r room) error {
	b, err := json.Marshal(r)
	if err == nil {
		err = ch.deps.Values.Put(ctx, ch.key("room", thread), string(b), remembered)
	}
	if err != nil {
		return &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: the thread: %w", err)}
	}
	return nil
}

// open makes a topic for a ticket and puts its card into it. The topic is noted
// before the card is sent, so that trying again does not make a second one. In
// a group without topics the card is the message that agents reply to.
func (ch *Channel) open(ctx context.Context, env core.Envelope, c core.Case) (string, error) {
	home, err := ch.home(ctx)
	if err != nil {
		return "", err
	}
	topics, err := ch.topics(ctx, home)
	if err != nil {
		return "", err
	}
	p, r, thread := chatID(home), room{State: c.State, Case: c}, ""
	if topics {
		if r.Topic, err = ch.once(ctx, env.ID, c, home); said(err, "not a forum") {
			ch.setForum(false)
			return "", &core.SendError{Kind: core.Transient, Err: err}
		} else if err != nil {
			return "", err
		}
		thread = strconv.Itoa(r.Topic)
		p["message_thread_id"] = thread
	}
	ref, err := ch.post(ctx, env, p)
	if err != nil {
		return "", err
	}
	_, r.Card, _ = strings.Cut(ref, ".")
	if thread == "" {
		thread = reply + ref
	}
	if err := ch.root(ctx, thread, ref); err != nil {
		return "", err
	}
	return thread, ch.keep(ctx, thread, r)
}

// once makes the topic that envelope id opens, unless it was made already.
func (ch *Channel) once(ctx context.Context, id string, c core.Case, home int64) (int, error) {
	made := ch.key("made", id)
	s, ok, err := ch.deps.Values.Get(ctx, made)
	if err != nil {
		return 0, &core.SendError{Kind: core.Transient, Err: err}
	}
	if ok {
		return strconv.Atoi(s)
	}
	topic, err := ch.topic(ctx, c, home)
	if err != nil {
		return 0, err
	}
	return topic, ch.deps.Values.Put(ctx, made, strconv.Itoa(topic), kept)
}

// topic makes one. https://core.telegram.org/bots/api#createforumtopic
func (ch *Channel) topic(ctx context.Context, c core.Case, home int64) (int, error) {
	p := chatID(home)
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return 0, err
	}
	var t struct {
		ID int `json:"message_thread_id"`
	}
	p["name"] = topicName(c)
	return t.ID, ch.call(ctx, "createForumTopic", p, &t)
}

// topicName shows the state: a title begins with its mark.
func topicName(c core.Case) string {
	return core.Limits{Text: 128}.Fit(core.Parts{core.Text{Body: strings.TrimSpace("#" + c.Ticket + " " + c.Title)}})[0].Text()
}

// mend makes a thread usable to which nothing could be sent: a closed topic is
// opened, a deleted one is made again. It reports whether to try again.
func (ch *Channel) mend(ctx context.Context, env core.Envelope, home int64, r *room, refusal error) (bool, error) {
	switch {
	case r.Topic == 0:
		return false, nil
	case said(refusal, "topic_closed"):
		return true, ch.shut(ctx, home, r, false)
	case !said(refusal, "thread not found", "topic_deleted", "topic_id_invalid"):
		return false, nil
	}
	c := r.Case
	if c.Ticket == "" {
		c.Ticket = env.Ticket
	}
	if now, ok := env.Parts[0].(core.Case); ok {
		c = now
	}
	topic, err := ch.topic(ctx, c, home)
	if err != nil {
		return false, err
	}
	ch.deps.Log.Warn("a topic of the staff's group was deleted and is made again", "channel", ch.deps.Name, "ticket", c.Ticket)
	*r = room{Topic: topic, State: c.State, Case: c, Owed: true}
	err = ch.deps.Values.Put(ctx, ch.key("topic", strconv.Itoa(topic)), env.Thread, remembered)
	if err != nil {
		return false, &core.SendError{Kind: core.Transient, Err: err}
	}
	return true, ch.keep(ctx, env.Thread, *r)
}

const mended = "⚠ 这个话题被删除了，已重建，最近的消息如下。\n⚠ This topic was deleted and has been made again. The last messages:\n\n"

// repay posts the card with the last messages into a topic that was made again.
func (ch *Channel) repay(ctx context.Context, env core.Envelope, home int64, r *room) error {
	if !r.Owed {
		return nil
	}
	c := r.Case
	if last := ch.last(ctx, env, c); len(last) > 0 {
		c.Lines = last
	}
	p := chatID(home)
	p["message_thread_id"] = strconv.Itoa(r.Topic)
	p["text"], p["link_preview_options"] = mended+caseText(c), noPreview
	var err error
	if p["reply_markup"], err = ch.keyboard(ctx, c.Actions); err != nil {
		return err
	}
	var s sent
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return err
	}
	if err := ch.call(ctx, "sendMessage", p, &s); err != nil {
		return err
	}
	r.Owed, r.Card = false, strconv.Itoa(s.ID)
	return ch.keep(ctx, env.Thread, *r)
}

const context10 = 10 // messages that a topic is given when it is made again

// last is what was said before env while the ticket was somebody's; before that
// the card's own lines say it, in the words that this desk may read.
func (ch *Channel) last(ctx context.Context, env core.Envelope, c core.Case) (lines []string) {
	if ch.deps.Views == nil || c.State != string(core.TicketActive) {
		return nil
	}
	ts, err := ch.deps.Views.Tickets(ctx, core.TicketQuery{ID: c.Ticket, Max: 1})
	if err != nil || len(ts) == 0 {
		return nil
	}
	past, err := ch.deps.Views.Past(ctx, core.PastQuery{Key: ts[0].Ticket.Key, Max: context10, Peer: true})
	if err != nil {
		return nil
	}
	for _, r := range past {
		if m := r.Message; m != nil {
			who := map[core.AuthorKind]string{core.ByBot: "🤖", core.ByAgent: "💬 " + m.By.Name}[m.By.Kind]
			if r.In {
				who = "👤"
			}
			lines = append(lines, strings.TrimSpace(who)+" "+oneLine(m.Parts))
		}
	}
	return lines
}

// oneLine is a message in a line.
func oneLine(ps core.Parts) string {
	s := strings.Join(strings.Fields(ps.Text()), " ")
	for _, p := range ps {
		if m, ok := p.(core.Media); ok {
			s = strings.TrimSpace("[" + m.Type + "] " + s)
		}
	}
	if rs := []rune(s); len(rs) > 200 {
		s = string(rs[:199]) + "…"
	}
	return s
}

// spare is how many posts must be left for a topic's name to be changed, which
// counts as a post and can wait.
const spare = 6

// current brings a topic's name and whether it is closed up to date with its
// ticket, and remembers the card.
func (ch *Channel) current(ctx context.Context, home int64, thread string, c core.Case) error {
	r, err := ch.room(ctx, thread)
	if err != nil {
		return err
	}
	r.Case = c
	if chat := chatID(home); r.Topic != 0 && r.State != c.State && ch.pace.room(chat["chat_id"]) >= spare {
		chat["message_thread_id"], chat["name"] = strconv.Itoa(r.Topic), topicName(c)
		if err := ch.pace.take(chat["chat_id"]); err != nil {
			return err
		}
		if err := ch.call(ctx, "editForumTopic", chat, nil); err == nil || same(err) {
			r.State = c.State
		} else {
			ch.deps.Log.Debug("a topic's name was not changed", "err", err)
		}
	}
	closed := c.State == string(core.TicketClosed)
	if r.Topic != 0 && r.Closed != closed && (!closed || ch.pace.room(chatID(home)["chat_id"]) >= spare) {
		if err := ch.shut(ctx, home, &r, closed); err != nil {
			ch.deps.Log.Debug("a topic was not closed or opened", "err", err)
		}
	}
	return ch.keep(ctx, thread, r)
}

// shut closes a topic or opens it again.
func (ch *Channel) shut(ctx context.Context, home int64, r *room, closed bool) error {
	p := chatID(home)
	p["message_thread_id"] = strconv.Itoa(r.Topic)
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return err
	}
	method := "reopenForumTopic"
	if closed {
		method = "closeForumTopic"
	}
	if err := ch.call(ctx, method, p, nil); err != nil && !same(err) {
		return err
	}
	r.Closed = closed
	return nil
}

func chatID(id int64) tgbotapi.Params {
	return tgbotapi.Params{"chat_id": strconv.FormatInt(id, 10)}
}
