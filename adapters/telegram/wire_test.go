package telegram

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// What Telegram is asked for a message of every kind, to a customer.
func TestRendering(t *testing.T) {
	r := newRig(t, fake.Options{})
	r.fake.Write(wang, 7, fake.Draft{Text: "在吗"})
	ch := r.open(Config{})
	r.stock()
	coretest.Rendering(t, func(t *testing.T, env core.Envelope) string {
		env.Peer = core.Peer{ID: "7"}
		return r.wire(ch, coretest.Fitted(ch.Limits(), env, coretest.BotMark))
	})
}

// The same in the topic of a ticket, where staff are also shown who speaks.
func TestDeskRendering(t *testing.T) {
	r, ch := newDesk(t)
	r.stock()
	thread := r.send(ch, ticket())
	coretest.DeskRendering(t, func(t *testing.T, env core.Envelope) string {
		if env.Ticket == "" {
			env.Ticket, env.Thread = "7", thread
		}
		return r.wire(ch, coretest.Fitted(ch.Limits(), env, ""))
	})
}

// stock puts into Blobs what the messages refer to.
func (r *rig) stock() {
	r.Helper()
	for _, name := range []string{"茶.png", "a.amr"} {
		if _, err := r.blobs.Save(r.Context(), core.Media{Name: name}, strings.NewReader("x"), 9); err != nil {
			r.Fatal(err)
		}
	}
}

// wire is what the platform was asked for some messages.
func (r *rig) wire(ch *Channel, envs []core.Envelope) string {
	r.Helper()
	had := len(r.fake.Calls(""))
	for _, env := range envs {
		r.clock.Pass(time.Minute)
		r.send(ch, env)
	}
	var b strings.Builder
	for _, c := range r.fake.Calls("")[had:] {
		fmt.Fprintln(&b, c.Method)
		for _, k := range slices.Sorted(maps.Keys(c.Params)) {
			fmt.Fprintf(&b, "  %s=%s\n", k, strings.ReplaceAll(c.Params[k], "\n", "\n    "))
		}
		for _, k := range slices.Sorted(maps.Keys(c.Files)) {
			fmt.Fprintf(&b, "  %s: the file %s\n", k, c.Files[k].Name)
		}
	}
	return b.String()
}
