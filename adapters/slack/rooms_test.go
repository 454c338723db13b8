package slack

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

const (
	after = "C0AFTER"
	leads = "C0LEADS"
)

// newRooms is a rig whose desk has rooms for two topics: Lin is in the main
// channel and for what comes after a sale, Chen in the main channel and among the
// leads, Zhou only there.
func newRooms(t *testing.T) *rig {
	t.Helper()
	d := newRig(t)
	d.w.User("U0ZHOU", "老周", false)
	d.w.Room(after, "U0LIN")
	d.w.Room(leads, "U0CHEN", "U0ZHOU")
	d.rooms = map[string]string{"aftersale": after, "complaint": leads}
	d.restart("zh-CN")
	return d
}

// about is a ticket's card.
func about(topic, thread string) core.Envelope {
	env := ticket()
	c := env.Parts[0].(core.Case)
	c.Topic = topic
	env.ID, env.Thread, env.Parts = "e-"+topic, thread, core.Parts{c}
	return env
}

func (d *rig) openFor(topic string) (thread string) {
	d.t.Helper()
	thread, err := d.ch.Send(d.t.Context(), about(topic, ""))
	if err != nil {
		d.t.Fatal(err)
	}
	return thread
}

func (d *rig) filed() {
	d.t.Helper()
	if !d.w.Until(func() bool { return d.w.Unacked() == 0 }) {
		d.t.Fatal(d.log)
	}
}

// A ticket opens in its topic's room, and all that belongs to it goes there.
func TestRoutesByTopic(t *testing.T) {
	d := newRooms(t)
	for topic, want := range map[string]string{"aftersale": after, "complaint": leads, "presale": fake.Channel, "": fake.Channel} {
		if c, _, _ := cutRef(d.openFor(topic)); c != want {
			t.Errorf("%q opened in %s", topic, c)
		}
	}
	digest := core.Envelope{ID: "d", By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "排队 3 人"}}}
	if ref, err := d.ch.Send(t.Context(), digest); err != nil || !strings.HasPrefix(ref, fake.Channel) {
		t.Errorf("the digest is at %q, %v", ref, err)
	}
	thread := d.openFor("aftersale")
	file, err := d.blobs.Save(t.Context(), core.Media{Type: "image/png", Name: "a.png"}, strings.NewReader("x"), 10)
	if err != nil {
		t.Fatal(err)
	}
	picture := d.words(thread, "")
	picture.Parts = core.Parts{file}
	doubted := d.words(thread, "在吗")
	d.w.Refuse("chat.postMessage", "cut")
	if _, err := d.ch.Send(t.Context(), doubted); core.KindOf(err) != core.KindUnknown {
		t.Fatal(err)
	}
	for _, env := range []core.Envelope{doubted, picture} {
		if _, err := d.ch.Send(t.Context(), env); err != nil {
			t.Error(err)
		}
	}
	if got := d.w.Thread(ts(thread)); len(got) != 3 || got[1].Channel != after {
		t.Errorf("the thread is %+v", got)
	}
	root := about("complaint", "")
	root.ID, root.Filed = "doubt", d.clock.Now()
	d.w.Refuse("chat.postMessage", "cut")
	if _, err := d.ch.Send(t.Context(), root); core.KindOf(err) != core.KindUnknown {
		t.Fatal(err)
	}
	before := len(d.w.In(leads))
	if ref, err := d.ch.Send(t.Context(), root); err != nil || !strings.HasPrefix(ref, leads) || len(d.w.In(leads)) != before {
		t.Errorf("opened twice: %q, %v", ref, err)
	}
}

// What is done in a room arrives with its thread, whatever it is.
func TestHeardInRooms(t *testing.T) {
	d := newRooms(t)
	thread := d.openFor("aftersale")
	d.run()
	said := d.w.Say("U0LIN", ts(thread), "您好", fake.Upload("a.png", "x"))
	if e := d.last(); e.Thread != thread || len(e.Parts) != 2 {
		t.Errorf("got %+v", e)
	}
	d.w.Edit(said, "您好！")
	if e := d.last(); e.Replaces != joinRef(after, said) || e.Thread != thread {
		t.Errorf("got %+v", e)
	}
	if err := d.w.Press("U0LIN", ts(thread), "claim"); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Thread != thread || e.Parts[0].(core.Pick).Option != "claim" {
		t.Errorf("got %+v", e)
	}
	d.note(said, "老客户")
	if e := d.last(); e.Thread != thread || e.Parts[0].(core.Form).ID != "note" {
		t.Errorf("got %+v", e)
	}
	d.w.SayIn(after, "U0LIN", "大家好")
	if e := d.last(); e.Thread != "" || e.Parts.Text() != "大家好" {
		t.Errorf("got %+v", e)
	}
	if err := d.ch.Mark(t.Context(), core.Via{Thread: thread, Ref: joinRef(after, said)}, core.MarkArrived, ""); err != nil {
		t.Error(err)
	}
	if got := d.w.Thread(ts(thread))[1].Marks(); !slices.Equal(got, []string{"white_check_mark"}) {
		t.Errorf("marks %q", got)
	}
	d.w.Delete(ts(thread))
	d.filed()
	if _, err := d.ch.Send(t.Context(), d.words(thread, "x")); core.KindOf(err) != core.KindGone || err == nil {
		t.Errorf("got %v", err)
	}
}

// A ticket with another topic leaves its thread, which says where it goes on, and
// is opened in the other room, once. One that is closed stays.
func TestMoves(t *testing.T) {
	d := newRooms(t)
	old := d.openFor("presale")
	d.run()
	moved := about("complaint", old)
	shut := moved
	c := moved.Parts[0].(core.Case)
	c.State = string(core.TicketClosed)
	shut.Parts = core.Parts{c}
	if err := d.ch.Edit(t.Context(), old, shut); err != nil {
		t.Errorf("a closed one: %v", err)
	}
	for range 2 { // the second is after a crash
		if err := d.ch.Edit(t.Context(), old, moved); core.KindOf(err) != core.KindGone || err == nil {
			t.Errorf("Edit: %v", err)
		}
		if _, err := d.ch.Send(t.Context(), moved); core.KindOf(err) != core.KindGone || err == nil {
			t.Errorf("Send: %v", err)
		}
	}
	if m := d.w.Roots()[0]; len(fake.Buttons(m.Blocks)) > 0 || !strings.Contains(m.Words(), "<#C0LEADS>") || !strings.Contains(m.Words(), "#7") {
		t.Errorf("the old card is %q", m.Words())
	}
	thread := d.openFor("complaint")
	if !strings.HasPrefix(thread, leads) {
		t.Fatalf("opened in %s", thread)
	}
	link := "https://fake.slack.com/archives/C0LEADS/p" + strings.ReplaceAll(ts(thread), ".", "")
	if got := d.w.Thread(ts(old)); len(got) != 2 || !strings.Contains(got[1].Words(), link) || !strings.Contains(got[1].Words(), "<#C0LEADS>") {
		t.Errorf("the old thread says %q", lines(got))
	}
	if err := d.ch.Edit(t.Context(), thread, about("complaint", thread)); err != nil {
		t.Errorf("it moves for ever: %v", err)
	}
	d.openFor("complaint")
	if got := d.w.Thread(ts(old)); len(got) != 2 {
		t.Errorf("the old thread says %q", lines(got))
	}
	line := d.words(old, "在吗")
	line.Ticket = "7"
	if _, err := d.ch.Send(t.Context(), line); core.KindOf(err) != core.KindGone || err == nil {
		t.Errorf("what belongs to the ticket: %v", err)
	}
	d.w.Say("U0LIN", ts(old), "还在吗")
	e := d.last()
	if told := d.w.Told("U0LIN"); len(told) != 1 || told[0].Thread != ts(old) || !strings.Contains(told[0].Words(), "<#C0LEADS>") {
		t.Errorf("told %q", lines(told))
	}
	answer := core.Envelope{ID: "a", Peer: e.Peer, Thread: e.Thread, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "这里没有会话"}}}
	if _, err := d.ch.Send(t.Context(), answer); err != nil || len(d.w.Told("U0LIN")) != 2 {
		t.Errorf("the hub's own answer: %v, told %q", err, lines(d.w.Told("U0LIN")))
	}
}

// A thread in a channel that is none of the rooms any more is gone.
func TestRoomTakenAway(t *testing.T) {
	d := newRooms(t)
	thread := d.openFor("complaint")
	delete(d.rooms, "complaint")
	d.restart("zh-CN")
	d.w.KickFrom(leads, fake.Bot)
	card := about("complaint", thread)
	card.Filed = d.clock.Now().Add(-time.Second) // before the restart: in doubt
	if _, err := d.ch.Send(t.Context(), card); core.KindOf(err) != core.KindGone || err == nil {
		t.Errorf("got %v", err)
	}
	if c, _, _ := cutRef(d.openFor("complaint")); c != fake.Channel {
		t.Errorf("opened in %s", c)
	}
}

// What was written in any room while nobody listened is fetched; a room that
// cannot be read does not keep the others from it, and is tried again.
func TestCatchesUpInRooms(t *testing.T) {
	d := newRooms(t)
	main, sale, lead := d.openFor(""), d.openFor("aftersale"), d.openFor("complaint")
	stop := d.run()
	d.w.Say("U0LIN", ts(sale), "1")
	d.got(1)
	d.filed()
	stop()
	d.clock.Pass(time.Hour) // longer than what is looked at again
	d.w.Say("U0CHEN", ts(lead), "2")
	d.w.Say("U0LIN", ts(sale), "3")
	d.w.Say("U0LIN", ts(main), "4")
	d.restart("zh-CN")
	stop = d.run()
	d.got(3)
	d.filed()
	d.inbox.Fail(errors.New("disk full"))
	d.w.Say("U0LIN", ts(main), "5")
	d.w.Until(func() bool { return strings.Contains(d.log.String(), "disk full") })
	d.inbox.Fail(nil)
	d.clock.Pass(time.Hour)
	d.w.Say("U0CHEN", ts(lead), "5, in another room") // does not count as read in the main one
	d.got(1)
	stop()
	d.clock.Pass(time.Hour)
	d.w.Say("U0CHEN", ts(lead), "6")
	d.w.Say("U0LIN", ts(sale), "7")
	d.restart("zh-CN")
	d.w.Refuse("conversations.history", "", "429") // of the second room
	d.run()
	d.got(2)
	if !d.w.Until(func() bool { return slices.Equal(d.ch.history.seen.behind(d.ch.conf.rooms()), []string{after}) }) {
		t.Errorf("behind in %q", d.ch.history.seen.behind(d.ch.conf.rooms()))
	}
	d.w.Disconnect("refresh_requested")
	d.got(1)
	got := d.texts()
	slices.Sort(got)
	if !slices.Equal(got, []string{"1", "2", "3", "4", "5", "5, in another room", "6", "7"}) {
		t.Errorf("got %q", got)
	}
}

// A member of any room may use the desk; what is in a thread is for members of
// its room, and so is what the desk says of it to one agent.
func TestRoomMembers(t *testing.T) {
	d := newRooms(t)
	d.w.User("U0OUT", "外人", false)
	main, sale, lead := d.openFor(""), d.openFor("aftersale"), d.openFor("complaint")
	d.run()
	for _, user := range []string{"U0LIN", "U0ZHOU"} {
		d.w.Slash(user, "C0HALL", "on")
		if e := d.last(); e.Peer.ID != user {
			t.Errorf("got %+v", e)
		}
	}
	for _, p := range [][2]string{{"U0LIN", lead}, {"U0ZHOU", sale}, {"U0ZHOU", main}, {"U0OUT", lead}} {
		if err := d.w.Press(p[0], ts(p[1]), "claim"); err != nil {
			t.Fatal(err)
		}
		d.w.Shortcut(p[0], ts(p[1]), "desk_note")
	}
	d.w.Slash("U0OUT", "C0HALL", "on")
	d.filed()
	if got := d.inbox.Got(); len(got) != 2 || d.w.View("U0LIN") != nil || d.w.View("U0ZHOU") != nil {
		t.Errorf("filed %+v", got)
	}
	if ms := d.w.Direct("U0LIN"); len(ms) != 2 || !strings.Contains(ms[0].Words(), "<#C0LEADS>") {
		t.Errorf("Lin reads %q", lines(ms))
	}
	if err := d.w.Press("U0ZHOU", ts(lead), "claim"); err != nil {
		t.Fatal(err)
	}
	d.last()
	notice := core.Envelope{ID: "n", Ticket: "7", Thread: lead, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "已转到“complaint”排队"}}}
	d.clock.Pass(looking)
	for _, user := range []string{"U0LIN", "U0CHEN"} {
		notice.ID += "x"
		notice.Peer.ID = user
		if _, err := d.ch.Send(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.w.Thread(ts(lead)); len(got) != 2 || !strings.Contains(got[1].Text, "<@U0CHEN>") {
		t.Errorf("the thread shows %q", lines(got))
	}
	if got := lines(d.w.Told("U0LIN")); len(got) != 0 {
		t.Errorf("told in public %q", got)
	}
	if ms := d.w.Direct("U0LIN"); len(ms) != 3 || ms[2].Text != "#7 已转到“complaint”排队" {
		t.Errorf("Lin reads %q", lines(ms))
	}
}

// Who is taken out of a room has left the desk only when they are in none.
func TestLeftRooms(t *testing.T) {
	d := newRooms(t)
	thread := d.openFor("aftersale")
	d.run()
	d.w.Slash("U0LIN", "C0HALL", "on")
	d.last()
	d.w.KickFrom(after, "U0LIN")
	d.filed()
	if err := d.w.Press("U0LIN", ts(thread), "claim"); err != nil {
		t.Fatal(err)
	}
	d.filed()
	if got := d.inbox.Got(); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
	d.w.Refuse("conversations.members", "429") // perhaps they are somewhere still
	d.clock.Pass(time.Second)
	d.w.Kick("U0LIN")
	if !d.w.Until(func() bool { return strings.Contains(d.log.String(), "was not filed") }) {
		t.Fatal(d.log)
	}
	d.w.Redeliver()
	if e := d.last(); e.Parts[0] != (core.Left{}) || e.Peer.ID != "U0LIN" {
		t.Errorf("got %+v", e)
	}
	d.w.Slash("U0LIN", "C0HALL", "on")
	if d.filed(); len(d.inbox.Got()) != 2 {
		t.Errorf("still staff: %+v", d.inbox.Got())
	}
}

// A room that is archived or closed to us says which it is, and the desk works on
// in the others; public rooms the app enters by itself.
func TestRoomShut(t *testing.T) {
	d := newRooms(t)
	d.w.ArchiveRoom(leads, true)
	d.w.KickFrom(after, fake.Bot)
	d.run()
	if log := d.log.String(); !strings.Contains(log, "C0LEADS") || !strings.Contains(log, "unarchive") {
		t.Errorf("the log says %s", log)
	}
	thread := d.openFor("aftersale")
	d.w.KickFrom(after, fake.Bot)
	if _, err := d.ch.Send(t.Context(), d.words(thread, "x")); core.KindOf(err) != core.KindTransient {
		t.Errorf("got %v", err)
	}
	if _, err := d.ch.Send(t.Context(), d.words(thread, "x")); err != nil {
		t.Error(err)
	}
	if _, err := d.ch.Send(t.Context(), about("complaint", "")); core.KindOf(err) != core.KindDenied || !strings.Contains(err.Error(), "C0LEADS") {
		t.Errorf("got %v", err)
	}
	d.w.Say("U0LIN", ts(thread), "您好")
	if e := d.last(); e.Thread != thread {
		t.Errorf("got %+v", e)
	}
	d.w.Event(map[string]any{"type": "channel_archive", "channel": leads, "user": "U0CHEN"})
	if !d.w.Until(func() bool { return strings.Contains(d.log.String(), "channel_archive C0LEADS") }) {
		t.Error(d.log)
	}
}
