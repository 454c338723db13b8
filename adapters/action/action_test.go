package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

const secret = "sec77sec77sec77sec77sec77sec77se"

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			c := Config{URL: url + "/ask", Secret: secret}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			return coretest.Open(t, New, c, d)
		},
		Secrets: []string{secret, "/ask"},
		Accepts: func(r *http.Request, body []byte) error {
			ring, err := signed.New(signed.Secrets{Secret: secret})
			if err != nil {
				return err
			}
			if err := ring.Check(r.Header, body, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				return err
			}
			if r.Header.Get("Action-Signature") != "" {
				return errors.New("the old header is there, and nobody asked for it")
			}
			var q question
			if err := json.Unmarshal(body, &q); err != nil || q.ID == "" || q.Form == "" {
				return errors.New("not a question")
			}
			return nil
		},
	})
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{
		{URL: "ftp://x", Secret: secret}, {URL: "https://x", Secret: "short"}, {URL: "https://x", Secret: secret, Table: "x.csv"},
		{Secret: secret}, {Legacy: true}, {Timeout: time.Hour}, {URL: "https://x", Secret: secret, Previous: "x"},
	} {
		if c.Validate() == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	if err := (&Config{}).Validate(); err != nil {
		t.Error(err)
	}
}

// system is a System on an inbox that remembers.
func system(t *testing.T, c Config) (*System, *coretest.Inbox) {
	t.Helper()
	in := &coretest.Inbox{}
	return coretest.Open(t, New, c, coretest.Deps(in, &coretest.Log{}, http.DefaultClient)), in
}

func ask(t *testing.T, s *System, in *coretest.Inbox, values map[string]string) map[string]string {
	t.Helper()
	ref, err := s.Send(context.Background(), core.Envelope{ID: "e1", Thread: "web/u7", Parts: core.Parts{core.Form{ID: "order.find#1", Values: values}}})
	if err != nil || ref != "e1/answer" {
		t.Fatalf("ref %q, %v", ref, err)
	}
	e := in.Last()
	f, ok := e.Parts[0].(core.Form)
	if !ok || e.Channel != "test" || e.Peer.ID != "test" || e.Thread != "web/u7" || e.Ref != "e1/answer" || f.ID != "order.find#1" {
		t.Fatalf("the answer is %+v", e)
	}
	return f.Values
}

func TestDemoTable(t *testing.T) {
	s, in := system(t, Config{})
	if v := ask(t, s, in, map[string]string{"order": " xh-20261101 "}); v["status"] != "shipped" || v["courier"] == "" {
		t.Errorf("got %v", v)
	}
	if v := ask(t, s, in, map[string]string{"order": "XH1"}); v["error"] != "not_found" {
		t.Errorf("got %v", v)
	}
	if v := ask(t, s, in, nil); v["error"] != "missing" {
		t.Errorf("got %v", v)
	}
}

func TestTableFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "members.yaml")
	write := func(text string, at time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write("- {card: 7, phone: '13800001234', points: 10}\n", at)
	s, in := system(t, Config{Table: path, Keys: []string{"card", "phone"}, Check: "phone"})
	if v := ask(t, s, in, map[string]string{"card": "7", "phone": "1234"}); v["points"] != "10" {
		t.Errorf("got %v", v)
	}
	for _, phone := range []string{"", "234", "9999"} {
		if v := ask(t, s, in, map[string]string{"card": "7", "phone": phone}); v["error"] != "not_found" || v["points"] != "" {
			t.Errorf("with phone %q: got %v", phone, v)
		}
	}
	write("- {card: 7, phone: '13800001234', points: 25}\n", at.Add(time.Minute))
	if v := ask(t, s, in, map[string]string{"card": "7", "phone": "13800001234"}); v["points"] != "25" {
		t.Errorf("the file changed, the answer did not: %v", v)
	}
	write("- [broken", at.Add(2*time.Minute))
	_, err := s.Send(context.Background(), core.Envelope{ID: "e2", Parts: core.Parts{core.Form{Values: map[string]string{"card": "7"}}}})
	if core.KindOf(err) != core.KindTransient {
		t.Errorf("a broken file: %v", err)
	}
}

func TestTableErrors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "", "b.csv": "order,x\n1,2,3\n", "c.txt": "x", "d.yaml": "a: 1", "e.csv": "x\n1\n"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Table: path, Keys: []string{"order"}}, core.Deps{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Table: filepath.Join(dir, "none.csv")}, core.Deps{}); err == nil {
		t.Error("a missing file was taken")
	}
}

// The answer is not lost when it can't be filed: the question is asked again.
func TestNotFiled(t *testing.T) {
	s, in := system(t, Config{})
	in.Fail(errors.New("disk full"))
	_, err := s.Send(context.Background(), core.Envelope{ID: "e1", Parts: core.Parts{core.Form{Values: map[string]string{"order": "XH20261101"}}}})
	if core.KindOf(err) != core.KindUnknown || !s.Limits().Idempotent {
		t.Errorf("got %v", err)
	}
}

// An answer that can never be filed is not asked for again.
func TestNeverFiled(t *testing.T) {
	s, in := system(t, Config{})
	in.Fail(fmt.Errorf("hub: %w", core.ErrInvalid))
	_, err := s.Send(t.Context(), core.Envelope{ID: "e1", Parts: core.Parts{core.Form{Values: map[string]string{"order": "XH20261101"}}}})
	coretest.Fails(t, err, core.KindRejected)
}

// The system asks as its description says, and understands each answer so.
func TestContract(t *testing.T) {
	for status, want := range map[int]core.Kind{
		400: core.KindRejected, 401: core.KindDenied, 403: core.KindDenied, 404: core.KindGone, 410: core.KindGone,
		429: core.KindThrottled, 500: core.KindTransient, 503: core.KindTransient,
	} {
		var doc *coretest.OpenAPI
		wire := coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			doc.Request("ask", r.Header, coretest.Body(t, r))
			w.WriteHeader(status)
		})}
		log := &coretest.Log{}
		s := coretest.Open(t, New, Config{URL: "https://erp.example/ask?key=7", Secret: secret, Legacy: true, Timeout: time.Second},
			coretest.Deps(&coretest.Inbox{}, log, &http.Client{Transport: wire}))
		shown := coretest.Serve(s, "GET /openapi.json", "")
		doc = coretest.ReadOpenAPI(t, shown.Body.Bytes())
		doc.Response("describe", shown.Result(), shown.Body.Bytes())
		_, err := s.Send(t.Context(), core.Envelope{ID: "e1", Thread: "web/u7", Parts: core.Parts{core.Form{ID: "order.find#1", Values: map[string]string{"order": "XH1"}}}})
		coretest.Fails(t, err, want)
		if !strings.Contains(log.String(), "legacy_signature") {
			t.Errorf("the log says %q", log)
		}
		for _, request := range []string{"GET /", "POST /", "POST /openapi.json"} {
			if w := coretest.Serve(s, request, "{}"); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s is answered %d", request, w.Code)
			}
		}
	}
}

func TestFlatten(t *testing.T) {
	got, err := flatten([]byte(`{"a":1.50,"b":{"c":true,"d":[{"e":"x"},null]},"f":null}`))
	if err != nil || got["a"] != "1.50" || got["b.c"] != "true" || got["b.d.0.e"] != "x" || len(got) != 3 {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"", "[]", "7", `{"a":`} {
		if _, err := flatten([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("order,x\n1,2\n"), []byte("- {order: 1}\n"))
	f.Fuzz(func(t *testing.T, c, y []byte) {
		for name, b := range map[string][]byte{"x.csv": c, "x.yaml": y} {
			tb := &table{path: name}
			if tb.parse(name, bytes.Clone(b)) == nil {
				tb.path = ""
				if tb.rows == nil {
					t.Fatal("no rows and no error")
				}
				tb.find(map[string]string{"order": "1"})
			}
		}
	})
}
