package weibo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// TestTimelines plays random timelines: answers that take 0 to 20 s, responses
// that get lost, repeats. Every message gets exactly one visible answer.
func TestTimelines(t *testing.T) {
	repeats, passive, active := 0, 0, 0
	coretest.Seeds(t, 1000, func(t *testing.T, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		reg := registered
		reg.XML = seed%2 == 0
		r := newRig(t, config(), reg)
		delay := map[string]time.Duration{}
		r.inbox.Heard = func(e core.Envelope) {
			q := e.Parts.Text()
			time.Sleep(delay[q])
			if _, err := r.Send(context.Background(), say("d"+q, fan, core.Text{Body: "A:" + q})); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		}
		var lose atomic.Int64
		lose.Store(rnd.Int64N(4))
		r.platform.SetHook(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			r.ServeHTTP(w, req)
			if lose.Add(-1) == 0 {
				panic(http.ErrAbortHandler)
			}
		}))
		var wg sync.WaitGroup
		words := 1 + rnd.IntN(3)
		for i := range words {
			delay[fmt.Sprint("Q", i)] = time.Duration(rnd.Int64N(int64(20*time.Second))) / time.Duration(1+9*rnd.IntN(2))
		}
		for i := range words {
			q, at := fmt.Sprint("Q", i), time.Duration(rnd.Int64N(int64(9*time.Second)))
			wg.Go(func() {
				time.Sleep(at)
				if err := r.platform.Say(t.Context(), fan, q); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			})
		}
		wg.Wait()
		time.Sleep(30 * time.Second)
		for i := range words {
			shown := 0
			for _, m := range r.platform.Answers(fan) {
				if m.Text == fmt.Sprint("A:Q", i) {
					shown++
				}
			}
			if shown != 1 {
				t.Errorf("seed %d: %d answers to Q%d: %+v", seed, shown, i, r.platform.Phone(fan).Screen)
			}
		}
		repeats += r.platform.Repeats()
		for _, m := range r.platform.Answers(fan) {
			if m.How == "passive" {
				passive++
			} else {
				active++
			}
		}
	})
	if t.Logf("%d passive, %d active, %d repeats", passive, active, repeats); repeats == 0 || passive == 0 || active == 0 {
		t.Error("the timelines do not show what they are for")
	}
}
