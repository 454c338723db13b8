package play_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/play"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// An echo says what it is told, in the language of the device; "later" wakes it
// ten minutes on, "promise" lets somebody else do that, "ask" asks the business system orders, "hand" opens a ticket.
type echo struct{}

func (echo) Step(c core.Conversation, unread []core.Envelope, scene core.Scene) (core.Outcome, error) {
	out := core.Outcome{}
	say := func(text string) {
		out.Say = append(out.Say, core.Envelope{Channel: c.Key.Channel, Peer: c.Peer, Parts: core.Parts{core.Text{Body: text}}})
	}
	if w := c.Wakes.At(core.WakeBot); !w.IsZero() && !w.After(scene.Now) {
		c.Wakes = c.Wakes.Set(core.WakeBot, time.Time{})
		say("woken at " + scene.Now.Format("15:04"))
	}
	if c.Wakes.Due("promise", scene.Now) {
		say("promised for " + scene.Now.Format("15:04"))
	}
	for _, env := range unread {
		switch text := env.Parts.Text(); {
		case env.Thread != "":
			say("the system says " + text)
		case text == "later":
			c.Wakes = c.Wakes.Set(core.WakeBot, scene.Now.Add(10*time.Minute))
		case text == "promise":
			c.Wakes = c.Wakes.Set("promise", scene.Now.Add(5*time.Minute))
		case text == "ask":
			out.Say = append(out.Say, core.Envelope{Channel: "orders", Thread: c.Key.String(), Parts: core.Parts{core.Text{Body: "where?"}}})
		case text == "hand":
			c.Ticket = &core.Ticket{}
		default:
			say(c.Peer.Lang + ":" + text)
		}
	}
	out.Conversation = c
	return out, nil
}

func (echo) AfterClose(c core.Conversation, _ core.Scene) core.Outcome {
	return core.Outcome{Conversation: c, Say: []core.Envelope{{Channel: c.Key.Channel, Parts: core.Parts{core.Text{Body: "how was it?"}}}}}
}

// A system answers every question at once.
type system struct{ to core.Inbox }

func (system) Limits() core.Limits { return core.Limits{} }

func (s system) Send(ctx context.Context, env core.Envelope) (string, error) {
	return "", s.to.Receive(ctx, core.Envelope{Channel: env.Channel, Thread: env.Thread, Parts: core.Parts{core.Text{Body: "here"}}})
}

func played(t *testing.T, file string) []error {
	t.Helper()
	c, err := script.ParseChat("x.chat", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	p := play.New(echo{}, time.UTC)
	p.Connect("orders", system{p})
	return p.Play(t.Context(), c)
}

// Time, business systems, staff and the language of the device are played.
func TestPlay(t *testing.T) {
	if faults := played(t, `= start 2026-11-23 10:00
= lang en
@web Ann> hello
< en:hello
<
@web Ann> later
+ 9m
<
+ 2m
< woken at 10:10
@web Ann> later
@web Ann> promise
+ 6m
< promised for 10:16
+ 5m
< woken at 10:21
@web Ann> ask
< the system says here
@web Ann> hand
agent Lin> !claim
agent Lin> at your service
< at your service
agent Lin> !close
< how was it?
`); len(faults) > 0 {
		t.Error(errors.Join(faults...))
	}
}

// Every difference has its line, and the rest is played all the same.
func TestFaults(t *testing.T) {
	faults := played(t, `= staff none
= moon full
@web Ann> hello
< goodbye
agent Lin> !claim
@web Ann> again
<
`)
	want := []string{"x.chat:1:", "x.chat:2:", "x.chat:4:", "x.chat:5:", "x.chat:7:"}
	if len(faults) != len(want) {
		t.Fatalf("%d faults, want %d: %v", len(faults), len(want), errors.Join(faults...))
	}
	for i, f := range faults {
		if !strings.HasPrefix(f.Error(), want[i]) {
			t.Errorf("%v, want it at %s", f, want[i])
		}
	}
}

// A desk files the customer's lines with the bot and shows what comes of them.
type desk struct {
	talk *play.Talk
	at   *time.Time
}

func (d desk) Receive(ctx context.Context, env core.Envelope) error {
	*d.at = d.at.Add(3 * time.Second)
	if env.Channel != play.TalkChannel {
		return nil
	}
	out, err := echo{}.Step(core.Conversation{Key: core.Key{Channel: env.Channel, Peer: env.Peer.ID}, Peer: env.Peer}, []core.Envelope{env}, core.Scene{Now: *d.at})
	for _, e := range out.Say {
		e.By = core.Author{Kind: core.ByBot, Name: "bot"}
		_, sent := d.talk.Customer().Send(ctx, e)
		err = errors.Join(err, sent)
	}
	return err
}

func (desk) Stats(context.Context) (core.Stats, error) { return core.Stats{}, nil }

func (desk) Past(context.Context, core.PastQuery) ([]core.Record, error) {
	return nil, core.ErrNotFound
}

// What was typed in a talk is kept as a file that can be played, the language of
// the device included.
func TestRecord(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	talk := play.NewTalk(play.TalkOptions{In: strings.NewReader("hello\n@@ on\n\n@ !claim\nhow are you\n"), Out: &out, Lang: "en", Zone: time.UTC, Now: func() time.Time { return now }})
	d := desk{talk, &now}
	if err := talk.Run(t.Context(), d, d); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "🤖 en:hello") || !strings.Contains(s, "there is no ticket yet") {
		t.Errorf("the terminal shows\n%s", s)
	}
	file := talk.Record()
	for _, want := range []string{"= start 2026-11-23 10:00\n", "= lang en\n", "= staff 1\n", "@web you> hello\n", "< en:how are you\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("the record lacks %q:\n%s", want, file)
		}
	}
	if faults := played(t, file); len(faults) > 0 {
		t.Errorf("%v\n%s", errors.Join(faults...), file)
	}
}
