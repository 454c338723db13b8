package app

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// What nobody keeps is looked for a minute after the start and every hour, what is
// too old once a day.
func TestHourly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var sweeps, forgets atomic.Int64
		go hourly(ctx, func(context.Context) { sweeps.Add(1) }, func(context.Context) { forgets.Add(1) })
		for _, x := range []struct {
			after           time.Duration
			sweeps, forgets int64
		}{{59 * time.Second, 0, 0}, {2 * time.Second, 1, 1}, {23 * time.Hour, 24, 1}, {time.Hour, 25, 2}, {48 * time.Hour, 73, 4}} {
			time.Sleep(x.after) // virtual time
			synctest.Wait()
			if s, f := sweeps.Load(), forgets.Load(); s != x.sweeps || f != x.forgets {
				t.Errorf("%v later: %d and %d, want %d and %d", x.after, s, f, x.sweeps, x.forgets)
			}
		}
		cancel()
		synctest.Wait()
	})
}

// What the configuration keeps for so many days is deleted after them, on the
// channel that says so, and the log counts it.
func TestForgets(t *testing.T) {
	conf, err := config.Parse("", []byte("keep: {messages: 30d}\nchannels:\n  web: {type: webchat}\n  app: {type: hook, keep: {messages: 0d}}\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir, now, log := t.TempDir(), time.Now(), &buffer{}
	a := &app{conf: conf, log: newLog(log, conf.Log)}
	if a.store, err = store.Open(t.Context(), store.Options{Path: dir, Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	defer a.store.Close()
	if a.blobs, err = blobs.Open(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	defer a.blobs.Close()
	past := func(channel string) int {
		rs, err := a.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: channel, Peer: "p"}})
		if err != nil {
			t.Fatal(err)
		}
		return len(rs)
	}
	for _, channel := range []string{"app", "web", "last"} {
		key := core.Key{Channel: channel, Peer: "p"}
		if _, err := a.store.Receive(t.Context(), key, core.Envelope{Channel: channel, Ref: "1", Parts: core.Parts{core.Text{Body: "hello"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.store.Turn(t.Context(), key, now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			return core.Outcome{Conversation: c}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	a.forget(t.Context())
	if past("web") != 1 || strings.Contains(log.String(), "deleted") {
		t.Errorf("deleted too early: %s", log)
	}
	now = now.Add(31 * 24 * time.Hour)
	a.forget(t.Context())
	if past("web") != 0 || past("app") != 1 || past("last") != 1 {
		t.Errorf("after a month: web %d, app %d, last %d", past("web"), past("app"), past("last"))
	}
	if !strings.Contains(log.String(), "channel=web messages=1") || strings.Contains(log.String(), "channel=app") {
		t.Errorf("the log: %s", log)
	}
}
