package store

import (
	"context"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Get implements core.Values.
func (s *Store) Get(ctx context.Context, key string) (value string, ok bool, err error) {
	err = s.query(ctx, func(scan func(...any) error) error { ok = true; return scan(&value) },
		"SELECT value FROM value WHERE key = $1 AND (until = 0 OR until > $2)", key, micro(s.opt.Now()))
	return value, ok && err == nil, err
}

// Put implements core.Values.
func (s *Store) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	return s.do(ctx, func(t *tx) error {
		if err := t.expire(); err != nil {
			return err
		}
		return t.setValue(key, value, s.until(ttl))
	})
}

// setValue keeps a value until a time, for ever where it is 0.
func (t *tx) setValue(key, value string, until int64) error {
	_, err := t.exec("INSERT INTO value (key, value, until) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until",
		key, value, until)
	return err
}

// setValues keeps what a turn decided for all.
func (t *tx) setValues(vs []core.Value) error {
	for _, v := range vs {
		err := error(nil)
		if v.Value == "" {
			_, err = t.exec("DELETE FROM value WHERE key = $1", v.Key)
		} else {
			err = t.setValue(v.Key, v.Value, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Add implements core.Values.
func (s *Store) Add(ctx context.Context, key, value string, ttl time.Duration) (added bool, err error) {
	err = s.do(ctx, func(t *tx) error {
		if err := t.expire(); err != nil {
			return err
		}
		r, err := t.exec(`INSERT INTO value (key, value, until) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE
			SET value = excluded.value, until = excluded.until WHERE value.until > 0 AND value.until <= $4`,
			key, value, s.until(ttl), micro(s.opt.Now()))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		added = n > 0
		return err
	})
	return added && err == nil, err
}

// Delete implements core.Values. Deleting what is not there is not an error.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.do(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM value WHERE key = $1", key)
		return err
	})
}

// List implements core.Values. Max 0 means all.
func (s *Store) List(ctx context.Context, prefix string, max int) (out []core.Value, err error) {
	if max <= 0 {
		max = 1 << 30
	}
	err = s.query(ctx, func(scan func(...any) error) error {
		var v core.Value
		err := scan(&v.Key, &v.Value)
		out = append(out, v)
		return err
	}, "SELECT key, value FROM value WHERE key >= $1 AND key < $2 AND (until = 0 OR until > $3) ORDER BY key LIMIT $4",
		prefix, prefix+strings.Repeat("\U0010ffff", 2), micro(s.opt.Now()), max)
	return out, err
}

func (s *Store) until(ttl time.Duration) int64 {
	if ttl <= 0 {
		return 0
	}
	return micro(s.opt.Now().Add(ttl))
}

// expire deletes some of what has expired, so that it does not gather.
func (t *tx) expire() error {
	_, err := t.exec("DELETE FROM value WHERE key IN (SELECT key FROM value WHERE until > 0 AND until <= $1 LIMIT 10"+t.s.db.Skip+")", micro(t.s.opt.Now()))
	return err
}
