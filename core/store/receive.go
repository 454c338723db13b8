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
		if f.v == "" || !utf8.ValidString(f.v) || strings.ContainsRune(f.v, 0) {
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
	err = s.commit(ctx, func(t *tx) error {
		conv, err := t.conversation(key)
		if err != nil {
			return err
		}
		seq := s.ids.next()
		res, err := t.exec(`INSERT INTO log (seq, conv, kind, channel, ref, at, body) VALUES ($1, $2, 'in', $3, $4, $5, $6)
			ON CONFLICT (channel, ref) WHERE kind = 'in' DO NOTHING`, seq, conv, env.Channel, env.Ref, micro(at), body)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		_, err = t.exec(`INSERT INTO unread (conv, since, last, n) VALUES ($1, $2, $3, 1)
			ON CONFLICT (conv) DO UPDATE SET last = excluded.last, n = unread.n + 1`, conv, micro(at), seq)
		return err
	})
	return fresh && err == nil, err
}

// conversation is the row of key, made if there is none.
func (t *tx) conversation(key core.Key) (id int64, err error) {
	found, err := t.row([]any{&id}, "SELECT id FROM conversation WHERE channel = $1 AND peer = $2", key.Channel, key.Peer)
	if err != nil || found {
		return id, err
	}
	_, err = t.row([]any{&id}, "INSERT INTO conversation (channel, peer) VALUES ($1, $2) RETURNING id", key.Channel, key.Peer)
	return id, err
}
