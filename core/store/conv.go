package store

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/frontdesk-im/frontdesk/core"
)

// conv is what the writer knows of a conversation. Only the writer uses it,
// except for view.
type conv struct {
	row
	whole bool           // row.unread is all there is; if not, it is empty and must be read from the log
	lanes map[string]int // how many messages are pending, by channel; nil if that is not known
	dirty bool           // changed in this transaction
	view  atomic.Pointer[row]
}

// row is a conversation as it is stored. Once it can be seen by others, as
// view, it never changes.
type row struct {
	id, last, seen int64
	state          string
	gone, held     bool
	body           string
	ticket         string // the ticket's body
	unread         []entry
}

// entry is a record as it is stored.
type entry struct {
	seq, at            int64
	channel, ref, body string
}

// convs remembers the conversations that were written to lately, so that
// neither filing a message nor a turn need read the database. What is in it has
// been committed, or is about to be by the writer; it is emptied when a
// transaction is rolled back.
type convs struct {
	mu         sync.Mutex
	young, old map[core.Key]*conv
}

// generation is how many conversations become known before those that were not
// used since the last time are forgotten.
const generation = 8192

func (c *convs) get(key core.Key) *conv {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[key]; ok {
		return v
	}
	v, ok := c.old[key]
	if ok {
		c.put(key, v)
	}
	return v
}

func (c *convs) put(key core.Key, v *conv) {
	if len(c.young) >= generation || c.young == nil {
		c.young, c.old = map[core.Key]*conv{}, c.young
	}
	c.young[key] = v
}

func (c *convs) add(key core.Key, v *conv) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, v)
}

func (c *convs) remove(key core.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, key)
	delete(c.old, key)
}

func (c *convs) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old = nil, nil
}

// view is the conversation key as it was last committed, nil if that is not known.
func (c *convs) view(key core.Key) *row {
	if v := c.get(key); v != nil {
		return v.view.Load()
	}
	return nil
}

const (
	rowCols = "c.id, CASE WHEN u.last > c.last THEN u.last ELSE c.last END, c.seen, c.state, c.gone, c.held, c.body, coalesce(t.body, ''), u.conv IS NULL"
	rowFrom = " FROM conversation c LEFT JOIN ticket t ON t.id = c.ticket LEFT JOIN unread u ON u.conv = c.id "
	rowSQL  = "SELECT " + rowCols + rowFrom + "WHERE c.channel = $1 AND c.peer = $2"
)

func (r *row) dst() []any {
	return []any{&r.id, &r.last, &r.seen, &r.state, &r.gone, &r.held, &r.body, &r.ticket}
}

// find is the conversation key, nil if there is none.
func (t *tx) find(key core.Key) (*conv, error) {
	if c := t.w.convs.get(key); c != nil {
		return c, nil
	}
	if t.s.db.Shared {
		ids, err := t.s.db.Lock(context.Background(), t.w.conn, []core.Key{key})
		if err == nil {
			err = t.know(ids)
		}
		return t.w.convs.get(key), err
	}
	c := new(conv)
	found, err := t.row(append(c.dst(), &c.whole), rowSQL, key.Channel, key.Peer)
	if err != nil || !found {
		return nil, err
	}
	t.w.convs.add(key, c)
	return c, nil
}

// conv is the conversation key, made if there is none. Where another process is
// making it, it is found once that has committed.
func (t *tx) conv(key core.Key) (*conv, error) {
	for {
		c, err := t.find(key)
		if c != nil || err != nil {
			return c, err
		}
		c = &conv{whole: true, lanes: map[string]int{}}
		made, err := t.row([]any{&c.id}, "INSERT INTO conversation (channel, peer) VALUES ($1, $2) ON CONFLICT (channel, peer) DO NOTHING RETURNING id", key.Channel, key.Peer)
		if err != nil {
			return nil, err
		}
		if made {
			t.w.convs.add(key, c)
			return c, nil
		}
	}
}

// touch has the changes of c shown to others after the commit.
func (t *tx) touch(c *conv) {
	if !c.dirty {
		c.dirty = true
		t.touched = append(t.touched, c)
	}
}

// publish shows what has been committed, and forgets it where others may change it.
func (t *tx) publish() {
	if t.s.db.Shared {
		t.w.convs.forget()
		return
	}
	for _, c := range t.touched {
		c.dirty = false
		if !c.whole {
			c.view.Store(nil)
			continue
		}
		v := c.row
		c.view.Store(&v)
	}
}

// pending is how many messages wait in c's lane on channel.
func (t *tx) pending(c *conv, channel string) (int, error) {
	if c.lanes != nil {
		return c.lanes[channel], nil
	}
	if err := t.flush(); err != nil {
		return 0, err
	}
	lanes := map[string]int{}
	err := t.rows(func(scan func(...any) error) error {
		var channel string
		var n int
		err := scan(&channel, &n)
		lanes[channel] = n
		return err
	}, "SELECT channel, count(*) FROM log WHERE conv = $1 AND state = 'pending' GROUP BY channel", c.id)
	if err == nil {
		c.lanes = lanes
	}
	return lanes[channel], err
}

// more counts n more messages waiting on channel.
func (c *conv) more(channel string, n int) {
	if c.lanes == nil {
		return
	}
	if c.lanes[channel] += n; c.lanes[channel] <= 0 {
		delete(c.lanes, channel)
	}
}
