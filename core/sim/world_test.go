package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A world is one seed: the platforms and the people on them, and the hubs, which
// die and are started again on the same store.
type world struct {
	t     *testing.T
	plan  *plan
	wrong func(core.Store) core.Store // puts a fault of the program back; nil leaves it as it is
	begun time.Time
	ctx   context.Context // ends when people have gone home
	dir   string
	bus   core.Bus // shared by all hubs where there are several
	bg    sync.WaitGroup
	lives sync.WaitGroup

	web, im, wx, desk *platform

	mu       sync.Mutex
	store    *store.Store
	ends     []map[string]far // by hub and platform, those that are up
	gates    []*gate
	faults   map[faultKind]int // how often each has struck
	trace    []entry
	records  []string // of conversations in which something was found
	findings []string
	posts    []*posting
}

// a posting is what somebody wrote on a platform.
type posting struct {
	env   core.Envelope
	acked bool // the platform was told that we have it
}

// An entry is what happened at a moment.
type entry struct {
	at   time.Duration
	what string
}

// A result is what a seed came to.
type result struct {
	findings []string
	faults   map[faultKind]int
	trace    []string
	records  []string
	posts    int
	passed   time.Duration // of virtual time
}

// shop are the scripts: numbered questions with numbered answers.
func shop() string {
	both := func(s string) string { return fmt.Sprintf("{zh: '%s', en: '%s'}", s, s) }
	hello := both("I am a robot. 输入“人工”找人。")
	text := "settings: {languages: [zh, en], flood: {messages: 1000000, within: 1s, ignore: 1s}, confirm: 0}\n" +
		"greeting: {text: " + hello + ", short: " + hello + "}\ntopics: [{id: help}]\nentries:\n"
	for i := 1; i <= questions; i++ {
		text += fmt.Sprintf("  - {id: q%d, title: %s, regexp: ['^q%d$'], answer: %s}\n", i, both(fmt.Sprint("Q", i)), i, both(fmt.Sprintf("answer %d.", i)))
	}
	text += "words:\n  survey: " + both(notice+"survey") + "\n"
	for _, id := range slices.Sorted(maps.Keys(desk.WordIDs)) {
		text += "  " + id + ": " + both(notice+id) + "\n"
	}
	return text
}

// notice is what begins the texts that the staff's side says in nobody's name.
const notice = "Notice: "

// questions is how many each customer can ask.
const questions = 20

var book = sync.OnceValue(func() *dialog.Engine {
	b, err := script.Load(fstest.MapFS{"sim.yaml": {Data: []byte(shop())}}, script.Options{Base: flows.FS})
	if err != nil {
		panic(err)
	}
	return dialog.New(b)
})

// play plays one seed and returns what was found.
func play(t *testing.T, seed uint64, wrong func(core.Store) core.Store) (res result) {
	// What is left to the Go scheduler is who goes first of those who woke at the same
	// moment: with one processor it decides so every time.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b, dir := book(), tempDir(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		w := &world{t: t, plan: newPlan(seed), wrong: wrong, begun: time.Now(), ctx: ctx, dir: dir, bus: bus.New(), faults: map[faultKind]int{}}
		w.web = newPlatform(w, "web", core.Limits{Options: 10, Idempotent: true, Names: true})
		w.im = newPlatform(w, "im", core.Limits{Names: true})
		w.wx = newPlatform(w, "wx", core.Limits{Text: 600, OneReply: true, Allowances: []core.Allowance{{After: core.CauseMessage, Count: quota, Within: 48 * time.Hour}}})
		w.desk = newPlatform(w, "desk", core.Limits{Threads: true, Cases: true, Idempotent: true, Names: true})
		w.ends, w.gates = make([]map[string]far, w.plan.hubs), make([]*gate, w.plan.hubs)
		if w.plan.hubs > 1 {
			w.open()
		}
		for i := range w.plan.hubs {
			w.lives.Go(func() { w.live(i, b) })
		}
		w.bg.Go(w.crashes)
		w.people()
		w.settle()
		w.last()
		stop()
		w.bg.Wait()
		w.lives.Wait()
		w.judge()
		res = result{w.findings, w.faults, w.story(), w.records, len(w.posts), w.now()}
		time.Sleep(lostAfter) // the leases of the dead
	})
	return res
}

// story is the trace in order. What happens at the same moment has none but the
// alphabet's.
func (w *world) story() (out []string) {
	slices.SortStableFunc(w.trace, func(a, b entry) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.what, b.what)) })
	for _, e := range w.trace {
		out = append(out, e.at.String()+" "+e.what)
	}
	return out
}

// digest tells two stories apart.
func digest(story []string) uint64 {
	h := fnv.New64a()
	for _, line := range story {
		h.Write([]byte(line))
	}
	return h.Sum64()
}

// tempDir is a folder in memory where there is one: a world's disk does not have
// to survive the machine, for nothing that a hub was told is lost when it dies.
func tempDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "sim")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// now is how long the world has lasted.
func (w *world) now() time.Duration { return time.Since(w.begun) }

func (w *world) during(kind faultKind, where string) bool {
	return w.plan.during(w.now(), kind, where)
}

func (w *world) faulted(kind faultKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[kind]++
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, entry{w.now(), fmt.Sprintf(format, args...)})
}

// found is a breach of what is promised.
func (w *world) found(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.findings = append(w.findings, fmt.Sprintf(format, args...))
}

func (w *world) open() {
	st, err := store.Open(context.Background(), store.Options{Path: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.store = st
	w.mu.Unlock()
}

// live is the i-th hub, one life after the other.
func (w *world) live(i int, b *dialog.Engine) {
	name := "hub" + strconv.Itoa(i)
	for w.ctx.Err() == nil {
		if w.plan.hubs == 1 {
			w.open()
			w.bus = bus.New()
		}
		ctx, stop := context.WithCancel(w.ctx)
		g := newGate(w, name, stop)
		w.note("%s starts", name)
		err := w.run(ctx, g, i, b)
		w.mu.Lock()
		w.ends[i], w.gates[i] = nil, nil
		w.mu.Unlock()
		w.note("%s ends", name)
		g.die() // nothing of it goes on
		if w.ctx.Err() != nil {
			return // in peace: the store stays open to be judged
		}
		if err != nil && !errors.Is(err, errFull) && !errors.Is(err, errDead) {
			w.found("%s did not start: %v", name, err)
		}
		if w.plan.hubs == 1 {
			if err := w.store.Close(); err != nil {
				w.found("the store did not close: %v", err)
			}
		}
		time.Sleep(between(w.plan.draw(name+" is started again"), time.Second, time.Minute))
	}
}

func (w *world) run(ctx context.Context, g *gate, i int, b *dialog.Engine) error {
	var st core.Store = w.store
	if w.wrong != nil {
		st = w.wrong(st)
	}
	d := disk{st, g}
	rules := &desk.Rules{Words: b.Words, Desks: []desk.Desk{{Name: "desk", Lang: "en", Crowd: -1}}, Limits: w.limits}
	h := hub.New(hub.Config{Store: d, Bus: shakyBus{w.bus, g}, Books: func(string) *dialog.Engine { return b }, Desk: rules, Policies: policies, Log: logger(),
		Poll: 3 * time.Second, Chance: func(d time.Duration) time.Duration { return between(w.plan.draw(g.name+" waits"), 0, d) }})
	ends := map[string]far{}
	for _, p := range []*platform{w.web, w.im, w.wx, w.desk} {
		f := p.end(g, h, d)
		role := core.RoleChannel
		if p == w.desk {
			role = core.RoleDesk
		}
		if err := h.Connect(p.name, role, f); err != nil {
			return err
		}
		ends[p.name] = f
	}
	w.mu.Lock()
	w.ends[i], w.gates[i] = ends, g
	w.mu.Unlock()
	return h.Run(ctx)
}

// policies are those that come with the program: people wait long enough for most of
// their steps.
var policies = sync.OnceValue(func() reassure.Policies {
	ps, err := reassure.Load(flows.Policies, flows.Policies)
	if err != nil {
		panic(err)
	}
	return ps
})

func logger() *slog.Logger {
	if os.Getenv("SIM_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) limits(channel string) core.Limits {
	return map[string]*platform{"web": w.web, "im": w.im, "wx": w.wx, "desk": w.desk}[channel].lim
}

// crashes lets hubs die when the plan says so, some boundaries later.
func (w *world) crashes() {
	for _, f := range w.plan.faults {
		if f.kind != faultCrash {
			continue
		}
		time.Sleep(f.at - w.now())
		i, _ := strconv.Atoi(f.where[len("hub"):])
		w.mu.Lock()
		if g := w.gates[i]; g != nil {
			g.fuse.Store(int64(f.n))
		}
		w.mu.Unlock()
	}
}

// up is a hub that a platform reaches; nil if there is none.
func (w *world) up(name string, n int) far {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.ends {
		if ends := w.ends[(i+n)%len(w.ends)]; ends != nil {
			return ends[name]
		}
	}
	return nil
}

// settle waits until nothing is left to do.
func (w *world) settle() {
	for range 60 {
		time.Sleep(30 * time.Second)
		w.mu.Lock()
		st := w.store
		w.mu.Unlock()
		s, err := st.Stats(w.ctx)
		if err == nil && s.Unread == 0 && s.Outbox == 0 {
			return
		}
	}
	w.found("there is always something left to do")
}
