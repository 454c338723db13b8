package console

import (
	"net/url"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// A list can be narrowed by what its tickets have, each alone and all together.
func TestFilter(t *testing.T) {
	v := core.TicketView{Peer: core.Peer{Facts: map[string]string{"called": "王女士"}}, Ticket: core.Ticket{
		ID: "F1", Key: core.Key{Channel: "web", Peer: "v"}, Topic: "after", Agent: "console/lin", Tags: []string{"破损", core.TagNoSurvey},
	}}
	for query, want := range map[string]bool{
		"": true, "channel=web": true, "channel=weibo": false, "topic=after": true, "topic=sales": false, "agent=console/lin": true, "agent=console/chen": false,
		"tag=破损": true, "tag=物流": false, "q=王女士": true, "q=李": false, "channel=web&topic=after&agent=console/lin&tag=破损&q=f1": true, "channel=web&tag=物流": false,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := readFilter(q); err != nil || f.wants(v) != want {
			t.Errorf("%s: %t, want %t (%v)", query, !want, want, err)
		}
	}
	for _, query := range []url.Values{{"from": {"x"}}, {"from": {"-1"}}} {
		if _, err := readFilter(query); err == nil {
			t.Errorf("%v is taken", query)
		}
	}
	c := choicesOf([]core.TicketView{v, v}, map[string]string{"console/lin": "小林"})
	if len(c.Channels) != 1 || len(c.Topics) != 1 || len(c.Tags) != 1 || len(c.Agents) != 1 || c.Agents[0].Name != "小林" {
		t.Errorf("%+v", c)
	}
}

// What agents see of a danger is its kind, and a look-up is one line.
func TestWhatIsShown(t *testing.T) {
	w := viewer{catalogue: &catalogue{}}
	if r := w.row(core.TicketView{Ticket: core.Ticket{Mood: "medical"}}); r.Mood != "medical" {
		t.Errorf("mood %q", r.Mood)
	}
	for result, want := range map[string]bool{"asked": false, "ok": true, "timeout": true} {
		if _, ok := w.event(entry{}, core.Event{Kind: core.EventCalled, Data: map[string]string{"system": "orders", "result": result}}); ok != want {
			t.Errorf("%s is shown: %t", result, ok)
		}
	}
}
