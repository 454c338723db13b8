package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

const pageToken = "page-token-88-page-token-88-page-token-88"

func pageCookie(r *http.Request, _ []byte) {
	r.AddCookie(&http.Cookie{Name: cookieName, Value: pageToken})
}

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open:    func(t *testing.T, _ string, d core.Deps) core.Adapter { return openPage(t, d) },
		Sign:    pageCookie,
		Session: true,
		Secrets: []string{pageToken},
		Shows: func(t *testing.T, a core.Adapter, env core.Envelope) string {
			return a.(*look).shows(t, env)
		},
	})
}

// What the inbox page gets, from the store, for a message of every kind.
func TestRendering(t *testing.T) {
	coretest.DeskRendering(t, func(t *testing.T, env core.Envelope) string {
		p := openPage(t, coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, nil))
		out := ""
		for _, one := range coretest.Fitted(p.Limits(), env, "") {
			out += p.shows(t, one)
		}
		return out
	})
}

// A look is the console as lin sees it, who looks at the ticket T1 of a customer
// of the account app.
type look struct {
	*Console
	store *store.Store
	now   func() time.Time
}

var li = core.Key{Channel: "app", Peer: "li"}

func openPage(t *testing.T, d core.Deps) *look {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Now: d.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if d.Bus == nil {
		d.Bus = newLine()
	}
	d.Views = st
	p := &look{coretest.Open(t, New, Config{}, d), st, d.Now}
	kept := deskName(d.Name).shelf(d.Values)
	lin := account{ID: "lin", Name: "小林", Role: roleAgent, Stamp: "s", Made: d.Now()}
	if err := p.links.accounts.add(t.Context(), lin); err != nil {
		t.Fatal(err)
	}
	if err := kept.put(t.Context(), sessionKey(pageToken), session{Account: "lin", Stamp: "s", Made: d.Now(), Seen: d.Now(), Renewed: d.Now()}, 0); err != nil {
		t.Fatal(err)
	}
	p.turn(t, func(c *core.Conversation, o *core.Outcome) {
		c.Peer, c.State = core.Peer{ID: li.Peer, Name: "李"}, core.WithAgent
		c.Ticket = &core.Ticket{ID: "T1", Key: li, State: core.TicketActive, Agent: d.Name + "/lin", Since: d.Now()}
		o.Say = []core.Envelope{{Channel: d.Name, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Case{Ticket: "T1"}}}}
	})
	return p
}

// turn has the conversation go on, and what it says arrive.
func (p *look) turn(t *testing.T, f func(*core.Conversation, *core.Outcome)) {
	t.Helper()
	done, err := p.store.Turn(t.Context(), li, p.now(), func(c core.Conversation, _ []core.Envelope) (o core.Outcome, err error) {
		f(&c, &o)
		o.Conversation = c
		return o, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done.Deliveries {
		ref := d.ID
		if ticket, card := about(d.Envelope); card {
			ref = ticket
		}
		if _, err := p.store.Settle(t.Context(), p.now(), core.Result{Delivery: d, Ref: ref, Outcome: core.AttemptSent}); err != nil {
			t.Fatal(err)
		}
	}
}

// shows puts env into the conversation and is what the page then gets of it: for
// a case the ticket, for anything else the newest entry.
func (p *look) shows(t *testing.T, env core.Envelope) string {
	t.Helper()
	if _, ok := env.Parts[0].(core.Case); ok {
		return stub(p.get(t, "api/tickets/T1"))
	}
	if env.By.Kind == core.ByPeer {
		env.Channel, env.Peer, env.Ref, env.Filed = li.Channel, core.Peer{ID: li.Peer}, env.ID, p.now()
		if _, err := p.store.Receive(t.Context(), li, env); err != nil {
			t.Fatal(err)
		}
	} else {
		p.turn(t, func(_ *core.Conversation, o *core.Outcome) {
			env.Channel, env.Peer, env.Thread = li.Channel, core.Peer{ID: li.Peer}, ""
			o.Say = []core.Envelope{env}
		})
	}
	var past struct{ Entries []json.RawMessage }
	if err := json.Unmarshal([]byte(p.get(t, "api/tickets/T1/past")), &past); err != nil {
		t.Fatal(err)
	}
	if len(past.Entries) == 0 {
		return "(nothing)\n"
	}
	return stub(string(past.Entries[len(past.Entries)-1]))
}

func (p *look) get(t *testing.T, path string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, Prefix+path, nil)
	pageCookie(r, nil)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

var names = regexp.MustCompile(`"(id|seq)":("[^"]*-[^"]*"|[0-9]+)`)

// stub leaves out the store's names, which differ from run to run.
func stub(s string) string { return names.ReplaceAllString(s, `"$1":"…"`) + "\n" }
