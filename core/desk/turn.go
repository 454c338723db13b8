package desk

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A turn gathers the outcome of one call. t is a copy of the ticket, nil if
// there is none.
type turn struct {
	r      *Rules
	s      core.Scene
	c      core.Conversation
	t      *core.Ticket
	m      mind
	out    core.Outcome
	agents map[string]core.Agent // changed here
	said   map[string]bool       // of those, whose presence is as they said, whatever it was
	past   []core.Envelope
}

func (r *Rules) begin(c core.Conversation, s core.Scene) *turn {
	t := &turn{r: r, s: s, c: c, agents: map[string]core.Agent{}, said: map[string]bool{}}
	if c.Ticket != nil {
		k := *c.Ticket
		k.Passed, k.Tags, k.Form = slices.Clone(k.Passed), slices.Clone(k.Tags), maps.Clone(k.Form)
		t.t = &k
		t.m = read(&k)
		t.m.Cards = maps.Clone(t.m.Cards)
		if k.State == core.TicketWaiting { // who had left a message joined the line in a turn of the bot's
			t.m.Message = false
		}
	}
	return t
}

// end finishes the outcome: the cards first, because a card opens the thread in
// which the rest is said.
func (t *turn) end() core.Outcome {
	if t.t != nil {
		cards := t.cards()
		t.out.Say = append(cards, t.out.Say...)
		t.t.Wake = t.wake()
		b, err := json.Marshal(t.m)
		if err != nil {
			panic("desk: a mind does not marshal: " + err.Error()) // it is made of strings
		}
		t.t.Mind = b
		t.c.Ticket = t.t
	}
	t.out.Conversation = t.c
	for _, id := range slices.Sorted(maps.Keys(t.agents)) {
		was, known := t.s.Agents[id]
		if !known {
			was.Presence = core.OffDuty
		}
		if t.said[id] {
			was.Presence = ""
		}
		t.out.Agents = append(t.out.Agents, core.AgentChange{Was: was, Now: t.agents[id]})
	}
	return t.out
}

// cards are the cards of the desks that show the ticket and read differently
// than before. Once the ticket is somebody's, what is said is in the thread and
// does not change the card.
func (t *turn) cards() (out []core.Envelope) {
	for _, name := range slices.Sorted(maps.Keys(t.m.Cards)) {
		d := t.r.desk(name)
		c := t.card(d)
		plain := c
		plain.Title, plain.Topic = t.title(d, ""), "" // which is a field, too
		if t.t.State == core.TicketActive || t.t.State == core.TicketClosed || d.Views {
			plain.Lines = nil
		}
		b, err := json.Marshal(plain)
		if err != nil {
			panic("desk: a card does not marshal: " + err.Error()) // it is made of strings
		}
		h := fnv.New64a()
		h.Write(b)
		sum := strconv.FormatUint(h.Sum64(), 36)
		if t.m.Cards[name] == sum {
			continue
		}
		t.m.Cards[name] = sum
		out = append(out, core.Envelope{Channel: name, Ticket: t.t.ID, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{c}})
	}
	return out
}

// show lets a desk show the ticket from now on.
func (t *turn) show(desk string) {
	if _, ok := t.m.Cards[desk]; ok || desk == "" {
		return
	}
	if t.m.Cards == nil {
		t.m.Cards = map[string]string{}
	}
	t.m.Cards[desk] = ""
}

// spread lets every desk that takes the topic and always shows who waits show
// the ticket. The others show it when Show says so.
func (t *turn) spread() {
	for _, d := range t.r.takes(t.t.Topic, t.c.Key.Channel) {
		if d.Crowd < 0 {
			t.show(d.Name)
		}
	}
}

func (t *turn) now() time.Time { return t.s.Now }

// agent returns an agent as this turn knows them.
func (t *turn) agent(id string) (core.Agent, bool) {
	if a, ok := t.agents[id]; ok {
		return a, true
	}
	a, ok := t.s.Agents[id]
	return a, ok
}

// actor is the agent who wrote env. One whom nobody has met gets a record: they
// are a member of the desk, or they could not write there.
func (t *turn) actor(env core.Envelope) core.Agent {
	id := env.Channel + "/" + env.Peer.ID
	a, ok := t.agent(id)
	if !ok {
		a = core.Agent{ID: id, Name: env.Peer.Name, Presence: core.OffDuty}
	}
	if a.Name == "" {
		a.Name = env.Peer.Name
	}
	if a.Name == "" {
		a.Name = env.Peer.ID
	}
	a = described(a, env.Peer.Facts)
	if old, _ := t.agent(id); !ok || !reflect.DeepEqual(old, a) {
		t.agents[id] = a
	}
	return a
}

// described is an agent as their desk says: a desk with accounts of its own
// tells role, topics, langs and max with every envelope.
func described(a core.Agent, facts map[string]string) core.Agent {
	role, ok := facts["role"]
	if !ok {
		return a
	}
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	a.Lead = role != "agent"
	a.Topics, a.Langs = list(facts["topics"]), list(facts["langs"])
	if n, err := strconv.Atoi(facts["max"]); err == nil && n > 0 {
		a.Max = n
	}
	return a
}

// name is what an agent is called.
func (t *turn) name(id string) string {
	if a, ok := t.agent(id); ok && a.Name != "" {
		return a.Name
	}
	if id == t.m.Owner && t.m.Called != "" {
		return t.m.Called
	}
	_, peer := deskOf(id)
	return peer
}

func by(a core.Agent) core.Author { return core.Author{Kind: core.ByAgent, ID: a.ID, Name: a.Name} }

var bySystem = core.Author{Kind: core.BySystem}

// event records what happened; data are alternating keys and values, of which
// empty values are left out.
func (t *turn) event(kind core.EventKind, who core.Author, why string, data ...string) {
	e := core.Event{Kind: kind, At: t.now(), By: who, Why: why}
	for i := 0; i+1 < len(data); i += 2 {
		if data[i+1] == "" {
			continue
		}
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[data[i]] = data[i+1]
	}
	if t.t != nil && t.t.ID != "" {
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data["ticket"] = t.t.ID
	}
	t.out.Events = append(t.out.Events, e)
}

// tell says something to an agent in the ticket's thread at their desk.
func (t *turn) tell(agent string, parts ...core.Part) {
	desk, peer := deskOf(agent)
	if desk == "" {
		return
	}
	env := core.Envelope{Channel: desk, Peer: core.Peer{ID: peer, Name: t.name(agent)}, By: bySystem, Parts: parts}
	if t.t != nil {
		env.Ticket = t.t.ID
		t.show(desk)
	}
	t.out.Say = append(t.out.Say, env)
}

// notice tells an agent a text of the catalog, in the language of their desk.
func (t *turn) notice(agent, id string, vars ...string) {
	desk, _ := deskOf(agent)
	t.tell(agent, core.Text{Body: words(t.r.desk(desk).Lang, id, vars...)})
}

// ask offers an agent buttons under a text of the catalog.
func (t *turn) ask(agent string, prompt string, options ...core.Option) {
	t.tell(agent, core.Choice{Prompt: prompt, Options: options})
}

// mirror shows a message in the ticket's threads at the desks, except at one:
// where it was written.
func (t *turn) mirror(except string, who core.Author, parts core.Parts) {
	for _, name := range slices.Sorted(maps.Keys(t.m.Cards)) {
		if name == except || t.r.desk(name).Views {
			continue
		}
		env := core.Envelope{Channel: name, Ticket: t.t.ID, By: who, Parts: parts}
		if desk, peer := deskOf(t.t.Agent); desk == name && who.Kind == core.ByPeer {
			env.Peer = core.Peer{ID: peer, Name: t.name(t.t.Agent)}
		}
		t.out.Say = append(t.out.Say, env)
	}
}

// toPeer says a text of flows/words.yaml to the customer, unless that would use
// up what their agent needs.
func (t *turn) toPeer(id string, vars map[string]string) {
	if t.r.Words == nil || t.c.Gone || !t.affordable() {
		return
	}
	if parts := t.r.Words(t.lang(), id, vars); len(parts) > 0 {
		t.out.Say = append(t.out.Say, core.Envelope{By: core.Author{Kind: core.ByBot}, Parts: parts})
		t.m.remember(line{At: t.now(), Kind: core.ByBot, Text: parts.Text()})
	}
}

// lang is the customer's language.
func (t *turn) lang() string {
	if t.t != nil && t.t.Lang != "" {
		return t.t.Lang
	}
	return t.c.Peer.Lang
}

// counted reports whether the platform counts what we say to the customer.
func (t *turn) counted() bool { return len(t.r.limits(t.c.Key.Channel).Allowances) > 0 }

func (t *turn) affordable() bool {
	reserve := t.r.Reserve
	if reserve == 0 {
		reserve = 2
	}
	return !t.counted() || t.c.Ledger.Room(t.now()) > reserve
}

// leads are those on duty.
func (t *turn) leads() (out []string) {
	for _, id := range slices.Sorted(maps.Keys(t.s.Agents)) {
		if a, _ := t.agent(id); a.Lead && a.Presence == core.OnDuty {
			out = append(out, id)
		}
	}
	return out
}

// owner reports whether the agent owns the ticket.
func (t *turn) owner(a core.Agent) bool {
	return t.t != nil && t.t.State == core.TicketActive && t.t.Agent == a.ID
}

// words fills a staff-facing text of the catalog; vars alternate names and
// values.
func words(lang, id string, vars ...string) string {
	pair, ok := catalog[id]
	if !ok {
		return id
	}
	s := pair[0]
	if strings.HasPrefix(lang, "en") {
		s = pair[1]
	}
	if len(vars) == 0 {
		return s
	}
	old := make([]string, len(vars))
	for i := range vars {
		if old[i] = vars[i]; i%2 == 0 {
			old[i] = "{" + vars[i] + "}"
		}
	}
	return strings.NewReplacer(old...).Replace(s)
}

// of is words in the language of an agent's desk.
func (t *turn) of(agent, id string, vars ...string) string {
	desk, _ := deskOf(agent)
	return words(t.r.desk(desk).Lang, id, vars...)
}

func option(id, label string) core.Option { return core.Option{ID: id, Label: label} }

// wake is when the ticket next needs a turn though nobody wrote.
func (t *turn) wake() (at time.Time) {
	soonest := func(x time.Time) {
		if !x.IsZero() && (at.IsZero() || x.Before(at)) {
			at = x
		}
	}
	if !t.t.Open() {
		return at
	}
	if len(t.m.Held) > 0 {
		soonest(t.m.Held[0].Due)
	}
	switch t.t.State {
	case core.TicketRinging:
		soonest(t.t.Rung.Add(t.r.ring()))
	case core.TicketParked:
		soonest(t.m.Until)
	case core.TicketActive:
		if steps := t.r.silences(); !t.m.Open.IsZero() && len(t.m.Held) == 0 && t.m.Nags < len(steps) {
			soonest(t.m.Open.Add(steps[t.m.Nags]))
		}
		soonest(t.closing())
	}
	return at
}

// closing is when leads are warned that the platform's window is about to
// close; zero if they were, or need not be.
func (t *turn) closing() time.Time {
	until := t.c.Ledger.Until
	if !t.counted() || until.IsZero() || t.m.Warned.Equal(until) || until.Before(t.now()) {
		return time.Time{}
	}
	return until.Add(-closingSoon)
}

const closingSoon = 30 * time.Minute
