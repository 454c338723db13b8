package redis

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

const term = 600 * time.Millisecond

var tunings atomic.Int64

// open is one more process's end of the bus that s carries.
func open(t *testing.T, s *coretest.RedisServer) *Bus {
	t.Helper()
	b, err := Open(t.Context(), Options{URL: s.URL(), Term: term})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// until waits for ok, however slow the machine is.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after a minute: not yet %s", what)
		}
	}
}

// tuned waits until each of buses has heard what the others said before. Each call
// has a topic of its own: what is under way from the last one says nothing.
func tuned(t *testing.T, buses ...*Bus) {
	t.Helper()
	topic := fmt.Sprint(t.Name(), " tuning ", tunings.Add(1))
	var heard []<-chan string
	for _, b := range buses {
		c, err := b.Listen(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, c)
	}
	for i, c := range heard {
		from := map[string]bool{}
		until(t, "in tune", func() bool {
			for j, b := range buses {
				b.Wake(t.Context(), topic, string(rune('a'+j)))
			}
			for _, h := range drain(c) {
				from[h] = true
			}
			delete(from, string(rune('a'+i)))
			delete(from, "")
			return len(from) == len(buses)-1
		})
	}
}

// drain is what can be read from c now.
func drain(c <-chan string) (out []string) {
	for {
		select {
		case h := <-c:
			out = append(out, h)
		default:
			return out
		}
	}
}

func TestSuite(t *testing.T) {
	s := coretest.Redis(t)
	var ends []*Bus
	coretest.Bus(t, coretest.BusPlan{
		Open: func(t *testing.T) core.Bus {
			b := open(t, s)
			ends = append(ends, b)
			return b
		},
		Settle: func() { tuned(t, ends...) },
		Pass:   time.Sleep,
		Term:   term,
	})
}

func TestOpen(t *testing.T) {
	s := coretest.Redis(t)
	for _, url := range []string{"", "localhost", "redis://:hidden-word@[", "http://:hidden-word@x"} {
		if _, err := Open(t.Context(), Options{URL: url}); !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "hidden-word") {
			t.Errorf("%q: %v", url, err)
		}
	}
	wrong := strings.Replace(s.URL(), "pass-of-this-test", "hidden-word", 1)
	if _, err := Open(t.Context(), Options{URL: wrong}); err == nil || !strings.Contains(err.Error(), "refuses us") || strings.Contains(err.Error(), "hidden-word") {
		t.Errorf("with a wrong password: %v", err)
	}
	if _, err := Open(t.Context(), Options{URL: s.URL(), Name: "a*"}); err == nil {
		t.Error("a name that is a pattern is taken")
	}
	// Two installations on one server hear nothing of each other.
	one, err := Open(t.Context(), Options{URL: s.URL(), Name: "one", Term: term})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two := open(t, s)
	a, err := one.Lease(t.Context(), "line")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	b, err := two.Lease(t.Context(), "line")
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
}

// While the server is away, hints of this process arrive, rates are kept, what is
// held is lost; when it is back, empty, all is as before and listeners look.
func TestServerAway(t *testing.T) {
	s := coretest.Redis(t)
	var logs coretest.Log
	one, err := Open(t.Context(), Options{URL: s.URL(), Term: term, Log: slog.New(slog.NewTextHandler(&logs, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	two := open(t, s)
	tuned(t, one, two)
	heard, err := two.Listen(t.Context(), "turn")
	if err != nil {
		t.Fatal(err)
	}
	held, err := one.Lease(t.Context(), "line")
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	for range 3 * room { // never blocks
		if err := one.Wake(t.Context(), "turn", "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.Wake(t.Context(), "turn", "own"); err != nil {
		t.Fatal(err)
	}
	if got := drain(heard); len(got) != 1 || got[0] != "own" {
		t.Errorf("of its own process it heard %q", got)
	}
	rate := core.Rate{Tokens: 2, Per: time.Hour}
	for i, want := range []bool{true, true, false} {
		if wait, err := one.Take(t.Context(), "slack", rate, 1); err != nil || (wait == 0) != want {
			t.Errorf("token %d while the server is away: wait %s, %v", i, wait, err)
		}
	}
	<-held.Lost()
	next := make(chan core.Lease)
	go func() {
		if l, err := two.Lease(t.Context(), "line"); err == nil {
			next <- l
		}
	}()
	s.Start()
	after := <-next
	defer after.Release()
	if after.Fence() <= held.Fence() {
		t.Errorf("the fence went from %d to %d", held.Fence(), after.Fence())
	}
	until(t, "told to look again", func() bool {
		for _, h := range drain(heard) {
			if h == "" {
				return true
			}
		}
		return false
	})
	tuned(t, one, two)
	for _, want := range []string{"cannot be used", "is back"} {
		if n := strings.Count(logs.String(), want); n != 1 {
			t.Errorf("%q stands %d times in the log:\n%s", want, n, logs.String())
		}
	}
	if strings.Contains(logs.String(), "pass-of-this-test") {
		t.Error("the password is in the log")
	}
}

// A server that comes back empty before a lease's time is over leaves it where
// it was, unless somebody was quicker, who then is the only one.
func TestEmptied(t *testing.T) {
	s := coretest.Redis(t)
	one, two := open(t, s), open(t, s)
	held, err := one.Lease(t.Context(), "line")
	if err != nil {
		t.Fatal(err)
	}
	if err := one.db.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "taken again", func() bool { return one.db.Exists(t.Context(), one.key("lease", "line")).Val() == 1 })
	select {
	case <-held.Lost():
		t.Error("the lease was lost though nobody else wanted it")
	default:
	}
	quick := make(chan core.Lease, 1)
	go func() {
		if l, err := two.Lease(t.Context(), "line"); err == nil {
			quick <- l
		}
	}()
	until(t, "with the quicker one", func() bool { // who may be the holder, a few times
		if len(quick) == 0 {
			one.db.FlushAll(t.Context())
		}
		return len(quick) == 1
	})
	<-held.Lost()
	l := <-quick
	defer l.Release()
	select {
	case <-l.Lost():
		t.Error("both lost it")
	default:
	}
}
