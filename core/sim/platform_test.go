package sim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/passive"
)

var platforms = []string{"web", "im", "wx", "desk"}

// quota is how many messages wx lets us say after a customer wrote, beside the
// answer to its own request.
const quota = 5

// A platform is what people see. It outlives the hubs.
type platform struct {
	w    *world
	name string
	lim  core.Limits

	mu    sync.Mutex
	shows []shown
	ids   map[string]int       // by Envelope.ID, how often it was taken
	cards map[string]core.Case // of a desk, by thread
	open  []string             // threads, in order

	answered map[string]struct{} // messages whose request was answered
	unasked  map[string]int      // by customer: shown since they last wrote, beside the answers to their requests
	over     map[string]string   // by customer: the first message that was one too many
}

// shown is a message as somebody saw it.
type shown struct {
	at  time.Duration
	env core.Envelope
}

func newPlatform(w *world, name string, lim core.Limits) *platform {
	return &platform{w: w, name: name, lim: lim, ids: map[string]int{}, cards: map[string]core.Case{}, answered: map[string]struct{}{}, unasked: map[string]int{}, over: map[string]string{}}
}

// far is a platform as one life of a hub is connected to it.
type far interface {
	core.Adapter
	// hear is the platform's request with a message. It fails if the platform was
	// not told that we have it.
	hear(ctx context.Context, env core.Envelope) error
}

func (p *platform) end(g *gate, in core.Inbox, values core.Values) far {
	e := end{p, g, in}
	switch p.name {
	case "wx":
		return &wxEnd{e, &passive.Holds{Prefix: "wx/", Wait: 4 * time.Second, Every: wxGivesUp, Tries: wxTries, Values: values, Now: time.Now}}
	case "desk":
		return &deskEnd{e}
	}
	return &e
}

// count keeps the books of what is shown to a customer without their asking.
func (p *platform) count(env core.Envelope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unasked[env.Peer.ID]++; p.unasked[env.Peer.ID] == quota+1 && p.over[env.Peer.ID] == "" {
		p.over[env.Peer.ID] = env.Parts.Text()
	}
}

// show is the moment at which people see a message.
func (p *platform) show(env core.Envelope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids[env.ID]++
	if p.lim.Idempotent && p.ids[env.ID] > 1 {
		return
	}
	p.shows = append(p.shows, shown{p.w.now(), env})
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
		p.open = append(p.open, "t"+c.Ticket)
		p.cards["t"+c.Ticket] = c
	}
	p.w.note("%s shows %s%s %s: %s", p.name, env.Peer.ID, env.Thread, env.By.Kind, strings.ReplaceAll(env.Parts.Text(), "\n", "/"))
}

// take is one request to a platform that is to show something.
func (p *platform) take(ctx context.Context, g *gate, env core.Envelope, show func()) error {
	r := p.w.plan.draw(p.name + " takes " + env.Peer.ID + env.Thread)
	d := between(r, 5*time.Millisecond, 400*time.Millisecond)
	if err := g.cross(); err != nil {
		return err
	}
	if err := g.sleep(ctx, d); err != nil {
		return p.lost(err)
	}
	there := r.IntN(2) == 0
	switch p.weather(r.IntN(100)) {
	case faultDown:
		return &core.SendError{Kind: core.KindTransient, Err: errors.New("503")}
	case faultThrottle:
		return &core.SendError{Kind: core.KindThrottled, After: between(r, time.Second, 20*time.Second), Err: errors.New("slow down")}
	case faultClosed:
		return &core.SendError{Kind: core.KindClosed, Err: errors.New("out of the window")}
	case faultCut:
		if there {
			show()
		}
		return &core.SendError{Kind: core.KindUnknown, Err: errors.New("the connection was cut")}
	case faultHang:
		if there {
			show()
		}
		return p.lost(g.sleep(ctx, time.Hour))
	}
	show()
	if err := g.sleep(ctx, d/2); err != nil {
		return p.lost(err)
	}
	return g.cross()
}

func (p *platform) lost(err error) error { return &core.SendError{Kind: core.KindUnknown, Err: err} }

// weather is what goes wrong with a request; some of it does on a fine day.
func (p *platform) weather(n int) faultKind {
	for _, kind := range []faultKind{faultDown, faultCut, faultHang, faultThrottle, faultClosed} {
		if p.w.during(kind, p.name) && n < 80 {
			p.w.faulted(kind)
			return kind
		}
	}
	if p.w.now() < storm && n >= 97 {
		kind := []faultKind{faultDown, faultCut, faultThrottle}[n-97]
		p.w.faulted(kind)
		return kind
	}
	return ""
}

// An end is an adapter.
type end struct {
	*platform
	g  *gate
	in core.Inbox
}

func (e *end) Limits() core.Limits { return e.lim }

func (e *end) Send(ctx context.Context, env core.Envelope) (string, error) {
	if err := e.take(ctx, e.g, env, func() { e.count(env); e.show(env) }); err != nil {
		return "", err
	}
	if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
		return "t" + c.Ticket, nil
	}
	return "r" + env.ID, nil
}

func (e *end) hear(ctx context.Context, env core.Envelope) error {
	env.Parts = slices.Clone(env.Parts) // each request has parts of its own, that a hub may clean
	return e.in.Receive(ctx, env)
}

// A deskEnd keeps cards current.
type deskEnd struct{ end }

var _ core.Editor = (*deskEnd)(nil)

func (e *deskEnd) Edit(ctx context.Context, _ string, env core.Envelope) error {
	return e.take(ctx, e.g, env, func() {
		if c, ok := env.Parts[0].(core.Case); ok {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.cards["t"+c.Ticket] = c
		}
	})
}

// A wxEnd answers inside the platform's request, and by a call otherwise, as the
// adapter for WeChat does.
type wxEnd struct {
	end
	holds *passive.Holds
}

var (
	_ core.Replier  = (*wxEnd)(nil)
	_ core.Recaller = (*wxEnd)(nil)
)

const (
	wxGivesUp = 5 * time.Second // when the platform gives a request up
	wxTries   = 3               // how often it asks
)

func (e *wxEnd) Reply(ctx context.Context, env core.Envelope) (string, error) {
	b, err := json.Marshal(env)
	if err != nil {
		return "", err
	}
	return e.holds.Answer(ctx, env.Peer.ID, env.ID, b)
}

func (e *wxEnd) Recall(ctx context.Context, env core.Envelope) (string, bool, error) {
	return e.holds.Recall(ctx, env.Peer.ID, env.ID)
}

func (e *wxEnd) Send(ctx context.Context, env core.Envelope) (string, error) {
	if err := e.holds.BeginOther(ctx, env.Peer.ID, env.ID); err != nil {
		return "", &core.SendError{Kind: core.KindTransient, Err: err}
	}
	ref, err := e.end.Send(ctx, env)
	if err != nil && core.KindOf(err) != core.KindUnknown {
		_ = e.holds.CancelOther(context.WithoutCancel(ctx), env.ID)
	}
	return ref, err
}

func (e *wxEnd) hear(ctx context.Context, env core.Envelope) error {
	ctx, cancel := context.WithTimeout(ctx, wxGivesUp)
	defer cancel()
	rec := httptest.NewRecorder()
	v, err := e.holds.Serve(rec, httptest.NewRequest("POST", "/", nil).WithContext(ctx), passive.Request{
		Ref: env.Ref, Peer: env.Peer.ID, At: env.At,
		File: func(ctx context.Context) error { return e.end.hear(ctx, env) },
		Form: func(b []byte) (passive.Document, error) {
			return passive.Document{Type: "application/json", Body: b}, nil
		},
	})
	switch {
	case err != nil:
		return err
	case e.g.isDead(), ctx.Err() != nil:
		return errors.New("sim: the request was given up")
	case v == passive.Answered:
		var answer core.Envelope
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			return err
		}
		e.answer(env.Ref, answer)
	}
	return nil
}

// answer shows what a request was answered with: one answer to a message, however
// often the platform has asked.
func (p *platform) answer(ref string, env core.Envelope) {
	p.mu.Lock()
	_, again := p.answered[ref]
	p.answered[ref] = struct{}{}
	p.mu.Unlock()
	if !again {
		p.show(env)
	}
}

// post is somebody writing: the platform tells us until it hears that we have it.
func (p *platform) post(peer core.Peer, thread, text string, part core.Part) {
	env := core.Envelope{Channel: p.name, Peer: peer, Thread: thread, Ref: "m-" + text, At: time.Now(), Parts: core.Parts{part}, Cause: core.CauseMessage}
	x := &posting{env: env}
	p.w.mu.Lock()
	p.w.posts = append(p.w.posts, x)
	p.w.mu.Unlock()
	p.wrote(peer)
	p.w.note("%s: %s%s writes %s", p.name, peer.ID, thread, text)
	p.w.bg.Go(func() { p.tell(env, x) })
}

// tell is the platform's side of a webhook.
func (p *platform) tell(env core.Envelope, x *posting) {
	r := p.w.plan.draw(p.name + " tells " + env.Ref)
	again := 0
	switch {
	case p.name == "wx": // it repeats what it got no answer to, and nothing else
	case p.w.during(faultRepeat, p.name):
		again = 1 + r.IntN(3)
		p.w.faulted(faultRepeat)
	case r.IntN(25) == 0:
		again = 1
	}
	var all sync.WaitGroup
	defer all.Wait()
	for range again { // some at once, some late
		late := between(r, time.Millisecond, []time.Duration{20 * time.Millisecond, time.Minute}[r.IntN(2)])
		n := r.IntN(2)
		all.Go(func() {
			time.Sleep(late)
			if f := p.w.up(p.name, n); f != nil {
				_ = f.hear(p.w.ctx, env)
			}
		})
	}
	for try := 1; ; try++ {
		wait := between(r, 5*time.Millisecond, 300*time.Millisecond)
		if p.w.during(faultDelay, p.name) {
			wait = between(r, time.Second, 30*time.Second)
			p.w.faulted(faultDelay)
		}
		time.Sleep(wait)
		if f := p.w.up(p.name, r.IntN(2)); f != nil && f.hear(p.w.ctx, env) == nil {
			break
		}
		if p.name == "wx" && try == wxTries {
			return // it gives up
		}
		time.Sleep(between(r, time.Second, 8*time.Second))
	}
	p.wrote(env.Peer)
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	x.acked = true
}

// wrote begins the count anew: when a customer writes, and when a hub has heard of
// it. What is shown in between belongs to both, and the hub cannot know.
func (p *platform) wrote(peer core.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unasked[peer.ID] = 0
}

// waiting are the threads of a desk whose ticket is in one of these states.
func (p *platform) waiting(states ...core.TicketState) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, th := range p.open {
		if slices.Contains(states, core.TicketState(p.cards[th].State)) {
			out = append(out, th)
		}
	}
	return out
}

// held are the threads whose card says that name has the ticket.
func (p *platform) held(name string) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, th := range p.open {
		if slices.ContainsFunc(p.cards[th].Fields, func(f core.Field) bool { return strings.HasPrefix(f.Value, name+" has it") }) {
			out = append(out, th)
		}
	}
	return out
}
