package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// A topic that somebody deleted is named as gone, so that the hub shows its
// ticket in a new one (TestWhole); so is a card in it.
func TestTopicDeleted(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	r.fake.DeleteTopic(number(t, thread))
	if _, err := ch.Send(t.Context(), words(thread, "还在吗")); core.KindOf(err) != core.KindGone {
		t.Errorf("got %v", err)
	}
	if err := ch.Edit(t.Context(), thread, ticketIn("active", "🟢", thread)); core.KindOf(err) != core.KindGone {
		t.Errorf("got %v", err)
	}
	next := ticket()
	next.ID = "e2"
	if again := r.send(ch, next); again == thread || len(r.fake.Topics()) != 2 {
		t.Errorf("opened %q, topics %+v", again, r.fake.Topics())
	}
}

// A bot that may not write in a closed topic opens it.
func TestTopicClosed(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	r.run(ch)
	r.fake.CloseTopic(lin, number(t, thread))
	r.settled(1)
	r.fake.Fail("sendMessage", 400, "Bad Request: TOPIC_CLOSED")
	r.send(ch, words(thread, "还有事"))
	if ts := r.fake.Topics(); ts[0].Closed || len(ts) != 1 {
		t.Errorf("topics %+v", ts)
	}
	// A ticket that is open again has an open topic: members who are no
	// administrators could not write there.
	r.fake.CloseTopic(lin, number(t, thread))
	r.until("closing", func() bool { return len(r.inbox.Got()) == 2 })
	if err := ch.Edit(t.Context(), thread, ticketIn("active", "🟢", thread)); err != nil || r.fake.Topics()[0].Closed {
		t.Errorf("%v; topics %+v", err, r.fake.Topics())
	}
}

// The group becomes a supergroup: told by a message or by a refusal, it is
// followed, and still after a restart.
func TestMigration(t *testing.T) {
	for _, told := range []bool{true, false} {
		t.Run(map[bool]string{true: "by a message", false: "by a refusal"}[told], func(t *testing.T) {
			r := newRig(t, fake.Options{Group: -555})
			r.fake.Join(lin)
			ch := r.open(Config{Group: -555})
			thread := r.send(ch, ticket())
			now := r.fake.Migrate()
			if told {
				r.run(ch)
				r.settled(2)
			} else if _, err := ch.Send(t.Context(), words(thread, "在吗")); core.KindOf(err) != core.KindTransient {
				t.Fatalf("got %v", err)
			}
			r.send(ch, words(thread, "在吗"))
			again := r.open(Config{Group: -555})
			ref := r.send(again, words(thread, "?"))
			if in := r.fake.Said(now); len(in) != 2 || in[1].ReplyTo != 0 {
				t.Fatalf("the new group has %+v", in)
			}
			// The card stayed behind: the hub sends it anew. Replies to what is in
			// the new group are the ticket's.
			if err := again.Edit(t.Context(), thread, ticketIn("active", "🟢", thread)); core.KindOf(err) != core.KindGone {
				t.Errorf("got %v", err)
			}
			card := r.send(again, ticketIn("active", "🟢", thread))
			if err := again.Edit(t.Context(), card, ticketIn("active", "🟢 2", thread)); err != nil {
				t.Error(err)
			}
			r.fake.SetForum(true) // which is what made it one
			next := ticket()
			next.ID = "e2"
			if !told { // the first adapter was told by the refusal alone
				if thread := r.send(ch, next); strings.HasPrefix(thread, replies) {
					t.Errorf("opened %q in a group with topics", thread)
				}
				r.run(again)
			}
			r.fake.Write(lin, now, fake.Draft{ReplyTo: r.message(ref).ID, Text: "您好"})
			if e := r.got(1)[0]; e.Thread != thread || e.Parts.Text() != "您好" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A group that the bot is not in is a mistake of the operator's, not a thread
// that is gone.
func TestUnknownGroup(t *testing.T) {
	r := newRig(t, fake.Options{Group: group, Forum: true})
	ch := r.open(Config{Group: -100777})
	_, err := ch.Send(t.Context(), ticket())
	if core.KindOf(err) != core.KindDenied || !strings.Contains(err.Error(), "-100777") {
		t.Errorf("got %v", err)
	}
}

// An update that could not be filed is not confirmed: it comes again, and what
// was filed in the meantime has the same Ref.
func TestConfirmsOnlyWhatIsFiled(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "a"})
	r.fake.Write(fake.User{ID: 8}, 8, fake.Draft{Text: "b"})
	r.inbox.Fail(errors.New("disk full"))
	if err := ch.Run(t.Context()); err == nil {
		t.Fatal("Run went on")
	}
	if n := r.fake.Confirmed(); n != 0 {
		t.Fatalf("%d updates were confirmed", n)
	}
	r.inbox.Fail(nil)
	r.run(ch)
	r.got(2)
	r.settled(2)
}

// The same through a webhook, which is answered only after filing.
func TestWebhook(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Webhook: "https://desk.example/hook/tg/"})
	stop := coretest.Run(t, ch.Run)
	r.until("webhook", func() bool { return len(r.fake.Calls("setWebhook")) == 1 })
	r.fake.Write(wang, 7, fake.Draft{Text: "a"})
	r.inbox.Fail(errors.New("disk full"))
	if err := r.fake.Deliver(t.Context(), ch); err == nil {
		t.Error("taken though nothing was filed")
	}
	r.inbox.Fail(nil)
	if err := r.fake.Deliver(t.Context(), ch); err != nil || len(r.inbox.Got()) != 1 {
		t.Errorf("%v; got %+v", err, r.inbox.Got())
	}
	stop()
}

// After a crash what had not left is sent, what may have left is not; a card that
// opens a thread is, into the topic that was made for it.
func TestRecall(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	recall := func(env core.Envelope, want bool) {
		t.Helper()
		again := r.open(Config{Group: group})
		if ref, began, err := again.Recall(t.Context(), env); err != nil || ref != "" || began != want {
			t.Errorf("%v: ref %q, began %v, %v", env.Parts, ref, began, err)
		}
	}
	recall(words(thread, "never sent"), false)
	r.fake.Fail("sendMessage", 429, "Too Many Requests: retry after 1")
	if _, err := ch.Send(t.Context(), words(thread, "refused")); err == nil {
		t.Fatal("taken")
	}
	recall(words(thread, "refused"), false)
	r.clock.Pass(time.Minute)
	r.send(ch, words(thread, "sent"))
	recall(words(thread, "sent"), true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ch.Send(ctx, words(thread, "cut")); core.KindOf(err) != core.KindUnknown {
		t.Errorf("got %v", err)
	}
	recall(words(thread, "cut"), true)
	recall(ticket(), false)
	if again := r.send(ch, ticket()); again != thread || len(r.fake.Topics()) != 1 {
		t.Errorf("opened %q, topics %+v", again, r.fake.Topics())
	}
}

// Another program that polls is told of; a 429 of the poll is waited for.
func TestPollRefused(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Fail("deleteWebhook", 409, "Conflict: terminated by other getUpdates request")
	err := ch.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v", err)
	}
}

// Edits of one second are two; commands are only a desk's.
func TestEdits(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.run(ch)
	id := r.fake.Write(wang, 7, fake.Draft{Text: "/help me"})
	r.fake.Revise(7, id, "a")
	r.fake.Revise(7, id, "b")
	var seen []string
	for _, e := range r.got(3) {
		seen = append(seen, fmt.Sprintf("%s < %s: %s", e.Ref, e.Replaces, e.Parts.Text()))
	}
	ref := fmt.Sprintf("m7.%d", id)
	if want := []string{ref + " < : /help me", ref + "/e2 < " + ref + ": a", ref + "/e3 < " + ref + ": b"}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}

// A message to a customer is edited in its place; that it says so already is no
// error, and one that is gone is.
func TestEditing(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "/start"})
	ref := r.send(ch, to("7", text("周四")))
	for range 2 {
		if err := ch.Edit(t.Context(), ref, to("7", text("周五"))); err != nil || r.message(ref).Text != "周五" {
			t.Errorf("%v; shows %q", err, r.message(ref).Text)
		}
	}
	if err := ch.Edit(t.Context(), "7.99999", to("7", text("周五"))); core.KindOf(err) != core.KindGone {
		t.Errorf("got %v", err)
	}
	r.fake.Block(wang)
	if _, err := ch.Send(t.Context(), to("7", text("?"))); core.KindOf(err) != core.KindGone {
		t.Errorf("got %v", err)
	}
	r.fake.Unblock(wang)
	r.clock.Pass(time.Minute)
	r.send(ch, to("7", text("!")))
}

// A button's id may be longer than a button carries.
func TestLongButtons(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "/start"})
	long := strings.Repeat("订单", 30)
	ref := r.send(ch, to("7", core.Choice{Prompt: "?", Options: []core.Option{{ID: long, Label: "甲"}, {ID: "~b", Label: "乙"}, {ID: "c", Label: "丙"}}}))
	r.run(ch)
	for _, label := range []string{"甲", "乙", "丙"} {
		if err := r.fake.Press(wang, 7, r.message(ref).ID, label); err != nil {
			t.Fatal(err)
		}
	}
	want := []core.Part{core.Joined{}, core.Pick{Option: long, Label: "甲"}, core.Pick{Option: "~b", Label: "乙"}, core.Pick{Option: "c", Label: "丙"}}
	for i, e := range r.got(4) {
		if e.Parts[0] != want[i] {
			t.Errorf("%d: got %+v, want %+v", i, e.Parts[0], want[i])
		}
	}
	r.clock.Pass(40 * 24 * time.Hour)
	if err := r.fake.Press(wang, 7, r.message(ref).ID, "甲"); err != nil {
		t.Fatal(err)
	}
	if e := r.got(5)[4]; e.Parts[0] != core.Part(text("甲")) {
		t.Errorf("after a month: %+v", e.Parts)
	}
}
