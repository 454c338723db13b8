package action

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

const secret = "sec-77-sec-77-sec"

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			c := Config{URL: url + "/ask", Secret: secret}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			return coretest.Open(t, New, c, d)
		},
		Secrets: []string{secret},
		Accepts: func(r *http.Request, body []byte) error {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			if r.Header.Get("Action-Signature") != hex.EncodeToString(mac.Sum(nil)) {
				return errors.New("not signed")
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
		{Secret: secret}, {Timeout: time.Hour},
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
	if core.KindOf(err) != core.Transient {
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
	if core.KindOf(err) != core.Unknown || !s.Limits().Idempotent {
		t.Errorf("got %v", err)
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
