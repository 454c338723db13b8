package slack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// What Slack is asked for a message of every kind in the thread of a ticket.
func TestDeskRendering(t *testing.T) {
	d := newRig(t)
	for _, name := range []string{"茶.png", "a.amr"} {
		if _, err := d.blobs.Save(t.Context(), core.Media{Name: name}, strings.NewReader("x"), 9); err != nil {
			t.Fatal(err)
		}
	}
	thread := d.open()
	coretest.DeskRendering(t, func(t *testing.T, env core.Envelope) string {
		if env.Ticket == "" {
			env.Ticket, env.Thread = "7", thread
		}
		return d.wire(coretest.Fitted(d.ch.Limits(), env, ""))
	})
}

var fileID = regexp.MustCompile(`"F\d{4}"`)

// wire is what the platform was asked for some messages; IDs of files count up.
func (d *rig) wire(envs []core.Envelope) string {
	d.t.Helper()
	had := len(d.w.Calls())
	for _, env := range envs {
		d.clock.Pass(time.Minute)
		if ref, err := d.ch.Send(d.t.Context(), env); err != nil || ref == "" {
			d.t.Fatalf("ref %q, %v", ref, err)
		}
	}
	var b strings.Builder
	for _, c := range d.w.Calls()[had:] {
		fmt.Fprintln(&b, c.Method)
		for _, k := range slices.Sorted(maps.Keys(c.Args)) {
			v := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "},{", "},\n    {", "\n", "\n    ").Replace(c.Args.Get(k))
			fmt.Fprintf(&b, "  %s=%s\n", k, fileID.ReplaceAllString(v, `"F…"`))
		}
	}
	return b.String()
}
