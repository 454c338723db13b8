package coretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// poison has the inbox refuse a message for good: whoever sends it must not be
// asked to repeat it, and what comes after it must not wait for it.
func (p Platform) poison(t *testing.T, c *kase) {
	r := p.rig(t, nil)
	r.inbox.Fail(fmt.Errorf("store: %w envelope", core.ErrInvalid))
	if w := r.post(c, p.Sign); w.Code >= 500 {
		t.Errorf("the platform was told %d, so it repeats what can never be filed", w.Code)
	}
	r.inbox.Fail(nil)
	if w := r.post(c, p.Sign); w.Code >= 300 || len(r.inbox.Got()) == 0 {
		t.Errorf("after that it answers %d and files %d", w.Code, len(r.inbox.Got()))
	}
}

// oddities sends what the platform does not send today.
func (p Platform) oddities(t *testing.T) {
	need := map[string]bool{"odd-kind": true, "odd-time": !p.Session} // our own pages say no time
	for _, c := range cases(t, "odd-*.txt") {
		delete(need, c.name)
		t.Run(c.name, func(t *testing.T) { p.odd(t, c) })
	}
	for _, name := range slices.Sorted(maps.Keys(need)) {
		if need[name] {
			t.Errorf("testdata needs %s.txt", name)
		}
	}
}

// odd holds that a message is refused for good, or filed as something that can be
// kept, or that its writer is told: never dropped in silence, never called for again.
func (p Platform) odd(t *testing.T, c *kase) {
	r := p.rig(t, nil)
	w := r.post(c, p.Sign)
	got := r.inbox.Got()
	switch {
	case w.Code >= 500:
		t.Errorf("the platform was told %d, so it repeats it for ever", w.Code)
	case w.Code >= 400 && len(got) > 0:
		t.Errorf("refused with %d, and filed", w.Code)
	case w.Code < 400 && len(got) == 0 && len(r.asked) == 0:
		t.Errorf("it is gone without a word: answered %d, nothing filed", w.Code)
	}
	for _, e := range got {
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("filed as what no store can keep: %v", err)
		}
		if y := e.At.Year(); !e.At.IsZero() && (y < 1970 || y > 2262) {
			t.Errorf("filed as written in the year %d", y)
		}
	}
	c.check(t, "answered", fmt.Sprint(w.Code))
	for _, e := range got {
		c.check(t, "envelope", pretty(e))
	}
	if asked := strings.Join(r.asked, ""); asked != "" {
		if p.Stub != nil {
			asked = p.Stub(asked)
		}
		c.check(t, "request", asked)
	}
}

// A gossip is a transport that fails and repeats in its error all that it was given.
type gossip struct{}

func (gossip) RoundTrip(r *http.Request) (*http.Response, error) {
	heard := []string{r.URL.String()}
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		heard = append(heard, k+": "+strings.Join(r.Header[k], ","))
	}
	if r.Body != nil {
		defer r.Body.Close()
		body := make([]byte, 64<<10)
		n, _ := r.Body.Read(body)
		heard = append(heard, string(body[:n]))
	}
	return nil, errors.New("proxy: bad gateway for " + strings.Join(heard, " "))
}

// indiscreet fails every request with an error that holds the address, the headers
// and the body: nothing of that which is secret may go on from the adapter.
func (p Platform) indiscreet(t *testing.T, c *kase) {
	log := &Log{}
	d := Deps(&Inbox{}, log, &http.Client{Transport: gossip{}, Timeout: time.Minute})
	a := p.Open(t, "http://platform.example", d)
	_, err := a.Send(t.Context(), c.envelope(t))
	if err == nil {
		t.Error("it was sent over a transport that takes nothing")
	}
	p.silent(t, "the error", fmt.Sprint(err))
	p.silent(t, "the log", log.String())
}
