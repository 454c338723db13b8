package telegram

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// albums puts albums together. One comes as an update for each picture, and its
// caption is on one of them. It becomes one envelope, so that a note under it is a note about all of
// them. Its pages are kept durably until no more come for a moment, or until
// something else comes from the same chat; only then is the envelope filed. That
// a page was filed is noted, so that a repeat of it is nothing new.
type albums struct {
	notes notes
	log   *slog.Logger
	file  func(ctx context.Context, pages []*update) error

	news  chan struct{} // a page was kept; room for one
	quiet time.Duration // without which an album is not whole

	one  sync.Mutex // held while joining
	mu   sync.Mutex
	open map[int64]int // pages kept of a chat since it was last joined
}

// page keeps one picture of an album.
func (a *albums) page(ctx context.Context, m *message, raw []byte) error {
	name := fmt.Sprintf("%d/%s/%012d", m.Chat.ID, m.MediaGroupID, m.MessageID)
	if err := a.notes.of("album", name).put(ctx, string(raw), 0); err != nil {
		return err
	}
	a.mu.Lock()
	a.open[m.Chat.ID]++
	a.mu.Unlock()
	select {
	case a.news <- struct{}{}:
	default:
	}
	return nil
}

// joining files albums that are whole, until ctx is done.
func (a *albums) joining(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.news:
		}
		for wait := time.NewTimer(a.quiet); wait != nil; {
			select {
			case <-ctx.Done():
				wait.Stop()
				return
			case <-a.news:
				wait.Reset(a.quiet)
			case <-wait.C:
				wait = nil
			}
		}
		if err := a.join(ctx, 0); err != nil && ctx.Err() == nil {
			a.log.Warn("an album was not filed; it is tried again", "err", err)
			select {
			case a.news <- struct{}{}:
			default:
			}
		}
	}
}

// before files the albums of chat, because something else has come from it.
func (a *albums) before(ctx context.Context, chat int64) error {
	a.mu.Lock()
	open := a.open[chat]
	a.mu.Unlock()
	if open == 0 {
		return nil
	}
	return a.join(ctx, chat)
}

const mostPages = 1000

// join files the albums of chat, of every chat if that is 0.
func (a *albums) join(ctx context.Context, chat int64) error {
	a.one.Lock()
	defer a.one.Unlock()
	a.mu.Lock()
	open := maps.Clone(a.open)
	a.mu.Unlock()
	prefix := ""
	if chat != 0 {
		prefix = strconv.FormatInt(chat, 10) + "/"
	}
	pages, err := a.notes.values.List(ctx, a.notes.of("album", prefix).key, mostPages)
	if err != nil {
		return err
	}
	for len(pages) > 0 {
		n := 1
		for n < len(pages) && albumOf(pages[n].Key) == albumOf(pages[0].Key) {
			n++
		}
		if err := a.whole(ctx, pages[:n]); err != nil {
			return err
		}
		pages = pages[n:]
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.open, func(c int64, n int) bool { return n == open[c] && (chat == 0 || c == chat) })
	return nil
}

// albumOf is a page's key without the page.
func albumOf(key string) string { return key[:max(0, len(key)-13)] }

// whole files the pages of one album, as one envelope. Those that were filed are
// left out: Telegram has repeated them, or the last process died thereafter.
func (a *albums) whole(ctx context.Context, pages []core.Value) error {
	var us []*update
	for _, p := range pages {
		_, filed, err := a.paged(p.Key).get(ctx)
		if err != nil {
			return err
		}
		u, unread := decode([]byte(p.Value))
		if !filed && unread == nil {
			us = append(us, &u)
		}
	}
	if err := a.file(ctx, us); err != nil {
		return err
	}
	for _, p := range pages {
		if err := a.paged(p.Key).put(ctx, "", updateLife); err != nil {
			return err
		}
	}
	for _, p := range pages {
		if err := a.notes.values.Delete(ctx, p.Key); err != nil {
			return err
		}
	}
	return nil
}

// paged is the note that a page was filed.
func (a *albums) paged(key string) note {
	return a.notes.of("paged", strings.TrimPrefix(key, a.notes.of("album", "").key))
}

// album files the pages of one album, as one envelope.
func (ch *Channel) album(ctx context.Context, pages []*update) error {
	home, err := ch.group.home(ctx)
	if err != nil {
		return err
	}
	var one core.Envelope
	for _, u := range pages {
		env, ok := ch.reader.read(u, home, ch.deps.Now())
		switch {
		case !ok:
		case one.Ref == "":
			one = env
		default:
			one.Parts = append(one.Parts, env.Parts...)
		}
	}
	if one.Ref == "" {
		return nil
	}
	return ch.file(ctx, home, one)
}
