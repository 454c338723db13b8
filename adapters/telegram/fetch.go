package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

const mostFile = 20 << 20 // bytes that getFile gives out

// copied puts the media of an envelope into Blobs, for Telegram's links end. A
// file that cannot be had is named in its place; anything else that goes wrong
// is an error, so that the update comes again.
func (ch *Channel) copied(ctx context.Context, env *core.Envelope) error {
	var parts core.Parts
	for _, p := range env.Parts {
		m, ok := p.(core.Media)
		if !ok {
			parts = append(parts, p)
			continue
		}
		kept, err := ch.fetch(ctx, m)
		switch {
		case err == nil:
			parts = append(parts, kept)
			continue
		case ctx.Err() != nil, !errors.Is(err, core.ErrTooLarge) && core.KindOf(err) != core.Rejected:
			return err
		}
		ch.deps.Log.Warn("a file could not be copied from Telegram", "channel", ch.deps.Name, "peer", env.Peer.ID, "err", err)
		if m.Words != "" {
			parts = append(parts, core.Text{Body: m.Words})
		}
		why := "file that Telegram does not give out: "
		if errors.Is(err, core.ErrTooLarge) {
			why = "file over 20 MB: "
		}
		parts = append(parts, core.Other{Kind: why + m.Name})
	}
	env.Parts = parts
	return nil
}

// fetch copies one file. https://core.telegram.org/bots/api#getfile
func (ch *Channel) fetch(ctx context.Context, m core.Media) (core.Media, error) {
	if m.Size > mostFile {
		return m, core.ErrTooLarge
	}
	var f tgbotapi.File
	err := ch.call(ctx, "getFile", tgbotapi.Params{"file_id": m.Handle}, &f)
	if said(err, "too big") {
		return m, core.ErrTooLarge
	}
	if err != nil {
		return m, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ch.conf.API+"/file/bot"+string(ch.conf.Token)+"/"+strings.TrimPrefix(f.FilePath, "/"), nil)
	if err != nil {
		return m, &core.SendError{Kind: core.Rejected, Err: ch.redact(err)}
	}
	resp, err := ch.deps.HTTP.Do(req)
	if err != nil {
		return m, &core.SendError{Kind: core.Transient, Err: ch.redact(err)}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return m, &core.SendError{Kind: core.Transient, Err: fmt.Errorf("telegram: the file: %s", resp.Status)}
	case resp.StatusCode != http.StatusOK:
		return m, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: the file: %s", resp.Status)}
	}
	m.Handle = ""
	return ch.deps.Blobs.Save(ctx, m, resp.Body, mostFile)
}
