package slack

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// reactions are what an agent sees on their message.
var reactions = map[core.Mark]string{
	core.MarkWaiting: "hourglass_flowing_sand", core.MarkArrived: "white_check_mark", core.MarkFailed: "warning", core.MarkUnsure: "warning",
}

// marks holds ⏳ back for a moment: most messages have arrived by then, and Slack
// counts reactions.
type marks struct {
	api      web
	log      *slog.Logger
	patience time.Duration

	mu    sync.Mutex
	later map[string]*time.Timer   // by place: ⏳ that is not shown yet
	shown map[string]chan struct{} // ⏳ is shown, or being shown until it is closed
}

// Mark implements core.Marker. Why a message failed is told by core/desk, with
// buttons; of one that may have arrived nobody else speaks.
func (ch *Channel) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	c, ts, ok := cutRef(at.Ref)
	_, about, _ := strings.Cut(at.Ref, "/")
	if !ok || c == "home" || c == "slash" || about != "" && !strings.HasPrefix(about, "press/") {
		return nil // a form: there is no message to mark
	}
	item := api.NewRefToMessage(c, ts)
	if m == core.MarkWaiting {
		ch.marks.wait(item)
		return nil
	}
	err := ch.marks.react(ctx, reactions[m], item)
	if shown := ch.marks.waited(joinRef(c, ts)); shown != nil {
		select {
		case <-shown:
		case <-ctx.Done():
		}
		err = errors.Join(err, tolerated(ch.api.refused(ch.api.RemoveReactionContext(ctx, reactions[core.MarkWaiting], item)), "no_reaction"))
	}
	if m == core.MarkUnsure {
		_, user, _ := strings.Cut(at.Agent, "/")
		in, root, _ := cutRef(or(at.Thread, joinRef(c, ts)))
		ch.tell(ctx, user, place{in, root}, aside{words: ch.lang.say("unsure") + why})
	}
	return err
}

func (m *marks) react(ctx context.Context, name string, item api.ItemRef) error {
	return tolerated(m.api.refused(m.api.AddReactionContext(ctx, name, item)), "already_reacted")
}

// tolerated is err, unless it only says that nothing had to be done.
func tolerated(err error, codes ...string) error {
	for _, c := range append(codes, "message_not_found") { // deleted meanwhile
		if err != nil && codeOf(err) == c {
			return nil
		}
	}
	return err
}

// wait shows ⏳ if nothing else is known after a while.
func (m *marks) wait(item api.ItemRef) {
	at := joinRef(item.Channel, item.Timestamp)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.later == nil {
		m.later, m.shown = map[string]*time.Timer{}, map[string]chan struct{}{}
	}
	if m.later[at] != nil || m.shown[at] != nil {
		return
	}
	m.later[at] = time.AfterFunc(m.patience, func() { m.hourglass(at, item) })
}

// hourglass shows ⏳, unless it is known by now what became of the message.
func (m *marks) hourglass(at string, item api.ItemRef) {
	done := make(chan struct{})
	defer close(done)
	m.mu.Lock()
	known := m.later[at] == nil
	delete(m.later, at)
	if !known {
		if len(m.shown) > mostRemembered {
			clear(m.shown)
		}
		m.shown[at] = done
	}
	m.mu.Unlock()
	if known {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := m.react(ctx, reactions[core.MarkWaiting], item); err != nil {
		m.log.Debug("a mark was not shown", "err", err)
	}
}

// waited returns what says that ⏳ is shown and has to be taken away; nil if it
// is not and will not be.
func (m *marks) waited(at string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.later[at]; t != nil {
		t.Stop()
		delete(m.later, at)
	}
	was := m.shown[at]
	delete(m.shown, at)
	return was
}
