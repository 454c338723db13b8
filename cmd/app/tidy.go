package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// tidy deletes what is not kept any more until ctx is done: files that no message
// carries every hour, and what is too old a minute after the start and then once
// a day. What fails is tried again the next time.
func (a *app) tidy(ctx context.Context) { hourly(ctx, a.sweep, a.forget) }

// hourly calls sweep a minute from now and every hour after it, and forget with the
// first and every twenty-fourth of them, until ctx is done.
func hourly(ctx context.Context, sweep, forget func(context.Context)) {
	next := time.NewTimer(time.Minute)
	defer next.Stop()
	for hour := 0; ; hour++ {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			next.Reset(time.Hour)
		}
		sweep(ctx)
		if hour%24 == 0 {
			forget(ctx)
		}
	}
}

// sweep deletes the files that no message carries.
func (a *app) sweep(ctx context.Context) {
	n, err := a.store.Sweep(ctx, a.blobs)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("files that no message carries could not be deleted; it is tried again in an hour", "err", err)
	}
	if n > 0 {
		a.log.Info("deleted files that no message carries", "files", n)
	}
}

// forget deletes what is older than the configuration keeps it, and says what.
func (a *app) forget(ctx context.Context) {
	any := false
	for _, name := range slices.Sorted(maps.Keys(a.conf.Channels)) {
		k := keep(a.conf.Kept(name))
		did, err := a.store.Forget(ctx, name, k, a.blobs)
		if did != (store.Forgotten{}) {
			any = true
			a.log.Info("deleted what is too old to be kept", "channel", name, "messages", did.Messages, "files", did.Files,
				"events_without_words", did.Events, "tickets_without_words", did.Tickets,
				"kept_messages", k.Messages, "kept_media", k.Media, "kept_events", k.Events)
		}
		if err != nil && ctx.Err() == nil {
			a.log.Error("what is too old could not be deleted; it is tried again tomorrow", "channel", name, "err", err)
		}
	}
	if !any {
		return
	}
	if err := a.store.Shrink(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("the room of what was deleted was not given back to the disk; it is used again, and tried again", "err", err)
	}
}

func keep(k config.Keep) store.Keep {
	age := func(d *time.Duration) time.Duration {
		if d == nil {
			return 0
		}
		return *d
	}
	return store.Keep{Messages: age(k.Messages), Media: age(k.Media), Events: age(k.Events)}
}
