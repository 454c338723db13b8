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
)

// A past is what the store would say of a ticket's conversation.
type past struct {
	core.Views
	said []core.Record
}

func (p *past) Tickets(_ context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	return []core.TicketView{{Ticket: core.Ticket{ID: q.ID, Key: core.Key{Channel: "web", Peer: "p"}}}}, nil
}

func (p *past) Past(_ context.Context, q core.PastQuery) ([]core.Record, error) {
	if q.Key.Channel != "web" || !q.Peer {
		return nil, errors.New("asked for " + q.Key.String())
	}
	return p.said[max(0, len(p.said)-q.Max):], nil
}

// A topic that somebody deleted is made again with the card and the last
// messages; nothing is lost, the thread keeps its name, and what is said in the
// new topic is the ticket's.
func TestTopicDeleted(t *testing.T) {
	r := newRig(t, fake.Options{Group: group, Forum: true})
	r.fake.Join(lin)
	views := &past{}
	for i := range 12 {
		views.said = append(views.said, core.Record{In: i%2 == 0, Message: &core.Envelope{By: core.Author{Kind: core.ByAgent, Name: "小林"}, Parts: core.Parts{text(fmt.Sprint("line ", i))}}})
	}
	r.views = views
	ch := r.open(Config{Group: group})
	thread := r.send(ch, ticket())
	if err := ch.Edit(t.Context(), thread, ticketIn("active", "🟢 王** · 微信", thread)); err != nil {
		t.Fatal(err)
	}
	r.fake.DeleteTopic(number(t, thread))

	ref := r.send(ch, words(thread, "还在吗"))
	ts := r.fake.Topics()
	if len(ts) != 2 || ts[1].Name != "#7 🟢 王** · 微信" {
		t.Fatalf("topics %+v", ts)
	}
	in := r.fake.In(ts[1].ID)
	if len(in) != 2 || in[1].Text != "👤 小王: 还在吗" || r.message(ref).ID != in[1].ID {
		t.Fatalf("the new topic has %+v", in)
	}
	if card := in[0]; len(card.Buttons) != 1 || !strings.Contains(card.Text, "已重建") || strings.Contains(card.Text, "line 1\n") ||
		!strings.Contains(card.Text, "👤 line 2\n💬 小林 line 3") {
		t.Errorf("the new card is %q %v", card.Text, card.Buttons)
	}

	r.run(ch)
	r.fake.Write(lin, group, fake.Draft{Topic: ts[1].ID, Text: "在的"})
	if err := r.fake.Press(lin, group, in[0].ID, "认领"); err != nil {
		t.Fatal(err)
	}
	for i, e := range r.got(2) {
		if e.Thread != thread {
			t.Errorf("%d: in %q, want %q", i, e.Thread, thread)
		}
	}
	// The card, which the hub knows by the thread or by its first message, goes on.
	if err := ch.Edit(t.Context(), thread, ticketIn("closed", "⚪ 王** · 微信", thread)); err != nil {
		t.Fatal(err)
	}
	if in := r.fake.In(ts[1].ID); !strings.Contains(in[0].Text, "⚪") || len(in) != 2 || !r.fake.Topics()[1].Closed {
		t.Errorf("the new topic has %+v", in)
	}
	if err := ch.Typing(t.Context(), core.Peer{}, thread); err != nil || r.fake.Calls("sendChatAction")[0].Params["message_thread_id"] != fmt.Sprint(ts[1].ID) {
		t.Errorf("typing: %v", err)
	}
}

// Whatever happens while a topic is made again, the next try goes on from there.
func TestTopicDeletedAndMore(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	r.fake.DeleteTopic(number(t, thread))
	fail := func(method string, want core.Kind) {
		t.Helper()
		r.fake.Fail(method, 500, "Internal Server Error")
		if _, err := ch.Send(t.Context(), words(thread, "还在吗")); core.KindOf(err) != want {
			t.Fatalf("%s: got %v", method, err)
		}
	}
	fail("createForumTopic", core.Transient)
	fail("sendMessage", core.Transient) // the first one, in the topic that is gone
	r.send(ch, words(thread, "还在吗"))
	r.send(ch, words(thread, "?"))
	ts := r.fake.Topics()
	if in := r.fake.In(ts[len(ts)-1].ID); len(ts) != 2 || len(in) != 3 {
		t.Fatalf("topics %+v, the last has %+v", ts, in)
	}
	// And the card alone, when it is what finds out.
	r.fake.DeleteTopic(ts[1].ID)
	if err := ch.Edit(t.Context(), thread, ticketIn("active", "🟢", thread)); core.KindOf(err) != core.Gone {
		t.Fatalf("got %v", err)
	}
	ref := r.send(ch, ticketIn("active", "🟢", thread)) // as the hub does
	ts = r.fake.Topics()
	if in := r.fake.In(ts[2].ID); len(in) != 1 || r.message(ref).ID != in[0].ID {
		t.Errorf("the card is %+v, ref %q", in, ref)
	}
	if err := ch.Edit(t.Context(), ref, ticketIn("active", "🟢 2", thread)); err != nil {
		t.Error(err)
	}
}

// Between making the topic again and posting into it the rate may be used up.
func TestTopicDeletedAtPeak(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	r.fake.DeleteTopic(number(t, thread))
	for range 15 { // with the topic, its card, and the refused post there is one left
		if err := ch.pace.take(fmt.Sprint(group)); err != nil {
			t.Fatal(err)
		}
	}
	tries := 0
	for {
		_, err := ch.Send(t.Context(), words(thread, "还在吗"))
		if err == nil {
			break
		}
		e, ok := errors.AsType[*core.SendError](err)
		if tries++; !ok || e.Kind != core.Throttled || tries > 5 {
			t.Fatal(err)
		}
		r.pass(e.After)
	}
	ts := r.fake.Topics()
	if in := r.fake.In(ts[1].ID); tries == 0 || len(ts) != 2 || len(in) != 2 || in[1].Text != "👤 小王: 还在吗" {
		t.Errorf("after %d tries %+v in %+v", tries, in, ts)
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
			} else if _, err := ch.Send(t.Context(), words(thread, "在吗")); core.KindOf(err) != core.Transient {
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
			if err := again.Edit(t.Context(), thread, ticketIn("active", "🟢", thread)); core.KindOf(err) != core.Gone {
				t.Errorf("got %v", err)
			}
			card := r.send(again, ticketIn("active", "🟢", thread))
			if err := again.Edit(t.Context(), card, ticketIn("active", "🟢 2", thread)); err != nil {
				t.Error(err)
			}
			if !told {
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
	if core.KindOf(err) != core.Denied || !strings.Contains(err.Error(), "-100777") {
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
	r.inbox.Err = errors.New("disk full")
	if err := ch.Run(t.Context()); err == nil {
		t.Fatal("Run went on")
	}
	if n := r.fake.Confirmed(); n != 0 {
		t.Fatalf("%d updates were confirmed", n)
	}
	r.inbox.Err = nil
	r.run(ch)
	r.got(2)
	r.settled(2)
}

// The same through a webhook, which is answered only after filing.
func TestWebhook(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Webhook: "https://desk.example/hook/tg/"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ch.Run(ctx) }()
	r.until("webhook", func() bool { return len(r.fake.Calls("setWebhook")) == 1 })
	r.fake.Write(wang, 7, fake.Draft{Text: "a"})
	r.inbox.Err = errors.New("disk full")
	if err := r.fake.Deliver(t.Context(), ch); err == nil {
		t.Error("taken though nothing was filed")
	}
	r.inbox.Err = nil
	if err := r.fake.Deliver(t.Context(), ch); err != nil || len(r.inbox.Got()) != 1 {
		t.Errorf("%v; got %+v", err, r.inbox.Got())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
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
	if err := ch.Edit(t.Context(), "7.99999", to("7", text("周五"))); core.KindOf(err) != core.Gone {
		t.Errorf("got %v", err)
	}
	r.fake.Block(wang)
	if _, err := ch.Send(t.Context(), to("7", text("?"))); core.KindOf(err) != core.Gone {
		t.Errorf("got %v", err)
	}
	r.fake.Unblock(wang)
	r.pass(time.Minute)
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
	r.pass(40 * 24 * time.Hour)
	if err := r.fake.Press(wang, 7, r.message(ref).ID, "甲"); err != nil {
		t.Fatal(err)
	}
	if e := r.got(5)[4]; e.Parts[0] != core.Part(text("甲")) {
		t.Errorf("after a month: %+v", e.Parts)
	}
}
