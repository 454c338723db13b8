package slack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// texts of what was filed, in order.
func (d *rig) texts() (out []string) {
	for _, e := range d.inbox.Got() {
		out = append(out, strings.TrimSpace(strings.TrimSuffix(e.Replaces, e.Replaces)+e.Parts.Text()))
	}
	return out
}

// What was written while nobody listened is fetched, oldest first, before what is
// new; nothing is filed twice, and nothing from before the desk was set up.
func TestCatchesUp(t *testing.T) {
	d := newRig(t)
	thread, other := d.open(), d.open()
	d.w.Say("U0LIN", ts(thread), "before the desk was set up")
	d.clock.Pass(time.Hour)
	stop := d.run()
	changed := d.w.Say("U0LIN", ts(thread), "1")
	d.got(1)
	d.clock.Pass(time.Minute)
	d.w.Say("U0LIN", ts(thread), "2")
	d.got(1)
	stop()
	d.clock.Pass(time.Minute)
	d.w.Say("U0LIN", ts(thread), "3")
	d.w.Say("U0CHEN", ts(other), "4", fake.Upload("a.png", "x"))
	d.w.Say("U0LIN", "", "!我的")
	d.w.Say("U0LIN", ts(thread), "5")
	d.w.Edit(changed, "1, changed")
	d.clock.Pass(time.Hour)
	d.restart("zh-CN")
	d.run()
	d.w.Say("U0LIN", ts(thread), "6")
	d.got(6)
	want := []string{"1", "2", "1, changed", "3", "4", "!我的", "5", "6"}
	if got := d.texts(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A socket that is refreshed or broken is opened again, and what fell between is
// fetched; what was under way is acknowledged on the new one.
func TestReconnects(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.run()
	d.w.Say("U0LIN", ts(thread), "1")
	d.got(1)
	for i, reason := range []string{"refresh_requested", "warning", ""} {
		d.w.Disconnect(reason)
		d.w.Say("U0LIN", ts(thread), fmt.Sprint(i+2)) // while there is none
		d.got(1)
	}
	if got := d.texts(); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("got %q", got)
	}
}

// A socket that says nothing, not even a ping, is given up.
func TestSilentSocket(t *testing.T) {
	d := newRig(t)
	d.w.Ping = -1
	d.ch.socket.ping = 20 * time.Millisecond
	d.run()
	opened := func() (n int) {
		for _, c := range d.w.Calls() {
			if c.Method == "apps.connections.open" {
				n++
			}
		}
		return n
	}
	if !d.w.Until(func() bool { return opened() >= 2 }) {
		t.Errorf("the socket was kept: %s", d.log)
	}
}

// Without catching up nothing counts as read: it is tried again.
func TestCatchUpFails(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	stop := d.run()
	d.w.Say("U0LIN", ts(thread), "1")
	d.got(1)
	stop()
	d.clock.Pass(time.Minute)
	d.w.Say("U0LIN", ts(thread), "2")
	d.restart("zh-CN")
	d.w.Refuse("conversations.history", "429")
	d.run()
	d.clock.Pass(time.Minute)
	d.w.Say("U0LIN", ts(thread), "3")
	d.got(1)
	if len(d.ch.history.seen.behind(d.ch.conf.rooms())) == 0 {
		t.Error("it counts as read")
	}
	d.w.Disconnect("refresh_requested")
	d.got(1)
	if got := d.texts(); !slices.Equal(got, []string{"1", "3", "2"}) {
		t.Errorf("got %q", got)
	}
}

// Credentials that are refused end Run with an error that says so, and none of
// the secrets.
func TestRunDenied(t *testing.T) {
	for method, code := range map[string]string{"auth.test": "token_revoked", "conversations.info": "channel_not_found", "apps.connections.open": "invalid_auth"} {
		d := newRig(t)
		d.w.Refuse(method, code)
		if err := d.ch.Run(t.Context()); core.KindOf(err) != core.KindDenied || err == nil {
			t.Errorf("%s %s: %v", method, code, err)
		}
	}
	d := newRig(t)
	d.ch.conf.App = "" // nothing else to fail by
	d.w.Archive(true)
	if err := d.ch.Run(t.Context()); core.KindOf(err) != core.KindDenied || !strings.Contains(err.Error(), "unarchive") {
		t.Errorf("archived: %v", err)
	}
}

// An app that was installed from an older manifest is told which scopes it lacks.
func TestScopes(t *testing.T) {
	d := newRig(t)
	d.w.Scopes = "chat:write,commands,files:read"
	d.run()
	if log := d.log.String(); !strings.Contains(log, "lacks scopes") || !strings.Contains(log, "files:write") || strings.Contains(log, "files:read") {
		t.Errorf("the log says %s", log)
	}
}

// A transport that fails with our secrets in its words does not leak them.
func TestNoLeaks(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	said := fmt.Errorf("proxy said: Authorization: Bearer %s, token=%s, wss://x/?ticket=abc123&app=%s", fake.Token, fake.App, fake.Secret)
	d.ch.deps.HTTP.Transport = coretest.Wire{Err: said}
	at := core.Via{Thread: thread, Ref: thread, Agent: "test/U0LIN"}
	errs := []error{d.ch.Edit(t.Context(), thread, ticket()), d.ch.Mark(t.Context(), at, core.MarkArrived, ""), d.ch.Run(t.Context())}
	_, err := d.ch.Send(t.Context(), d.words(thread, "x"))
	if core.KindOf(err) != core.KindUnknown {
		t.Errorf("Send: %v", err)
	}
	_ = d.ch.takeEvent(t.Context(), []byte(`{"type":"event_callback","event":{"type":"message","channel":"C0DESK","user":"U0LIN","text":"x","ts":"5.1","files":[{"id":"F1","mode":"hosted","url_private":"`+d.srv.URL+`/files/F1"}]}}`))
	for _, err := range append(errs, err) {
		for _, secret := range []string{fake.Token, fake.App, fake.Secret, "abc123"} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%v", err)
			}
		}
	}
	if strings.Contains(d.log.String(), "abc123") {
		t.Error("a ticket was logged")
	}
}

// A thread whose root was deleted is gone: the next message says so, and the hub
// opens it anew. So is one in a channel that is no longer the desk's.
func TestThreadGone(t *testing.T) {
	for name, remove := range map[string]func(d *rig, root string){
		"deleted, no replies": func(d *rig, root string) { d.w.Delete(root) },
		"deleted, replies":    func(d *rig, root string) { d.w.Say("U0LIN", root, "x"); d.got(1); d.w.Delete(root) },
		"deleted unseen":      func(d *rig, root string) { d.w.Vanish(root) },
		"another channel":     func(d *rig, root string) { d.ch.conf.Channel = "C0OTHER" },
	} {
		d := newRig(t)
		thread := d.open()
		if name != "another channel" {
			d.run()
		}
		remove(d, ts(thread))
		if name == "deleted, no replies" || name == "deleted, replies" {
			if !d.w.Until(func() bool { return d.w.Unacked() == 0 }) {
				t.Fatal(d.log)
			}
		}
		if _, err := d.ch.Send(t.Context(), d.words(thread, "在吗")); core.KindOf(err) != core.KindGone || err == nil {
			t.Errorf("%s: Send: %v", name, err)
		}
		card := ticket()
		card.Thread = thread
		if _, err := d.ch.Send(t.Context(), card); core.KindOf(err) != core.KindGone || err == nil {
			t.Errorf("%s: a card: %v", name, err)
		}
		if name == "another channel" {
			continue
		}
		if err := d.ch.Edit(t.Context(), thread, card); core.KindOf(err) != core.KindGone || err == nil {
			t.Errorf("%s: Edit: %v", name, err)
		}
		if again := d.open(); again == thread {
			t.Errorf("%s: it was not opened anew", name)
		}
	}
}

// An app that is not in the desk's channel enters it.
func TestJoins(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.w.Kick(fake.Bot)
	if _, err := d.ch.Send(t.Context(), d.words(thread, "x")); core.KindOf(err) != core.KindTransient || err == nil {
		t.Errorf("got %v", err)
	}
	if _, err := d.ch.Send(t.Context(), d.words(thread, "x")); err != nil {
		t.Error(err)
	}
	d.w.Kick(fake.Bot)
	d.run()
	if _, err := d.ch.Send(t.Context(), d.words(thread, "y")); err != nil {
		t.Error(err)
	}
}

// A message whose outcome is in doubt is looked for before it is sent again: by
// this process, and by one that was started since.
func TestDoubt(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	file, err := d.blobs.Save(t.Context(), core.Media{Type: "image/png", Name: "a.png"}, strings.NewReader("x"), 10)
	if err != nil {
		t.Fatal(err)
	}
	picture := d.words(thread, "")
	picture.ID, picture.Parts = "f", core.Parts{file}
	root := ticket()
	root.ID = "root"
	for method, env := range map[string]core.Envelope{"chat.postMessage": d.words(thread, "在吗"), "chat.postMessage ": root, "files.completeUploadExternal": picture} {
		for _, crash := range []bool{false, true} {
			env.ID += "x"
			env.Filed = d.clock.Now()
			count := func() int { return len(d.w.Thread(ts(thread))) + len(d.w.Roots()) }
			before := count()
			d.w.Refuse(strings.TrimSpace(method), "cut")
			if _, err := d.ch.Send(t.Context(), env); core.KindOf(err) != core.KindUnknown || err == nil {
				t.Fatalf("%s: %v", method, err)
			}
			d.clock.Pass(time.Second)
			if crash {
				d.restart("zh-CN")
			}
			ref, err := d.ch.Send(t.Context(), env)
			if err != nil || ref == "" || count() != before+1 {
				t.Errorf("%s, crash %v: %q, %v, %d messages", method, crash, ref, err, count()-before)
			}
		}
	}
	d.w.Refuse("chat.postMessage", "500")
	env := d.words(thread, "三")
	if _, err := d.ch.Send(t.Context(), env); core.KindOf(err) != core.KindTransient {
		t.Errorf("got %v", err)
	}
	if ref, err := d.ch.Send(t.Context(), env); err != nil || ref == "" {
		t.Errorf("%q, %v", ref, err)
	}
}

// A message a second goes to the channel, with bursts; more is not tried.
func TestPace(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	sent, slowed := 0, 0
	for i := range 60 {
		switch _, err := d.ch.Send(t.Context(), d.words(thread, fmt.Sprint(i))); {
		case err == nil:
			sent++
		case core.KindOf(err) == core.KindThrottled && !strings.Contains(err.Error(), "429"):
			slowed++
		default:
			t.Fatal(err)
		}
		d.clock.Pass(100 * time.Millisecond)
	}
	if sent < burst || sent > burst+7 || slowed == 0 {
		t.Errorf("%d sent, %d slowed down", sent, slowed)
	}
}

// A room that has too much waits alone; what Slack says holds for all.
func TestPaceOfRooms(t *testing.T) {
	d := newRooms(t)
	sale, lead := d.openFor("aftersale"), d.openFor("complaint")
	var err error
	for i := range burst {
		if _, err = d.ch.Send(t.Context(), d.words(sale, fmt.Sprint(i))); err != nil {
			break
		}
	}
	if e, ok := err.(*core.SendError); !ok || e.Kind != core.KindThrottled || !e.Only || e.After <= 0 {
		t.Errorf("got %+v", err)
	}
	if _, err := d.ch.Send(t.Context(), d.words(lead, "x")); err != nil {
		t.Errorf("the other room waits: %v", err)
	}
	d.w.Refuse("chat.postMessage", "429")
	_, err = d.ch.Send(t.Context(), d.words(lead, "y"))
	if e, ok := err.(*core.SendError); !ok || e.Kind != core.KindThrottled || e.Only {
		t.Errorf("got %+v", err)
	}
}

// An event on which the program falls over harms only itself.
func TestPanic(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.ch.files.blobs = nil // a file makes it panic
	d.run()
	d.w.Say("U0LIN", ts(thread), "1", fake.Upload("a.png", "x"))
	d.w.Say("U0LIN", ts(thread), "2")
	if e := d.last(); e.Parts.Text() != "2" {
		t.Errorf("got %+v", e)
	}
	if !d.w.Until(func() bool { return d.w.Unacked() == 0 }) || !strings.Contains(d.log.String(), "it panicked") {
		t.Errorf("%d are not acknowledged: %s", d.w.Unacked(), d.log)
	}
}
