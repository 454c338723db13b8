package store

import (
	"context"

	"github.com/frontdesk-im/frontdesk/core"
)

// claim has the conversations that a batch works on to this transaction alone,
// where other processes write too, and reads them. All are locked at once and in
// one order, so that two nodes do not wait for each other in a circle.
func (t *tx) claim(batch []*job) error {
	if !t.s.db.Shared {
		return nil
	}
	var keys []core.Key
	for _, j := range batch {
		switch {
		case j.in != nil:
			keys = append(keys, j.in.key)
		case j.turn != nil:
			keys = append(keys, j.turn.key)
		case j.key != (core.Key{}):
			keys = append(keys, j.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	ids, err := t.s.db.Lock(context.Background(), t.w.conn, keys)
	if err != nil {
		return err
	}
	return t.know(ids)
}

// know reads the conversations ids, which are locked, and how much waits in their
// lanes. Those that are known already may have been changed in this transaction.
func (t *tx) know(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	byID := map[int64]*conv{}
	err := t.rows(func(scan func(...any) error) error {
		var key core.Key
		c := &conv{lanes: map[string]int{}}
		if err := scan(append(c.dst(), &c.whole, &key.Channel, &key.Peer)...); err != nil {
			return err
		}
		if t.w.convs.get(key) == nil {
			t.w.convs.add(key, c)
			byID[c.id] = c
		}
		return nil
	}, "SELECT "+rowCols+", c.channel, c.peer"+rowFrom+"WHERE c.id"+t.s.db.Among, ids)
	if err != nil {
		return err
	}
	return t.rows(func(scan func(...any) error) error {
		var id int64
		var channel string
		var n int
		if err := scan(&id, &channel, &n); err != nil {
			return err
		}
		if c := byID[id]; c != nil {
			c.lanes[channel] = n
		}
		return nil
	}, "SELECT conv, channel, count(*) FROM log WHERE state = 'pending' AND conv"+t.s.db.Among+" GROUP BY conv, channel", ids)
}
