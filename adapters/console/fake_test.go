package console

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// house is a small front desk in memory: enough of the hub, the store and the
// bus for the pages to be used. It decides as core/desk does in the plain cases.
type house struct {
	mu      sync.Mutex
	now     func() time.Time
	seq     int64
	views   map[string]*core.TicketView // by ticket
	log     map[core.Key][]core.Record
	agents  map[string]core.Agent
	got     []core.Envelope // everything received
	refs    map[string]bool
	ears    []chan string
	desk    *Console // where marks go, if set
	fail    error    // of Receive
	outcome func(env core.Envelope) (core.Progress, string)
}

func newHouse(now func() time.Time) *house {
	return &house{now: now, views: map[string]*core.TicketView{}, log: map[core.Key][]core.Record{}, agents: map[string]core.Agent{}, refs: map[string]bool{}}
}

// Wake implements core.Bus.
func (h *house) Wake(_ context.Context, _, key string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ear := range h.ears {
		select {
		case ear <- key:
		default:
		}
	}
	return nil
}

// Listen implements core.Bus.
func (h *house) Listen(ctx context.Context, _ string) (<-chan string, error) {
	ear := make(chan string, 200)
	h.mu.Lock()
	h.ears = append(h.ears, ear)
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ears = slices.DeleteFunc(h.ears, func(e chan string) bool { return e == ear })
		close(ear)
	})
	return ear, nil
}

// Conversation implements core.Views.
func (h *house) Conversation(context.Context, core.Key) (core.Conversation, error) {
	return core.Conversation{}, core.ErrNotFound
}

// Past implements core.Views.
func (h *house) Past(_ context.Context, q core.PastQuery) ([]core.Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []core.Record
	for _, r := range h.log[q.Key] {
		if r.Seq > q.After && (q.Before == 0 || r.Seq < q.Before) {
			out = append(out, r)
		}
	}
	if q.After > 0 {
		return out[:min(q.Max, len(out))], nil
	}
	return out[max(0, len(out)-q.Max):], nil
}

// Tickets implements core.Views.
func (h *house) Tickets(_ context.Context, q core.TicketQuery) ([]core.TicketView, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []core.TicketView
	for _, v := range h.views {
		t := v.Ticket
		if (q.ID == "" || q.ID == t.ID) && (q.Agent == "" || q.Agent == t.Agent) && (q.Topic == "" || q.Topic == t.Topic) &&
			(q.Key == core.Key{} || q.Key == t.Key) && (len(q.States) == 0 || slices.Contains(q.States, t.State)) {
			c := *v
			for _, r := range h.log[t.Key] {
				if r.Message != nil && r.Message.Channel == t.Key.Channel {
					c.Last = &r
				}
			}
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b core.TicketView) int {
		if q.Newest {
			a, b = b, a
		}
		return cmp.Or(a.Ticket.Since.Compare(b.Ticket.Since), strings.Compare(a.Ticket.ID, b.Ticket.ID))
	})
	if q.Max > 0 {
		out = out[:min(q.Max, len(out))]
	}
	return out, nil
}

// Agents implements core.Views.
func (h *house) Agents(context.Context) ([]core.Agent, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []core.Agent
	for _, a := range h.agents {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b core.Agent) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// Report implements core.Inbox.
func (h *house) Report(context.Context, core.Receipt) error { return nil }

// Typing implements core.Inbox.
func (h *house) Typing(_ context.Context, env core.Envelope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, env)
}

// Receive implements core.Inbox: it decides at once.
func (h *house) Receive(ctx context.Context, env core.Envelope) error {
	h.mu.Lock()
	if h.fail != nil || h.refs[env.Ref] {
		defer h.mu.Unlock()
		return h.fail
	}
	h.refs[env.Ref] = true
	h.got = append(h.got, env)
	id := "console/" + env.Peer.ID
	action, values := "", map[string]string{}
	switch p := env.Parts[0].(type) {
	case core.Pick:
		action = p.Option
	case core.Form:
		action, values = p.ID, p.Values
	}
	v := h.views[env.Thread]
	var mark func()
	switch {
	case v == nil && env.Thread == "":
		a, known := h.agents[id]
		if !known {
			a = core.Agent{ID: id, Name: env.Peer.Name, Max: 5}
		}
		if p := core.Presence(action); p == core.OnDuty || p == core.OnBreak || p == core.OffDuty {
			a.Presence, a.Since = p, h.now()
		}
		h.agents[id] = a
	case v == nil:
	case action == "":
		mark = h.words(v, env, id)
	default:
		h.act(v, env, action, values)
	}
	h.mu.Unlock()
	if mark != nil {
		mark()
	}
	if h.desk != nil {
		h.desk.hint(ctx, hint{Kind: hintTicket, Ticket: env.Thread})
		if env.Thread == "" {
			h.desk.hint(ctx, hint{Kind: hintTeam})
		}
	}
	return nil
}

// words are the owner's to the customer, anybody else's a note.
func (h *house) words(v *core.TicketView, env core.Envelope, id string) (mark func()) {
	if v.Ticket.Agent != id || v.Ticket.State != core.TicketActive {
		h.event(v.Ticket.Key, core.Noted, env.Peer, map[string]string{"text": env.Parts.Text(), "via": env.Ref, "desk": "console"})
		return nil
	}
	var seqs []int64
	for _, p := range env.Parts {
		seqs = append(seqs, h.say(v.Ticket.Key, core.Author{Kind: core.ByAgent, ID: id, Name: env.Peer.Name}, p, &core.Via{Channel: "console", Thread: env.Thread, Ref: env.Ref, Agent: id}))
	}
	v.Ledger = v.Ledger.Spend(h.now())
	state, why := core.Sent, ""
	if h.outcome != nil {
		state, why = h.outcome(env)
	}
	key, ref, thread := v.Ticket.Key, env.Ref, env.Thread
	return func() {
		settle := func() {
			h.mu.Lock()
			for i := range h.log[key] {
				if r := &h.log[key][i]; slices.Contains(seqs, r.Seq) {
					r.State, r.Why = state, why
				}
			}
			h.mu.Unlock()
			m := map[core.Progress]core.Mark{core.Sent: core.Arrived, core.GivenUp: core.Failed, core.Uncertain: core.Unsure}[state]
			if h.desk != nil {
				h.desk.Mark(context.Background(), core.Via{Channel: "console", Thread: thread, Ref: ref}, m, why)
			}
		}
		if h.outcome == nil {
			settle()
			return
		}
		time.AfterFunc(900*time.Millisecond, settle)
	}
}

func (h *house) act(v *core.TicketView, env core.Envelope, action string, values map[string]string) {
	t, id := &v.Ticket, "console/"+env.Peer.ID
	who := env.Peer
	switch action {
	case "claim", "take", "resume", "reopen":
		if action == "claim" && t.State == core.TicketActive && t.Agent != id {
			h.event(t.Key, core.Refused, who, map[string]string{"action": "claim", "agent": t.Agent})
			return
		}
		t.State, t.Agent, t.Claimed = core.TicketActive, id, h.now()
		h.event(t.Key, core.Claimed, who, nil)
	case "note":
		h.event(t.Key, core.Noted, who, map[string]string{"text": values["text"], "via": env.Ref, "desk": "console"})
	case "release", "bot":
		t.State, t.Agent = core.TicketWaiting, ""
		h.event(t.Key, core.Returned, who, nil)
	case "transfer":
		h.event(t.Key, core.Transferred, who, map[string]string{"from": t.Agent, "to": values["to"]})
		if t.State, t.Agent = core.TicketWaiting, ""; strings.Contains(values["to"], "/") {
			t.State, t.Agent = core.TicketRinging, values["to"]
		} else {
			t.Topic = values["to"]
		}
		if values["note"] != "" {
			h.event(t.Key, core.Noted, who, map[string]string{"text": values["note"]})
		}
	case "park":
		t.State = core.TicketParked
		h.event(t.Key, core.Parked, who, map[string]string{"until": values["until"]})
	case "priority":
		fmt.Sscan(values["class"], &t.Class)
	case "close":
		t.State, t.Closed, t.Outcome, t.Summary = core.TicketClosed, h.now(), values["outcome"], values["summary"]
		t.Tags = strings.Fields(values["tags"])
		h.event(t.Key, core.ClosedIt, who, map[string]string{"outcome": t.Outcome})
	}
}

func (h *house) event(key core.Key, kind core.EventKind, who core.Peer, data map[string]string) {
	h.seq++
	by := core.Author{Kind: core.ByAgent, ID: "console/" + who.ID, Name: who.Name}
	if who.ID == "" {
		by = core.Author{Kind: core.BySystem}
	}
	e := core.Event{Kind: kind, At: h.now(), By: by, Data: data}
	h.log[key] = append(h.log[key], core.Record{Seq: h.seq, At: h.now(), Event: &e})
}

// say puts an outgoing message in the log.
func (h *house) say(key core.Key, by core.Author, p core.Part, via *core.Via) int64 {
	h.seq++
	state := core.Pending
	if via == nil {
		state = core.Sent
	}
	env := core.Envelope{ID: fmt.Sprint("m", h.seq), Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, By: by, Parts: core.Parts{p}, Via: via}
	h.log[key] = append(h.log[key], core.Record{Seq: h.seq, At: h.now(), Message: &env, State: state})
	return h.seq
}

// tell puts words for one member of staff in the log, as core/desk does.
func (h *house) tell(key core.Key, account string, p core.Part) {
	h.seq++
	env := core.Envelope{ID: fmt.Sprint("m", h.seq), Channel: "console", Peer: core.Peer{ID: account}, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{p}}
	h.log[key] = append(h.log[key], core.Record{Seq: h.seq, At: h.now(), Message: &env, State: core.Sent})
}

// hear puts a customer's message in the log.
func (h *house) hear(key core.Key, ps ...core.Part) {
	h.seq++
	env := core.Envelope{ID: fmt.Sprint("m", h.seq), Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, Parts: ps}
	h.log[key] = append(h.log[key], core.Record{Seq: h.seq, At: h.now(), In: true, Message: &env})
}

// open puts a ticket on the board.
func (h *house) open(v core.TicketView) {
	v.Ticket.Shown = []core.Shown{{Desk: "console", Thread: v.Ticket.ID, Card: v.Ticket.ID}}
	v.Ticket.Key = core.Key{Channel: v.Ticket.Key.Channel, Peer: v.Peer.ID}
	h.views[v.Ticket.ID] = &v
}

// stage is a console over a house, with a clock that the test turns.
type stage struct {
	*Console
	house  *house
	values *coretest.Values
	clock  *coretest.Clock
	logs   *coretest.Log
}

func newStage(t testing.TB, cfg Config) *stage {
	t.Helper()
	k := coretest.NewClock(time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC))
	s := &stage{house: newHouse(k.Now), values: &coretest.Values{Now: k.Now}, clock: k, logs: &coretest.Log{}}
	s.Console = coretest.Open(t, New, cfg, core.Deps{
		Name: "console", Inbox: s.house, Views: s.house, Values: s.values, Blobs: &coretest.Blobs{}, Bus: s.house,
		Log: slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Meter: coretest.Meter{}, Now: k.Now,
	})
	return s
}
