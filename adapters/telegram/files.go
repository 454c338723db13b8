package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

const mostFile = 20 << 20 // bytes that getFile gives out

// files copies what people send into Blobs, and opens what is in Blobs for Telegram.
type files struct {
	bot   *bot
	blobs core.Blobs
	log   *slog.Logger
}

// copied puts the media of an envelope into Blobs, for Telegram's links end. A
// file that cannot be had is named in its place; anything else that goes wrong
// is an error, so that the update comes again.
func (f files) copied(ctx context.Context, env *core.Envelope) error {
	var parts core.Parts
	for _, p := range env.Parts {
		m, ok := p.(core.Media)
		if !ok {
			parts = append(parts, p)
			continue
		}
		kept, err := f.fetch(ctx, m)
		switch {
		case err == nil:
			parts = append(parts, kept)
			continue
		case ctx.Err() != nil, !errors.Is(err, core.ErrTooLarge) && core.KindOf(err) != core.KindRejected:
			return err
		}
		f.log.Warn("a file could not be copied from Telegram", "peer", env.Peer.ID, "err", err)
		if m.Words != "" {
			parts = append(parts, core.Text{Body: m.Words})
		}
		why := "file that Telegram does not give out: "
		switch {
		case errors.Is(err, core.ErrFull):
			why = "file for which no room is left: "
		case errors.Is(err, core.ErrTooLarge):
			why = "file over 20 MB: "
		}
		parts = append(parts, core.Other{Kind: why + m.Name})
	}
	env.Parts = parts
	return nil
}

// fetch copies one file. https://core.telegram.org/bots/api#getfile
func (f files) fetch(ctx context.Context, m core.Media) (core.Media, error) {
	if m.Size > mostFile {
		return m, core.ErrTooLarge
	}
	var at tgbotapi.File
	err := f.bot.call(ctx, "getFile", tgbotapi.Params{"file_id": m.Handle}, &at)
	if answered(err, "too big") {
		return m, core.ErrTooLarge
	}
	if err != nil {
		return m, err
	}
	r, err := f.bot.file(ctx, at.FilePath)
	if err != nil {
		return m, err
	}
	defer r.Close()
	m.Handle = ""
	return f.blobs.Save(ctx, m, r, mostFile)
}

// open opens a file that Telegram takes.
func (f files) open(ctx context.Context, m core.Media) (io.ReadCloser, error) {
	r, kept, err := f.blobs.Open(ctx, m.Handle)
	if err != nil {
		return nil, &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("telegram: the file: %w", err)}
	}
	if size := max(kept.Size, m.Size); size > mostUpload {
		r.Close()
		return nil, &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("telegram: 文件最大 50 MB，%q 有 %d MB，请发链接 (a file may have 50 MB: send a link)", m.Name, size>>20)}
	}
	return r, nil
}
