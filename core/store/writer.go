package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// writer commits what has gathered: one transaction and one flush for all of it.
type writer struct {
	s     *Store
	mu    sync.Mutex
	queue []*job
	ended bool
	wake  chan struct{} // 1: there may be something in queue
	done  chan struct{} // closed when the loop has ended

	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	texts  map[shape]string
	args   []any // empty, to be used again
	convs  convs
	unsure bool // nobody knows what became of the last write: connect anew before anything else
	seqs   struct{ next, end int64 }
}

// A job is one call's work: a message to be filed, a turn, or something else.
type job struct {
	in    *filing
	turn  *turning
	do    func(*tx) error
	key   core.Key              // of the conversation that do works on, if it is one
	alone func(*sql.Conn) error // outside a transaction, while no other job is done
	state state
	err   error
	done  chan struct{}
}

// state keeps a call that gives up waiting from having its work done after all.
type state struct {
	mu    sync.Mutex
	begun bool
	gone  bool
}

// start reports whether the job is still wanted; from then on it is.
func (st *state) start() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.begun = !st.gone
	return st.begun
}

// abandon reports whether the job has not begun, and keeps it from beginning.
func (st *state) abandon() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.gone = !st.begun
	return st.gone
}

// refused is an error of a job that has written nothing.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

const (
	yields   = 8                      // how often the writer lets others run in vain before it seals a batch
	patience = 500 * time.Microsecond // how long it lets them run at most
	maxBatch = 512                    // jobs in one transaction
)

func newWriter(ctx context.Context, s *Store) (*writer, error) {
	w := &writer{s: s, texts: map[shape]string{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

func (w *writer) connect(ctx context.Context) error {
	conn, err := w.s.db.Connect(ctx)
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	return err
}

// do runs f in the next transaction and returns when it is on disk.
func (s *Store) do(ctx context.Context, f func(*tx) error) error {
	return s.commit(ctx, &job{do: f})
}

// commit has j done in the next transaction and returns when it is on disk.
func (s *Store) commit(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.done = make(chan struct{})
	if err := s.queue.put(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.abandon() {
			return ctx.Err()
		}
		<-j.done
	}
	if r, ok := errors.AsType[refused](j.err); ok {
		return r.error
	}
	return s.explain(j.err)
}

func (w *writer) put(j *job) error {
	w.mu.Lock()
	if w.ended {
		w.mu.Unlock()
		return ErrClosed
	}
	w.queue = append(w.queue, j)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

func (w *writer) loop() {
	defer close(w.done)
	var batch []*job
	for range w.wake {
		for {
			batch = w.gather(batch[:0])
			if len(batch) == 0 {
				break
			}
			w.run(batch)
			for i, j := range batch {
				close(j.done)
				batch[i] = nil
			}
			w.s.db.After(w.conn)
		}
		w.mu.Lock()
		over := w.ended && len(w.queue) == 0
		w.mu.Unlock()
		if over {
			return
		}
	}
}

// gather takes what is queued, and lets others run a few times so that those
// who are about to call get on board.
func (w *writer) gather(batch []*job) []*job {
	start := time.Now()
	for still := 0; still < yields && len(batch) < maxBatch; still++ {
		if len(batch) > 0 {
			runtime.Gosched()
		}
		w.mu.Lock()
		n := min(len(w.queue), maxBatch-len(batch))
		if n > 0 {
			still = 0
		}
		for _, j := range w.queue[:n] {
			if j.state.start() {
				batch = append(batch, j)
			} else {
				close(j.done)
			}
		}
		w.queue = append(w.queue[:0], w.queue[n:]...)
		clear(w.queue[len(w.queue):cap(w.queue)])
		none := len(batch)+len(w.queue) == 0
		w.mu.Unlock()
		if none || len(batch) > 0 && time.Since(start) > patience {
			break
		}
	}
	return batch
}

// run commits a batch, or, if a piece of it fails, each piece alone.
func (w *writer) run(batch []*job) {
	batch = w.aside(batch)
	if len(batch) == 0 {
		return
	}
	err := w.attempt(batch)
	if err == nil {
		return
	}
	w.s.opt.Log.Debug("batch rolled back", "jobs", len(batch), "err", err)
	if len(batch) == 1 || w.s.db.Blame(err) >= driver.BlameWhole || errors.Is(err, errUnsure) {
		for _, j := range batch {
			j.err = err
		}
		return
	}
	for _, j := range batch {
		j.err = w.attempt([]*job{j})
	}
}

// again is how often work is tried that another process is in the way of.
const again = 20

// attempt tries a batch until no other process is in the way.
func (w *writer) attempt(batch []*job) (err error) {
	for range again {
		if err = w.try(batch); err == nil || w.s.db.Blame(err) != driver.BlameChance {
			break
		}
	}
	return err
}

// aside does the jobs that want no transaction, and returns the others.
func (w *writer) aside(batch []*job) []*job {
	if !slices.ContainsFunc(batch, func(j *job) bool { return j.alone != nil }) {
		return batch
	}
	var rest []*job
	for _, j := range batch {
		if j.alone == nil {
			rest = append(rest, j)
		} else {
			j.err = j.alone(w.conn)
		}
	}
	return rest
}

var errUnsure = errors.New("the last write failed and the database could not be brought to a known state yet")

// try runs a batch in one transaction. If it returns an error, nothing of the
// batch is kept, as far as the disk tells.
func (w *writer) try(batch []*job) (err error) {
	ctx := context.Background()
	if w.unsure {
		if err := w.heal(ctx); err != nil {
			return fmt.Errorf("%w: %w", errUnsure, err)
		}
	}
	t := &tx{s: w.s, w: w}
	defer func() {
		if w.s.db.Shared { // others may be given greater ones before the next transaction
			w.seqs.next = w.seqs.end
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil {
			w.abort(ctx, err)
		}
	}()
	if _, err := t.exec(w.s.db.Begin); err != nil {
		return err
	}
	if err := t.work(batch); err != nil {
		return err
	}
	start := time.Now()
	if _, err := t.exec("COMMIT"); err != nil {
		return err
	}
	w.s.flush.Store(int64(time.Since(start)))
	w.s.commits.Add(1)
	t.publish()
	return nil
}

// work does a batch's work: first what is filed, then turns, then the rest.
// Turns of a batch are of different conversations.
func (t *tx) work(batch []*job) error {
	var in []*filing
	for _, j := range batch {
		if j.err = nil; j.in != nil {
			in = append(in, j.in)
		}
	}
	if err := t.claim(batch); err != nil {
		return err
	}
	if err := t.file(in); err != nil {
		return err
	}
	for _, j := range batch {
		if j.turn == nil {
			continue
		}
		j.err = j.turn.write(t)
		if _, ok := errors.AsType[refused](j.err); j.err != nil && !ok {
			return j.err
		}
	}
	for _, j := range batch {
		if j.do == nil {
			continue
		}
		if err := t.flush(); err != nil {
			return err
		}
		j.err = j.do(t)
		if _, ok := errors.AsType[refused](j.err); j.err != nil && !ok {
			return j.err
		}
	}
	return t.flush()
}

// abort rolls back after err.
func (w *writer) abort(ctx context.Context, err error) {
	w.convs.forget()
	undone := w.s.db.Undo(ctx, w.conn)
	w.unsure = w.unsure || undone != nil || w.s.db.Blame(err) == driver.BlameState
}

// heal makes a fresh connection and has the database brought to a known state.
func (w *writer) heal(ctx context.Context) error {
	for _, st := range w.stmts {
		st.Close()
	}
	discard(w.conn)
	if err := w.connect(ctx); err != nil {
		return err
	}
	if err := w.s.db.Mend(ctx, w.conn); err != nil {
		return err
	}
	w.unsure = false
	w.s.opt.Log.Info("the database takes writes again")
	return nil
}

// discard closes a connection for good instead of returning it to its pool.
func discard(c *sql.Conn) {
	if c != nil {
		c.Raw(func(any) error { return sqldriver.ErrBadConn })
		c.Close()
	}
}

// stop refuses further work; done is closed when what is queued has been committed.
func (w *writer) stop() (done <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return w.done
}

// close commits what is queued and ends the loop.
func (w *writer) close() error {
	<-w.stop()
	for _, st := range w.stmts {
		st.Close()
	}
	return w.conn.Close()
}
