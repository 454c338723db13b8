package console

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// A filter is what somebody wants to see of a list; what is empty does not
// matter.
type filter struct {
	words   string
	channel string
	topic   string
	agent   string // Agent.ID
	tag     string
	from    int // rows before the first that is wanted
}

// readFilter reads the query of a list.
func readFilter(q url.Values) (filter, error) {
	f := filter{strings.TrimSpace(clip(q.Get("q"), 100)), q.Get("channel"), q.Get("topic"), q.Get("agent"), q.Get("tag"), 0}
	if s := q.Get("from"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return f, core.ErrInvalid
		}
		f.from = n
	}
	return f, nil
}

// wants reports whether a ticket is among those.
func (f filter) wants(v core.TicketView) bool {
	t := v.Ticket
	return (f.channel == "" || f.channel == t.Key.Channel) && (f.topic == "" || f.topic == t.Topic) && (f.agent == "" || f.agent == t.Agent) &&
		(f.tag == "" || slices.Contains(t.Tags, f.tag)) && (f.words == "" || says(v, f.words))
}

// choices are what a list can be narrowed to: what its tickets have.
type choices struct {
	Channels []string `json:"channels"`
	Topics   []string `json:"topics"`
	Agents   []called `json:"agents"`
	Tags     []string `json:"tags"`
}

// called is an agent and what they are called.
type called struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func choicesOf(list []core.TicketView, names map[string]string) choices {
	channels, topics, agents, tags := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range list {
		t := v.Ticket
		channels[t.Key.Channel], topics[t.Topic], agents[t.Agent] = true, true, true
		for _, tag := range t.Tags {
			tags[tag] = tag != core.TagNoSurvey
		}
	}
	sorted := func(m map[string]bool) []string {
		delete(m, "")
		maps.DeleteFunc(m, func(_ string, shown bool) bool { return !shown })
		return append([]string{}, slices.Sorted(maps.Keys(m))...)
	}
	c := choices{Channels: sorted(channels), Topics: sorted(topics), Agents: []called{}, Tags: sorted(tags)}
	for _, id := range sorted(agents) {
		c.Agents = append(c.Agents, called{id, cmp.Or(names[id], id)})
	}
	return c
}

// says reports whether a ticket has the words that somebody looks for.
func says(v core.TicketView, words string) bool {
	t := v.Ticket
	text := []string{t.ID, v.Peer.ID, v.Peer.Name, v.Peer.Facts[core.FactCalled], v.Peer.Person, t.Key.Channel, t.Topic, t.Intent, t.Asked, t.Summary, t.Outcome, strings.Join(t.Tags, " ")}
	for _, s := range t.Form {
		text = append(text, s)
	}
	if v.Last != nil && v.Last.Message != nil {
		text = append(text, v.Last.Message.Parts.Text())
	}
	all := strings.ToLower(strings.Join(text, "\n"))
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}
