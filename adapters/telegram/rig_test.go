package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// A rig is an adapter's world: the platform, and what the program lends.
type rig struct {
	*testing.T
	fake  *fake.Platform
	inbox *coretest.Inbox
	log   *coretest.Log
	vals  *coretest.Values
	blobs *coretest.Blobs
	clock *coretest.Clock
}

const group = -100123

var (
	lin  = fake.User{ID: 9, First: "小林"}
	wang = fake.User{ID: 7, First: "Wang", Last: "Min", Lang: "zh-hans"}
)

func newRig(t *testing.T, o fake.Options) *rig {
	r := &rig{T: t, inbox: &coretest.Inbox{}, log: &coretest.Log{}, blobs: &coretest.Blobs{}, clock: coretest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
	r.vals = &coretest.Values{Now: r.clock.Now}
	o.Now, o.Token = r.clock.Now, token
	r.fake = fake.New(o)
	t.Cleanup(func() {
		if strings.Contains(r.log.String(), token) {
			t.Errorf("the token was logged: %s", r.log)
		}
	})
	return r
}

// newDesk is a rig with a group that has topics, and its adapter.
func newDesk(t *testing.T) (*rig, *Channel) {
	r := newRig(t, fake.Options{Group: group, Forum: true})
	r.fake.Join(lin)
	return r, r.open(Config{Group: group})
}

func (r *rig) open(c Config) *Channel {
	r.Helper()
	c.Token, c.API, c.Secret, c.Poll = token, "http://telegram.test", secret, 1
	if err := c.Validate(); err != nil {
		r.Fatal(err)
	}
	d := coretest.Deps(r.inbox, r.log, r.fake.Client())
	d.Values, d.Blobs, d.Now = r.vals, r.blobs, r.clock.Now
	ch := coretest.Open(r, New, c, d)
	ch.albums.quiet = time.Millisecond
	return ch
}

// run polls in the background until the test ends, which may interrupt it in the
// middle of an update.
func (r *rig) run(ch *Channel) {
	coretest.Run(r, func(ctx context.Context) error {
		if err := ch.Run(ctx); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
}

// got waits for n envelopes and returns them.
func (r *rig) got(n int) []core.Envelope {
	r.Helper()
	r.until(fmt.Sprintf("%d envelopes", n), func() bool { return len(r.inbox.Got()) >= n })
	return r.inbox.Got()
}

func (r *rig) until(what string, done func() bool) {
	r.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !done(); <-tick.C {
		if time.Now().After(end) {
			r.Fatalf("no %s; arrived %+v; log %s", what, r.inbox.Got(), r.log)
		}
	}
}

// settled waits until everything that was pushed is confirmed.
func (r *rig) settled(n int64) {
	r.Helper()
	r.until(fmt.Sprintf("confirmation of %d updates", n), func() bool { return r.fake.Confirmed() >= n })
}

func (r *rig) send(ch *Channel, env core.Envelope) string {
	r.Helper()
	ref, err := ch.Send(r.Context(), env)
	if err != nil || ref == "" {
		r.Fatalf("ref %q, %v", ref, err)
	}
	return ref
}

func ticket() core.Envelope { return ticketIn("waiting", "🟠 王** · 微信", "") }

func ticketIn(state, title, thread string) core.Envelope {
	return core.Envelope{ID: "e1", Channel: "test", By: core.Author{Kind: core.BySystem}, Ticket: "7", Thread: thread,
		Parts: core.Parts{core.Case{Ticket: "7", State: state, Title: title, Lines: []string{"👤 碎了"}, Actions: []core.Option{{ID: "claim", Label: "认领"}}}}}
}

// words are a customer's, as the desk is shown them.
func words(thread, text string) core.Envelope {
	return core.Envelope{ID: "e-" + text, Ticket: "7", Thread: thread, By: core.Author{Kind: core.ByPeer, Name: "小王"}, Parts: core.Parts{core.Text{Body: text}}}
}

// to is said to a customer.
func to(peer string, parts ...core.Part) core.Envelope {
	return core.Envelope{ID: "e9", Peer: core.Peer{ID: peer}, By: core.Author{Kind: core.ByBot}, Parts: parts}
}

func text(s string) core.Text { return core.Text{Body: s} }

func number(t *testing.T, s string) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatalf("%q is no number", s)
	}
	return n
}

// message is the one that ref names.
func (r *rig) message(ref string) fake.Message {
	r.Helper()
	chat, id, _ := strings.Cut(strings.TrimPrefix(ref, "r"), ".")
	for _, m := range r.fake.Chat(number(r.T, chat)) {
		if m.ID == number(r.T, id) {
			return m
		}
	}
	r.Fatalf("there is no message %q", ref)
	return fake.Message{}
}

// A hook is the adapter as the platform calls it once setWebhook told the secret.
type hook struct{ *Channel }

func (h hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	h.Channel.ServeHTTP(w, r)
}
