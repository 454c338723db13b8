package hub

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// world is the far side of the crash suite: the platforms, which remember what
// they showed, and the program, which is started again whenever it dies.
type world struct {
	t   *testing.T
	dir string
	srv *httptest.Server

	mu    sync.Mutex
	news  *sync.Cond
	shows []shown
	ids   map[string]int // by channel and ID, how often it was shown
	wrong []string

	run struct {
		sync.Mutex
		cmd    *exec.Cmd
		addr   string
		out    *bufio.Scanner
		starts int
	}
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), ids: map[string]int{}}
	w.news = sync.NewCond(&w.mu)
	w.srv = httptest.NewServer(http.HandlerFunc(w.show))
	t.Cleanup(w.srv.Close)
	t.Cleanup(w.kill)
	return w
}

func (w *world) show(rw http.ResponseWriter, r *http.Request) {
	var s shown
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids[s.Channel+" "+s.ID]++
	if n := w.ids[s.Channel+" "+s.ID]; n == 1 {
		w.shows = append(w.shows, s)
	} else if s.Channel == "im" { // the others drop repeats, as they promise
		w.wrong = append(w.wrong, fmt.Sprintf("shown %d times: %+v", n, s))
	}
	w.news.Broadcast()
	if s.Case != "" {
		io.WriteString(rw, "t"+s.Case)
		return
	}
	io.WriteString(rw, "r"+s.ID)
}

// start runs the program; at is the boundary where it dies, 0 for never.
func (w *world) start(at int) {
	w.run.Lock()
	defer w.run.Unlock()
	w.launch(at)
}

func (w *world) launch(at int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+w.dir, crashURL+"="+w.srv.URL, crashAt+"="+strconv.Itoa(at), crashStep+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if os.Getenv("CRASH_LOG") != "" {
		cmd.Stderr = os.Stderr
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.t.Error(err)
		return
	}
	w.run.cmd, w.run.out = cmd, bufio.NewScanner(out)
	w.run.starts++
	if w.run.out.Scan() {
		w.run.addr = w.run.out.Text()
		return
	}
	if err := cmd.Wait(); !strings.Contains(err.Error(), "killed") {
		w.t.Errorf("it does not start: %v %s", err, stderr.String())
	}
	w.run.addr = ""
}

// kill is kill -9.
func (w *world) kill() {
	w.run.Lock()
	defer w.run.Unlock()
	w.reap()
}

func (w *world) reap() {
	if w.run.cmd != nil {
		_ = w.run.cmd.Process.Kill()
		_ = w.run.cmd.Wait()
		w.run.cmd = nil
	}
}

// in sends an envelope as platforms do: again until it is acknowledged.
func (w *world) in(env core.Envelope) {
	body, _ := json.Marshal(env)
	for end := time.Now().Add(patient); time.Now().Before(end); {
		w.run.Lock()
		addr := w.run.addr
		w.run.Unlock()
		resp, err := http.Post("http://"+addr+"/in", "application/json", bytes.NewReader(body))
		if err == nil {
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
			if !strings.Contains(string(b), "closed") && !strings.Contains(string(b), "cancel") {
				w.t.Errorf("refused: %s", b)
				return
			}
		}
		w.revive(addr)
	}
	w.t.Error("never acknowledged")
}

// revive starts the program again if it is the one at addr that died.
func (w *world) revive(addr string) {
	w.run.Lock()
	defer w.run.Unlock()
	if w.run.addr != addr && w.run.addr != "" {
		return
	}
	w.reap()
	w.launch(0)
}

// patient is how long anything may take: a slow machine is no finding.
const patient = 2 * time.Minute

// until waits for what a platform shows, reviving the program when it is dead.
// It reports false if that does not come.
func (w *world) until(what string, ok func(shown) bool) (shown, bool) {
	stop := time.AfterFunc(patient, w.news.Broadcast)
	defer stop.Stop()
	for end := time.Now().Add(patient); ; {
		w.mu.Lock()
		for _, s := range w.shows {
			if ok(s) {
				w.mu.Unlock()
				return s, true
			}
		}
		woken := make(chan struct{})
		go func() {
			w.mu.Lock()
			w.news.Wait()
			w.mu.Unlock()
			close(woken)
		}()
		w.mu.Unlock()
		select {
		case <-woken:
		case <-time.After(300 * time.Millisecond):
			w.check()
			w.news.Broadcast()
		}
		if time.Now().After(end) {
			w.t.Errorf("never shown: %s", what)
			return shown{}, false
		}
	}
}

// check starts the program again if it does not answer.
func (w *world) check() {
	w.run.Lock()
	addr := w.run.addr
	w.run.Unlock()
	resp, err := http.Post("http://"+addr+"/in", "application/json", strings.NewReader("-"))
	if err != nil {
		w.revive(addr)
		return
	}
	resp.Body.Close()
}

// customer has the whole conversation of the crash suite: a question, the line,
// an agent, words both ways while more says so, the end.
func (w *world) customer(k *talk, id string, more func(words int) bool) {
	channel := k.channel
	peer := core.Peer{ID: id, Lang: "en"}
	n := 0
	say := func(text string) {
		n++
		w.in(core.Envelope{Channel: channel, Peer: peer, Ref: id + "-" + strconv.Itoa(n), Parts: core.Parts{core.Text{Body: text}}})
	}
	mine := func(s shown) bool { return s.Channel == channel && s.Peer == id }
	say("ping 1")
	if channel == "web" { // where repeats are dropped nothing may be missing
		w.until(id+" pong", func(s shown) bool { return mine(s) && strings.Contains(s.Text, "pong") })
	}
	agent := core.Peer{ID: "lin", Name: "Lin"}
	w.in(core.Envelope{Channel: "desk", Peer: agent, Ref: id + "-on", Parts: core.Parts{core.Pick{Option: "on"}}})
	say("human")
	card, ok := w.until(id+" card", func(s shown) bool {
		return s.Case != "" && s.Thread == "" && slices.Contains(strings.Fields(s.Text), id)
	})
	if !ok {
		return
	}
	k.thread = "t" + card.Case
	m := 0
	desk := func(p core.Part) {
		m++
		w.in(core.Envelope{Channel: "desk", Peer: agent, Thread: k.thread, Ref: id + "-a" + strconv.Itoa(m), Parts: core.Parts{p}})
	}
	desk(core.Pick{Option: "claim"})
	for ; more(k.words); k.words++ {
		desk(core.Text{Body: fmt.Sprintf("agent says %d.", k.words)})
		say(fmt.Sprintf("customer says %d.", k.words))
	}
	last := fmt.Sprintf("customer says %d.", k.words-1)
	w.until(id+" last words at the desk", func(s shown) bool { return s.Thread == k.thread && strings.Contains(s.Text, last) })
	desk(core.Text{Body: "!close done"})
	if channel == "web" { // elsewhere a crash may leave it uncertain
		w.until(id+" closed", func(s shown) bool { return mine(s) && s.By != "agent" && strings.Contains(s.Text, "is closed") })
	}
}

// settled stops the program, opens its store and holds it to the invariants:
// nothing lost, nothing shown twice, order kept, one owner.
func (w *world) settled(customers map[string]*talk) {
	t := w.t
	for end := time.Now().Add(patient); !w.idle() || !w.stop(); {
		if time.Now().After(end) {
			t.Error("never done")
			break
		}
		w.check()
	}
	st, err := openStore(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.wrong {
		t.Error(s)
	}
	for id, k := range customers {
		channel := k.channel
		rs, err := st.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: channel, Peer: id}, Max: 10_000, After: -1})
		if err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Log(written(rs))
		}
		unsure, claims := map[string]bool{}, 0
		for _, r := range rs {
			if r.Message != nil && !r.In && r.State == core.ProgressUncertain {
				unsure[r.Message.ID] = true
				// A bot's message that a claim dropped while it was under way is not
				// sent again, not even where repeats are dropped.
				if overtaken := r.Message.By.Kind == core.ByBot && strings.Contains(r.Why, "dropped meanwhile"); r.Message.Channel != "im" && !overtaken {
					t.Errorf("%s: marked as uncertain where repeats are dropped: %+v", id, r)
				}
			}
			if r.Message != nil && !r.In && r.State == core.ProgressPending {
				t.Errorf("%s: never sent: %s", id, r.Message.Parts.Text())
			}
			if r.Event != nil && r.Event.Kind == core.EventClaimed {
				claims++
			}
		}
		if claims != 1 {
			t.Errorf("%s: claimed %d times", id, claims)
		}
		w.order(id, "customer", k.words, rs, func(s shown) bool { return s.Channel == channel && s.Peer == id && s.By == "agent" }, unsure)
		w.order(id, "desk", k.words, rs, func(s shown) bool { return s.Channel == "desk" && s.By == "peer" && s.Thread == k.thread }, nil)
	}
}

// idle reports whether nothing is left to do.
func (w *world) idle() bool {
	w.run.Lock()
	addr := w.run.addr
	w.run.Unlock()
	resp, err := http.Get("http://" + addr + "/idle")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// stop lets the program finish what is under way. It reports false if it died
// instead: the boundary was in there.
func (w *world) stop() bool {
	w.run.Lock()
	defer w.run.Unlock()
	resp, err := http.Post("http://"+w.run.addr+"/stop", "", nil)
	if err != nil {
		return false
	}
	resp.Body.Close()
	counted := w.run.out.Scan()
	err = w.run.cmd.Wait()
	w.run.cmd = nil
	return err == nil && counted
}

// order checks that the numbered lines were shown to one side once each and in
// order; those that are missing must be marked. A desk may show several in one
// post.
func (w *world) order(id, side string, words int, rs []core.Record, mine func(shown) bool, unsure map[string]bool) {
	next := 0
	for _, s := range w.shows {
		if !mine(s) {
			continue
		}
		for line := range strings.SplitSeq(s.Text, "\n") {
			_, after, found := strings.Cut(line, "says ")
			if !found {
				continue
			}
			i, err := strconv.Atoi(strings.TrimSuffix(strings.Fields(after)[0], "."))
			if err != nil || i < next {
				w.t.Errorf("%s: out of order at the %s: %q after %d", id, side, line, next-1)
				continue
			}
			for ; next < i; next++ {
				w.missing(id, side, next, rs, unsure)
			}
			next = i + 1
		}
	}
	for ; next < words; next++ {
		w.missing(id, side, next, rs, unsure)
	}
}

func (w *world) missing(id, side string, i int, rs []core.Record, unsure map[string]bool) {
	for _, r := range rs {
		if r.Message != nil && unsure[r.Message.ID] && strings.Contains(r.Message.Parts.Text(), fmt.Sprintf("says %d.", i)) {
			return
		}
	}
	w.t.Errorf("%s: line %d never reached the %s", id, i, side)
}

// A talk is one customer's conversation.
type talk struct {
	channel string
	thread  string // at the desk
	words   int    // lines each way
}

// TestCrashAtEveryBoundary kills the program once at each commit and send.
func TestCrashAtEveryBoundary(t *testing.T) {
	play := func(t *testing.T, at int) (*world, map[string]*talk) {
		w := newWorld(t)
		w.start(at)
		customers := map[string]*talk{"ann": {channel: "web"}, "ben": {channel: "im"}}
		for id, k := range customers {
			w.customer(k, id, func(n int) bool { return n < 3 })
		}
		w.settled(customers)
		return w, customers
	}
	w, _ := play(t, 0)
	total, err := strconv.Atoi(w.run.out.Text())
	if err != nil || total < 40 {
		t.Fatalf("%d boundaries, %v", total, err)
	}
	t.Logf("%d boundaries", total)
	for i := range coretest.Sample(t, total, 16) {
		t.Run(strconv.Itoa(i+1), func(t *testing.T) {
			t.Parallel()
			play(t, i+1)
		})
	}
}

// TestCrashAtRandom kills the program 200 times while customers and agents talk,
// or a sample of that.
func TestCrashAtRandom(t *testing.T) {
	kills, crowd := 200, 12
	if !coretest.Long() {
		kills = 20
		t.Logf("%d kills of 200; FRONTDESK_LONG=1 makes all", kills)
	}
	w := newWorld(t)
	w.start(0)
	enough := make(chan struct{})
	customers := map[string]*talk{}
	var wg sync.WaitGroup
	for i := range crowd {
		k := &talk{channel: []string{"web", "im"}[i%2]}
		id := fmt.Sprintf("c%d", i)
		customers[id] = k
		wg.Go(func() {
			w.customer(k, id, func(n int) bool {
				select {
				case <-enough:
					return n < 1
				default:
					return true
				}
			})
		})
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for range kills {
		<-time.After(time.Duration(20+rng.IntN(120)) * time.Millisecond)
		w.run.Lock()
		w.reap()
		w.launch(0)
		w.run.Unlock()
	}
	close(enough)
	wg.Wait()
	w.settled(customers)
	words := 0
	for _, k := range customers {
		words += k.words
	}
	t.Logf("%d starts, %d lines each way", w.run.starts, words)
}
