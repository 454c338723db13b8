package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	first int64 // its id in the configuration; 0 for a customers' channel
	bot   *bot
	pace  *pace
	notes notes
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	id      int64 // 0: not read yet
	kind    kind
	members map[string]belief
	asks    singleflight.Group // whoever writes in two chats at once is asked about once
	hinted  time.Time          // when an anonymous admin was last told
}

// A kind is whether a group has topics.
type kind int

const (
	kindUnknown kind = iota
	kindForum        // a topic for each ticket
	kindFlat         // one message for each ticket, which agents reply to
)

// A belief is what Telegram said of somebody, and until when it is not asked again.
type belief struct {
	member bool
	until  time.Time
}

// desk reports whether the bot works for a group of staff.
func (g *staff) desk() bool { return g.first != 0 }

// moved is where the group's new id is kept.
func (g *staff) moved() note { return g.notes.of("moved", strconv.FormatInt(g.first, 10)) }

// home is the id of the group; 0 for a customers' channel.
func (g *staff) home(ctx context.Context) (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.desk() || g.id != 0 {
		return g.id, nil
	}
	s, ok, err := g.moved().get(ctx)
	if err != nil {
		return 0, &core.SendError{Kind: core.KindTransient, Err: fmt.Errorf("telegram: the group's id: %w", err)}
	}
	g.id = g.first
	if id, err := strconv.ParseInt(s, 10, 64); ok && err == nil {
		g.id = id
	}
	return g.id, nil
}

// move notes that the group is a supergroup now and has another id.
func (g *staff) move(ctx context.Context, to int64) error {
	if err := g.moved().put(ctx, strconv.FormatInt(to, 10), 0); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.id != to {
		g.id, g.kind = to, kindUnknown
		g.log.Warn("the staff's group became a supergroup; write its new id into the configuration when convenient", "group", to)
	}
	return nil
}

// ofKind asks once whether the group has topics.
func (g *staff) ofKind(ctx context.Context, home int64) (kind, error) {
	g.mu.Lock()
	k := g.kind
	g.mu.Unlock()
	if k != kindUnknown {
		return k, nil
	}
	var c chat
	if err := g.bot.call(ctx, "getChat", tgbotapi.Params{"chat_id": strconv.FormatInt(home, 10)}, &c); err != nil {
		return kindUnknown, err
	}
	g.learn(c.kind())
	return c.kind(), nil
}

// learn remembers whether the group has topics.
func (g *staff) learn(k kind) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kind = k
}

// How long somebody counts as a member, or as a stranger.
const (
	trust    = 10 * time.Minute
	distrust = time.Minute
)

const hintEvery = 10 * time.Minute

// member reports whether somebody may work at the desk. Anybody on Telegram can
// write to a bot, and in a public group press its buttons; only members of the
// group are staff.
func (g *staff) member(ctx context.Context, home int64, id string) (bool, error) {
	if is, known := g.believed(id); known {
		return is, nil
	}
	is, err, _ := g.asks.Do(id, func() (any, error) { return g.ask(ctx, home, id) })
	if err != nil {
		return false, err
	}
	return is.(bool), nil
}

// believed is what Telegram said of somebody a short while ago.
func (g *staff) believed(id string) (member, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.members[id]
	return b.member, b.until.After(g.now())
}

// ask asks Telegram whether somebody is a member, and keeps the answer.
func (g *staff) ask(ctx context.Context, home int64, id string) (bool, error) {
	if is, known := g.believed(id); known { // another goroutine has just asked
		return is, nil
	}
	now := g.now()
	var m struct {
		Status string `json:"status"`
		Is     bool   `json:"is_member"` // of the restricted
	}
	err := g.bot.call(ctx, "getChatMember", tgbotapi.Params{"chat_id": strconv.FormatInt(home, 10), "user_id": id}, &m)
	switch k := core.KindOf(err); {
	case err != nil && (k == core.KindRejected || k == core.KindGone): // user not found, PARTICIPANT_ID_INVALID
		g.log.Warn("somebody wrote to the desk who is not known to be of its group; the bot must be an administrator to see", "peer", id, "err", err)
	case err != nil:
		return false, err
	}
	is := m.Status == "creator" || m.Status == "administrator" || m.Status == "member" || m.Status == "restricted" && m.Is
	known := belief{is, now.Add(trust)}
	if !is {
		known.until = now.Add(distrust)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil || len(g.members) > mostChats {
		g.members = map[string]belief{}
	}
	g.members[id] = known
	return is, nil
}

// forget has somebody asked about anew.
func (g *staff) forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.members, id)
}

// heed remembers what a refusal says of the chat: that it has moved, or that it
// takes nothing for a while.
func (g *staff) heed(ctx context.Context, chat string, err error) error {
	e, ok := errors.AsType[*tgbotapi.Error](err)
	if !ok {
		return err
	}
	home, _ := g.home(ctx)
	ours := g.desk() && chat == strconv.FormatInt(home, 10)
	switch {
	case e.RetryAfter > 0 && chat != "":
		g.pace.shut(chat, time.Duration(e.RetryAfter)*time.Second)
		if refusal, ok := errors.AsType[*core.SendError](err); ok {
			refusal.Only = !ours
		}
	case e.MigrateToChatID != 0 && ours:
		if err := g.move(ctx, e.MigrateToChatID); err != nil {
			return &core.SendError{Kind: core.KindTransient, Err: fmt.Errorf("telegram: the group's new id: %w", err)}
		}
	case ours && containsAny(strings.ToLower(e.Message), "chat not found"):
		return &core.SendError{Kind: core.KindDenied, Code: strconv.Itoa(e.Code),
			Err: fmt.Errorf("telegram: group %s is not known to this bot; add it to the group, as an administrator, and look at the id in the configuration: %w", chat, e)}
	}
	return err
}

// hint reports whether an anonymous admin is to be told that nobody knows them:
// at most every ten minutes.
func (g *staff) hint() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Sub(g.hinted) < hintEvery {
		return false
	}
	g.hinted = g.now()
	return true
}
