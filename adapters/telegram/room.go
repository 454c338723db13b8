package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// A room is what is remembered of a thread in which the group shows a ticket.
// The thread is a topic's id, or, in a group without topics, reply and the ref
// of the card, to which agents reply.
type room struct {
	Card   string `json:"card,omitempty"`   // ref of the card
	State  string `json:"state,omitempty"`  // of the ticket, as the topic's name shows it
	Closed bool   `json:"closed,omitempty"` // the topic is
}

// reply starts the name of a thread that is not a topic.
const reply = "r"

// remembered is how long a room is that nothing happens in.
const remembered = 180 * 24 * time.Hour

func (ch *Channel) room(ctx context.Context, thread string) (r room, err error) {
	s, ok, err := ch.deps.Values.Get(ctx, ch.key("room", thread))
	if err == nil && ok {
		err = json.Unmarshal([]byte(s), &r)
	}
	return r, unkept(err)
}

func (ch *Channel) keep(ctx context.Context, thread string, r room) error {
	b, err := json.Marshal(r)
	if err == nil {
		err = ch.deps.Values.Put(ctx, ch.key("room", thread), string(b), remembered)
	}
	return unkept(err)
}

// unkept is that Values failed: nothing was sent.
func unkept(err error) error {
	if err == nil {
		return nil
	}
	return &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: what is remembered: %w", err)}
}

// within addresses a thread of the group. General is addressed by leaving the
// topic out.
func within(home int64, thread string) (tgbotapi.Params, error) {
	p := chatID(home)
	if ref, ok := strings.CutPrefix(thread, reply); ok {
		chat, id, _ := strings.Cut(ref, ".")
		if n, err := strconv.Atoi(id); err == nil && chat == p["chat_id"] { // else it stayed in the old group
			p["reply_parameters"] = replyTo(n)
		}
		return p, nil
	}
	if n, err := strconv.Atoi(thread); err != nil || n <= 0 {
		return nil, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: %q is not a thread of this group", thread)}
	}
	p["message_thread_id"] = thread
	return p, nil
}

func chatID(id int64) tgbotapi.Params {
	return tgbotapi.Params{"chat_id": strconv.FormatInt(id, 10)}
}

func replyTo(id int) string {
	return `{"message_id":` + strconv.Itoa(id) + `,"allow_sending_without_reply":true}`
}

// open makes a topic for a ticket and puts its card into it. The topic is noted
// before the card is sent, so that trying again does not make a second one. In
// a group without topics the card is the message that agents reply to.
func (ch *Channel) open(ctx context.Context, env core.Envelope, c core.Case) (thread string, err error) {
	home, err := ch.home(ctx)
	if err != nil {
		return "", err
	}
	topics, err := ch.topics(ctx, home)
	if err != nil {
		return "", err
	}
	p := chatID(home)
	if topics {
		if thread, err = ch.once(ctx, env.ID, c, p["chat_id"]); said(err, "not a forum") {
			ch.setForum(false)
			return "", &core.SendError{Kind: core.Transient, Err: err}
		} else if err != nil {
			return "", err
		}
		p["message_thread_id"] = thread
	}
	ref, err := ch.post(ctx, env, p)
	if err != nil {
		return "", err
	}
	if thread == "" {
		thread = reply + ref
	}
	if err := ch.root(ctx, thread, ref); err != nil {
		return "", err
	}
	return thread, ch.keep(ctx, thread, room{Card: ref, State: c.State})
}

// once makes the topic that envelope id opens, unless it was made already.
// https://core.telegram.org/bots/api#createforumtopic
func (ch *Channel) once(ctx context.Context, id string, c core.Case, chat string) (thread string, err error) {
	made := ch.key("made", id)
	if thread, ok, err := ch.deps.Values.Get(ctx, made); err != nil || ok {
		return thread, unkept(err)
	}
	if err := ch.pace.take(chat); err != nil {
		return "", err
	}
	var t struct {
		ID int `json:"message_thread_id"`
	}
	if err := ch.call(ctx, "createForumTopic", tgbotapi.Params{"chat_id": chat, "name": topicName(c)}, &t); err != nil {
		return "", err
	}
	thread = strconv.Itoa(t.ID)
	return thread, unkept(ch.deps.Values.Put(ctx, made, thread, kept))
}

// topicName shows the state: a title begins with its mark.
func topicName(c core.Case) string {
	return core.Limits{Text: 128}.Fit(core.Parts{core.Text{Body: strings.TrimSpace("#" + c.Ticket + " " + c.Title)}})[0].Text()
}

// inside sends into a thread of the group. A bot that may not write in a closed
// topic opens it.
func (ch *Channel) inside(ctx context.Context, env core.Envelope, home int64) (string, error) {
	p, err := within(home, env.Thread)
	if err != nil {
		return "", err
	}
	ref, err := ch.post(ctx, env, maps.Clone(p))
	if said(err, "topic_closed") {
		if err := ch.shut(ctx, p, false); err != nil {
			return "", err
		}
		ref, err = ch.post(ctx, env, p)
	}
	if err != nil {
		return "", err
	}
	// It is sent: what cannot be noted now does not undo that.
	_, isCase := env.Parts[0].(core.Case)
	if !isCase && !strings.HasPrefix(env.Thread, reply) {
		return ref, nil
	}
	if err := ch.root(ctx, env.Thread, ref); err != nil {
		ch.deps.Log.Warn("a reply to this message will not be understood", "channel", ch.deps.Name, "thread", env.Thread, "err", err)
	}
	if isCase {
		r, err := ch.room(ctx, env.Thread)
		if r.Card = ref; err == nil {
			err = ch.keep(ctx, env.Thread, r)
		}
		if err != nil {
			ch.deps.Log.Warn("a card was not noted", "channel", ch.deps.Name, "thread", env.Thread, "err", err)
		}
	}
	return ref, nil
}

// spare is how many posts must be left for what counts as one and can wait: a
// topic's name, and that it is closed.
const spare = 6

// current brings a topic's name, and whether it is closed, up to date with its
// ticket, best effort.
func (ch *Channel) current(ctx context.Context, home int64, thread string, c core.Case) error {
	r, err := ch.room(ctx, thread)
	p, unknown := within(home, thread)
	if err != nil || unknown != nil || strings.HasPrefix(thread, reply) {
		return err
	}
	was, calm := r, ch.pace.room(p["chat_id"]) >= spare
	if r.State != c.State && calm {
		q := maps.Clone(p)
		q["name"] = topicName(c)
		if err := ch.pace.take(p["chat_id"]); err != nil {
			return err
		}
		if err := ch.call(ctx, "editForumTopic", q, nil); err == nil || same(err) {
			r.State = c.State
		} else {
			ch.deps.Log.Debug("a topic's name was not changed", "err", err)
		}
	}
	if closed := c.State == string(core.TicketClosed); r.Closed != closed && (calm || !closed) {
		if err := ch.shut(ctx, p, closed); err != nil {
			ch.deps.Log.Debug("a topic was not closed or opened", "err", err)
		} else {
			r.Closed = closed
		}
	}
	if r == was {
		return nil
	}
	return ch.keep(ctx, thread, r)
}

// shut closes the topic that p addresses, or opens it again.
func (ch *Channel) shut(ctx context.Context, p tgbotapi.Params, closed bool) error {
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return err
	}
	method := "reopenForumTopic"
	if closed {
		method = "closeForumTopic"
	}
	if err := ch.call(ctx, method, p, nil); !same(err) {
		return err
	}
	return nil
}
