package hub

import (
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A circuit leaves an account alone whose platform keeps failing. It is our own
// because the libraries for it read the clock themselves, and here time is
// whatever the hub is told. The zero value is closed: everything may pass.
type circuit struct {
	mu    sync.Mutex
	fails int       // in a row
	until time.Time // open until then; after it one delivery tries
	tries bool      // that one is under way
}

const (
	patience  = 5                // failures in a row after which an account is left alone
	leftAlone = 10 * time.Second // for this long, then one is tried
)

var errOpen = errors.New("the platform keeps failing; messages wait and are tried again")

// wait is how long a delivery has to wait; 0 lets it pass.
func (c *circuit) wait(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.fails < patience:
		return 0
	case c.until.Sub(now) > leftAlone: // the clock was set back
		c.until = now.Add(leftAlone)
	}
	if now.Before(c.until) {
		return c.until.Sub(now)
	}
	if c.tries {
		return leftAlone
	}
	c.tries = true
	return 0
}

// closed reports whether everything may pass.
func (c *circuit) closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fails < patience
}

// after counts an attempt and reports whether it opened or closed the circuit.
// Only failures that speak against the platform count, not those of a message.
func (c *circuit) after(err error, now time.Time) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	open := c.fails >= patience
	c.tries = false
	if k := core.KindOf(err); err == nil || k != core.KindTransient && k != core.KindUnknown {
		c.fails = 0
		return open
	}
	c.fails++
	c.until = now.Add(leftAlone)
	return !open && c.fails >= patience
}
