package telegram

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// wanted are the updates that we ask for. Business messages are refused by not
// asking for them: they are somebody's own chats, in which a bot would speak as
// that person.
const wanted = `["message","edited_message","callback_query","my_chat_member","chat_member"]`

// take files one update. Pages of an album are kept for a moment first; what
// else comes from that chat files them, so that order is kept.
func (ch *Channel) take(ctx context.Context, raw []byte) error {
	u, err := decode(raw)
	if err != nil {
		return err
	}
	home, err := ch.group.home(ctx)
	if err != nil {
		return err
	}
	if m := u.Message; m != nil && m.Chat != nil && m.MediaGroupID != "" && !m.nobody() && (m.Chat.Type == "private" || m.Chat.ID == home) {
		return ch.albums.page(ctx, m, raw)
	}
	if err := ch.albums.before(ctx, u.chat().ID); err != nil {
		return err
	}
	if err := ch.notice(ctx, &u, home); err != nil {
		return err
	}
	env, ok := ch.reader.read(&u, home, ch.deps.Now())
	if !ok {
		return nil
	}
	return ch.file(ctx, home, env)
}

// notice learns from an update what became of the group.
func (ch *Channel) notice(ctx context.Context, u *update, home int64) error {
	c, m := u.chat(), u.message()
	switch {
	case u.Mine != nil && c.ID != home && c.Type != "private":
		if !u.Mine.out() {
			ch.deps.Log.Warn("the bot was added to a group that is no desk of its; to make it one, write its id into the configuration", "channel", ch.deps.Name, "group", c.ID)
		}
	case !ch.group.desk():
	case m != nil && c.ID == home && m.MigrateToChatID != 0:
		return ch.group.move(ctx, m.MigrateToChatID)
	case m != nil && m.MigrateFromChatID == home:
		return ch.group.move(ctx, c.ID)
	case c.ID != home:
	case m != nil && m.SenderChat != nil && !m.IsAutomaticForward && u.Message != nil:
		ch.unmask(ctx, m)
	case m != nil:
		ch.group.learn(m.Chat.kind())
		if m.LeftChatMember != nil {
			ch.group.forget(strconv.FormatInt(m.LeftChatMember.ID, 10))
		}
		for _, u := range m.NewChatMembers {
			ch.group.forget(strconv.FormatInt(u.ID, 10))
		}
	case u.Mine != nil && u.Mine.out():
		ch.deps.Log.Error("the bot was removed from the staff's group; add it again, as an administrator", "channel", ch.deps.Name, "group", home)
	case u.Theirs != nil:
		ch.group.forget(strconv.FormatInt(u.Theirs.New.User.ID, 10))
	}
	return nil
}

// file hands an envelope to the inbox and, for a button, lets it stop turning.
// At a desk only members of the group are heard.
func (ch *Channel) file(ctx context.Context, home int64, env core.Envelope) error {
	if _, left := env.Parts[0].(core.Left); home != 0 && !left {
		if ok, err := ch.group.member(ctx, home, env.Peer.ID); err != nil || !ok {
			return err
		}
	}
	if err := ch.placed(ctx, &env); err != nil {
		return err
	}
	if err := ch.files.copied(ctx, &env); err != nil {
		return err
	}
	if err := ch.deps.Inbox.Receive(ctx, env); err != nil {
		return err
	}
	if home != 0 {
		ch.unsent(ctx, env)
	}
	if env.Ref[0] == 'c' {
		if err := ch.bot.call(ctx, "answerCallbackQuery", tgbotapi.Params{"callback_query_id": env.Ref[1:]}, nil); err != nil {
			ch.deps.Log.Debug("a button was not answered", "err", err)
		}
	}
	return nil
}

// placed finds the thread that a topic or a replied-to message belongs to, and
// what a button with a short name stands for.
func (ch *Channel) placed(ctx context.Context, env *core.Envelope) error {
	for i, p := range env.Parts {
		if pick, ok := p.(core.Pick); ok && strings.HasPrefix(pick.Option, stored) {
			id, ok, err := ch.notes.of("pick", pick.Option).get(ctx)
			if err != nil {
				return err
			}
			if pick.Option = id; !ok { // older than a month: its words still say it
				env.Parts[i] = core.Text{Body: cmp.Or(pick.Label, "?")}
				continue
			}
			env.Parts[i] = pick
		}
	}
	root, replied := strings.CutPrefix(env.Thread, replies)
	switch {
	case env.Thread == "":
		return nil
	case !replied:
		return ch.turned(ctx, env)
	}
	thread, ok, err := ch.notes.of("root", root).get(ctx)
	if env.Thread = thread; err != nil || !ok { // to what is not a ticket's: said to the desk
		return err
	}
	if msg, said := strings.CutPrefix(env.Ref, "m"); said && env.Replaces == "" {
		return ch.notes.root(ctx, thread, msg) // colleagues may reply to this one
	}
	return nil
}

// turned notes that an agent closed a topic or opened it again.
func (ch *Channel) turned(ctx context.Context, env *core.Envelope) error {
	pick, ok := env.Parts[0].(core.Pick)
	if !ok || env.Ref[0] != 'm' {
		return nil
	}
	r, err := ch.notes.room(ctx, env.Thread)
	if err != nil {
		return err
	}
	r.Closed = pick.Option == "close"
	return ch.notes.keep(ctx, env.Thread, r)
}

// Run polls until ctx is done, or, with a webhook, sets that. An update is
// confirmed by asking for the next one, only after it is filed.
func (ch *Channel) Run(ctx context.Context) error {
	if err := ch.albums.join(ctx, 0); err != nil { // what the last process left
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { ch.albums.joining(ctx) })
	ch.teach(ctx)
	if ch.conf.Webhook != "" {
		err := ch.bot.call(ctx, "setWebhook", tgbotapi.Params{"url": ch.conf.Webhook, "secret_token": string(ch.conf.Secret), "allowed_updates": wanted}, nil)
		if err == nil {
			<-ctx.Done()
		}
		return err
	}
	if err := ch.bot.call(ctx, "deleteWebhook", nil, nil); err != nil {
		return err
	}
	for offset := 0; ctx.Err() == nil; {
		raws, err := ch.bot.updates(ctx, offset, time.Duration(ch.conf.Poll)*time.Second)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if offset, err = ch.all(ctx, raws, offset); err != nil {
			return err
		}
	}
	return nil
}

// all takes a batch, each chat's updates in order, and returns the next offset:
// that of the first update which was not filed.
func (ch *Channel) all(ctx context.Context, raws []json.RawMessage, offset int) (int, error) {
	type one struct {
		id  int
		raw json.RawMessage
	}
	chats := map[int64][]one{}
	for _, raw := range raws {
		u, err := decode(raw)
		if err != nil {
			var id struct {
				ID int `json:"update_id"`
			}
			_ = json.Unmarshal(raw, &id)
			ch.deps.Log.Warn("an update of Telegram's cannot be read; it is left out", "update", id.ID, "err", err)
			offset = max(offset, id.ID+1)
			continue
		}
		chats[u.chat().ID] = append(chats[u.chat().ID], one{u.ID, raw})
		offset = max(offset, u.ID+1)
	}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for _, us := range chats {
		wg.Go(func() {
			for _, u := range us {
				err := ch.take(ctx, u.raw)
				if errors.Is(err, core.ErrInvalid) {
					ch.deps.Log.Warn("an update of Telegram's can never be filed; it is left out", "channel", ch.deps.Name, "update", u.id, "err", err)
				} else if err != nil {
					mu.Lock()
					errs, offset = append(errs, err), min(offset, u.id)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return offset, errors.Join(errs...)
}

const mostBody = 1 << 20 // bytes of a webhook

// ServeHTTP takes one update from Telegram.
// https://core.telegram.org/bots/api#setwebhook
func (ch *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	if ch.conf.Secret == "" || subtle.ConstantTimeCompare([]byte(got), []byte(ch.conf.Secret)) != 1 {
		http.Error(w, "the secret token is missing or wrong", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	switch err := ch.take(r.Context(), body); {
	case errors.Is(err, core.ErrInvalid):
		http.Error(w, "not an update for this bot", http.StatusBadRequest)
	case err != nil:
		ch.deps.Log.Warn("an update was not filed; Telegram repeats it", "err", err)
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
	}
}
