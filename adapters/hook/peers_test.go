package hook

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// asks puts one question to the peers and reads the answer into out.
func asks(t *testing.T, p *coretest.Peer, question map[string]any, out any) {
	t.Helper()
	b, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(p.In, "%s\n", b)
	if !p.Out.Scan() {
		t.Fatalf("%s has no answer", question["do"])
	}
	if err := json.Unmarshal(p.Out.Bytes(), out); err != nil {
		t.Fatal(err)
	}
}

// The reference library of Standard Webhooks signs to us, and verifies us.
func TestStandardWebhooks(t *testing.T) {
	peer := coretest.Node(t, "standardwebhooks", "node", "standard.mjs")
	const renewed = "whsec_QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
	for _, theirs := range []string{secret, "whsec_" + secret, renewed} {
		in := &coretest.Inbox{}
		var sent *http.Request
		var body []byte
		d := coretest.Deps(in, &coretest.Log{}, &http.Client{Transport: coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent, body = r, coretest.Body(t, r)
			io.WriteString(w, `{"id":"theirs"}`)
		})}})
		d.Now = time.Now
		ch := coretest.Open(t, New, Config{URL: "https://app.example/messages", Secret: renewed, Previous: secret}, d)

		var s struct{ ID, Time, Sign string }
		const words = `{"id":"m1","from":"u7","text":"在吗 😀"}`
		asks(t, peer, map[string]any{"do": "sign", "secret": theirs, "id": "msg_1", "body": words}, &s)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(words))
		r.Header.Set("webhook-id", s.ID)
		r.Header.Set("webhook-timestamp", s.Time)
		r.Header.Set("webhook-signature", s.Sign)
		w := httptest.NewRecorder()
		if ch.ServeHTTP(w, r); w.Code != http.StatusOK || len(in.Got()) != 1 {
			t.Errorf("what the library signed is answered %d %s", w.Code, w.Body)
		}

		if ref, err := ch.Send(t.Context(), core.Envelope{ID: "e1", Peer: core.Peer{ID: "u7"}, By: core.Author{Kind: core.ByBot}, Parts: core.Parts{core.Text{Body: "在的 😀"}}}); ref != "theirs" || err != nil {
			t.Fatal(ref, err)
		}
		headers := map[string]string{}
		for _, k := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
			headers[k] = sent.Header.Get(k)
		}
		var v struct {
			Refused string
			Payload message
		}
		asks(t, peer, map[string]any{"do": "verify", "secret": theirs, "headers": headers, "body": string(body)}, &v)
		if v.Refused != "" || v.Payload.Text != "在的 😀" {
			t.Errorf("the library does not take what we signed: %+v", v)
		}
		asks(t, peer, map[string]any{"do": "verify", "secret": theirs, "headers": headers, "body": string(body) + " "}, &v)
		if v.Refused == "" {
			t.Error("the library takes anything")
		}
	}
}

// Somebody else's reader of OpenAPI finds nothing wrong with our documents.
func TestOpenAPIReads(t *testing.T) {
	peer := coretest.Node(t, "@seriousme/openapi-schema-validator", "node", "standard.mjs")
	for _, path := range []string{"openapi.json", "../action/openapi.json"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Valid                    bool
			Version, Errors, Refused string
		}
		asks(t, peer, map[string]any{"do": "openapi", "document": json.RawMessage(b)}, &v)
		if !v.Valid || v.Version != "3.1" {
			t.Errorf("%s: %+v", path, v)
		}
	}
}
