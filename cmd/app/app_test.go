package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A buffer is written by the program while the test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A program is one that runs in the test's own process.
type program struct {
	t        *testing.T
	base     string
	out, err *buffer
	cancel   context.CancelFunc
	done     chan error
}

// launch starts serve on data and a free port, and returns when it answers.
func launch(t *testing.T, s Options) *program {
	t.Helper()
	p := &program{t: t, out: &buffer{}, err: &buffer{}, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	up := make(chan string, 1)
	s.Listen, s.Out, s.Err, s.Up = "127.0.0.1:0", p.out, p.err, func(a string) { up <- a }
	go func() { p.done <- Run(ctx, s) }()
	select {
	case a := <-up:
		p.base = "http://" + a
	case err := <-p.done:
		p.done <- err
		t.Fatalf("it did not start: %v\n%s", err, p.err)
	}
	t.Cleanup(func() {
		cancel()
		<-p.done
		if t.Failed() {
			t.Logf("the program's log:\n%s", p.err)
		}
	})
	return p
}

// stop asks the program to end and waits until it has.
func (p *program) stop() error {
	p.cancel()
	err := <-p.done
	p.done <- nil // for the cleanup
	return err
}

// call sends JSON and reads JSON.
func (p *program) call(method, path, token string, in, out any) {
	p.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			p.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", p.base)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s %s %v", method, path, res.Status, b, err)
	}
	if err := json.Unmarshal(b, out); err != nil {
		p.t.Fatalf("%s: %v", b, err)
	}
}

// said is what a visitor sees.
type said struct {
	Seq   int64  `json:"seq"`
	ID    string `json:"id"`
	Mine  string `json:"mine"`
	From  struct{ Kind, Name string }
	Parts json.RawMessage
}

func (s said) String() string { return fmt.Sprintf("%d %s", s.Seq, s.Parts) }

// visitor is a customer at the web chat, over HTTP.
type visitor struct {
	*program
	token string
	after int64
	lines []said
	n     int // of them, how many were looked at in order
}

func (p *program) visit() *visitor {
	var s struct{ Token string }
	p.call("POST", "/chat/v1/session", "", map[string]string{}, &s)
	v := &visitor{program: p, token: s.Token}
	v.call("POST", "/chat/v1/messages?lang=zh-CN", v.token, map[string]string{"op": "open", "lang": "zh-CN"}, &struct{}{})
	return v
}

func (v *visitor) send(id, text string) {
	v.call("POST", "/chat/v1/messages", v.token, map[string]string{"op": "send", "id": id, "text": text}, &struct{}{})
}

// until polls until a line matches.
func (v *visitor) until(want string) {
	v.t.Helper()
	find := regexp.MustCompile(want)
	for range 40 {
		for _, l := range v.lines {
			if l.Mine == "" && find.Match(l.Parts) {
				return
			}
		}
		v.poll()
	}
	v.t.Fatalf("no line matches %s in %v", want, v.lines)
}

// The whole program: it starts, answers, greets and answers a customer, and
// stops with everything kept.
func TestServe(t *testing.T) {
	data := t.TempDir()
	p := launch(t, Options{Settings: Settings{Data: data}})
	for path, want := range map[string]string{"/healthz": "^ok\n$", "/readyz": `"ready":true`, "/": "(?s)<script", "/metrics": "frontdesk_store_up 1", "/console/": "(?s)<html"} {
		code, _, body := get(t, p.base+path)
		if code != 200 || !regexp.MustCompile(want).MatchString(body) {
			t.Errorf("%s: %d %.300s", path, code, body)
		}
	}
	if s := p.out.String(); !strings.Contains(s, p.base+"/console/join/") || !strings.Contains(s, p.base+"/\n") {
		t.Errorf("the banner lacks an address:\n%s", s)
	}

	v := p.visit()
	v.until("人工")
	v.send("m1", "转人工")
	v.until("同事|人工")
	n := len(v.lines)
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	log := p.err.String()
	if strings.Contains(log, "转人工") || strings.Contains(log, "/join/") {
		t.Errorf("the log has what people wrote, or the link:\n%s", log)
	}

	// What was said is there after a restart, once.
	q := launch(t, Options{Settings: Settings{Data: data}})
	w := &visitor{program: q, token: v.token}
	w.until("人工")
	seen := map[string]bool{}
	for _, l := range w.lines {
		if seen[l.ID] {
			t.Errorf("%s is there twice", l.ID)
		}
		seen[l.ID] = true
	}
	if len(w.lines) < n {
		t.Errorf("%d lines after the restart, %d before", len(w.lines), n)
	}
	if err := q.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// A second program on the same data, and an address that is taken, say so.
func TestServeRefuses(t *testing.T) {
	data := t.TempDir()
	p := launch(t, Options{Settings: Settings{Data: data}})
	err := Run(t.Context(), Options{Settings: Settings{Data: data, Listen: "127.0.0.1:0"}, Out: io.Discard, Err: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("the same data: %v", err)
	}
	err = Run(t.Context(), Options{Settings: Settings{Data: t.TempDir(), Listen: strings.TrimPrefix(p.base, "http://")}, Out: io.Discard, Err: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("the same address: %v", err)
	}
}

// copyScripts puts the demo scripts into a folder.
func copyScripts(t *testing.T) string {
	dir := t.TempDir()
	if err := os.CopyFS(dir, flows.FS); err != nil {
		t.Fatal(err)
	}
	return dir
}

func addScript(t *testing.T, dir, text string) {
	if err := os.WriteFile(filepath.Join(dir, "zz.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const goodEntry = `
entries:
  - id: opening_day
    title: {zh: 开业时间, en: Opening day}
    samples: {zh: [哪天开业, 什么时候开业], en: [when do you open]}
    answer: {zh: 下周一开业。, en: We open next Monday.}
`

// Scripts are exchanged as a whole when files change; bad ones change nothing.
func TestReload(t *testing.T) {
	dir := copyScripts(t)
	c := config.Default()
	c.Flows.Dir = dir
	var log buffer
	s, err := openScripts(c, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first := s.book.Load()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.watch(ctx, time.Second); close(done) }()
		pass := func() { time.Sleep(2500 * time.Millisecond); synctest.Wait() } // virtual time

		pass()
		if s.book.Load() != first {
			t.Error("reloaded though nothing had changed")
		}
		addScript(t, dir, "entries:\n  - id: x\n    answr: {zh: 好}\n")
		pass()
		if s.book.Load() != first || s.fault() == nil || !strings.Contains(s.fault().Error(), "zz.yaml:3") {
			t.Errorf("a bad file: %v", s.fault())
		}
		if !strings.Contains(log.String(), "zz.yaml:3") {
			t.Errorf("the log does not say where the fault is:\n%s", log.String())
		}
		if err := os.Remove(filepath.Join(dir, "zz.yaml")); err != nil {
			t.Fatal(err)
		}
		pass()
		if s.book.Load().Version != first.Version || s.fault() != nil {
			t.Errorf("the old files again: version %s, %v", s.book.Load().Version, s.fault())
		}
		if !strings.Contains(log.String(), "the faults in the scripts are gone") {
			t.Errorf("the log does not say that the files are whole again:\n%s", log.String())
		}
		cancel()
		<-done
	})
}

// smallShop is a script that is trained in no time.
const smallShop = `
settings: {languages: [zh, en]}
greeting: {text: {zh: 我是客服机器人，说“人工”找人。, en: I am a bot. Say agent for a person.}, short: {zh: 我是机器人，说“人工”找人。, en: I am a bot. Say agent for a person.}}
entries:
  - id: ship_time
    title: {zh: 多久送到, en: Delivery time}
    samples: {zh: [快递几天能送到, 多久送到], en: [how long does delivery take]}
    answer: {zh: 两到三天。, en: Two to three days.}
`

// A reload that is asked for takes the new files, and what is being decided
// meanwhile keeps the old.
func TestReloadAsked(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(smallShop), 0o600); err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	p := launch(t, Options{Settings: Settings{Data: t.TempDir(), Flows: dir}, Reload: asked})
	version := func() (r readiness) {
		p.call("GET", "/readyz", "", nil, &r)
		return r
	}
	before := version()
	addScript(t, dir, "entries: [")
	asked <- struct{}{}
	asked <- struct{}{} // taken when the first has been done
	if r := version(); r.Scripts != before.Scripts || r.Fault == "" || !r.Ready {
		t.Errorf("after a bad file: %+v", r)
	}
	addScript(t, dir, goodEntry)
	asked <- struct{}{}
	asked <- struct{}{}
	if r := version(); r.Scripts == before.Scripts || r.Fault != "" {
		t.Errorf("after a good file: %+v", r)
	}
}

// Agents of the configuration get their records; presence is theirs.
func TestPresets(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := map[string]config.Agent{"inbox/lin": {Name: "小林", Lead: true, Topics: []string{"presale"}, Max: 3}}
	for range 2 {
		if err := presets(t.Context(), s, want); err != nil {
			t.Fatal(err)
		}
		as, err := s.Agents(t.Context())
		if err != nil || len(as) != 1 {
			t.Fatalf("%v %v", as, err)
		}
		a := as[0]
		if a.ID != "inbox/lin" || a.Name != "小林" || !a.Lead || a.Max != 3 || len(a.Topics) != 1 {
			t.Errorf("%+v", a)
		}
		a.Presence = core.OnDuty
		_, err = s.Turn(t.Context(), core.Key{Channel: "inbox", Peer: "lin"}, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Now: a}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want["inbox/lin"] = config.Agent{Name: "小林", Lead: true, Topics: []string{"presale"}, Max: 3}
	}
	as, err := s.Agents(t.Context())
	if err != nil || as[0].Presence != core.OnDuty {
		t.Errorf("presence was overwritten: %+v %v", as, err)
	}
	// Somebody with a shift is looked after at once.
	want["inbox/lin"] = config.Agent{Name: "小林", Lead: true, Topics: []string{"presale"}, Max: 3, Shift: map[string][]string{"mon": {"09:00-12:00"}}}
	if err := presets(t.Context(), s, want); err != nil {
		t.Fatal(err)
	}
	if keys, err := s.Ready(t.Context(), time.Now(), 10); err != nil || len(keys) != 1 || keys[0].Peer != "lin" {
		t.Errorf("ready: %v %v", keys, err)
	}
}

// An adapter that panics when it is made is an error of its account, with its
// place, and not the end of the process.
func TestMakePanics(t *testing.T) {
	_, err := account{kind: "nothing", maker: adapters.All["nothing"]}.make(core.Deps{})
	if err == nil {
		t.Error("an adapter that does not exist was made")
	}
	_, err = account{kind: "webchat", maker: adapters.All["webchat"]}.make(core.Deps{}) // without anything it needs
	if err == nil {
		t.Error("made without its needs")
	}
	if errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A backup taken while the program runs is a data folder to start from.
func TestBackup(t *testing.T) {
	data, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	p := launch(t, Options{Settings: Settings{Data: data}})
	v := p.visit()
	v.until("人工")
	if _, err := Backup(t.Context(), &config.Config{Data: data}, copied); err != nil {
		t.Fatal(err)
	}
	if _, err := Backup(t.Context(), &config.Config{Data: data}, copied); err == nil {
		t.Error("a copy was overwritten")
	}
	q := launch(t, Options{Settings: Settings{Data: copied}})
	w := &visitor{program: q, token: v.token}
	w.until("人工")
	if len(w.lines) != len(v.lines) {
		t.Errorf("%d lines in the copy, %d in the original", len(w.lines), len(v.lines))
	}
	if _, err := Backup(t.Context(), &config.Config{Data: t.TempDir()}, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a folder without a database was copied")
	}
}

// Stopping does not wait for pages that wait for news.
func TestStopWithPolls(t *testing.T) {
	p := launch(t, Options{Settings: Settings{Data: t.TempDir()}})
	v := p.visit()
	v.until("人工")
	polled := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/chat/v1/events?after=%d&wait=25", p.base, v.after), nil)
		if err != nil {
			polled <- err
			return
		}
		r.Header.Set("Authorization", "Bearer "+v.token)
		r.Header.Set("Origin", p.base)
		close(begun)
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		polled <- err
	}()
	<-begun
	start := time.Now()
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if d := time.Since(start); d > 4*time.Second {
		t.Errorf("it took %v to stop", d)
	}
	<-polled // answered or cut off
}

// A platform's call that is under way is answered before the program ends.
func TestCallsAreAnswered(t *testing.T) {
	var c calls
	in, let := make(chan struct{}), make(chan struct{})
	h := c.counted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(in); <-let }))
	go h.ServeHTTP(nil, nil)
	<-in
	none := c.none()
	select {
	case <-none:
		t.Fatal("said to be done while a call is under way")
	default:
	}
	close(let)
	<-none
	<-c.none()
}
