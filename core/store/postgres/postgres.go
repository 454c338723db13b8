// Package postgres is the driver for a PostgreSQL server, version 12 or later,
// that several processes use at once.
//
// Order within a conversation rests on row locks: whoever writes to a
// conversation locks its row first, and only then takes numbers for new records.
// So of two records of one conversation the later has the greater number, though
// numbers of different conversations may be committed in any order.
//
// Each process is a node: a row with a heartbeat by the server's clock. What a
// node has leased is nobody else's while its heart beats, whatever their clocks
// say, and anybody's when it has not for as long as deadAfter.
//
// On failure: a statement that lost a race (serialization, deadlock, a lock not
// had in time) is run again with its batch. A connection that breaks is made
// anew; a commit under way at that moment may have been kept. A node that is
// stopped within a transaction loses it, and its locks, after idleAfter.
//
// Errors name the server, the database and the user, and never the password.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store/driver"
)

// Name is the dialect's, as the files of the schema have it.
const Name = "postgres"

const (
	readers   = 8               // connections for reading
	writers   = 3               // the writer's, the heartbeat's, and one for a new writer's
	beatEvery = time.Second     // between two heartbeats
	deadAfter = 4 * time.Second // without a heartbeat
	idleAfter = 5 * time.Second // within a transaction, before the server ends it
	lockAfter = 10 * time.Second
	patience  = 10 * time.Second // with a server that is asked whether it can be used
	oldest    = 12_00_00         // version
	block     = 64               // numbers for records that are taken at once
)

var dialect = driver.Dialect{
	Begin: "BEGIN",
	Back: `WITH back AS (SELECT seq, prev, kind, channel, ref, at, body, state, why FROM log
	WHERE seq <= $1 AND seq > $2 AND conv = $3) `,
	Newest:   " ORDER BY seq DESC",
	Version:  "SELECT max(version) FROM schema_version",
	Numbered: true,
	Shared:   true,
	Wait:     " FOR UPDATE",
	Skip:     " FOR UPDATE SKIP LOCKED",
	SkipTalk: " FOR UPDATE OF c SKIP LOCKED",
	Among:    " = ANY($1)",
	Free:     "l.due > 0 AND l.due <= $1 AND (l.owner IN (0, -2) OR l.owner = $3)",
	Orphan: "l.due > 0 AND CAST($1 AS BIGINT) >= 0 AND l.owner NOT IN (0, -2) AND l.owner <> $3 AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = l.owner AND n.beat > " +
		alive + ")",
	Seize:  "LOCK TABLE node IN ACCESS EXCLUSIVE MODE",
	Living: "SELECT count(*) FROM node WHERE beat > " + alive,
	Moved: []string{
		"SELECT setval('record', (SELECT coalesce(max(seq), 0) / 64 * 64 + 65 FROM log), false)",
		"SELECT setval(pg_get_serial_sequence('conversation', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM conversation), false)",
		"SELECT setval(pg_get_serial_sequence('epoch', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM epoch), false)",
	},
	Text: text,
}

// alive is how old a heartbeat may be.
var alive = fmt.Sprintf("clock_timestamp() - interval '%d milliseconds'", deadAfter.Milliseconds())

// engine is a database that is open.
type engine struct {
	driver.Options
	name     string  // of the server and the database
	write    *sql.DB //
	read     *sql.DB
	me       int64
	bereaved atomic.Bool
	stop     context.CancelFunc // ends the heart
	stopped  chan struct{}
}

var _ driver.Engine = (*engine)(nil)

// Open opens the database at the URL o.Place and brings its schema up to date.
func Open(ctx context.Context, o driver.Options) (*driver.Database, error) {
	conf, err := parse(o.Place)
	if err != nil {
		return nil, err
	}
	conf.RuntimeParams["application_name"] = "frontdesk"
	e := &engine{Options: o, name: name(conf)}
	e.write = pool(conf, writers)
	e.read = pool(conf, readers)
	if err := e.open(ctx); err != nil {
		_ = e.Close()
		return nil, driver.Explain(e.name, e.Advice, err)
	}
	return &driver.Database{Dialect: dialect, Engine: e, Name: e.name, Read: e.read}, nil
}

// parse reads the address of a database. What is wrong with one is not told: it
// has a password in it.
func parse(url string) (*pgx.ConnConfig, error) {
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, &driver.Failure{Path: "the address of the database", Err: errAddress, Do: addressAdvice}
	}
	return conf, nil
}

func (e *engine) open(ctx context.Context) error {
	if _, err := fit(ctx, e.write); err != nil {
		return err
	}
	return migrate(ctx, e.write, e.Options)
}

// fit reports which server it is, and whether it can be used.
func fit(ctx context.Context, db *sql.DB) (server string, err error) {
	var encoding, wait, version string
	var number int
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_encoding'), current_setting('synchronous_commit'), current_setting('server_version'), current_setting('server_version_num')::int").
		Scan(&encoding, &wait, &version, &number); err != nil {
		return "", err
	}
	switch {
	case number < oldest:
		return "", fmt.Errorf("%w: it is %s", errOld, version)
	case encoding != "UTF8":
		return "", fmt.Errorf("%w: its encoding is %s", errEncoding, encoding)
	case wait == "off":
		return "", errAsync
	}
	return "PostgreSQL " + version, nil
}

// Check asks whether the database at url can be used, and changes nothing. It
// returns which server it is.
func Check(ctx context.Context, url string) (server string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conf, err := parse(url)
	if err != nil {
		return "", err
	}
	e := &engine{name: name(conf)}
	db := pool(conf, 1)
	defer db.Close()
	if server, err = fit(ctx, db); err != nil {
		return "", driver.Explain(e.name, e.Advice, err)
	}
	var may bool
	if err := db.QueryRowContext(ctx, "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)").Scan(&may); err != nil {
		return "", driver.Explain(e.name, e.Advice, err)
	}
	if !may {
		return "", &driver.Failure{Path: e.name, Err: errRights, Do: rightsAdvice}
	}
	return server + " at " + e.name, nil
}

// name is a server and a database without secrets.
func name(c *pgx.ConnConfig) string {
	return c.User + "@" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
}

// settings are made in every connection: what has been committed is on disk, and
// nobody keeps a lock who has stopped.
var settings = fmt.Sprintf(`SET default_transaction_isolation = 'read committed';
	SET idle_in_transaction_session_timeout = %d; SET lock_timeout = %d; SET timezone = 'UTC'`, idleAfter.Milliseconds(), lockAfter.Milliseconds())

func pool(conf *pgx.ConnConfig, most int) *sql.DB {
	db := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.PgConn().Exec(ctx, settings).ReadAll()
		return err
	}))
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db
}

// Enrol makes this process a node and starts its heart. IDs have the prefix that
// the first node gave out.
func (e *engine) Enrol(ctx context.Context) (n driver.Enrolment, err error) {
	if err := e.write.QueryRowContext(ctx, "INSERT INTO node (beat) VALUES (clock_timestamp()) RETURNING id").Scan(&e.me); err != nil {
		return n, err
	}
	n.Me, n.Orphans = e.me, true
	if n.Epochs, err = driver.Epochs(ctx, e.write); err != nil {
		return n, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop, e.stopped = stop, make(chan struct{})
	go e.live(life)
	return n, nil
}

// live beats until ctx is done. A beat that fails is tried again with the next.
func (e *engine) live(ctx context.Context) {
	defer close(e.stopped)
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := e.beat(ctx); err != nil && ctx.Err() == nil {
			e.Log.Warn("the database does not hear this node; if that goes on, other nodes send what it was sending",
				"err", driver.Explain(e.name, e.Advice, err))
		}
	}
}

// beat says that we live, and looks for those who do not.
func (e *engine) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadAfter)
	defer cancel()
	var dead bool
	err := e.write.QueryRowContext(ctx, `WITH me AS (INSERT INTO node (id, beat) VALUES ($1, clock_timestamp())
		ON CONFLICT (id) DO UPDATE SET beat = excluded.beat)
		SELECT EXISTS (SELECT 1 FROM node WHERE id <> $1 AND beat <= `+alive+`)`, e.me).Scan(&dead)
	if err != nil || !dead {
		return err
	}
	e.bereaved.Store(true)
	_, err = e.write.ExecContext(ctx, `DELETE FROM node n WHERE n.beat <= `+alive+` AND n.id <> $1
		AND NOT EXISTS (SELECT 1 FROM log l WHERE l.due > 0 AND l.owner = n.id)`, e.me)
	return err
}

// Bereaved implements driver.Engine.
func (e *engine) Bereaved() bool { return e.bereaved.Swap(false) }

// Connect implements driver.Engine.
func (e *engine) Connect(ctx context.Context) (*sql.Conn, error) { return e.write.Conn(ctx) }

// Mend implements driver.Engine: what is committed is safe with the server.
func (e *engine) Mend(ctx context.Context, c *sql.Conn) error { return c.PingContext(ctx) }

// lockSQL locks conversations in one order everywhere. What was read together
// with the locks might be older than they are: it is read afterwards.
const lockSQL = `SELECT c.id FROM conversation c JOIN unnest($1::text[], $2::text[]) AS k (channel, peer)
	ON c.channel = k.channel AND c.peer = k.peer ORDER BY c.id FOR UPDATE OF c`

// Lock implements driver.Engine.
func (e *engine) Lock(ctx context.Context, c *sql.Conn, keys []core.Key) (ids []int64, err error) {
	channels, peers := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		channels[i], peers[i] = text(k.Channel), text(k.Peer)
	}
	rows, err := c.QueryContext(ctx, lockSQL, channels, peers)
	if err != nil {
		return nil, err
	}
	err = driver.Each(rows, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		if n := len(ids); n == 0 || ids[n-1] != id {
			ids = append(ids, id)
		}
		return err
	})
	return ids, err
}

// Seqs implements driver.Engine.
func (e *engine) Seqs(ctx context.Context, c *sql.Conn) (first, end int64, err error) {
	err = c.QueryRowContext(ctx, "SELECT nextval('record')").Scan(&first)
	return first, first + block, err
}

// Undo implements driver.Engine.
func (e *engine) Undo(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "ROLLBACK")
	return err
}

// After implements driver.Engine: the server looks after itself.
func (e *engine) After(*sql.Conn) {}

// Shrink implements driver.Engine: autovacuum does.
func (e *engine) Shrink(context.Context, func(func(*sql.Conn) error) error) error { return nil }

// Size implements driver.Engine.
func (e *engine) Size(ctx context.Context) (n int64) {
	if err := e.read.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n); err != nil {
		return 0
	}
	return n
}

// Close takes leave of the others: what we have leased is theirs at once.
func (e *engine) Close() error {
	var errs []error
	if e.stop != nil {
		e.stop()
		<-e.stopped
		ctx, cancel := context.WithTimeout(context.Background(), deadAfter)
		defer cancel()
		_, err := e.write.ExecContext(ctx, "UPDATE node SET beat = '-infinity' WHERE id = $1", e.me)
		if err != nil && e.Blame(err) == driver.BlameState {
			err = nil // the server is gone, and will find our heart still
		}
		errs = append(errs, err)
	}
	for _, db := range []*sql.DB{e.read, e.write} {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}
