package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/signed"
)

// Both programs lose nothing, double nothing and keep the order when they are
// killed while they are busy: what was taken is answered after the next start,
// once, and what was not taken is posted again, as a platform does.
func TestKilled(t *testing.T) {
	ring, err := signed.New(signed.Secrets{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		lines []string // what each customer writes, one after the other
		want  []string // how the answers to it begin; empty: one answer to each customer at least
		run   func(testing.TB, *platform) *process
	}{
		{"yardstick", []string{"one", "two", "three"}, []string{"Line 1:", "Line 2:", "Line 3:"}, func(t testing.TB, far *platform) *process { return yardstick(t, far) }},
		{"frontdesk", asked[1:], begins, func(t testing.TB, far *platform) *process { return frontdesk(t, far, "") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			const customers = 100
			far := newPlatform(t)
			p := c.run(t, far)
			var all sync.WaitGroup
			for i := range customers {
				peer := fmt.Sprintf("c%d", i)
				all.Go(func() {
					client := caller()
					defer client.CloseIdleConnections()
					for j, text := range c.lines {
						x := webhook(t, ring, fmt.Sprintf("m-%d-%d", i, j), peer, text)
						for {
							if _, err := x.send(client, p.addr); err == nil {
								break
							}
							time.Sleep(50 * time.Millisecond) // it is down
						}
					}
				})
			}
			far.wait(0, customers*len(c.want)/3, time.Minute)
			p.kill()
			p.start()
			all.Wait()
			far.wait(0, customers*len(c.want), 10*time.Second)
			said := map[string][]string{}
			for _, a := range far.got(0) {
				said[a.to] = append(said[a.to], a.of)
			}
			for i := range customers {
				peer := fmt.Sprintf("c%d", i)
				if got := said[peer]; !slices.EqualFunc(got, c.want, func(text, begin string) bool { return len(text) >= len(begin) && text[:len(begin)] == begin }) {
					t.Errorf("%s was told %q, want what begins %q", peer, got, c.want)
				}
			}
			t.Logf("%d answers came again with their ID", far.twice)
		})
	}
}
