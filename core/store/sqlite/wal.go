package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"

	"modernc.org/sqlite"

	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// wal keeps the write-ahead log short. What it holds is copied into the
// database beside the writer; because the writer goes on meanwhile, a little is
// always left, which the writer copies itself so that the log can begin anew.
type wal struct {
	e      *engine
	pages  int           // written since the last sweep was asked for
	batch  int           // batches since pages was looked at
	check  chan struct{} // 1: a sweep is wanted
	finish atomic.Int64  // size of the log that a sweep has just copied, 0 if there is nothing to finish
	swept  chan struct{} // closed when sweep has ended
}

const (
	walSoft = 4000  // pages (16 MB) after which a sweep runs beside the writer
	walHard = 64000 // pages (256 MB) from which on the writer waits for readers that are in the way
	walLook = 8     // batches between two looks at how much was written
)

func newWAL(e *engine) *wal {
	w := &wal{e: e, check: make(chan struct{}, 1), swept: make(chan struct{})}
	go w.sweep()
	return w
}

// After is called by the writer between batches.
func (e *engine) After(c *sql.Conn) {
	w := e.wal
	if n := w.finish.Swap(0); n > 0 {
		w.complete(c, n)
	}
	if w.batch++; w.batch < walLook {
		return
	}
	w.batch = 0
	err := c.Raw(func(c any) error {
		n, _, err := c.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true)
		w.pages += n
		return err
	})
	if err != nil || w.pages < walSoft {
		return
	}
	w.pages = 0
	select {
	case w.check <- struct{}{}:
	default:
	}
}

// complete copies what has come since a sweep of n pages.
func (w *wal) complete(c *sql.Conn, n int64) {
	mode := "PRAGMA wal_checkpoint(PASSIVE)"
	if n > walHard {
		mode = "PRAGMA wal_checkpoint(RESTART)" // waits for readers
	}
	var busy, size, done int64
	if err := c.QueryRowContext(context.Background(), mode).Scan(&busy, &size, &done); err != nil {
		w.failed(err)
	}
}

// sweep runs checkpoints beside the writer.
func (w *wal) sweep() {
	defer close(w.swept)
	for range w.check {
		var busy, size, done int64
		err := w.e.write.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &size, &done)
		if err != nil {
			w.failed(err)
			continue
		}
		w.finish.Store(size)
	}
}

func (w *wal) failed(err error) {
	w.e.Log.Warn("checkpoint failed; it will be tried again", "err", driver.Explain(w.e.file, w.e.Advice, err))
}

// close ends the sweeps, once the writer has ended.
func (w *wal) close() {
	close(w.check)
	<-w.swept
}
