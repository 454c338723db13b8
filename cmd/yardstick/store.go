package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const schema = `
CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY, channel TEXT NOT NULL, peer TEXT NOT NULL, ref TEXT NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS inbox_ref ON inbox (channel, ref);
CREATE TABLE IF NOT EXISTS talk (channel TEXT NOT NULL, peer TEXT NOT NULL, seen INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (channel, peer));
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, channel TEXT NOT NULL, peer TEXT NOT NULL, body TEXT NOT NULL, due INTEGER NOT NULL, sent INTEGER NOT NULL DEFAULT 0, ref TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, channel TEXT NOT NULL, peer TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_left ON outbox (seq) WHERE sent = 0;`

// A store commits what has gathered: one transaction and one flush for all of it.
type store struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	jobs  chan *job
}

// A job is one call's part of a transaction.
type job struct {
	do   func() error
	done chan error // nil: nobody waits
}

// left is what an earlier process has not finished, oldest first.
type left struct {
	unread  []message
	answers []answer
}

// An answer is a message that goes out.
type answer struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Text    string `json:"text"`
	channel string
	seq     int64
}

func (a answer) named() answer {
	a.ID = "y-" + strconv.FormatInt(a.seq, 36)
	return a
}

func open(dir string) (*store, left, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "yardstick.db")+
		"?_pragma=journal_mode(wal)&_pragma=synchronous(2)&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-8192)")
	if err != nil {
		return nil, left{}, err
	}
	s := &store{stmts: map[string]*sql.Stmt{}, jobs: make(chan *job, 4096)}
	if s.conn, err = db.Conn(ctx); err != nil {
		return nil, left{}, err
	}
	if _, err := s.conn.ExecContext(ctx, schema); err != nil {
		return nil, left{}, err
	}
	l, err := s.left()
	go s.write()
	return s, l, err
}

// write commits, for ever.
func (s *store) write() {
	var batch []*job
	for {
		batch = append(batch[:0], <-s.jobs)
		for still := 0; still < 8 && len(batch) < 512; still++ { // let those who are about to call get on board
			runtime.Gosched()
			for more := true; more && len(batch) < 512; {
				select {
				case j := <-s.jobs:
					batch, still = append(batch, j), 0
				default:
					more = false
				}
			}
		}
		err := s.commit(batch)
		for _, j := range batch {
			if j.done != nil {
				j.done <- err
			}
		}
	}
}

func (s *store) commit(batch []*job) error {
	if _, err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, j := range batch {
		if err := j.do(); err != nil {
			_, e := s.exec("ROLLBACK")
			return errors.Join(err, e)
		}
	}
	_, err := s.exec("COMMIT")
	return err
}

func (s *store) stmt(q string) (*sql.Stmt, error) {
	if st := s.stmts[q]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), q)
	s.stmts[q] = st
	return st, err
}

func (s *store) exec(q string, args ...any) (sql.Result, error) {
	st, err := s.stmt(q)
	if err != nil {
		return nil, err
	}
	return st.Exec(args...)
}

func (s *store) do(f func() error) error {
	j := &job{do: f, done: make(chan error, 1)}
	s.jobs <- j
	return <-j.done
}

// file keeps m and reports whether it is new.
func (s *store) file(m *message) (fresh bool, err error) {
	err = s.do(func() error {
		r, err := s.exec("INSERT INTO inbox (channel, peer, ref, body) VALUES (?, ?, ?, ?) ON CONFLICT (channel, ref) DO NOTHING", m.channel, m.peer, m.ref, m.text)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if fresh = n > 0; fresh && err == nil {
			m.seq, err = r.LastInsertId()
		}
		return err
	})
	return fresh, err
}

// memory is what a conversation remembers.
type memory struct {
	Lines int    `json:"lines"`
	Last  string `json:"last"`
}

// decide is step 5: a function of the memory and the message.
func decide(was memory, m message) (memory, string) {
	now := memory{was.Lines + 1, m.text}
	return now, "Line " + strconv.Itoa(now.Lines) + ": thank you, we send within 48 hours and write to you when it is on its way."
}

// turn decides and keeps the answer to m with the conversation: steps 5 and 6.
func (s *store) turn(m message) (a answer, err error) {
	err = s.do(func() error {
		var body string
		var was memory
		st, err := s.stmt("SELECT body FROM talk WHERE channel = ? AND peer = ?")
		if err != nil {
			return err
		}
		if err := st.QueryRow(m.channel, m.peer).Scan(&body); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if body != "" {
			if err := json.Unmarshal([]byte(body), &was); err != nil {
				return err
			}
		}
		now, text := decide(was, m)
		b, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if _, err := s.exec("INSERT INTO talk (channel, peer, seen, body) VALUES (?, ?, ?, ?) ON CONFLICT (channel, peer) DO UPDATE SET seen = excluded.seen, body = excluded.body",
			m.channel, m.peer, m.seq, string(b)); err != nil {
			return err
		}
		if _, err := s.exec("INSERT INTO event (channel, peer, at, body) VALUES (?, ?, ?, ?)", m.channel, m.peer, time.Now().UnixMicro(), `{"kind":"answered","why":"there is one answer only","of":`+strconv.FormatInt(m.seq, 10)+`}`); err != nil {
			return err
		}
		r, err := s.exec("INSERT INTO outbox (channel, peer, body, due) VALUES (?, ?, ?, ?)", m.channel, m.peer, text, time.Now().Add(time.Minute).UnixMicro())
		if err != nil {
			return err
		}
		seq, err := r.LastInsertId()
		a = answer{To: m.peer, Text: text, channel: m.channel, seq: seq}.named()
		return err
	})
	return a, err
}

// settle notes that a was sent as ref. Nobody waits for that: what is not noted
// is sent again with the same ID.
func (s *store) settle(a answer, ref string) {
	s.jobs <- &job{do: func() error {
		_, err := s.exec("UPDATE outbox SET sent = 1, ref = ? WHERE seq = ?", ref, a.seq)
		return err
	}}
}

// left reads what is not finished.
func (s *store) left() (l left, err error) {
	in := s.rows(`SELECT i.seq, i.channel, i.peer, i.ref, i.body FROM inbox i
		LEFT JOIN talk t ON t.channel = i.channel AND t.peer = i.peer WHERE t.seen IS NULL OR i.seq > t.seen ORDER BY i.seq`, func(scan func(...any) error) error {
		var m message
		err := scan(&m.seq, &m.channel, &m.peer, &m.ref, &m.text)
		l.unread = append(l.unread, m)
		return err
	})
	out := s.rows("SELECT seq, channel, peer, body FROM outbox WHERE sent = 0 ORDER BY seq", func(scan func(...any) error) error {
		var a answer
		err := scan(&a.seq, &a.channel, &a.To, &a.Text)
		l.answers = append(l.answers, a.named())
		return err
	})
	return l, errors.Join(in, out)
}

func (s *store) rows(q string, row func(scan func(...any) error) error) error {
	rows, err := s.conn.QueryContext(context.Background(), q)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
