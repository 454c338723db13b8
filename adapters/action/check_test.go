package action

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The demo's orders are of this week, whenever it is.
func TestDemoDates(t *testing.T) {
	s := &table{}
	row, err := s.find(map[string]string{"order": "XH20261103"})
	if err != nil {
		t.Fatal(err)
	}
	row = dated(row, time.Date(2031, 3, 1, 20, 0, 0, 0, time.UTC)) // the 2nd in the shop
	if row["status_zh"] != "已签收（2 月 26 日）" || row["status_en"] != "delivered on 26 February" || row["eta"] != "2031-02-26" {
		t.Errorf("%v", row)
	}
	again, err := s.find(map[string]string{"order": "XH20261103"})
	if err != nil || dated(again, time.Date(2031, 3, 3, 0, 0, 0, 0, time.UTC))["eta"] != "2031-02-27" {
		t.Errorf("a day later: %v %v", again, err)
	}
	for _, r := range s.rows {
		for k, v := range r {
			if strings.Contains(v, "2026-") || strings.ContainsAny(dated(map[string]string{k: v}, time.Now())[k], "{}") {
				t.Errorf("%s: %s", k, v)
			}
		}
	}
}

// A business system that does not answer is found without asking it anything.
func TestCheck(t *testing.T) {
	status := http.StatusMethodNotAllowed
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.Header.Get("Action-Signature") != "" {
			t.Errorf("it was asked: %s", r.Method)
		}
		w.WriteHeader(status)
	}))
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte("order\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(c Config) *System {
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		s, err := New(c, core.Deps{HTTP: srv.Client(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	url, list, demo := open(Config{URL: srv.URL + "/key-77", Secret: secret}), open(Config{Table: file}), open(Config{})
	if url.Sample() || list.Sample() || !demo.Sample() {
		t.Error("only what has neither url nor table is the demo's")
	}
	for _, s := range []*System{url, list, demo} {
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	status = http.StatusBadGateway
	if err := url.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "502 Bad Gateway; see whether") {
		t.Errorf("502: %v", err)
	}
	srv.Close()
	if err := url.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "; see whether the business system runs") || strings.Contains(err.Error(), "key-77") {
		t.Errorf("closed: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := list.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "; mend the file") {
		t.Errorf("no table: %v", err)
	}
}
