package app

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// Measured is the test of the scripts that s names, as serve would take them: their
// entries, the thresholds of their settings, and what a customer who asks is
// answered. A folder without a configuration may ask any business system.
func Measured(s Settings) (eval.Test, error) {
	c, err := s.Load()
	if err != nil {
		return eval.Test{}, err
	}
	fsys, read, err := scriptsOf(c)
	if err != nil {
		return eval.Test{}, err
	}
	if s.Config == "" {
		read.Systems = nil
	}
	b, err := script.Load(fsys, read)
	if err != nil {
		return eval.Test{}, placed(err, c.Flows.Dir)
	}
	talk := func(m *match.Matcher) func(string) (string, error) {
		served := *b
		served.Matcher = m
		e := dialog.New(&served)
		return func(text string) (string, error) { return answered(e, text) }
	}
	return eval.Test{Entries: b.Asked, Options: b.Thresholds(), Talk: talk}, nil
}

// answered is the entry with which a customer who begins a talk with text, on a
// web page in the middle of a working day, is answered; empty if they are asked
// back, led to a person, or told that there is no answer.
func answered(e *dialog.Engine, text string) (string, error) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	env := core.Envelope{Channel: "web", Peer: core.Peer{ID: "p"}, Seq: 1, Ref: "1", At: now, Filed: now, Parts: core.Parts{core.Text{Body: text}}}
	c := core.Conversation{Key: core.Key{Channel: env.Channel, Peer: env.Peer.ID}}
	for range 5 { // a burst is waited for
		out, err := e.Step(c, []core.Envelope{env}, core.Scene{Now: now, Lines: map[string]core.LineState{"": {OnDuty: 2}}})
		if err != nil {
			return "", err
		}
		for _, x := range out.Events {
			if id := x.Data["entry"]; x.Kind == core.EventAnswered && id != "" {
				return id, nil
			}
		}
		if out.Left == 0 {
			return "", nil
		}
		c = out.Conversation
		now = c.Wakes.Next()
	}
	return "", nil
}
