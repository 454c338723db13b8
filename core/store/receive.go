package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// Receive implements core.Store. An envelope without channel, ref or
// conversation is core.ErrInvalid.
func (s *Store) Receive(ctx context.Context, key core.Key, env core.Envelope) (fresh bool, err error) {
	for _, f := range [...]struct{ what, v string }{{"channel", env.Channel}, {"ref", env.Ref}, {"conversation's channel", key.Channel}, {"conversation's peer", key.Peer}} {
		if f.v == "" || !utf8.ValidString(f.v) || strings.IndexByte(f.v, 0) >= 0 {
			return false, fmt.Errorf("store: %w envelope: its %s is empty or not text", core.ErrInvalid, f.what)
		}
	}
	body, err := pack(key, env)
	if err != nil {
		return false, fmt.Errorf("store: %w envelope: %w", core.ErrInvalid, err)
	}
	at := env.Filed
	if at.IsZero() {
		at = s.opt.Now()
	}
	f := &filing{key: key, entry: entry{at: micro(at), channel: env.Channel, ref: env.Ref, body: body}}
	err = s.commit(ctx, &job{in: f})
	return f.fresh && err == nil, err
}

// filing is a message to be filed.
type filing struct {
	key core.Key
	entry
	fresh bool

	conv *conv
	prev int64
}

const (
	inInsert = "INSERT INTO log (seq, conv, prev, kind, channel, ref, at, body)"
	inRest   = "ON CONFLICT (channel, ref) WHERE kind = 'in' DO NOTHING"
)

// file files the messages of a batch, except repeats.
func (t *tx) file(fs []*filing) (err error) {
	if len(fs) == 0 {
		return nil
	}
	args := t.w.args
	lasts := map[*conv]int64{}
	for _, f := range fs {
		if f.conv, err = t.conv(f.key); err != nil {
			return err
		}
		f.seq, f.prev = t.seq(), f.conv.last
		f.fresh = true
		if _, ok := lasts[f.conv]; !ok {
			lasts[f.conv] = f.conv.last
		}
		f.conv.last = f.seq
		args = append(args, f.seq, f.conv.id, f.prev, "in", f.channel, f.ref, f.at, f.body)
	}
	if t.err != nil {
		return t.err
	}
	n, err := t.insert(inInsert, inRest, 8, args)
	if err != nil {
		return err
	}
	if n < int64(len(fs)) {
		if err := t.repeats(fs, lasts); err != nil {
			return err
		}
	}
	return t.markUnread(fs)
}

// repeats finds those that were not inserted, and mends the lists of their
// conversations: who came behind one of them stands behind its predecessor.
func (t *tx) repeats(fs []*filing, lasts map[*conv]int64) error {
	kept := map[int64]bool{}
	err := t.rows(func(scan func(...any) error) error {
		var seq int64
		err := scan(&seq)
		kept[seq] = true
		return err
	}, "SELECT seq FROM log WHERE seq >= $1 AND seq <= $2", fs[0].seq, fs[len(fs)-1].seq)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if f.fresh = kept[f.seq]; !f.fresh {
			continue
		}
		if f.prev != lasts[f.conv] {
			if _, err := t.exec("UPDATE log SET prev = $2 WHERE seq = $1", f.seq, lasts[f.conv]); err != nil {
				return err
			}
		}
		lasts[f.conv] = f.seq
	}
	for _, f := range fs {
		f.conv.last = lasts[f.conv]
		if err := t.unmake(f.key, f.conv); err != nil {
			return err
		}
	}
	return nil
}

// unmake removes a conversation that was made for a message that turned out to
// be a repeat.
func (t *tx) unmake(key core.Key, c *conv) error {
	if c.last != 0 || c.body != "" {
		return nil
	}
	t.w.convs.remove(key)
	_, err := t.exec("DELETE FROM conversation WHERE id = $1", c.id)
	return err
}

// markUnread puts conversations on the list of those with unread envelopes.
func (t *tx) markUnread(fs []*filing) error {
	args := t.w.args
	at := make(map[*conv]int, len(fs)) // where its row begins in args
	for _, f := range fs {
		if !f.fresh {
			continue
		}
		if i, ok := at[f.conv]; ok {
			args[i+2], args[i+3] = f.seq, args[i+3].(int64)+1
		} else {
			at[f.conv] = len(args)
			args = append(args, f.conv.id, f.at, f.seq, int64(1))
		}
		f.conv.file(f.entry)
		t.touch(f.conv)
	}
	_, err := t.insert("INSERT INTO unread (conv, since, last, n)",
		"ON CONFLICT (conv) DO UPDATE SET last = excluded.last, n = unread.n + excluded.n, until = 0", 4, args)
	return err
}

// file adds e to what is unread. A flood is not kept in memory.
func (c *conv) file(e entry) {
	if c.whole = c.whole && len(c.unread) < 2*mostUnread; c.whole {
		c.unread = append(c.unread, e)
	} else {
		c.unread = nil
	}
}
