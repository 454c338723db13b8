package telegram

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"golang.org/x/sync/singleflight"

	"github.com/frontdesk-im/frontdesk/core"
)

// staff is the group as it is now. Its id changes when it becomes a
// supergroup: the new one is kept under the configured one, durably.
type staff struct {
	mu      sync.Mutex
	id      int64 // 0: not read yet
	asked   bool  // forum is known
	forum   bool
	members map[string]belief
	asks    singleflight.Group // whoever writes in two chats at once is asked about once
	hinted  time.Time          // when an anonymous admin was last told
}

// A belief is what Telegram said of somebody, and until when it is not asked again.
type belief struct {
	member bool
	until  time.Time
}

func (ch *Channel) desk() bool { return ch.conf.Group != 0 }

func (ch *Channel) key(kind, id string) string {
	return "telegram/" + ch.deps.Name + "/" + kind + "/" + id
}

func (ch *Channel) movedKey() string {
	return ch.key("moved", strconv.FormatInt(ch.conf.Group, 10))
}

// home is the id of the group; 0 for a customers' channel.
func (ch *Channel) home(ctx context.Context) (int64, error) {
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	if !ch.desk() || ch.group.id != 0 {
		return ch.group.id, nil
	}
	s, ok, err := ch.deps.Values.Get(ctx, ch.movedKey())
	if err != nil {
		return 0, &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: the group's id: %w", err)}
	}
	ch.group.id = ch.conf.Group
	if id, err := strconv.ParseInt(s, 10, 64); ok && err == nil {
		ch.group.id = id
	}
	return ch.group.id, nil
}

// move: the group is a supergroup now and has another id.
func (ch *Channel) move(ctx context.Context, to int64) error {
	if err := ch.deps.Values.Put(ctx, ch.movedKey(), strconv.FormatInt(to, 10), 0); err != nil {
		return err
	}
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	if ch.group.id != to {
		ch.group.id, ch.group.asked = to, false
		ch.deps.Log.Warn("the staff's group became a supergroup; write its new id into the configuration when convenient", "channel", ch.deps.Name, "group", to)
	}
	return nil
}

// topics asks once whether the group has topics.
func (ch *Channel) topics(ctx context.Context, home int64) (bool, error) {
	ch.group.mu.Lock()
	known, yes := ch.group.asked, ch.group.forum
	ch.group.mu.Unlock()
	if known {
		return yes, nil
	}
	var chat struct {
		Forum bool `json:"is_forum"`
	}
	if err := ch.call(ctx, "getChat", tgbotapi.Params{"chat_id": strconv.FormatInt(home, 10)}, &chat); err != nil {
		return false, err
	}
	ch.setForum(chat.Forum)
	return chat.Forum, nil
}

func (ch *Channel) setForum(yes bool) {
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	ch.group.asked, ch.group.forum = true, yes
}

// How long somebody counts as a member, or as a stranger.
const (
	trust    = 10 * time.Minute
	distrust = time.Minute
)

// member reports whether somebody may work at the desk. Anybody on Telegram can
// write to a bot, and in a public group press its buttons; only members of the
// group are staff.
func (ch *Channel) member(ctx context.Context, home int64, id string) (bool, error) {
	if is, known := ch.believed(id); known {
		return is, nil
	}
	is, err, _ := ch.group.asks.Do(id, func() (any, error) { return ch.ask(ctx, home, id) })
	if err != nil {
		return false, err
	}
	return is.(bool), nil
}

// believed is what Telegram said of somebody a short while ago.
func (ch *Channel) believed(id string) (member, known bool) {
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	b := ch.group.members[id]
	return b.member, b.until.After(ch.deps.Now())
}

// ask asks Telegram whether somebody is a member, and keeps the answer.
func (ch *Channel) ask(ctx context.Context, home int64, id string) (bool, error) {
	if is, known := ch.believed(id); known { // another goroutine has just asked
		return is, nil
	}
	now := ch.deps.Now()
	var m struct {
		Status string `json:"status"`
		Is     bool   `json:"is_member"` // of the restricted
	}
	err := ch.call(ctx, "getChatMember", tgbotapi.Params{"chat_id": strconv.FormatInt(home, 10), "user_id": id}, &m)
	switch k := core.KindOf(err); {
	case err != nil && (k == core.Rejected || k == core.Gone): // user not found, PARTICIPANT_ID_INVALID
		ch.deps.Log.Warn("somebody wrote to the desk who is not known to be of its group; the bot must be an administrator to see", "channel", ch.deps.Name, "peer", id, "err", err)
	case err != nil:
		return false, err
	}
	is := m.Status == "creator" || m.Status == "administrator" || m.Status == "member" || m.Status == "restricted" && m.Is
	known := belief{is, now.Add(trust)}
	if !is {
		known.until = now.Add(distrust)
	}
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	if ch.group.members == nil || len(ch.group.members) > mostChats {
		ch.group.members = map[string]belief{}
	}
	ch.group.members[id] = known
	return is, nil
}

func (ch *Channel) forget(id string) {
	ch.group.mu.Lock()
	defer ch.group.mu.Unlock()
	delete(ch.group.members, id)
}

const (
	hintZh = "以群身份（匿名管理员或频道）发的话无法对应到坐席，未处理。请在群设置里关掉匿名，再以本人身份发送。"
	hintEn = "What is written in the name of the group or a channel cannot be attributed to anybody and was not processed. Switch off \"remain anonymous\" and write as yourself."
)

// own is what the adapter itself says to staff.
func (ch *Channel) own(zh, en string) string {
	if strings.HasPrefix(ch.deps.Lang, "en") {
		return en
	}
	return zh
}

// unmask tells an anonymous admin, at most every ten minutes, why nothing
// happens.
func (ch *Channel) unmask(ctx context.Context, m *message) {
	now := ch.deps.Now()
	ch.group.mu.Lock()
	due := now.Sub(ch.group.hinted) >= trust
	if due {
		ch.group.hinted = now
	}
	ch.group.mu.Unlock()
	chat := strconv.FormatInt(m.Chat.ID, 10)
	if !due || ch.pace.take(chat) != nil {
		return
	}
	p := tgbotapi.Params{"chat_id": chat, "text": ch.own(hintZh, hintEn), "reply_parameters": replyTo(m.MessageID)}
	if m.InTopic {
		p["message_thread_id"] = strconv.Itoa(m.Topic)
	}
	if err := ch.call(ctx, "sendMessage", p, nil); err != nil {
		ch.deps.Log.Debug("an anonymous admin was not told", "err", err)
	}
}
