package rehearse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
)

// A person is a customer. Who they are and what they would do is drawn when they
// come, from a source of their own: the same seed brings the same people,
// whatever they are told.
type person struct {
	rnd    *rand.Rand
	rules  *rules
	policy *reassure.Policy // that is for them; nil: none
	talk   core.Conversation

	silent  bool          // would leave without a word
	serve   time.Duration // what an agent would need for them
	ghost   time.Duration // what an agent needs to find out that nobody is there
	patient time.Time     // until when they are
	gone    time.Time     // when they left without a word; zero: they have not

	said    []Said
	refused bool // the platform has refused a message to them
	log     []core.Event
	past    past
}

// A past is what has become of somebody's wait so far.
type past struct {
	picked  time.Time // when an agent took them
	short   bool      // with less than the reserve left
	ended   time.Time // when the wait ended
	why     string    // how it did, see Customer.Why
	checked bool      // was asked, while there, whether they are
	parked  bool
	there   bool // was parked while there
}

// here reports whether they are still at their phone.
func (p *person) here() bool { return p.gone.IsZero() }

// Said is a message to somebody who waits.
type Said struct {
	At    time.Time
	Step  string        // of the policy
	Text  string        // as they read it
	Upper time.Duration // the longest wait that it names; 0: none
	Sorry bool          // it apologises
	Late  bool          // it went out when the wait was over
	Lost  bool          // the platform refused it
}

// born makes the n-th customer.
func (w *world) born(n int, at time.Time) *person {
	s, rnd := w.scene, rand.New(rand.NewPCG(w.scene.Seed, uint64(n)))
	channel := draw(rnd, s.Channels)
	topic := s.Queue
	if len(s.Queues) > 0 {
		topic = draw(rnd, s.Queues)
	}
	p := &person{rnd: rnd, rules: rulesOf[channel], policy: w.policies.For(topic, channel)}
	p.patient = at.Add(lognormal(rnd, s.Patience.Median, s.Patience.Sigma))
	p.silent = rnd.Float64() < s.Patience.Silent
	p.serve = lognormal(rnd, s.Service.Median, s.Service.Sigma)
	p.ghost = 2*time.Minute + time.Duration(rnd.Int64N(int64(time.Minute)))
	vip := rnd.Float64() < s.VIP
	key := core.Key{Channel: channel, Peer: fmt.Sprintf("c%d", n)}
	p.talk = core.Conversation{
		Key: key, Peer: core.Peer{ID: key.Peer, Lang: "zh-CN"}, State: core.InLine, Heard: at,
		Ledger: core.Ledger{}.Heard(p.rules.limits.Allowances, core.CauseMessage, at),
		Ticket: &core.Ticket{ID: fmt.Sprintf("T%d", n), Key: key, State: core.TicketWaiting, Topic: topic, Lang: "zh", Class: 2, VIP: vip, Since: at, Asked: "人工"},
	}
	if rnd.Float64() < s.Asks {
		w.agenda.add(within(rnd, at, p.patient), asks, p)
	}
	return p
}

// draw is one of the names, each as often as its share.
func draw(rnd *rand.Rand, shares map[string]float64) string {
	names := sorted(shares)
	x := rnd.Float64()
	for _, n := range names {
		if x -= shares[n]; x < 0 {
			return n
		}
	}
	return names[len(names)-1]
}

func lognormal(rnd *rand.Rand, median time.Duration, sigma float64) time.Duration {
	return time.Duration(min(float64(median)*math.Exp(sigma*rnd.NormFloat64()), float64(365*24*time.Hour)))
}

// within is a moment between two.
func within(rnd *rand.Rand, from, to time.Time) time.Time {
	return from.Add(time.Duration(rnd.Float64() * float64(to.Sub(from))))
}

// customer is what is known of them when the evening is over.
func (p *person) customer() Customer {
	k, x := p.talk.Ticket, p.past
	return Customer{
		Key: p.talk.Key, Topic: k.Topic, VIP: k.VIP, Came: k.Since, Gone: p.gone, Picked: x.picked, Ended: x.ended, Why: x.why, Said: p.said, Log: p.log,
		Checked: x.checked, Parked: x.parked, Present: x.there, Short: x.short, Refused: p.refused,
	}
}

// aside is when they were first set aside after a moment; zero: they were not.
func (c *Customer) aside(after time.Time) time.Time {
	for _, e := range c.Log {
		if e.Kind == core.EventParked && !e.At.Before(after) {
			return e.At
		}
	}
	return time.Time{}
}
