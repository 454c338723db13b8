package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// An album comes as one update for each picture, and its caption is on one of
// them. It becomes one envelope, so that a note under it is a note about all of
// them. Its pages are kept durably until no more come for a moment, or until
// something else comes from the same chat; only then is the envelope filed. That
// a page was filed is noted, so that a repeat of it is nothing new.
type albums struct {
	news  chan struct{} // a page was kept; room for one
	quiet time.Duration // without which an album is not whole

	one  sync.Mutex // held while joining
	mu   sync.Mutex
	open map[int64]int // pages kept of a chat since it was last joined
}

// page keeps one picture of an album.
func (ch *Channel) page(ctx context.Context, m *message, raw []byte) error {
	name := fmt.Sprintf("%d/%s/%012d", m.Chat.ID, m.MediaGroupID, m.MessageID)
	if err := ch.deps.Values.Put(ctx, ch.key("album", name), string(raw), 0); err != nil {
		return err
	}
	ch.albums.mu.Lock()
	ch.albums.open[m.Chat.ID]++
	ch.albums.mu.Unlock()
	select {
	case ch.albums.news <- struct{}{}:
	default:
	}
	return nil
}

// joining files albums that are whole, until ctx is done.
func (ch *Channel) joining(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ch.albums.news:
		}
		for wait := time.NewTimer(ch.albums.quiet); wait != nil; {
			select {
			case <-ctx.Done():
				wait.Stop()
				return
			case <-ch.albums.news:
				wait.Reset(ch.albums.quiet)
			case <-wait.C:
				wait = nil
			}
		}
		if err := ch.join(ctx, 0); err != nil && ctx.Err() == nil {
			ch.deps.Log.Warn("an album was not filed; it is tried again", "channel", ch.deps.Name, "err", err)
			select {
			case ch.albums.news <- struct{}{}:
			default:
			}
		}
	}
}

// before files the albums of chat, because something else has come from it.
func (ch *Channel) before(ctx context.Context, chat int64) error {
	ch.albums.mu.Lock()
	open := ch.albums.open[chat]
	ch.albums.mu.Unlock()
	if open == 0 {
		return nil
	}
	return ch.join(ctx, chat)
}

const mostPages = 1000

// join files the albums of chat, of every chat if that is 0.
func (ch *Channel) join(ctx context.Context, chat int64) error {
	ch.albums.one.Lock()
	defer ch.albums.one.Unlock()
	ch.albums.mu.Lock()
	open := maps.Clone(ch.albums.open)
	ch.albums.mu.Unlock()
	prefix := ""
	if chat != 0 {
		prefix = strconv.FormatInt(chat, 10) + "/"
	}
	pages, err := ch.deps.Values.List(ctx, ch.key("album", prefix), mostPages)
	if err != nil {
		return err
	}
	home, err := ch.home(ctx)
	if err != nil {
		return err
	}
	for len(pages) > 0 {
		n := 1
		for n < len(pages) && album(pages[n].Key) == album(pages[0].Key) {
			n++
		}
		if err := ch.whole(ctx, home, pages[:n]); err != nil {
			return err
		}
		pages = pages[n:]
	}
	ch.albums.mu.Lock()
	defer ch.albums.mu.Unlock()
	maps.DeleteFunc(ch.albums.open, func(c int64, n int) bool { return n == open[c] && (chat == 0 || c == chat) })
	return nil
}

// album is a page's key without the page.
func album(key string) string { return key[:max(0, len(key)-13)] }

// whole files the pages of one album, as one envelope. Those that were filed are
// left out: Telegram has repeated them, or the last process died thereafter.
func (ch *Channel) whole(ctx context.Context, home int64, pages []core.Value) error {
	var one core.Envelope
	for _, p := range pages {
		_, filed, err := ch.deps.Values.Get(ctx, ch.paged(p.Key))
		if err != nil {
			return err
		}
		var u update
		if filed || json.Unmarshal([]byte(p.Value), &u) != nil {
			continue
		}
		env, ok := ch.read(&u, home)
		switch {
		case !ok:
		case one.Ref == "":
			one = env
		default:
			one.Parts = append(one.Parts, env.Parts...)
		}
	}
	if one.Ref != "" {
		if err := ch.file(ctx, home, one); err != nil {
			return err
		}
	}
	for _, p := range pages {
		if err := ch.deps.Values.Put(ctx, ch.paged(p.Key), "", kept); err != nil {
			return err
		}
	}
	for _, p := range pages {
		if err := ch.deps.Values.Delete(ctx, p.Key); err != nil {
			return err
		}
	}
	return nil
}

// paged is the key under which it is noted that a page was filed.
func (ch *Channel) paged(key string) string {
	return ch.key("paged", strings.TrimPrefix(key, ch.key("album", "")))
}

// kept is how long Telegram repeats an update.
const kept = 24 * time.Hour
