package telegram

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// wanted are the updates that we ask for.
const wanted = `["message","edited_message","callback_query","my_chat_member"]`

// take files one update and, for a button, lets it stop turning.
func (ch *Channel) take(ctx context.Context, raw []byte) error {
	env, ok, err := ch.read(raw)
	if err != nil || !ok {
		return err
	}
	if err := ch.copied(ctx, &env); err != nil {
		return err
	}
	if env.Thread, err = ch.rooted(ctx, env.Thread); err != nil {
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

// Run polls until ctx is done, or, with a webhook, sets that. An update is
// confirmed by asking for the next one, only after it is filed.
func (ch *Channel) Run(ctx context.Context) error {
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
	long := *ch.deps.HTTP
	long.Timeout = time.Duration(ch.conf.Poll+10) * time.Second
	for offset := 0; ctx.Err() == nil; {
		bot := ch.bot
		bot.Client = client{ctx, &long}
		r, err := bot.MakeRequest("getUpdates", tgbotapi.Params{
			"offset": strconv.Itoa(offset), "timeout": strconv.Itoa(ch.conf.Poll), "allowed_updates": wanted})
		var raws []json.RawMessage
		if err := ch.outcome(r, err, &raws); err != nil {
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
		chats[u.chat()] = append(chats[u.chat()], one{u.ID, raw})
		offset = max(offset, u.ID+1)
	}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for _, us := range chats {
		wg.Go(func() {
			for _, u := range us {
				if err := ch.take(ctx, u.raw); err != nil && !errors.Is(err, core.ErrInvalid) {
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
