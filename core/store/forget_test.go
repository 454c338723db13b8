package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
)

// shelf is what a test of forgetting works on: a store with a clock of its own.
type shelf struct {
	t     *testing.T
	dir   string
	now   time.Time
	s     *Store
	blobs *blobs.Folder
}

func newShelf(t *testing.T) *shelf {
	x := &shelf{t: t, dir: t.TempDir(), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	x.s = open(t, Options{Path: x.dir, Now: func() time.Time { return x.now }})
	t.Cleanup(func() { x.s.Close() })
	folder, err := blobs.Open(filepath.Join(x.dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	x.blobs = folder
	return x
}

// talk has a peer say something with a picture, and the bot answer it under an
// event that quotes it. The ticket is closed at once.
func (x *shelf) talk(peer, words string) core.Media {
	x.t.Helper()
	m, err := x.blobs.Save(ctx, core.Media{Type: "image/png"}, strings.NewReader(words), 1<<20)
	if err != nil {
		x.t.Fatal(err)
	}
	key := core.Key{Channel: "web", Peer: peer}
	env := core.Envelope{Channel: "web", Ref: peer + words, Peer: core.Peer{ID: peer, Name: "name-" + words}, Filed: x.now, Parts: core.Parts{core.Text{Body: words}, m}}
	if _, err := x.s.Receive(ctx, key, env); err != nil {
		x.t.Fatal(err)
	}
	done, err := x.s.Turn(ctx, key, x.now, func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		c.Heard, c.Mind = x.now, []byte(`"`+words+`"`)
		c.Peer = core.Peer{ID: peer, Name: "name-" + words}
		c.Ticket = &core.Ticket{ID: "T" + peer + fmt.Sprint(x.now.Unix()), Key: key, State: core.TicketClosed, Closed: x.now, Asked: words, Outcome: "solved"}
		return core.Outcome{
			Conversation: c, Say: []core.Envelope{{Parts: core.Parts{core.Text{Body: "re: " + words}}}},
			Events: []core.Event{{Kind: core.EventRated, At: x.now, Why: words, Data: map[string]string{"score": "5", "words": words}}},
		}, nil
	})
	if err != nil {
		x.t.Fatal(err)
	}
	for _, d := range done.Deliveries {
		if _, err := x.s.Settle(ctx, x.now, core.Result{Delivery: d, Ref: "sent " + d.ID, Outcome: core.AttemptSent}); err != nil {
			x.t.Fatal(err)
		}
	}
	return m
}

func (x *shelf) past(peer string) []core.Record {
	x.t.Helper()
	rs, err := x.s.Past(ctx, core.PastQuery{Key: core.Key{Channel: "web", Peer: peer}})
	if err != nil {
		x.t.Fatal(err)
	}
	return rs
}

const day = 24 * time.Hour

// What is too old is gone, from the database's file too; what is younger, what
// was counted, and other channels are not; and the log goes on after a restart.
func TestForget(t *testing.T) {
	x := newShelf(t)
	old := x.talk("a", "oldsecret")
	x.talk("gone", "oldsecret")
	x.now = x.now.Add(40 * day)
	young := x.talk("a", "young")
	k := Keep{Messages: 30 * day, Events: 30 * day}
	if n, err := x.s.Forget(ctx, "other", k, x.blobs); err != nil || n != (Forgotten{}) {
		t.Fatalf("another channel: %+v %v", n, err)
	}
	if n, err := x.s.Forget(ctx, "web", Keep{}, x.blobs); err != nil || n != (Forgotten{}) {
		t.Fatalf("with nothing set: %+v %v", n, err)
	}
	n, err := x.s.Forget(ctx, "web", k, x.blobs)
	if want := (Forgotten{Messages: 4, Files: 2, Events: 2, Tickets: 2}); err != nil || n != want {
		t.Fatalf("%+v, want %+v; %v", n, want, err)
	}
	if n, err := x.s.Forget(ctx, "web", k, x.blobs); err != nil || n != (Forgotten{}) {
		t.Errorf("again: %+v %v", n, err)
	}
	rs := x.past("a")
	if len(rs) != 4 || rs[0].Event == nil || rs[0].Event.Data["score"] != "5" || rs[0].Event.Why != "" || rs[2].Event == nil && rs[3].Message == nil {
		t.Errorf("left: %+v", rs)
	}
	if rs := x.past("gone"); len(rs) != 1 || rs[0].Event == nil {
		t.Errorf("left of a quiet one: %+v", rs)
	}
	if c, err := x.s.Conversation(ctx, core.Key{Channel: "web", Peer: "gone"}); err != nil || c.Peer.Name != "" || c.Mind != nil || c.Ticket.Asked != "" || c.Ticket.Outcome != "solved" {
		t.Errorf("a quiet conversation remembers %+v, %v", c, err)
	}
	if c, err := x.s.Conversation(ctx, core.Key{Channel: "web", Peer: "a"}); err != nil || c.Peer.Name == "" || c.Ticket.Asked != "young" {
		t.Errorf("a lively conversation remembers %+v, %v", c, err)
	}
	if _, _, err := x.blobs.Open(ctx, old.Handle); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("an old file: %v", err)
	}
	if f, _, err := x.blobs.Open(ctx, young.Handle); err != nil {
		t.Errorf("a young file: %v", err)
	} else {
		f.Close()
	}
	if err := x.s.Shrink(ctx); err != nil {
		t.Fatal(err)
	}
	x.s.Close()
	if b, err := os.ReadFile(filepath.Join(x.dir, "frontdesk.db")); err != nil || bytes.Contains(b, []byte("oldsecret")) {
		t.Errorf("the file still has the words; %v", err)
	}
	x.s = open(t, Options{Path: x.dir, Now: func() time.Time { return x.now }})
	x.talk("gone", "back")
	if rs := x.past("gone"); len(rs) != 4 {
		t.Errorf("after coming back: %+v", rs)
	}
}

// Files may go before the messages that carried them; what nobody has read, and
// the talk of an open ticket, stay.
func TestForgetMedia(t *testing.T) {
	x := newShelf(t)
	m := x.talk("a", "words")
	key := core.Key{Channel: "web", Peer: "b"}
	if _, err := x.s.Receive(ctx, key, core.Envelope{Channel: "web", Ref: "unread", Filed: x.now, Parts: core.Parts{core.Text{Body: "unread"}, m}}); err != nil {
		t.Fatal(err)
	}
	open := x.talk("c", "open")
	if _, err := x.s.Turn(ctx, core.Key{Channel: "web", Peer: "c"}, x.now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		c.Ticket.State = core.TicketActive
		return core.Outcome{Conversation: c}, nil
	}); err != nil {
		t.Fatal(err)
	}
	x.now = x.now.Add(40 * day)
	n, err := x.s.Forget(ctx, "web", Keep{Media: 30 * day}, x.blobs)
	if err != nil || n.Messages != 0 || n.Files != 1 {
		t.Errorf("%+v %v", n, err)
	}
	rs := x.past("a")
	if p, ok := rs[0].Message.Parts[1].(core.Media); !ok || p.Handle != "" || p.Type != "image/png" || rs[0].Message.Parts.Text() != "words" {
		t.Errorf("what is left of the message: %+v", rs[0].Message)
	}
	if _, err := x.s.Forget(ctx, "web", Keep{Messages: 30 * day}, x.blobs); err != nil {
		t.Fatal(err)
	}
	if rs := x.past("b"); len(rs) != 1 {
		t.Errorf("unread: %+v", rs)
	}
	if f, _, err := x.blobs.Open(ctx, open.Handle); err != nil || len(x.past("c")) != 3 {
		t.Errorf("the talk of an open ticket was touched: %v", err)
	} else {
		f.Close()
	}
}

// The database's file shrinks by what was deleted, while others write.
func TestShrink(t *testing.T) {
	x := newShelf(t)
	for i := range 100 {
		x.talk("a", strings.Repeat("long ", 5_000)+fmt.Sprint(i))
	}
	size := func() int64 {
		st, err := x.s.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return st.Bytes
	}
	x.now = x.now.Add(40 * day)
	x.talk("b", "young")
	if err := x.s.Shrink(ctx); err != nil {
		t.Fatal(err)
	}
	before := size()
	if _, err := x.s.Forget(ctx, "web", Keep{Messages: day, Events: day}, x.blobs); err != nil {
		t.Fatal(err)
	}
	if err := x.s.Shrink(ctx); err != nil {
		t.Fatal(err)
	}
	if after := size(); after > before/10 {
		t.Errorf("%d bytes, %d before", after, before)
	}
}

// A file that no message carries is deleted after an hour; one that is carried
// is not, nor one that has just come.
func TestSweep(t *testing.T) {
	x := newShelf(t)
	x.now = time.Now()
	carried := x.talk("a", "carried")
	stray, err := x.blobs.Save(ctx, core.Media{Type: "text/plain"}, strings.NewReader("stray"), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ after, want int }{{30, 0}, {31, 1}, {60, 0}} {
		x.now = x.now.Add(time.Duration(step.after) * time.Minute)
		if n, err := x.s.Sweep(ctx, x.blobs); err != nil || n != step.want {
			t.Fatalf("after %d minutes more %d files, want %d; %v", step.after, n, step.want, err)
		}
	}
	if _, _, err := x.blobs.Open(ctx, stray.Handle); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a stray file: %v", err)
	}
	if f, _, err := x.blobs.Open(ctx, carried.Handle); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}
