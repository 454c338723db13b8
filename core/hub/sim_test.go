package hub

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// A sim is a stage on which everything goes wrong at times: platforms repeat
// themselves, fail, take a message and cut off; the program is stopped between
// any two of its steps; the clock jumps.
type sim struct {
	*stage
	rng    *rand.Rand
	dir    string
	store  *store.Store
	im     *pipe
	stormy bool

	threads map[string]string          // peer -> thread
	owner   map[string]string          // peer -> who was heard to own it
	sent    map[string][]core.Envelope // by channel: what was filed, for repeats
	lines   map[string]int             // "ann agent" -> numbered lines sent
	log     []core.Envelope            // all that was shown to customers, in order
	desked  []core.Envelope
}

func newSim(t *testing.T, seed uint64) *sim {
	s := &sim{stage: &stage{t: t, clock: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}, rng: rand.New(rand.NewPCG(seed, 7)),
		dir: t.TempDir(), threads: map[string]string{}, owner: map[string]string{}, sent: map[string][]core.Envelope{}, lines: map[string]int{}}
	s.web = &pipe{name: "web", lim: core.Limits{Options: 10, Idempotent: true, Names: true}}
	s.im = &pipe{name: "im", lim: core.Limits{Names: true}}
	s.desk = &pipe{name: "desk", lim: core.Limits{Threads: true, Cases: true, Idempotent: true}}
	for _, p := range []*pipe{s.web, s.im, s.desk} {
		p.fail = func(env core.Envelope) error { return s.weather(p, env) }
	}
	s.open()
	t.Cleanup(func() { s.store.Close() })
	return s
}

func (s *sim) open() {
	st, err := openStore(s.t.Context(), s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = st
	s.Hub = testHub(st, func() time.Time { return s.clock })
	err = errors.Join(s.Connect("web", core.RoleChannel, s.web), s.Connect("im", core.RoleChannel, s.im), s.Connect("desk", core.RoleDesk, s.desk), s.Load(s.t.Context()))
	if err != nil {
		s.t.Fatal(err)
	}
	s.accounts["desk"].begun = time.Time{} // a thread that the store does not know is on its way from nowhere: do not wait for it
}

// weather is what a platform does with a message.
func (s *sim) weather(p *pipe, env core.Envelope) error {
	if !s.stormy {
		return nil
	}
	show := func() {
		if p.seen == nil {
			p.seen = map[string]bool{}
		}
		if !p.lim.Idempotent || !p.seen[env.ID] {
			p.sent = append(p.sent, env)
		}
		p.seen[env.ID] = true
	}
	switch s.rng.IntN(12) {
	case 0, 1:
		return &core.SendError{Kind: core.KindTransient, Err: errors.New("busy")}
	case 2:
		return &core.SendError{Kind: core.KindThrottled, After: 3 * time.Second, Err: errors.New("slow down")}
	case 3:
		return &core.SendError{Kind: core.KindUnknown, Err: errors.New("cut off before")}
	case 4:
		show()
		return &core.SendError{Kind: core.KindUnknown, Err: errors.New("cut off after")}
	}
	return nil
}

// restart stops the program anywhere and starts it again. leave is how many
// turns and sends it still gets done.
func (s *sim) restart() {
	if ds, err := s.store.Outbox(s.t.Context(), s.clock, 1+s.rng.IntN(3)); err == nil {
		for _, d := range ds { // leased, perhaps sent, never settled
			if s.rng.IntN(2) == 0 {
				if p := map[string]*pipe{"web": s.web, "im": s.im, "desk": s.desk}[d.Channel]; p != nil && !d.Stale {
					_, _ = p.Send(s.t.Context(), d.Envelope)
				}
			}
		}
	}
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func (s *sim) gather() {
	for _, p := range []*pipe{s.web, s.im} {
		s.log = append(s.log, p.take()...)
	}
	for _, env := range s.desk.take() {
		s.desked = append(s.desked, env)
		if c, ok := env.Parts[0].(core.Case); ok && env.Thread == "" {
			for _, peer := range peers {
				if s.lines[peer+" asked"] > 0 && slices.Contains(strings.Fields(c.Title), peer) {
					s.threads[peer] = "t" + c.Ticket
				}
			}
		}
	}
}

var peers = []string{"ann", "ben", "cat", "dan"}

func channelOf(peer string) string { return map[bool]string{true: "web", false: "im"}[peer < "c"] }

func (s *sim) file(env core.Envelope) {
	s.n++
	env.Ref = "r" + strconv.Itoa(s.n)
	s.sent[env.Channel] = append(s.sent[env.Channel], env)
	if err := s.Receive(s.t.Context(), env); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sim) customer(peer, text string) {
	s.file(core.Envelope{Channel: channelOf(peer), Peer: core.Peer{ID: peer, Name: peer, Lang: "en"}, Parts: core.Parts{core.Text{Body: text}}})
}

func (s *sim) agent(name, peer string, p core.Part) {
	if th := s.threads[peer]; th != "" {
		s.file(core.Envelope{Channel: "desk", Thread: th, Peer: core.Peer{ID: name, Name: name}, Parts: core.Parts{p}})
	}
}

// numbered is the next of a speaker's lines.
func (s *sim) numbered(key string) string {
	s.lines[key]++
	return fmt.Sprintf("%s says %d.", key, s.lines[key])
}

func (s *sim) step() {
	peer, agent := peers[s.rng.IntN(len(peers))], []string{"lin", "bob"}[s.rng.IntN(2)]
	switch n := s.rng.IntN(20); {
	case n < 2 && s.lines[peer+" asked"] == 0:
		s.lines[peer+" asked"]++
		s.customer(peer, "human")
	case n < 5:
		s.customer(peer, s.numbered(peer))
	case n < 7:
		s.agent(agent, peer, core.Pick{Option: "claim"})
	case n < 12:
		s.agent(agent, peer, core.Text{Body: s.numbered(peer + " " + agent)})
	case n == 12:
		s.agent(agent, peer, core.Text{Body: "// secret note"})
	case n == 13:
		for _, ch := range []string{"web", "im", "desk"} {
			if es := s.sent[ch]; len(es) > 0 { // the platform repeats itself
				if err := s.Receive(s.t.Context(), es[s.rng.IntN(len(es))]); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	case n == 14:
		s.restart()
	case n == 15:
		s.clock = s.clock.Add(time.Duration(s.rng.IntN(20)-10) * time.Minute)
	default:
		s.work(time.Duration(s.rng.IntN(4000)) * time.Millisecond)
	}
	s.gather()
}

// TestSimulation plays seeded storms; then the sky clears, and nothing may be
// lost, said twice or out of order, no note may have leaked, and only owners
// may have spoken.
func TestSimulation(t *testing.T) {
	for seed := range coretest.Sample(t, 30, 8) {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			s := newSim(t, uint64(seed))
			s.stormy = true
			for range 120 {
				s.step()
			}
			s.stormy = false
			s.work(3 * time.Hour)
			s.gather()
			s.check()
		})
	}
}

func (s *sim) check() {
	st, err := s.store.Stats(s.t.Context())
	if err != nil || st.Unread != 0 || st.Outbox != 0 {
		s.t.Errorf("left over: %+v %v", st, err)
	}
	seen := map[string]bool{}
	last := map[string]int{}
	for _, env := range s.log {
		id := env.Channel + env.ID
		if seen[id] {
			s.t.Errorf("said twice: %s", env.Parts.Text())
		}
		seen[id] = true
		if strings.Contains(env.Parts.Text(), "secret") {
			s.t.Errorf("a note leaked: %+v", env)
		}
		key, rest, ok := strings.Cut(env.Parts.Text(), " says ")
		if !ok || env.By.Kind != core.ByAgent {
			continue
		}
		n, _ := strconv.Atoi(strings.TrimSuffix(rest, "."))
		if n <= last[key] {
			s.t.Errorf("out of order: %q after %d", env.Parts.Text(), last[key])
		}
		last[key] = n
		if !strings.HasPrefix(key, env.Peer.ID+" ") {
			s.t.Errorf("%s got what was meant for somebody else: %s", env.Peer.ID, env.Parts.Text())
		}
	}
	for _, peer := range peers {
		s.owned(peer)
	}
}

// owned replays the record: whoever is relayed owned the ticket then, and the
// bot was silent while somebody did.
func (s *sim) owned(peer string) {
	defer func() {
		if s.t.Failed() && testing.Verbose() {
			s.t.Log(s.record(channelOf(peer), peer))
		}
	}()
	rs, err := s.store.Past(s.t.Context(), core.PastQuery{Key: core.Key{Channel: channelOf(peer), Peer: peer}, Max: 10_000})
	if err != nil {
		s.t.Fatal(err)
	}
	owner := ""
	in := map[string]bool{}
	for _, r := range rs {
		if e := r.Event; e != nil {
			switch e.Kind {
			case core.EventClaimed:
				if owner != "" && owner != e.By.ID {
					s.t.Errorf("%s: claimed by %s while %s has it", peer, e.By.ID, owner)
				}
				owner = e.By.ID
			case core.EventReturned, core.EventClosed, core.EventTransferred, core.EventParked:
				owner = ""
			}
			continue
		}
		m := r.Message
		if r.In {
			if in[m.Channel+m.Ref] {
				s.t.Errorf("%s: filed twice: %s", peer, m.Ref)
			}
			in[m.Channel+m.Ref] = true
			continue
		}
		if m.Channel == channelOf(peer) && m.By.Kind == core.ByBot && owner != "" && r.State == core.ProgressSent && !strings.Contains(m.Parts.Text(), "survey") {
			s.t.Errorf("%s: the bot speaks while %s has the conversation: %d %s", peer, owner, r.Seq, m.Parts.Text())
		}
		if m.Channel == channelOf(peer) && r.State == core.ProgressPending {
			s.t.Errorf("%s: never sent: %s", peer, m.Parts.Text())
		}
	}
}
