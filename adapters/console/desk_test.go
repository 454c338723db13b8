package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/goccy/go-yaml"
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
		{"nothing", core.Envelope{ID: "e5", Thread: "T7"}, "", core.Rejected},
		{"a case of nothing", core.Envelope{ID: "e6", Parts: core.Parts{core.Case{}}}, "", core.Rejected},
	} {
		ref, err := s.Send(t.Context(), test.env)
		if ref != test.ref || (err == nil) != (test.ref != "") || err != nil && core.KindOf(err) != test.kind {
			t.Errorf("%s: %q %v", test.name, ref, err)
		}
	}
	if err := s.Edit(t.Context(), "", core.Envelope{Parts: words}); core.KindOf(err) != core.Gone {
		t.Error("an edit of nothing:", err)
	}
	l := s.Limits()
	if !l.Threads || !l.Cases || !l.Forms || !l.Names || !l.Idempotent || !l.Carries(core.Media{Type: "video/mp4", Size: 1 << 40}) {
		t.Errorf("%+v", l)
	}
}

// scene is a morning with two members of staff, and one ticket each.
func scene(t *testing.T) (s *stage, srv *httptest.Server, lin, chen *browser) {
	s = newStage(t, Config{Upload: 1 << 20})
	srv = s.open(t)
	s.hire(t, srv, "min", roleAdmin)
	lin, chen = s.hire(t, srv, "lin", roleAgent), s.hire(t, srv, "chen", roleAgent)
	for i, owner := range []string{"", "console/lin", "console/chen"} {
		k := core.Ticket{ID: fmt.Sprint("T", i+1), Key: core.Key{Channel: "web"}, State: core.TicketActive, Agent: owner, Class: 2, Since: s.Now().Add(-time.Duration(i+1) * time.Minute)}
		if owner == "" {
			k.State = core.TicketWaiting
		}
		s.house.open(core.TicketView{Peer: core.Peer{ID: fmt.Sprint("p", i+1), Name: fmt.Sprint("客户", i+1)}, Ticket: k})
		s.house.hear(core.Key{Channel: "web", Peer: fmt.Sprint("p", i+1)}, core.Text{Body: "hello"})
	}
	return s, srv, lin, chen
}

func entries(t *testing.T, b *browser, ticket string) []entry {
	t.Helper()
	var p struct{ Entries []entry }
	if err := json.Unmarshal([]byte(b.get(Prefix+"api/tickets/"+ticket+"/past").want(t, 200).body), &p); err != nil {
		t.Fatal(err)
	}
	return p.Entries
}

func TestClaimReplyNoteClose(t *testing.T) {
	s, _, lin, chen := scene(t)
	act := func(b *browser, kv map[string]any) answered {
		kv["ref"] = token()[:20]
		return b.json(http.MethodPost, Prefix+"api/act", kv)
	}
	act(lin, map[string]any{"ticket": "T1", "action": "claim"}).want(t, http.StatusAccepted)
	act(chen, map[string]any{"ticket": "T1", "action": "claim"}).want(t, http.StatusAccepted)
	chen.get(Prefix+"api/tickets/T1").want(t, 200, `"owner":"N-lin"`) // the loser sees who has it
	act(lin, map[string]any{"ticket": "T1", "text": "您好"}).want(t, http.StatusAccepted)
	act(lin, map[string]any{"ticket": "T1", "action": "note", "values": map[string]string{"text": "VIP"}}).want(t, http.StatusAccepted)
	act(chen, map[string]any{"ticket": "T1", "text": "这是备注"}).want(t, http.StatusAccepted)
	var kinds []string
	for _, e := range entries(t, chen, "T1") {
		kinds = append(kinds, string(e.Kind)+":"+string(e.Event)+":"+e.By)
	}
	want := []string{"peer::", "event:claimed:N-lin", "event:refused:N-chen", "agent::N-lin", "note:noted:N-lin", "note:noted:N-chen"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q", kinds)
	}
	if es := entries(t, lin, "T1"); len(es) != 5 || !es[2].Mine || es[2].State != core.Sent {
		t.Errorf("the owner sees %+v", es) // without the refusal of somebody else
	}
	act(lin, map[string]any{"ticket": "T1", "action": "close", "values": map[string]string{"outcome": "solved", "summary": "补发"}}).want(t, http.StatusAccepted)
	lin.get(Prefix+"api/tickets?box=closed").want(t, 200, `"summary":"补发"`)
	lin.get(Prefix+"api/me").want(t, 200, `"closed":1`)
	act(lin, map[string]any{"action": "break"}).want(t, http.StatusAccepted)
	lin.get(Prefix+"api/me").want(t, 200, `"presence":"break"`)
	chen.get(Prefix+"api/team").want(t, 200, `"presence":"break"`)
	for _, env := range s.house.got {
		if env.Channel != "console" || !strings.HasPrefix(env.Ref, env.Peer.ID+":") || env.At.IsZero() {
			t.Errorf("%+v", env)
		}
	}
}

func TestNobodyActsAsAnother(t *testing.T) {
	s, _, lin, chen := scene(t)
	body := map[string]any{"ref": "0123456789abcdef", "ticket": "T2", "text": "from chen"}
	chen.json(http.MethodPost, Prefix+"api/act", body).want(t, http.StatusAccepted)
	body["text"] = "from lin"
	lin.json(http.MethodPost, Prefix+"api/act", body).want(t, http.StatusAccepted) // the same ref is no repetition
	lin.json(http.MethodPost, Prefix+"api/act", body).want(t, http.StatusAccepted) // this is
	if n := len(s.house.got); n != 2 || s.house.got[0].Peer.ID != "chen" || s.house.got[1].Peer.ID != "lin" {
		t.Fatalf("%d: %+v", n, s.house.got)
	}
	for _, forged := range []string{"peer", "agent", "by", "channel", "thread"} {
		lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T2", "text": "x", forged: "chen"}).want(t, http.StatusBadRequest)
	}
	var said []string
	for _, e := range entries(t, lin, "T2") {
		if e.Kind == entryAgent {
			said = append(said, e.Parts.Text())
		}
	}
	if !slices.Equal(said, []string{"from lin"}) {
		t.Errorf("the customer got %q", said)
	}
}

func TestForgedIDs(t *testing.T) {
	s, _, lin, _ := scene(t)
	for _, id := range []string{"T99", "%2e%2e%2fT1", "T1%2f..%2fT2", "%00", strings.Repeat("x", 65), "T1'--"} {
		lin.get(Prefix+"api/tickets/"+id).want(t, http.StatusNotFound)
		lin.get(Prefix+"api/tickets/"+id+"/past").want(t, http.StatusNotFound)
	}
	lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T99", "text": "x"}).want(t, http.StatusNotFound)
	lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T1", "text": "x", "media": []string{"blob-404"}}).want(t, http.StatusNotFound)
	lin.json(http.MethodPost, Prefix+"api/typing", map[string]any{"ticket": "T99"}).want(t, http.StatusNotFound)
	lin.get(Prefix+"api/tickets?box=secret").want(t, http.StatusNotFound)
	lin.get(Prefix+"api/tickets/T1/past?before=-1").want(t, http.StatusBadRequest)
	s.house.views["T1"].Ticket.Shown = nil // shown at another desk only
	lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T1", "action": "claim"}).want(t, http.StatusConflict, "not_here")
	if len(s.house.got) != 0 {
		t.Errorf("%+v", s.house.got)
	}
}

func TestInboxDown(t *testing.T) {
	s, _, lin, _ := scene(t)
	s.house.fail = errors.New("disk full: secret path")
	body := map[string]any{"ref": "0123456789", "ticket": "T2", "text": "x"}
	if res := lin.json(http.MethodPost, Prefix+"api/act", body).want(t, http.StatusInternalServerError, "broken"); strings.Contains(res.body, "disk") {
		t.Error("the reason went to the browser:", res.body)
	}
	s.house.fail = nil
	lin.json(http.MethodPost, Prefix+"api/act", body).want(t, http.StatusAccepted)
}

func TestWhatIsForOneStaysWithThem(t *testing.T) {
	s, _, lin, chen := scene(t)
	key := core.Key{Channel: "web", Peer: "p1"}
	s.house.tell(key, "lin", core.Choice{Prompt: "for lin alone", Options: []core.Option{{ID: "send:1", Label: "发送"}}})
	s.house.tell(key, "", core.Text{Body: "for all staff"})
	s.house.seq++
	s.house.log[key] = append(s.house.log[key],
		core.Record{Seq: s.house.seq, Message: &core.Envelope{Channel: "console", By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Case{Ticket: "T1"}}}},
		core.Record{Seq: s.house.seq, Message: &core.Envelope{Channel: "slack", By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "for slack"}}}},
		core.Record{Seq: s.house.seq, In: true, Message: &core.Envelope{Channel: "slack", Peer: core.Peer{ID: "U1"}, Parts: core.Parts{core.Text{Body: "from slack"}}}})
	for b, want := range map[*browser]int{lin: 3, chen: 2} {
		if es := entries(t, b, "T1"); len(es) != want {
			t.Errorf("%d entries, want %d: %+v", len(es), want, es)
		}
	}
	chenNotices := core.Key{Channel: "console", Peer: "chen"}
	s.house.log[chenNotices] = []core.Record{{Seq: 1, Message: &core.Envelope{Channel: "console", Parts: core.Parts{core.Text{Body: "only chen"}}}}}
	chen.get(Prefix+"api/notices").want(t, 200, "only chen")
	if res := lin.get(Prefix + "api/notices"); strings.Contains(res.body, "only chen") {
		t.Error("notices of another:", res.body)
	}
	lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T1", "option": "send:1"}).want(t, http.StatusAccepted)
	if p, ok := s.house.got[0].Parts[0].(core.Pick); !ok || p.Option != "send:1" {
		t.Errorf("%+v", s.house.got)
	}
}

func TestBoxes(t *testing.T) {
	_, _, lin, _ := scene(t)
	for box, want := range map[string][]string{"waiting": {"T1"}, "mine": {"T2"}, "all": {"T3", "T2", "T1"}, "closed": nil} {
		var l struct {
			Tickets, Mine []row
			Counts        map[string]int
		}
		if err := json.Unmarshal([]byte(lin.get(Prefix+"api/tickets?box="+box).want(t, 200).body), &l); err != nil {
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
	lin.get(Prefix+"api/tickets?box=all&q=客户3").want(t, 200, `"id":"T3"`)
	if res := lin.get(Prefix + "api/tickets?box=all&q=客户3+nonsense"); strings.Contains(res.body, `"id":"T3"`) {
		t.Error("all words must be there")
	}
}

func TestAllowance(t *testing.T) {
	s, _, lin, _ := scene(t)
	s.Channels(map[string]core.Limits{"web": {Text: 2048, Unit: core.Bytes, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}}}})
	s.house.views["T2"].Ledger = core.Ledger{Left: 3, Until: s.Now().Add(time.Hour), Why: "message"}
	lin.get(Prefix+"api/tickets/T2").want(t, 200, `"left":{"n":3,"until":`, `"text":2048`, `"unit":"bytes"`)
}

func TestMedia(t *testing.T) {
	s, srv, lin, _ := scene(t)
	put := func(name, body string) (core.Media, answered) {
		r, err := http.NewRequest(http.MethodPost, lin.url+Prefix+"api/media?name="+name, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		res := lin.do(r, nil)
		var m core.Media
		if res.StatusCode == 200 {
			if err := json.Unmarshal([]byte(res.body), &m); err != nil {
				t.Fatal(err)
			}
		}
		return m, res
	}
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	for _, test := range []struct{ name, body, kind, served, how string }{
		{"a.png", png, "image/png", "image/png", "inline"},
		{"evil.png", "<html><script>alert(1)</script>", "application/octet-stream", "application/octet-stream", "attachment"},
		{"evil.html", "<!doctype html><script>1</script>", "application/octet-stream", "application/octet-stream", "attachment"},
		{"evil.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "text/plain", "application/octet-stream", "attachment"},
		{"..%2f..%2fetc%2fpasswd", "root:x:0", "text/plain", "application/octet-stream", "attachment"},
		{"r.pdf", "%PDF-1.7 …", "application/pdf", "application/octet-stream", "attachment"},
	} {
		m, _ := put(test.name, test.body)
		if m.Type != test.kind || strings.ContainsAny(m.Name, "/\\") {
			t.Errorf("%s: kept as %+v", test.name, m)
		}
		res := lin.get(Prefix+"media/"+m.Handle).want(t, 200)
		if got := res.Header.Get("Content-Type"); got != test.served {
			t.Errorf("%s: served as %s", test.name, got)
		}
		if got := res.Header.Get("Content-Disposition"); !strings.HasPrefix(got, test.how) {
			t.Errorf("%s: %s", test.name, got)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.body != test.body {
			t.Errorf("%s: %v", test.name, res.Header)
		}
		newBrowser(t, srv).get(Prefix+"media/"+m.Handle).want(t, http.StatusUnauthorized)
	}
	if _, res := put("big", strings.Repeat("x", 1<<20+1)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Error("too large:", res.StatusCode)
	}
	if _, res := put("empty", ""); res.StatusCode != http.StatusBadRequest {
		t.Error("empty:", res.StatusCode)
	}
	lin.get(Prefix+"media/nothing").want(t, http.StatusNotFound)
	m, _ := put("a.png", png)
	lin.json(http.MethodPost, Prefix+"api/act", map[string]any{"ref": "0123456789", "ticket": "T2", "media": []string{m.Handle}}).want(t, http.StatusAccepted)
	if got, ok := s.house.got[0].Parts[0].(core.Media); !ok || got.Handle != m.Handle || got.Type != "image/png" || got.Size != int64(len(png)) {
		t.Errorf("%+v", s.house.got[0].Parts)
	}
}

func TestCanned(t *testing.T) {
	s, srv, lin, _ := scene(t)
	mine := map[string]any{"mine": []canned{{"hi", "问候", "您好 {name}"}}}
	lin.json(http.MethodPut, Prefix+"api/canned", mine).want(t, 200, "您好 {name}")
	team := map[string]any{"team": []canned{{"bye", "", "再见"}}}
	lin.json(http.MethodPut, Prefix+"api/canned", team).want(t, http.StatusForbidden)
	lead := s.hire(t, srv, "zhou", roleLead)
	lead.json(http.MethodPut, Prefix+"api/canned", team).want(t, 200)
	if res := lin.get(Prefix+"api/canned").want(t, 200, "再见", "您好"); strings.Contains(lead.get(Prefix+"api/canned").body, "您好") {
		t.Error("another's own replies:", res.body)
	}
	for _, bad := range [][]canned{{{"", "", "x"}}, {{"a b", "", "x"}}, {{"a", "", " "}}, {{"a", "", "x"}, {"a", "", "y"}}} {
		lin.json(http.MethodPut, Prefix+"api/canned", map[string]any{"mine": bad}).want(t, http.StatusBadRequest)
	}
}

func TestLive(t *testing.T) {
	s, srv, lin, chen := scene(t)
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- s.Run(ctx) }()
	for len(s.house.listeners()) == 0 { // until Run listens
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	dial := func(b *browser) *websocket.Conn {
		h := http.Header{"Cookie": {cookieName + "=" + b.cookie()}, "Origin": {srv.URL}}
		conn, _, err := websocket.Dial(ctx, strings.Replace(srv.URL, "http", "ws", 1)+Prefix+"api/live", &websocket.DialOptions{HTTPHeader: h})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.CloseNow() })
		return conn
	}
	a, b := dial(lin), dial(chen)
	for s.live.count() < 2 {
	}
	next := func(conn *websocket.Conn) (h hint) {
		t.Helper()
		_, data, err := conn.Read(ctx)
		if err == nil {
			err = json.Unmarshal(data, &h)
		}
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if _, err := s.Send(ctx, core.Envelope{ID: "e1", Thread: "T1", Peer: core.Peer{ID: "lin"}, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "小陈 已认领"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Mark(ctx, core.Via{Channel: "console", Thread: "T2", Ref: "lin:1"}, core.Failed, "window closed"); err != nil {
		t.Fatal(err)
	}
	if err := s.Typing(ctx, core.Peer{}, "T2"); err != nil {
		t.Fatal(err)
	}
	if h := next(a); h.Kind != hintNotice || h.Text != "小陈 已认领" || h.Ticket != "T1" {
		t.Errorf("%+v", h)
	}
	for _, conn := range []*websocket.Conn{a, b} { // the notice is not for chen
		if h := next(conn); h.Kind != hintMark || h.State != "failed" || h.Text != "window closed" {
			t.Errorf("%+v", h)
		}
		if h := next(conn); h.Kind != hintTyping {
			t.Errorf("%+v", h)
		}
	}
	if _, err := s.change(ctx, "chen", func(x *account) error { x.Stamp = ""; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Read(ctx); err == nil {
		t.Error("a socket outlives its session")
	}
}

func (h *house) listeners() []chan string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ears)
}

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sockets)
}

func TestASlowBrowserLooksAtEverything(t *testing.T) {
	var l live
	s := &socket{account: "lin", hints: make(chan hint, socketQueue), cancel: func() {}}
	l.add(s)
	for i := range socketQueue * 3 {
		l.pass(hint{Kind: hintTicket, Ticket: fmt.Sprint(i)})
	}
	close(s.hints)
	all := false
	var last hint
	for last = range s.hints {
		all = all || last.Kind == hintAll
	}
	if !all {
		t.Error("hints were lost and nobody was told")
	}
}

func TestActionsAreTheDesks(t *testing.T) {
	known := map[string]bool{"help": true, "mine": true, "queue": true, "stats": true} // the pages show those themselves
	for _, m := range []map[string][]string{ticketActions, deskActions} {
		for name := range m {
			known[name] = true
		}
	}
	for _, c := range desk.Commands {
		if !known[c.Action] {
			t.Errorf("the pages do not know %q", c.Action)
		}
	}
}

func TestExample(t *testing.T) {
	strict := func(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }
	coretest.Example(t, strict, Config{}, "title", "url", "proxies", "topics")
}

func TestConfig(t *testing.T) {
	for _, bad := range []Config{{URL: "desk.example.com"}, {URL: "https://a/b"}, {Proxies: []string{"10.0.0.1"}}, {Idle: time.Second}, {Idle: time.Hour, Life: time.Minute}, {Upload: -1}} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	c := Config{}
	if err := c.Validate(); err != nil || c.Title != "Frontdesk" || c.Idle != 12*time.Hour {
		t.Errorf("%+v %v", c, err)
	}
}

func FuzzAct(f *testing.F) {
	for _, s := range []string{
		`{"ref":"0123456789","ticket":"T1","text":"hi"}`, `{"ref":"0123456789","action":"on"}`, `{"ref":"0123456789","ticket":"T1","action":"close","values":{"outcome":"solved"}}`,
		`{"ref":"0123456789","ticket":"T1","option":"send:1"}`, `{}`, `[]`, `{"ref":"0123456789","ticket":"T1","text":"\ud800"}`, `{"ref":"0123456789","ticket":"T1","media":["a"]} {}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAct(b)
		if err != nil {
			return
		}
		if !plainID(a.Ref, 8, 64) || a.Ticket != "" && !plainID(a.Ticket, 1, 64) {
			t.Fatalf("%+v", a)
		}
		said, did := a.Text != "" || len(a.Media) > 0, a.Action != "" || a.Option != ""
		if said == did || said && a.Ticket == "" || a.Action != "" && a.Option != "" {
			t.Fatalf("neither words nor an action, or both: %+v", a)
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := parseAct(again); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%+v does not survive a round: %+v %v", a, b, err)
		}
		if bytes.ContainsRune([]byte(a.Ref), 0) {
			t.Fatal("a zero byte")
		}
	})
}

// In a peak the line must not hide what an agent has in hand.
func TestALongLineHidesNothing(t *testing.T) {
	s, _, lin, _ := scene(t)
	for i := range boardMax + 5 {
		s.house.open(core.TicketView{Peer: core.Peer{ID: fmt.Sprint("q", i)}, Ticket: core.Ticket{
			ID: fmt.Sprint("Q", i), Key: core.Key{Channel: "web"}, State: core.TicketWaiting, Since: s.Now().Add(-time.Hour)}})
	}
	s.clock.Pass(time.Minute)
	lin.get(Prefix+"api/tickets?box=mine").want(t, 200, `"id":"T2"`, `"capped":true`, `"mine":1,`)
	lin.get(Prefix+"api/me").want(t, 200, `"load":1`)
}

// What the pages show of a break that ends by itself, and of templates.
func TestBreaksAndTemplates(t *testing.T) {
	s, _, lin, chen := scene(t)
	until := s.Now().Add(30 * time.Minute)
	s.house.agents["console/lin"] = core.Agent{ID: "console/lin", Name: "lin", Presence: core.OnBreak, Until: until}
	s.house.agents["console/chen"] = core.Agent{ID: "console/chen", Name: "chen", Presence: core.OnDuty, Until: until} // as an older version may have left it
	var who me
	if err := json.Unmarshal([]byte(lin.get(Prefix+"api/me").want(t, 200).body), &who); err != nil || !who.Until.Equal(until) {
		t.Errorf("%v %+v", err, who)
	}
	var team struct{ Team []mate }
	if err := json.Unmarshal([]byte(chen.get(Prefix+"api/team").want(t, 200).body), &team); err != nil {
		t.Fatal(err)
	}
	for _, m := range team.Team {
		if want := m.ID == "console/lin"; m.Until.Equal(until) != want || m.Until.IsZero() == want {
			t.Errorf("%+v", m)
		}
	}

	lin.get(Prefix+"api/tickets/T2").want(t, 200, `"templates":[]`)
	s.Templates(func(channel string) []desk.Template {
		return []desk.Template{
			{ID: "reply", Title: "Answer on " + channel, Form: "template:reply", Values: map[string]string{"first": "Hello", "keyword1": "{text}", "url": "https://example.com/{ticket}"}},
			{ID: "back", Title: "Come back", Form: "template:back"},
		}
	})
	lin.get(Prefix+"api/tickets/T2").want(t, 200, `"templates":[{"id":"reply","title":"Answer on web","lines":["Hello","{text}"],"text":true},{"id":"back","title":"Come back","lines":[]}]`)
	by := core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "lin"}
	key := core.Key{Channel: "web", Peer: "p2"}
	s.house.say(key, by, core.Form{ID: "template:reply", Values: map[string]string{"first": "Hello", "keyword1": "It is on its way", "url": "https://example.com/T2"}}, nil)
	s.house.say(key, by, core.Form{ID: "other"}, nil)
	es := entries(t, lin, "T2")
	if e := es[len(es)-2]; e.Template != "Answer on web" || !slices.Equal(e.Lines, []string{"Hello", "It is on its way"}) {
		t.Errorf("%+v", e)
	}
	if e := es[len(es)-1]; e.Template != "" || e.Lines != nil {
		t.Errorf("%+v", e)
	}
}
