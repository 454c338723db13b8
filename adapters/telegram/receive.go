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

// wanted are the updates that we ask for.
const wanted = `["message","edited_message","callback_query","my_chat_member","chat_member"]`

// take files one update. Pages of an album are kept for a moment first; what
// else comes from that chat files them, so that order is kept.
func (ch *Channel) take(ctx context.Context, raw []byte) error {
	u, err := decode(raw)
	if err != nil {
		return err
	}
	home, err := ch.home(ctx)
	if err != nil {
		return err
	}
	if m := u.Message; m != nil && m.Chat != nil && m.MediaGroupID != "" && !m.nobody() && (m.Chat.Type == "private" || m.Chat.ID == home) {
		return ch.page(ctx, m, raw)
	}
	if err := ch.before(ctx, u.chat().ID); err != nil {
		return err
	}
	if err := ch.notice(ctx, &u, home); err != nil {
		return err
	}
	env, ok := ch.read(&u, home)
	if !ok {
		return nil
	}
	return ch.file(ctx, home, env)
}

// notice learns from an update what became of the group.
func (ch *Channel) notice(ctx context.Context, u *update, home int64) error {
	c, m := u.chat(), u.said()
	switch {
	case u.Mine != nil && c.ID != home && c.Type != "private":
		if !u.Mine.out() {
			ch.deps.Log.Warn("the bot was added to a group that is no desk of its; to make it one, write its id into the configuration", "channel", ch.deps.Name, "group", c.ID)
		}
	case !ch.desk():
	case m != nil && c.ID == home && m.MigrateToChatID != 0:
		return ch.move(ctx, m.MigrateToChatID)
	case m != nil && m.MigrateFromChatID == home:
		return ch.move(ctx, c.ID)
	case c.ID != home:
	case m != nil && m.SenderChat != nil && !m.IsAutomaticForward && u.Message != nil:
		ch.unmask(ctx, m)
	case m != nil:
		ch.setForum(m.Chat.Forum)
		if m.LeftChatMember != nil {
			ch.forget(strconv.FormatInt(m.LeftChatMember.ID, 10))
		}
		for _, u := range m.NewChatMembers {
			ch.forget(strconv.FormatInt(u.ID, 10))
		}
	case u.Mine != nil && u.Mine.out():
		ch.deps.Log.Error("the bot was removed from the staff's group; add it again, as an administrator", "channel", ch.deps.Name, "group", home)
	case u.Theirs != nil:
		ch.forget(strconv.FormatInt(u.Theirs.New.User.ID, 10))
	}
	return nil
}

// file hands an envelope to the inbox and, for a button, lets it stop turning.
// At a desk only members of the group are heard.
func (ch *Channel) file(ctx context.Context, home int64, env core.Envelope) error {
	if _, left := env.Parts[0].(core.Left); home != 0 && !left {
		if ok, err := ch.member(ctx, home, env.Peer.ID); err != nil || !ok {
			return err
		}
	}
	if err := ch.placed(ctx, &env); err != nil {
		return err
	}
	if err := ch.copied(ctx, &env); err != nil {
		return err
	}
	if err := ch.deps.Inbox.Receive(ctx, env); err != nil {
		return err
	}
	if env.Ref[0] == 'c' {
		if err := ch.call(ctx, "answerCallbackQuery", tgbotapi.Params{"callback_query_id": env.Ref[1:]}, nil); err != nil {
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
			id, ok, err := ch.deps.Values.Get(ctx, ch.key("pick", pick.Option))
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
	root, replied := strings.CutPrefix(env.Thread, reply)
	switch {
	case env.Thread == "":
		return nil
	case !replied:
		return ch.turned(ctx, env)
	}
	thread, ok, err := ch.deps.Values.Get(ctx, ch.key("root", root))
	if env.Thread = thread; err != nil || !ok { // to what is not a ticket's: said to the desk
		return err
	}
	if msg, said := strings.CutPrefix(env.Ref, "m"); said && env.Replaces == "" {
		return ch.root(ctx, thread, msg) // colleagues may reply to this one
	}
	return nil
}

// turned notes that an agent closed a topic or opened it again.
func (ch *Channel) turned(ctx context.Context, env *core.Envelope) error {
	pick, ok := env.Parts[0].(core.Pick)
	if !ok || env.Ref[0] != 'm' {
		return nil
	}
	r, err := ch.room(ctx, env.Thread)
	if err != nil {
		return err
	}
	r.Closed = pick.Option == "close"
	return ch.keep(ctx, env.Thread, r)
}

// Run polls until ctx is done, or, with a webhook, sets that. An update is
// confirmed by asking for the next one, only after it is filed.
func (ch *Channel) Run(ctx context.Context) error {
	if err := ch.join(ctx, 0); err != nil { // what the last process left
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { ch.joining(ctx) })
	ch.teach(ctx)
	if ch.conf.Webhook != "" {
		err := ch.call(ctx, "setWebhook", tgbotapi.Params{"url": ch.conf.Webhook, "secret_token": string(ch.conf.Secret), "allowed_updates": wanted}, nil)
		if err == nil {
			<-ctx.Done()
		}
		return err
	}
	if err := ch.call(ctx, "deleteWebhook", nil, nil); err != nil {
		return err
	}
	for offset := 0; ctx.Err() == nil; {
		raws, err := ch.poll(ctx, offset)
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

// poll waits for updates. A 429 is waited for, as long as it says.
func (ch *Channel) poll(ctx context.Context, offset int) (raws []json.RawMessage, err error) {
	long := *ch.deps.HTTP
	long.Timeout = time.Duration(ch.conf.Poll+10) * time.Second
	bot := ch.bot
	bot.Client = client{ctx, &long}
	r, err := bot.MakeRequest("getUpdates", tgbotapi.Params{
		"offset": strconv.Itoa(offset), "timeout": strconv.Itoa(ch.conf.Poll), "allowed_updates": wanted})
	err = ch.outcome(r, err, &raws)
	if e, ok := errors.AsType[*core.SendError](err); ok && e.Kind == core.Throttled {
		wait := time.NewTimer(max(e.After, time.Second))
		defer wait.Stop()
		select {
		case <-ctx.Done():
		case <-wait.C:
			return nil, nil
		}
	}
	return raws, err
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
		var u update
		if err := json.Unmarshal(raw, &u); err != nil {
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
