package hub

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Those who rest are called before new ones begin, never more than the most work,
// and whoever was not called for a while ends, or all at once when they are told.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		c := newCrew(&mu, 2)
		todo, done, begun := 0, 0, 0
		work := func() {
			mu.Lock()
			defer mu.Unlock()
			for {
				for todo == 0 {
					if !c.rest() {
						return
					}
				}
				todo--
				done++
			}
		}
		give := func(n int) {
			mu.Lock()
			for range n {
				todo++
				c.hire(func() { begun++; go work() })
			}
			mu.Unlock()
			synctest.Wait()
		}
		is := func(when string, wantDone, wantBegun, wantAll int) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if done != wantDone || begun != wantBegun || c.all != wantAll || c.busy() != 0 {
				t.Errorf("%s: %d done by %d, of whom %d are left and %d busy; want %d, %d, %d and 0", when, done, begun, c.all, c.busy(), wantDone, wantBegun, wantAll)
			}
		}
		give(5)
		is("five at once", 5, 2, 2)
		time.Sleep(breather / 2)
		give(1)
		is("one later", 6, 2, 2)
		time.Sleep(2 * breather)
		synctest.Wait()
		is("after a rest", 6, 2, 0)
		give(1)
		is("another day", 7, 3, 1)
		mu.Lock()
		c.dismiss()
		c.dismiss()
		mu.Unlock()
		synctest.Wait()
		is("dismissed", 7, 3, 0)
		give(1)
		is("after that", 8, 4, 0)
	})
}
