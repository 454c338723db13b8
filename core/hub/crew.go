package hub

import (
	"sync"
	"time"
)

// A crew is the goroutines that do one kind of work, at most so many. They are
// started on demand, and rest for a while before they end: a new one would have to
// grow its stack anew with every burst. Its owner's lock guards it.
type crew struct {
	most, all, resting int

	lock *sync.Mutex
	call chan struct{} // one for each of those resting that is to go on
	over chan struct{} // closed when nobody rests any more
}

// breather is how long somebody rests.
const breather = 10 * time.Second

func newCrew(lock *sync.Mutex, most int) crew {
	return crew{most: most, lock: lock, call: make(chan struct{}, most), over: make(chan struct{})}
}

// busy is how many work; the lock is held.
func (c *crew) busy() int { return c.all - c.resting }

// hire has one more work, if there may be one more: one that rests, else start
// begins with a new one. The lock is held.
func (c *crew) hire(start func()) {
	switch {
	case c.resting > 0:
		c.resting--
		c.call <- struct{}{}
	case c.all < c.most:
		c.all++
		start()
	}
}

// rest reports whether there is more to do, once there is; if not, the caller ends.
// The lock is held, and let go meanwhile.
func (c *crew) rest() bool {
	c.resting++
	c.lock.Unlock()
	end := time.NewTimer(breather)
	defer end.Stop()
	select {
	case <-c.call:
		c.lock.Lock()
		return true
	case <-end.C:
	case <-c.over:
	}
	c.lock.Lock()
	if c.resting == 0 { // somebody has just called
		<-c.call
		return true
	}
	c.resting--
	c.all--
	return false
}

// dismiss ends those who rest; the lock is held. It may be called twice.
func (c *crew) dismiss() {
	select {
	case <-c.over:
	default:
		close(c.over)
	}
}
