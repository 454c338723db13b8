package telegram

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// address says in a request which thread of the group is meant. General is
// addressed by leaving the topic out.
func address(home int64, thread string) (tgbotapi.Params, error) {
	p := chatID(home)
	if ref, ok := strings.CutPrefix(thread, replies); ok {
		chat, id, _ := strings.Cut(ref, ".")
		if n, err := strconv.Atoi(id); err == nil && chat == p["chat_id"] { // else it stayed in the old group
			p["reply_parameters"] = replyTo(n)
		}
		return p, nil
	}
	if n, err := strconv.Atoi(thread); err != nil || n <= 0 {
		return nil, &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("telegram: %q is not a thread of this group", thread)}
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
	home, err := ch.group.home(ctx)
	if err != nil {
		return "", err
	}
	kind, err := ch.group.ofKind(ctx, home)
	if err != nil {
		return "", err
	}
	p := chatID(home)
	if kind == kindForum {
		if thread, err = ch.topic(ctx, env.ID, c, p["chat_id"]); answered(err, "not a forum") {
			ch.group.learn(kindFlat)
			return "", &core.SendError{Kind: core.KindTransient, Err: err}
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
		thread = replies + ref
	}
	if err := ch.notes.root(ctx, thread, ref); err != nil {
		return "", err
	}
	return thread, ch.notes.keep(ctx, thread, room{Card: ref, State: c.State})
}

// topic makes the topic that envelope id opens, unless it was made already.
// https://core.telegram.org/bots/api#createforumtopic
func (ch *Channel) topic(ctx context.Context, id string, c core.Case, chat string) (thread string, err error) {
	made := ch.notes.of("made", id)
	if thread, ok, err := made.get(ctx); err != nil || ok {
		return thread, unkept(err)
	}
	if err := ch.pace.take(chat); err != nil {
		return "", err
	}
	var t struct {
		ID int `json:"message_thread_id"`
	}
	if err := ch.bot.call(ctx, "createForumTopic", tgbotapi.Params{"chat_id": chat, "name": topicName(c)}, &t); err != nil {
		return "", err
	}
	thread = strconv.Itoa(t.ID)
	return thread, unkept(made.put(ctx, thread, updateLife))
}

// topicName shows the state: a title begins with its mark.
func topicName(c core.Case) string {
	return core.Limits{Text: 128}.Fit(core.Parts{core.Text{Body: strings.TrimSpace("#" + c.Ticket + " " + c.Title)}})[0].Text()
}

// inside sends into a thread of the group. A bot that may not write in a closed
// topic opens it.
func (ch *Channel) inside(ctx context.Context, env core.Envelope, home int64) (string, error) {
	p, err := address(home, env.Thread)
	if err != nil {
		return "", err
	}
	ref, err := ch.post(ctx, env, maps.Clone(p))
	if answered(err, "topic_closed") {
		if err := ch.turn(ctx, reopenTopic, p); err != nil {
			return "", err
		}
		ref, err = ch.post(ctx, env, p)
	}
	if err != nil {
		return "", err
	}
	// It is sent: what cannot be noted now does not undo that.
	_, isCase := env.Parts[0].(core.Case)
	if !isCase && !strings.HasPrefix(env.Thread, replies) {
		return ref, nil
	}
	if err := ch.notes.root(ctx, env.Thread, ref); err != nil {
		ch.deps.Log.Warn("a reply to this message will not be understood", "channel", ch.deps.Name, "thread", env.Thread, "err", err)
	}
	if isCase {
		r, err := ch.notes.room(ctx, env.Thread)
		if r.Card = ref; err == nil {
			err = ch.notes.keep(ctx, env.Thread, r)
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
	r, err := ch.notes.room(ctx, thread)
	p, unknown := address(home, thread)
	if err != nil || unknown != nil || strings.HasPrefix(thread, replies) {
		return err
	}
	was, calm := r, ch.pace.left(p["chat_id"]) >= spare
	if r.State != c.State && calm {
		q := maps.Clone(p)
		q["name"] = topicName(c)
		if err := ch.pace.take(p["chat_id"]); err != nil {
			return err
		}
		if err := ch.bot.call(ctx, "editForumTopic", q, nil); err == nil || same(err) {
			r.State = c.State
		} else {
			ch.deps.Log.Debug("a topic's name was not changed", "err", err)
		}
	}
	if closed := c.State == string(core.TicketClosed); r.Closed != closed && (calm || !closed) {
		method := reopenTopic
		if closed {
			method = closeTopic
		}
		if err := ch.turn(ctx, method, p); err != nil {
			ch.deps.Log.Debug("a topic was not closed or opened", "err", err)
		} else {
			r.Closed = closed
		}
	}
	if r == was {
		return nil
	}
	return ch.notes.keep(ctx, thread, r)
}

// A turning closes a topic or opens it again: it is the method that does so.
type turning string

const (
	closeTopic  turning = "closeForumTopic"
	reopenTopic turning = "reopenForumTopic"
)

// turn closes the topic that p addresses, or opens it again.
func (ch *Channel) turn(ctx context.Context, t turning, p tgbotapi.Params) error {
	if err := ch.pace.take(p["chat_id"]); err != nil {
		return err
	}
	if err := ch.bot.call(ctx, string(t), p, nil); !same(err) {
		return err
	}
	return nil
}
