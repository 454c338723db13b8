package webchat

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store"
)

const pageKey = "page-key-88-page-key-88-page-key-88"

// pageToken is a visitor's, of the year in which the suite's clock stands.
var pageToken = ring{"chat", [][]byte{[]byte(pageKey)}}.seal(forVisitor, pass{Visitor: "u7", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()})

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open:    func(t *testing.T, _ string, d core.Deps) core.Adapter { return openPage(t, d) },
		Sign:    func(r *http.Request, _ []byte) { r.Header.Set("Authorization", "Bearer "+pageToken) },
		Session: true,
		Secrets: []string{pageKey, pageToken},
		Shows: func(t *testing.T, a core.Adapter, env core.Envelope) string {
			return a.(*page).shows(t, env)
		},
		Stub: func(hints string) string {
			return regexp.MustCompile(`"f":"[^"]*"`).ReplaceAllString(hints, `"f":"…"`)
		},
	})
}

// The frames that a window gets for a message of every kind.
func TestRendering(t *testing.T) {
	w := newWorld(t, Config{Keys: []core.Secret{pageKey}})
	a := w.tab(w.session(nil)).open()
	coretest.Rendering(t, func(t *testing.T, env core.Envelope) (out string) {
		for _, one := range coretest.Fitted(w.chat.Limits(), env, "") {
			w.say(w.visitor(a.token), one.By, one.Parts...)
			_, frame, err := a.ws.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			out += stub(string(frame))
		}
		return out
	})
}

// A page is the chat on the page of the visitor u7.
type page struct {
	*Chat
	store *store.Store
	now   func() time.Time
}

func openPage(t *testing.T, d core.Deps) *page {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Now: d.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	d.Views = st
	return &page{coretest.Open(t, New, Config{Keys: []core.Secret{pageKey}}, d), st, d.Now}
}

// shows sends env to the visitor and is what a poll then brings.
func (p *page) shows(t *testing.T, env core.Envelope) string {
	t.Helper()
	key := core.Key{Channel: "test", Peer: "u7"}
	done, err := p.store.Turn(t.Context(), key, p.now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
		env.Channel, env.Peer = key.Channel, core.Peer{ID: key.Peer}
		return core.Outcome{Conversation: c, Say: []core.Envelope{env}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done.Deliveries {
		ref, err := p.Send(t.Context(), d.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.store.Settle(t.Context(), p.now(), core.Result{Delivery: d, Ref: ref, Outcome: core.AttemptSent}); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, p.Prefix()+"v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+pageToken)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return stub(w.Body.String())
}

var names = regexp.MustCompile(`("(?:id|seq|at|until)":|\?k=)("[^"]*-[^"]*"|[0-9]+|[\w.-]{40,})`)

// stub leaves out the store's names and times, and permits, which differ from run
// to run.
func stub(frame string) string { return names.ReplaceAllString(frame, "$1…") + "\n" }
