package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// A bot makes requests, and says what came of them without its token.
type bot struct {
	api   tgbotapi.BotAPI // copied for each request, with the context in its Client
	at    string          // the Bot API server
	token string
	http  *http.Client
	heed  func(ctx context.Context, chat string, err error) error // what a refusal says of a chat
}

func newBot(c Config, client *http.Client) *bot {
	b := &bot{at: c.API, token: string(c.Token), http: client, api: tgbotapi.BotAPI{Token: string(c.Token), Buffer: 100}}
	b.api.SetAPIEndpoint(c.API + "/bot%s/%s")
	return b
}

// call makes one request and decodes its result into out, which may be nil.
func (b *bot) call(ctx context.Context, method string, p tgbotapi.Params, out any) error {
	one := b.api
	one.Client = client{ctx, b.http}
	r, err := one.MakeRequest(method, p)
	return b.heed(ctx, p["chat_id"], b.outcome(r, err, out))
}

// upload is call with a file in it.
func (b *bot) upload(ctx context.Context, c upload, out any) error {
	one := b.api
	one.Client = client{ctx, b.http}
	r, err := one.UploadFiles(c.method, c.params, []tgbotapi.RequestFile{c.file})
	return b.heed(ctx, c.params["chat_id"], b.outcome(r, err, out))
}

// An upload is a request with a file.
type upload struct {
	method string
	params tgbotapi.Params
	file   tgbotapi.RequestFile
}

// updates waits for updates, at most as long as wait. A 429 is waited for, as
// long as it says.
func (b *bot) updates(ctx context.Context, offset int, wait time.Duration) (raws []json.RawMessage, err error) {
	long := *b.http
	long.Timeout = wait + 10*time.Second
	one := b.api
	one.Client = client{ctx, &long}
	r, err := one.MakeRequest("getUpdates", tgbotapi.Params{
		"offset": strconv.Itoa(offset), "timeout": strconv.Itoa(int(wait / time.Second)), "allowed_updates": wanted})
	err = b.outcome(r, err, &raws)
	if e, ok := errors.AsType[*core.SendError](err); ok && e.Kind == core.KindThrottled {
		pause := time.NewTimer(max(e.After, time.Second))
		defer pause.Stop()
		select {
		case <-ctx.Done():
		case <-pause.C:
			return nil, nil
		}
	}
	return raws, err
}

// file opens what getFile has named.
func (b *bot) file(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.at+"/file/bot"+b.token+"/"+strings.TrimPrefix(path, "/"), nil)
	if err != nil {
		return nil, &core.SendError{Kind: core.KindRejected, Err: b.redact(err)}
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, &core.SendError{Kind: core.KindTransient, Err: b.redact(err)}
	}
	kind := core.KindRejected
	switch {
	case resp.StatusCode == http.StatusOK:
		return resp.Body, nil
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		kind = core.KindTransient
	}
	resp.Body.Close()
	return nil, &core.SendError{Kind: kind, Err: fmt.Errorf("telegram: the file: %s", resp.Status)}
}

// client puts a context into the requests of a library that knows none.
type client struct {
	ctx context.Context
	c   *http.Client
}

func (c client) Do(r *http.Request) (*http.Response, error) {
	return c.c.Do(r.WithContext(c.ctx))
}

// outcome classifies what a request came to. No error of it has the token.
func (b *bot) outcome(r *tgbotapi.APIResponse, err error, out any) error {
	if err == nil {
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(r.Result, out); err != nil {
			return &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("telegram: its answer: %w", err)}
		}
		return nil
	}
	if e, ok := errors.AsType[*tgbotapi.Error](err); ok {
		if e.Code == 0 && r != nil {
			e.Code = r.ErrorCode // UploadFiles leaves it out
		}
		return refused(e)
	}
	return &core.SendError{Kind: core.DialKind(err), Err: b.redact(err)}
}

// redact takes the token out of an error: the address that it is part of is not
// wrapped either.
func (b *bot) redact(err error) error {
	text := strings.ReplaceAll("telegram: "+err.Error(), b.token, "<token>")
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return hidden{err, text}
}

type hidden struct {
	err  error
	text string
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.err }
