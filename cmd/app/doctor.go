package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/bus/redis"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/core/store/postgres"
)

// A doctor looks at one thing after the other and writes a line about each.
type doctor struct {
	out    io.Writer
	conf   *config.Config
	makers map[string]core.Maker
	call   func(*http.Request) (*http.Response, error) // reaches others
	free   func(dir string) (uint64, error)            // bytes of a disk
	now    func() time.Time
	held   bool // a running program has the data folder
	fails  int
	warns  int
}

func (d *doctor) ok(what, how string) { fmt.Fprintf(d.out, "ok    %-14s %s\n", what, how) }

func (d *doctor) warn(what, how, fix string) {
	d.warns++
	fmt.Fprintf(d.out, "warn  %-14s %s\n      %-14s fix: %s\n", what, Cover(how), "", fix)
}

func (d *doctor) fail(what, how, fix string) { d.faulty(what, Cover(how), fix) }

// faulty is fail of what can have no secret in it.
func (d *doctor) faulty(what, how, fix string) {
	d.fails++
	fmt.Fprintf(d.out, "FAIL  %-14s %s\n      %-14s fix: %s\n", what, how, "", fix)
}

// Doctor looks for what would keep the program from working here. It changes
// nothing, sends nobody anything, and may run beside a running program. The error
// is ErrSaid if something has to be mended.
func Doctor(ctx context.Context, out io.Writer, s Settings) error {
	d := &doctor{out: out, makers: s.makers(), call: client().Do, free: diskFree, now: time.Now}
	return d.look(ctx, s)
}

// look looks at one thing after the other.
func (d *doctor) look(ctx context.Context, s Settings) (err error) {
	if d.conf, err = s.Load(); err != nil {
		for _, l := range lines(err) {
			what, fix, _ := strings.Cut(l, "; ")
			d.faulty("configuration", what, orDefault(fix, "mend it there; config/example.yaml and adapters/*/example.yaml say what each key is"))
		}
		return d.end()
	}
	d.ok("configuration", orBuiltIn(s.Config))
	d.scripts()
	d.data(ctx)
	d.files(ctx)
	d.space()
	d.database(ctx)
	d.clock()
	d.bus(ctx)
	d.address(ctx)
	d.public()
	d.reached(ctx)
	d.process()
	d.accounts(ctx)
	d.staffed(ctx)
	return d.end()
}

func orBuiltIn(path string) string {
	if path == "" {
		return "built in: a web chat, an inbox, the demo scripts"
	}
	return path
}

func (d *doctor) end() error {
	fmt.Fprintf(d.out, "%d to mend, %d to look at\n", d.fails, d.warns)
	if d.fails > 0 {
		return ErrSaid
	}
	return nil
}

func (d *doctor) scripts() {
	sc, err := openScripts(d.conf, slog.New(slog.DiscardHandler))
	if err != nil {
		for _, l := range lines(err) {
			what, fix, _ := strings.Cut(l, "; ")
			d.fail("scripts", what, fix)
		}
		return
	}
	b := sc.book.Load()
	d.ok("scripts", "version "+b.Version)
	for _, w := range unheard(d.conf, b.TopicNames()) {
		d.warn("topics", w.what, w.fix)
	}
	for _, w := range borrowed(d.conf, b.Book, samples(d.conf, d.makers)) {
		d.warn("demo", w.what, w.fix)
	}
	for _, w := range shut(b.Book) {
		d.warn("hours", w.what, w.fix)
	}
	if len(d.conf.Desks) == 0 {
		d.warn("desks", "there is no desk: whoever asks for a person waits for ever", "add one under desks, for instance inbox: {type: console}")
	}
}

// data looks at the folder, and whether a running program holds it.
func (d *doctor) data(ctx context.Context) {
	dir := d.conf.Data
	st, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		d.parent(dir)
		return
	}
	if err != nil || !st.IsDir() {
		d.fail("data", fmt.Sprintf("%s cannot be used: %v", dir, orElse(err, "it is not a folder")), "name a folder with --data")
		return
	}
	start := time.Now()
	if err := writable(dir); err != nil {
		d.fail("data", fmt.Sprintf("%s cannot be written: %v", dir, err), fmt.Sprintf("make it writable for this user: chown -R $(id -u) %s", dir))
		return
	}
	flush := time.Since(start)
	if st.Mode().Perm()&0o077 != 0 {
		d.warn("data", fmt.Sprintf("%s is open to other users (%v): it holds what customers write", dir, st.Mode().Perm()), "chmod -R go= "+dir)
	}
	if flush > 100*time.Millisecond {
		d.warn("data", fmt.Sprintf("%s: a write needs %v to reach the disk: everybody waits for it", dir, flush.Round(time.Millisecond)), "use a local disk, not a network folder")
		return
	}
	d.ok("data", fmt.Sprintf("%s, writable, %v to reach the disk", dir, flush.Round(10*time.Microsecond)))
	d.held = inUse(ctx, dir)
}

// parent looks for a place where the data folder can be made.
func (d *doctor) parent(dir string) {
	up, err := filepath.Abs(dir)
	if err != nil {
		up = dir
	}
	for {
		up = filepath.Dir(up)
		if st, err := os.Stat(up); err == nil && st.IsDir() {
			break
		}
		if up == filepath.Dir(up) {
			break
		}
	}
	if err := writable(up); err != nil {
		d.fail("data", fmt.Sprintf("%s does not exist and cannot be made in %s: %v", dir, up, err), "make it, owned by the user who runs frontdesk, or name another with --data")
		return
	}
	d.ok("data", dir+" will be made")
}

func orElse(err error, text string) string {
	if err != nil {
		return err.Error()
	}
	return text
}

// writable writes a file to the disk and removes it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return unpath(err)
	}
	_, err = f.WriteString("frontdesk")
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

func unpath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

const (
	little  = 1 << 30   // of disk space: look at it
	nothing = 100 << 20 // of disk space: stop
)

// files looks at where media are kept, if that is not in the data folder.
func (d *doctor) files(ctx context.Context) {
	switch f := d.conf.Files; {
	case f.S3 != "":
		b, err := openBucket(f)
		if err == nil {
			err = b.Check(ctx)
		}
		if err != nil {
			what, fix, _ := strings.Cut(err.Error(), "; ")
			d.fail("files", what, orDefault(fix, "mend files.s3"))
			return
		}
		d.ok("files", "kept in "+f.S3+", written and read")
	case f.Folder != "":
		err := os.MkdirAll(f.Folder, 0o700)
		if err == nil {
			err = writable(f.Folder)
		}
		if err != nil {
			d.fail("files", fmt.Sprintf("%s cannot be written: %v", f.Folder, unpath(err)), "make it writable for this user, or name another folder in files.folder")
			return
		}
		d.ok("files", "kept in "+f.Folder+", writable")
	}
}

func (d *doctor) space() {
	dir := d.conf.Data
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := d.free(dir)
	switch {
	case err != nil:
		d.warn("disk", "the free space cannot be read: "+err.Error(), "look at it with df")
	case free < nothing:
		d.fail("disk", fmt.Sprintf("%d MB are free", free>>20), "make room: without it nothing can be accepted")
	case free < little:
		d.warn("disk", fmt.Sprintf("%d MB are free", free>>20), "make room; a million messages need about 1 GB")
	default:
		d.ok("disk", fmt.Sprintf("%d GB free", free>>30))
	}
}

// database checks the file without changing it.
func (d *doctor) database(ctx context.Context) {
	if d.conf.Store != "" {
		d.server(ctx)
		return
	}
	file := filepath.Join(d.conf.Data, "frontdesk.db")
	if _, err := os.Stat(file); err != nil {
		d.ok("database", "will be made")
		return
	}
	if err := whole(ctx, file); err != nil {
		d.fail("database", "it is damaged: "+err.Error(), "stop frontdesk, keep a copy of the data folder, then restore a backup (deploy/README.md)")
		return
	}
	d.ok("database", "whole")
}

// server asks the database server, without changing anything.
func (d *doctor) server(ctx context.Context) {
	start := d.now()
	what, err := postgres.Check(ctx, string(d.conf.Store))
	var f *store.Failure
	switch {
	case errors.As(err, &f):
		d.fail("database", f.Path+": "+f.What(), f.Do)
	case err != nil:
		d.fail("database", err.Error(), "look at store in the configuration")
	default:
		d.ok("database", fmt.Sprintf("%s, answers in %v", what, d.now().Sub(start).Round(100*time.Microsecond)))
	}
	if d.conf.Bus == "" {
		d.warn("bus", "without bus only one process may use the database at a time", "write bus: ${REDIS_URL} before a second one is started")
	}
}

// clock compares the clock with what was written before.
func (d *doctor) clock() {
	now := d.now()
	newest := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) // older than this program
	for _, name := range []string{"frontdesk.db", "frontdesk.db-wal"} {
		if st, err := os.Stat(filepath.Join(d.conf.Data, name)); err == nil && st.ModTime().After(newest) {
			newest = st.ModTime()
		}
	}
	if now.Before(newest.Add(-time.Minute)) {
		d.fail("clock", fmt.Sprintf("it says %s, but something was written at %s", now.Format(time.DateTime), newest.Format(time.DateTime)), "set the clock, best with NTP: timedatectl set-ntp true")
		return
	}
	zone, err := time.LoadLocation(d.conf.Zone)
	if err != nil {
		d.fail("clock", fmt.Sprintf("the time zone %s is not known", d.conf.Zone), "write a name like Asia/Shanghai in zone")
		return
	}
	d.ok("clock", now.In(zone).Format("2006-01-02 15:04:05 MST"))
}

// bus asks the Redis that several processes share, if there is one.
func (d *doctor) bus(ctx context.Context) {
	if d.conf.Bus == "" {
		return
	}
	b, err := redis.Open(ctx, redis.Options{URL: string(d.conf.Bus)})
	if err != nil {
		d.fail("bus", err.Error(), "look at the user, the password and the rights in bus")
		return
	}
	defer b.Close()
	start := d.now()
	if err := b.Check(ctx); err != nil {
		d.fail("bus", "the Redis cannot be reached: "+err.Error(), "start it, or mend the address in bus; until then what only one process may do stands still")
		return
	}
	d.ok("bus", fmt.Sprintf("Redis answers in %s", d.now().Sub(start).Round(100*time.Microsecond)))
}

func (d *doctor) address(ctx context.Context) {
	var lc net.ListenConfig
	for _, addr := range []string{d.conf.Listen, d.conf.Metrics.Listen} {
		if addr == "" {
			continue
		}
		ln, err := lc.Listen(ctx, "tcp", addr)
		switch {
		case err == nil && d.held && addr == d.conf.Listen && !strings.HasSuffix(addr, ":0"):
			_ = ln.Close()
			d.fail("data", fmt.Sprintf("another process has %s, though nothing listens on %s", d.conf.Data, addr), "stop it (ps aux | grep frontdesk), or give this one a folder of its own with --data")
		case err == nil:
			d.ok("address", addr+" is free")
			_ = ln.Close()
		case d.held:
			d.ok("address", addr+" is taken, as it should be: frontdesk is running")
		default:
			d.fail("address", fmt.Sprintf("%s cannot be listened on: %v", addr, errors.Unwrap(err)), "stop what uses it (ss -ltnp), or choose another with --listen")
		}
	}
}

// public looks at how the program is reached from outside.
func (d *doctor) public() {
	host, _, err := net.SplitHostPort(d.conf.Listen)
	if err != nil {
		return // config has checked it
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	switch base := d.conf.BaseURL; {
	case base == "" && !local:
		d.warn("reached by", "everybody can reach "+d.conf.Listen+", without TLS", "listen on 127.0.0.1 behind a proxy that speaks TLS, and set base_url")
	case strings.HasPrefix(base, "http://") && !strings.Contains(base, "localhost") && !strings.Contains(base, "127.0.0.1"):
		d.warn("reached by", base+" is without TLS: passwords can be read on the way", "put a proxy that speaks TLS before it and write https://")
	case strings.HasPrefix(base, "https://") && len(d.conf.Proxies) == 0:
		d.warn("reached by", "behind a proxy all visitors look like one address, which is soon too busy", "write the proxy's address in proxies, for instance [127.0.0.1]")
	default:
		d.ok("reached by", orDefault(base, "http://"+d.conf.Listen))
	}
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func (d *doctor) process() {
	if os.Geteuid() == 0 {
		d.warn("user", "frontdesk runs as root, which it has no need of", "run it as a user of its own (deploy/frontdesk.service)")
	}
	if n, err := openFiles(); err == nil && n < 4096 {
		d.warn("open files", fmt.Sprintf("at most %d: each open web chat needs one", n), "ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit")
	}
}

// accounts makes every adapter on a store of its own and asks those that can
// check themselves.
func (d *doctor) accounts(ctx context.Context) {
	dir, err := os.MkdirTemp("", "frontdesk-doctor-*")
	if err != nil {
		d.unseen(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, store.Options{Path: dir, Log: log})
	if err != nil {
		d.unseen(err)
		return
	}
	defer func() { _ = st.Close() }()
	kept, err := blobs.Open(filesOf(dir))
	if err != nil {
		d.unseen(err)
		return
	}
	calls := client()
	w := &watch{next: calls.Transport, now: d.now}
	calls.Transport = w
	for _, x := range accounts(d.conf, d.makers) {
		said, err := tried(ctx, x, core.Deps{
			Name: x.name, Inbox: deaf{}, Views: st, Values: st, Blobs: kept, Bus: bus.New(), HTTP: calls,
			Log: log, Meter: newMeter(log), Now: time.Now,
		})
		if err != nil {
			what, fix, _ := strings.Cut(x.part.Explain(err).Error(), "; ")
			d.fail(x.name, what, orDefault(fix, "see the keys of "+x.name+" in the configuration"))
			continue
		}
		d.ok(x.name, x.kind+said)
	}
	d.compare(w)
}

// unseen says that no account could be looked at.
func (d *doctor) unseen(err error) {
	d.warn("accounts", "not looked at: "+err.Error(), "make "+os.TempDir()+" writable")
}

// tried makes an account's adapter and lets it check itself, if it can. said is
// what is known of it then; a panic is an error of the account.
func tried(ctx context.Context, x account, d core.Deps) (said string, err error) {
	a, err := x.make(d)
	if err != nil {
		return "", err
	}
	if x.role == core.RoleDesk && !a.Limits().Threads {
		return "", errors.New("its platform has no threads, so it cannot be a desk")
	}
	c, ok := a.(core.Checker)
	if !ok {
		return ", its keys are complete", nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: the adapter panicked: %v", x.kind, r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return ", its platform has accepted us", c.Check(ctx)
}

// deaf is the inbox of adapters that are only looked at.
type deaf struct{}

func (deaf) Receive(context.Context, core.Envelope) error {
	return errors.New("frontdesk is not running")
}
func (deaf) Report(context.Context, core.Receipt) error { return nil }
func (deaf) Typing(context.Context, core.Envelope)      {}

// inUse reports whether a running program holds the data folder: it holds an
// exclusive transaction on a small database there.
func inUse(ctx context.Context, dir string) bool {
	file := filepath.Join(dir, "frontdesk.lock")
	if _, err := os.Stat(file); err != nil {
		return false
	}
	return query(ctx, file, 0, func(db *sql.DB) error {
		var n int
		return db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n)
	}) != nil
}
