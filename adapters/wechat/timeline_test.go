package wechat

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// figures of all timelines together, so that it shows if one kind never happens.
type figures struct {
	answers, passive, active, crashes, killed, doubts, lost, repeats, renewals, parallel, notices atomic.Int64
}

// TestTimelines plays random timelines under virtual time: answers that take 0
// to 20 s, the platform's repeats, crashes at any moment, tokens that expire or
// are revoked, 50 sends at once. Every message gets exactly one visible answer,
// a token is renewed once per expiry, and nothing is sent over the quota.
func TestTimelines(t *testing.T) {
	var f figures
	coretest.Seeds(t, 8000, func(t *testing.T, seed uint64) { timeline(t, seed, false, &f) })
	t.Logf("%d answers: %d passive, %d active; %d crashes, %d of them between two repeats, after which %d are marked as uncertain, of which %d did not arrive; %d repeats, %d tokens, %d rounds of 50 sends",
		f.answers.Load(), f.passive.Load(), f.active.Load(), f.crashes.Load(), f.killed.Load(), f.doubts.Load(), f.lost.Load(), f.repeats.Load(), f.renewals.Load(), f.parallel.Load())
	if f.passive.Load() == 0 || f.active.Load() == 0 || f.killed.Load() == 0 || f.repeats.Load() == 0 || f.parallel.Load() == 0 {
		t.Error("the timelines do not show what they are for")
	}
}

// TestTimelinesPassive is the same for an account that may only answer: what
// comes too late goes out when the customer writes again.
func TestTimelinesPassive(t *testing.T) {
	var f figures
	coretest.Seeds(t, 2000, func(t *testing.T, seed uint64) { timeline(t, seed+1e6, true, &f) })
	t.Logf("%d answers, %d crashes, %d of them between two repeats, %d repeats, %d notices", f.answers.Load(), f.crashes.Load(), f.killed.Load(), f.repeats.Load(), f.notices.Load())
	if f.active.Load() > 0 || f.repeats.Load() == 0 || f.killed.Load() == 0 {
		t.Errorf("%d customer service messages, %d repeats", f.active.Load(), f.repeats.Load())
	}
}

func timeline(t *testing.T, seed uint64, only bool, f *figures) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	reg := registered
	reg.Unverified, reg.JSON = only, rnd.IntN(4) == 0
	w := &world{
		conf: config(), rnd: rand.New(rand.NewPCG(seed, 8)), log: &coretest.Log{}, delay: map[string]time.Duration{},
		inbox: map[string]core.Envelope{}, filer: map[string]*process{}, out: map[string]*delivery{}, values: &coretest.Values{Now: time.Now},
		platform: fake.New(fake.Options{Account: reg, Now: time.Now}),
	}
	w.conf.PassiveOnly, w.conf.Later = only, "请稍候，回复“继续”查看"
	w.limits = (&Account{conf: config()}).Limits()
	w.limits.Allowances = []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}, {After: core.CauseEvent, Count: 3, Within: time.Minute}}
	w.start()

	const who = "oTimeline"
	expiries := int64(1)
	if !only && rnd.IntN(3) == 0 { // a token that is already old
		w.platform.Wrote(who)
		if _, err := w.proc.account.Send(t.Context(), say("warm", who, "您好")); err != nil {
			t.Errorf("the first message: %v", err)
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(3 * time.Hour))))
		expiries++
	}
	var wg sync.WaitGroup
	words := 1 + rnd.IntN(3)
	var first time.Duration
	ats := make([]time.Duration, words)
	for i := range words {
		q := fmt.Sprint("Q", i)
		at := time.Duration(rnd.Int64N(int64(12 * time.Second)))
		ats[i] = at
		w.delay[q] = time.Duration(rnd.Int64N(int64(20 * time.Second)))
		if rnd.IntN(2) == 0 {
			w.delay[q] /= 10
		}
		if i == 0 {
			first = at + w.delay[q]
		}
	}
	for i, at := range ats {
		q := fmt.Sprint("Q", i)
		wg.Go(func() {
			time.Sleep(at)
			if err := w.platform.Say(t.Context(), who, q); err != nil {
				f.notices.Add(1)
			}
		})
	}
	crashes := max(0, rnd.IntN(4)-1)
	if crashes == 0 && !only { // an account that can only answer has nothing left if its last answer is lost
		w.mu.Lock()
		w.lose = rnd.IntN(6)
		w.mu.Unlock()
	}
	for range crashes {
		at, down := time.Duration(rnd.Int64N(int64(25*time.Second))), time.Duration(rnd.Int64N(int64(3*time.Second)))
		if rnd.IntN(2) == 0 { // while the first answer is on its way
			at = first + time.Duration(rnd.Int64N(int64(30*time.Millisecond)))
		}
		wg.Go(func() {
			time.Sleep(at)
			w.mu.Lock()
			up := !w.proc.dead()
			w.mu.Unlock()
			if up {
				w.crash()
				time.Sleep(down)
				w.start()
				f.crashes.Add(1)
			}
		})
	}
	if rnd.IntN(3) == 0 {
		at := time.Duration(rnd.Int64N(int64(25 * time.Second)))
		expiries++
		wg.Go(func() {
			time.Sleep(at)
			w.platform.BreakToken()
		})
	}
	wg.Wait()
	w.settled(t, only)
	if !only && rnd.IntN(10) == 0 {
		expiries++
		f.parallel.Add(1)
		fifty(t, w, rnd.IntN(2) == 0)
	}

	for i := range words {
		q := fmt.Sprint("Q", i)
		if w.shown(who, q) == 0 {
			f.lost.Add(1)
		}
		if n := w.shown(who, q); n != 1 && (n > 1 || !w.cutOff(q)) {
			t.Errorf("seed %d: %d answers to %s are on the phone, %d in doubt: %+v\n%s", seed, n, q, w.doubt, w.platform.Phone(who).Screen, w.log)
		}
	}
	if w.doubt > crashes*words {
		t.Errorf("seed %d: %d messages are in doubt after %d crashes", seed, w.doubt, crashes)
	}
	for _, err := range w.faults {
		t.Errorf("seed %d: given up: %v", seed, err)
	}
	if n := int64(w.platform.Renewals()); n > expiries {
		t.Errorf("seed %d: %d tokens were issued for %d expiries", seed, n, expiries)
	}
	count(t, w, who, seed, f)
	w.crash()
	time.Sleep(time.Minute) // until its goroutines have noticed
	synctest.Wait()
}

// settled waits until everything is sent; an account that can only answer needs
// the customer to write for that.
func (w *world) settled(t *testing.T, only bool) {
	for range 200 {
		held, pending := w.quiet()
		switch {
		case held+pending == 0:
			time.Sleep(time.Minute) // for what should not come any more
			return
		case pending == 0 && only:
			_ = w.platform.Say(t.Context(), "oTimeline", "继续")
		}
		time.Sleep(5 * time.Second)
	}
	held, pending := w.quiet()
	t.Errorf("%d messages are held and %d are not sent after all this time", held, pending)
}

// fifty sends 50 messages at once, with a token that has just been lost.
func fifty(t *testing.T, w *world, revoked bool) {
	if revoked {
		w.platform.BreakToken()
	} else {
		time.Sleep(fake.TokenLife)
	}
	before := w.platform.Renewals()
	var wg sync.WaitGroup
	for i := range 50 {
		who := fmt.Sprint("oParallel", i)
		w.platform.Wrote(who)
		wg.Go(func() {
			if _, err := w.proc.account.Send(t.Context(), say("p"+who, who, "A:x")); err != nil {
				t.Errorf("one of 50 at once: %v", err)
			}
			if n := w.shown(who, "x"); n != 1 {
				t.Errorf("%d of one of 50 messages are on the phone", n)
			}
		})
	}
	wg.Wait()
	if n := w.platform.Renewals() - before; n > 1 {
		t.Errorf("50 sends fetched %d tokens", n)
	}
}

// cutOff reports whether the process died in the middle of sending the answer to
// words. The platform drops no repeats, so whether it took it nobody can know;
// it must be marked so, and not be sent again.
func (w *world) cutOff(words string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ref, d := range w.out {
		if w.inbox[ref].Parts.Text() == words {
			return d.state == core.AttemptUnknown
		}
	}
	return false
}

func count(t *testing.T, w *world, who string, seed uint64, f *figures) {
	f.doubts.Add(int64(w.doubt))
	f.renewals.Add(int64(w.platform.Renewals()))
	for _, m := range w.platform.Answers(who) {
		if !strings.HasPrefix(m.Text, "A:") {
			continue
		}
		f.answers.Add(1)
		if m.How == "passive" {
			f.passive.Add(1)
		} else {
			f.active.Add(1)
		}
	}
	for _, c := range w.platform.Calls("/cgi-bin/message/custom/send") {
		if c.Code == 45015 || c.Code == 45047 {
			t.Errorf("seed %d: sent over the quota: %+v", seed, c)
		}
	}
	f.repeats.Add(int64(w.platform.Repeats()))
	f.killed.Add(int64(w.killed))
}
