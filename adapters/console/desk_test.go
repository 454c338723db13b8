package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestSend(t *testing.T) {
	s := newStage(t, Config{})
	card := core.Case{Ticket: "T7", Title: "李晓雯"}
	words := core.Parts{core.Text{Body: "hi"}}
	for _, test := range []struct {
		name string
		env  core.Envelope
		ref  string
		kind core.Kind
	}{
		{"a case opens the thread that its ticket names", core.Envelope{ID: "e1", Parts: core.Parts{card}}, "T7", 0},
		{"again", core.Envelope{ID: "e1", Parts: core.Parts{card}}, "T7", 0},
		{"in a thread", core.Envelope{ID: "e2", Thread: "T7", Parts: words}, "e2", 0},
		{"a card in its thread", core.Envelope{ID: "e3", Thread: "T7", Parts: core.Parts{card}}, "e3", 0},
		{"to one of the staff", core.Envelope{ID: "e4", Peer: core.Peer{ID: "lin"}, Parts: words}, "e4", 0},
		{"nothing", core.Envelope{ID: "e5", Thread: "T7"}, "", core.KindRejected},
		{"a case of nothing", core.Envelope{ID: "e6", Parts: core.Parts{core.Case{}}}, "", core.KindRejected},
	} {
		ref, err := s.Send(t.Context(), test.env)
		if ref != test.ref || (err == nil) != (test.ref != "") || err != nil && core.KindOf(err) != test.kind {
			t.Errorf("%s: %q %v", test.name, ref, err)
		}
	}
	if err := s.Edit(t.Context(), "", core.Envelope{Parts: words}); core.KindOf(err) != core.KindGone {
		t.Error("an edit of nothing:", err)
	}
	l := s.Limits()
	if !l.Threads || !l.Cases || !l.Forms || !l.Names || !l.Idempotent || !l.Carries(core.Media{Type: "video/mp4", Size: 1 << 40}) {
		t.Errorf("%+v", l)
	}
}

func TestClaimReplyNoteClose(t *testing.T) {
	s := newScene(t)
	lin, chen, id := s.lin, s.chen, s.waiting
	before := len(seen(t, chen, id))
	for _, b := range []*browser{lin, chen} {
		s.act(b, map[string]any{"ticket": id, "action": "claim"}).want(t, http.StatusAccepted)
	}
	chen.get(Prefix+"api/tickets/"+id).want(t, 200, `"owner":"N-lin"`) // the loser sees who has it
	s.act(lin, map[string]any{"ticket": id, "text": "您好"}).want(t, http.StatusAccepted)
	s.act(lin, map[string]any{"ticket": id, "action": "note", "values": map[string]string{"text": "VIP"}}).want(t, http.StatusAccepted)
	s.act(chen, map[string]any{"ticket": id, "text": "这是备注"}).want(t, http.StatusAccepted)
	var kinds []string
	for _, e := range seen(t, chen, id)[before:] {
		kinds = append(kinds, string(e.Kind)+":"+string(e.Event)+":"+e.By)
	}
	want := []string{"event:claimed:N-lin", "bot::", "event:refused:N-chen", "notice::", "agent::N-lin", "note:noted:N-lin", "note:noted:N-chen", "notice::"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q", kinds)
	}
	es := seen(t, lin, id)[before:] // without the refusal of somebody else, and what they were told of it
	if len(es) != 5 || !es[2].Mine || es[2].State != core.ProgressSent || es[2].Parts.Text() != "您好" {
		t.Errorf("the owner sees %+v", es)
	}
	s.act(lin, map[string]any{"ticket": id, "action": "close", "values": map[string]string{"outcome": "solved", "summary": "补发"}}).want(t, http.StatusAccepted)
	lin.get(Prefix+"api/tickets?box=closed").want(t, 200, `"summary":"补发"`)
	lin.get(Prefix+"api/me").want(t, 200, `"closed":1`)
	s.act(lin, map[string]any{"action": "break"}).want(t, http.StatusAccepted)
	lin.get(Prefix+"api/me").want(t, 200, `"presence":"break"`)
	chen.get(Prefix+"api/team").want(t, 200, `"presence":"break"`)
	for _, env := range s.inbox.got {
		if env.Channel != "console" || !strings.HasPrefix(env.Ref, env.Peer.ID+":") || env.At.IsZero() {
			t.Errorf("%+v", env)
		}
	}
}

func TestNobodyActsAsAnother(t *testing.T) {
	s := newScene(t)
	body := map[string]any{"ref": "0123456789abcdef", "ticket": s.lins, "text": "from chen"}
	s.act(s.chen, body).want(t, http.StatusAccepted)
	body["text"] = "from lin"
	s.act(s.lin, body).want(t, http.StatusAccepted) // the same ref is no repetition
	s.act(s.lin, body).want(t, http.StatusAccepted) // this is
	if n := len(s.inbox.got); n != 3 || s.inbox.got[0].Peer.ID != "chen" || s.inbox.got[1].Peer.ID != "lin" || s.inbox.got[2].Ref != s.inbox.got[1].Ref {
		t.Fatalf("%d: %+v", n, s.inbox.got)
	}
	for _, forged := range []string{"peer", "agent", "by", "channel", "thread"} {
		s.act(s.lin, map[string]any{"ticket": s.lins, "text": "x", forged: "chen"}).want(t, http.StatusBadRequest)
	}
	var said []string
	for _, e := range seen(t, s.lin, s.lins) {
		if e.Kind == entryAgent {
			said = append(said, e.Parts.Text())
		}
	}
	if last := s.phone.shown[len(s.phone.shown)-1]; !slices.Equal(said, []string{"from lin"}) || last.Parts.Text() != "from lin" {
		t.Errorf("the customer got %q, the page shows %q", last.Parts.Text(), said)
	}
}

func TestForgedIDs(t *testing.T) {
	s := newScene(t)
	lin := s.lin
	for _, id := range []string{"T99", "%2e%2e%2fT1", "T1%2f..%2fT2", "%00", strings.Repeat("x", 65), "T1'--"} {
		lin.get(Prefix+"api/tickets/"+id).want(t, http.StatusNotFound)
		lin.get(Prefix+"api/tickets/"+id+"/past").want(t, http.StatusNotFound)
	}
	s.act(lin, map[string]any{"ticket": "T99", "text": "x"}).want(t, http.StatusNotFound)
	s.act(lin, map[string]any{"ticket": s.waiting, "text": "x", "media": []string{"blob-404"}}).want(t, http.StatusNotFound)
	lin.json(http.MethodPost, Prefix+"api/typing", map[string]any{"ticket": "T99"}).want(t, http.StatusNotFound)
	lin.get(Prefix+"api/tickets?box=secret").want(t, http.StatusNotFound)
	lin.get(Prefix+"api/tickets/"+s.waiting+"/past?before=-1").want(t, http.StatusBadRequest)
	s.keep(core.Key{Channel: "web", Peer: "p9"}, func(c *core.Conversation, _ *core.Outcome) { // shown at another desk only
		c.Ticket = &core.Ticket{ID: "T9", Key: c.Key, State: core.TicketWaiting, Since: s.clock.Now()}
	})
	s.act(lin, map[string]any{"ticket": "T9", "action": "claim"}).want(t, http.StatusConflict, "not_here")
	if len(s.inbox.got) != 0 {
		t.Errorf("%+v", s.inbox.got)
	}
}

func TestInboxDown(t *testing.T) {
	s := newScene(t)
	s.inbox.err = errors.New("disk full: secret path")
	body := map[string]any{"ref": "0123456789", "ticket": s.lins, "text": "x"}
	if res := s.act(s.lin, body).want(t, http.StatusInternalServerError, "broken"); strings.Contains(res.body, "disk") {
		t.Error("the reason went to the browser:", res.body)
	}
	s.inbox.err = nil
	s.act(s.lin, body).want(t, http.StatusAccepted)
}

func TestWhatIsForOneStaysWithThem(t *testing.T) {
	s := newScene(t)
	key := core.Key{Channel: "web", Peer: "p1"}
	before := map[*browser]int{s.lin: len(seen(t, s.lin, s.waiting)), s.chen: len(seen(t, s.chen, s.waiting))}
	to := func(desk, account string, p core.Part) core.Envelope {
		return core.Envelope{Channel: desk, Peer: core.Peer{ID: account}, Thread: s.waiting, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{p}}
	}
	s.keep(key, func(_ *core.Conversation, o *core.Outcome) {
		o.Say = []core.Envelope{
			to("console", "lin", core.Choice{Prompt: "for lin alone", Options: []core.Option{{ID: "send:1", Label: "发送"}}}),
			to("console", "", core.Text{Body: "for all staff"}),
			to("console", "", core.Case{Ticket: s.waiting}),
			to("slack", "", core.Text{Body: "for slack"}),
		}
	})
	if _, err := s.store.Receive(t.Context(), key, core.Envelope{Channel: "slack", Ref: "U1:1", Peer: core.Peer{ID: "U1"}, Filed: s.clock.Now(), Parts: core.Parts{core.Text{Body: "from slack"}}}); err != nil {
		t.Fatal(err)
	}
	for b, want := range map[*browser]int{s.lin: 2, s.chen: 1} {
		if es := seen(t, b, s.waiting)[before[b]:]; len(es) != want {
			t.Errorf("%d entries, want %d: %+v", len(es), want, es)
		}
	}
	s.act(s.chen, map[string]any{"action": "break"}).want(t, http.StatusAccepted)
	s.chen.get(Prefix+"api/notices").want(t, 200, "小休")
	if res := s.lin.get(Prefix + "api/notices"); strings.Contains(res.body, "小休") {
		t.Error("notices of another:", res.body)
	}
	s.act(s.lin, map[string]any{"ticket": s.waiting, "option": "send:1"}).want(t, http.StatusAccepted)
	if p, ok := s.inbox.got[len(s.inbox.got)-1].Parts[0].(core.Pick); !ok || p.Option != "send:1" {
		t.Errorf("%+v", s.inbox.got)
	}
}

func TestBoxes(t *testing.T) {
	s := newScene(t)
	for box, want := range map[string][]string{"waiting": {s.waiting}, "mine": {s.lins}, "all": {s.chens, s.lins, s.waiting}, "closed": nil} {
		var l struct {
			Tickets, Mine []row
			Counts        map[string]int
		}
		if err := json.Unmarshal([]byte(s.lin.get(Prefix+"api/tickets?box="+box).want(t, 200).body), &l); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range l.Tickets {
			ids = append(ids, r.ID)
		}
		if !slices.Equal(ids, want) || l.Counts["waiting"] != 1 || l.Counts["mine"] != 1 || l.Counts["all"] != 3 || len(l.Mine) != 1 {
			t.Errorf("%s: %v %v", box, ids, l.Counts)
		}
	}
	id := `"tickets":[{"id":"` + s.chens + `"`
	s.lin.get(Prefix+"api/tickets?box=all&q=客户3").want(t, 200, id)
	if res := s.lin.get(Prefix + "api/tickets?box=all&q=客户3+nonsense"); strings.Contains(res.body, id) {
		t.Error("all words must be there")
	}
}

func TestAllowance(t *testing.T) {
	s := newScene(t)
	s.Channels(map[string]core.Limits{"web": {Text: 2048, Unit: core.Bytes, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}}}})
	s.keep(core.Key{Channel: "web", Peer: "p2"}, func(c *core.Conversation, _ *core.Outcome) {
		c.Ledger = core.Ledger{Left: 3, Until: s.clock.Now().Add(time.Hour), Why: "message"}
	})
	s.lin.get(Prefix+"api/tickets/"+s.lins).want(t, 200, `"left":{"n":3,"until":`, `"text":2048`, `"unit":"bytes"`)
}

// In a peak the line must not hide what an agent has in hand.
func TestALongLineHidesNothing(t *testing.T) {
	s := newScene(t)
	var all sync.WaitGroup
	for i := range mostInLine + 5 {
		all.Go(func() {
			s.keep(core.Key{Channel: "web", Peer: fmt.Sprint("q", i)}, func(c *core.Conversation, _ *core.Outcome) {
				c.Ticket = &core.Ticket{ID: fmt.Sprint("Q", i), Key: c.Key, State: core.TicketWaiting, Since: s.clock.Now().Add(-time.Hour)}
			})
		})
	}
	all.Wait()
	s.clock.Pass(time.Minute)
	s.lin.get(Prefix+"api/tickets?box=mine").want(t, 200, `"id":"`+s.lins+`"`, `"mine":1,`)
	var end struct {
		Tickets     []row
		From, Total int
	}
	if err := json.Unmarshal([]byte(s.lin.get(Prefix+"api/tickets?box=waiting&from=960").want(t, 200).body), &end); err != nil || end.From != 960 || end.Total < mostInLine+5 || len(end.Tickets) != end.Total-960 {
		t.Errorf("the end of the line: %d rows from %d of %d, %v", len(end.Tickets), end.From, end.Total, err)
	}
	s.lin.get(Prefix+"api/me").want(t, 200, `"load":1`)
}

// What the pages show of a break that ends by itself, and of templates.
func TestBreaksAndTemplates(t *testing.T) {
	s := newScene(t)
	until := s.clock.Now().Add(30 * time.Minute)
	s.act(s.lin, map[string]any{"action": "break", "values": map[string]string{"until": "30m"}}).want(t, http.StatusAccepted)
	s.keep(core.Key{Channel: "console", Peer: "chen"}, func(_ *core.Conversation, o *core.Outcome) { // as an older version may have left it
		o.Agents = []core.AgentChange{{Now: core.Agent{ID: "console/chen", Until: until}}}
	})
	s.clock.Pass(time.Second)
	var who me
	if err := json.Unmarshal([]byte(s.lin.get(Prefix+"api/me").want(t, 200).body), &who); err != nil || !who.Until.Equal(until) {
		t.Errorf("%v %+v", err, who)
	}
	var team struct{ Team []mate }
	if err := json.Unmarshal([]byte(s.chen.get(Prefix+"api/team").want(t, 200).body), &team); err != nil {
		t.Fatal(err)
	}
	for _, m := range team.Team {
		if want := m.ID == "console/lin"; m.Until.Equal(until) != want || m.Until.IsZero() == want {
			t.Errorf("%+v", m)
		}
	}

	s.lin.get(Prefix+"api/tickets/"+s.lins).want(t, 200, `"templates":[]`)
	s.Templates(func(channel string) []core.Template {
		return []core.Template{
			{ID: "reply", Title: "Answer on " + channel, Form: "template:reply", Values: map[string]string{"first": "Hello", "keyword1": "{text}", "url": "https://example.com/{ticket}"}},
			{ID: "back", Title: "Come back", Form: "template:back"},
		}
	})
	s.lin.get(Prefix+"api/tickets/"+s.lins).want(t, 200, `"templates":[{"id":"reply","title":"Answer on web","lines":["Hello","{text}"],"text":true},{"id":"back","title":"Come back","lines":[]}]`)
	by := core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "lin"}
	s.keep(core.Key{Channel: "web", Peer: "p2"}, func(_ *core.Conversation, o *core.Outcome) {
		for _, f := range []core.Form{{ID: "template:reply", Values: map[string]string{"first": "Hello", "keyword1": "It is on its way", "url": "https://example.com/T2"}}, {ID: "other"}} {
			o.Say = append(o.Say, core.Envelope{Channel: "web", Peer: core.Peer{ID: "p2"}, By: by, Parts: core.Parts{f}})
		}
	})
	es := seen(t, s.lin, s.lins)
	if e := es[len(es)-2]; e.Template != "Answer on web" || !slices.Equal(e.Lines, []string{"Hello", "It is on its way"}) {
		t.Errorf("%+v", e)
	}
	if e := es[len(es)-1]; e.Template != "" || e.Lines != nil {
		t.Errorf("%+v", e)
	}
}
