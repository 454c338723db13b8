package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/slack-go/slack/socketmode"

	"github.com/frontdesk-im/frontdesk/core"
)

// Run receives until ctx is done: over a socket with an app-level token,
// otherwise Slack calls ServeHTTP. What was written while nobody listened is
// fetched first.
func (ch *Channel) Run(ctx context.Context) error {
	err := ch.check(ctx)
	if err == nil && ch.conf.App == "" {
		err = ch.run(ctx, make(chan socketmode.Event), make(chan error), nil)
	} else if err == nil {
		err = ch.listen(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// listen keeps a socket open; the library opens it again when it ends.
func (ch *Channel) listen(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	options := []socketmode.Option{socketmode.OptionLog(quiet{ch.deps.Log, ch.api.mask}), socketmode.OptionReadLimit(16 << 20)}
	if ch.socket.ping > 0 {
		options = append(options, socketmode.OptionPingInterval(ch.socket.ping))
	}
	sm := socketmode.New(ch.api.Client, options...)
	ended, closed := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(closed)
		ended <- sm.RunContext(ctx)
	}()
	err := ch.run(ctx, sm.Events, ended, func(req *socketmode.Request) {
		if err := sm.AckCtx(ctx, req.EnvelopeID, nil); err != nil && ctx.Err() == nil {
			ch.deps.Log.Warn("an event was not acknowledged; Slack repeats it", "err", ch.api.redact(err))
		}
	})
	cancel()
	<-closed
	ch.lanes.wg.Wait()
	return err
}

// catchUpAgain is how long it takes until a catching up that failed is tried again.
const catchUpAgain = time.Minute

// run takes what comes until ctx is done or the socket is given up.
func (ch *Channel) run(ctx context.Context, events <-chan socketmode.Event, ended chan error, ack func(*socketmode.Request)) error {
	retry := time.NewTimer(catchUpAgain)
	defer retry.Stop()
	if ack == nil && !ch.history.caughtUp(ctx) {
		retry.Reset(catchUpAgain)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return ch.api.refused(err)
		case <-retry.C:
			if !ch.history.caughtUp(ctx) {
				retry.Reset(catchUpAgain)
			}
		case e := <-events:
			if e.Type == socketmode.EventTypeHello { // from it on nothing is missed
				if ch.history.seen.gap(); !ch.history.caughtUp(ctx) {
					retry.Reset(catchUpAgain)
				}
			}
			ch.event(ctx, e, ack)
		}
	}
}

// event takes one message of the socket.
func (ch *Channel) event(ctx context.Context, e socketmode.Event, ack func(*socketmode.Request)) {
	req := e.Request
	switch d := e.Data.(type) {
	case *socketmode.ErrorBadMessage: // new to the library, perhaps not to us
		req = &socketmode.Request{}
		if json.Unmarshal(d.Message, req) != nil {
			return
		}
	case interface{ Error() string }:
		ch.deps.Log.Warn("Slack's socket", "err", ch.api.hide(d.Error()))
	}
	if req == nil || req.EnvelopeID == "" {
		return
	}
	ch.lanes.add(laneOf(req), func() {
		switch err := guard(func() error { return ch.takeRequest(ctx, req) }); {
		case err == nil:
			ack(req)
		case errors.Is(err, core.ErrInvalid):
			ch.deps.Log.Warn("an event of Slack's was not understood; it is left out", "err", ch.api.hide(err.Error()))
			ack(req)
		case !over(ctx, err):
			ch.deps.Log.Warn("an event was not filed; Slack repeats it", "err", ch.api.hide(err.Error()))
		}
	})
}

// guard turns a panic into an event that can never be filed: it harms only
// itself, and Slack does not repeat it.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("slack: %w: it panicked: %v\n%s", core.ErrInvalid, r, debug.Stack())
		}
	}()
	return f()
}

func (ch *Channel) takeRequest(ctx context.Context, req *socketmode.Request) error {
	switch req.Type {
	case socketmode.RequestTypeEventsAPI:
		return ch.takeEvent(ctx, req.Payload)
	case socketmode.RequestTypeInteractive:
		return ch.takePress(ctx, req.Payload)
	case socketmode.RequestTypeSlashCommands:
		var s slash
		if json.Unmarshal(req.Payload, &s) != nil {
			return core.ErrInvalid
		}
		return ch.takeSlash(ctx, s)
	}
	return nil
}

// laneOf is what a request has to stay in order with: its thread, otherwise its
// user.
func laneOf(req *socketmode.Request) string {
	var p struct {
		Event struct {
			TS      string `json:"ts"`
			Thread  string `json:"thread_ts"`
			Message struct {
				TS     string `json:"ts"`
				Thread string `json:"thread_ts"`
			} `json:"message"`
			Previous struct {
				Thread string `json:"thread_ts"`
			} `json:"previous_message"`
		} `json:"event"`
		In struct {
			Thread string `json:"thread_ts"`
			TS     string `json:"message_ts"`
		} `json:"container"`
		View struct {
			Data string `json:"private_metadata"`
		} `json:"view"`
	}
	_ = json.Unmarshal(req.Payload, &p) // what it cannot say is empty
	_, form, _ := cutRef(p.View.Data)
	for _, s := range []string{p.Event.Thread, p.Event.Message.Thread, p.Event.Previous.Thread, p.In.Thread, form, p.In.TS, p.Event.Message.TS, p.Event.TS} {
		if s != "" {
			return s
		}
	}
	return req.Type
}
