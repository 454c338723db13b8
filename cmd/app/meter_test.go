package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

func scrape(t *testing.T, m *meter) string {
	t.Helper()
	w := &web{conf: config.Default(), meter: m}
	rec := httptest.NewRecorder()
	w.figures().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func TestMeter(t *testing.T) {
	m := newMeter(slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				m.Count("sends_total", 1, "channel", "web", "outcome", "sent")
			}
		})
	}
	wg.Wait()
	m.Set("account_up", 1, "channel", "web")
	m.Time("turn_seconds", 3*time.Millisecond)
	m.Count("frontdesk_console_sign_in_failed_total", 2) // the prefix is not doubled
	// Faults of a caller cost a figure, never the process.
	m.Count("sends_total", 1, "channel", "web")
	m.Count("sends_total", 1, "outcome", "sent", "channel", "web")
	m.Count("sends_total", -1, "channel", "web", "outcome", "sent")
	m.Set("sends_total", 1, "channel", "web", "outcome", "sent")
	m.Count("not a name", 1)
	m.Count("not a name", 1)
	for i := range 2 * mostSeries {
		m.Count("flood_total", 1, "peer", fmt.Sprint(i))
	}
	got := scrape(t, m)
	for _, want := range []string{
		`frontdesk_sends_total{channel="web",outcome="sent"} 800`, `frontdesk_account_up{channel="web"} 1`,
		`frontdesk_turn_seconds_bucket{le="0.005"} 1`, `frontdesk_console_sign_in_failed_total 2`, "process_resident_memory_bytes", "go_goroutines",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
	if n := strings.Count(got, "frontdesk_flood_total{"); n != mostSeries {
		t.Errorf("%d series of one name, want %d", n, mostSeries)
	}
}

func TestStats(t *testing.T) {
	m := newMeter(slog.New(slog.DiscardHandler))
	var fail error
	err := m.reg.Register(newStats(func(context.Context) (core.Stats, error) {
		return core.Stats{Unread: 3, Since: 7 * time.Second, Outbox: 4, Waiting: 5, Flush: 2 * time.Millisecond, Bytes: 4096, Schema: 1}, fail
	}, func(context.Context) ([]core.Agent, error) {
		return []core.Agent{{Presence: core.OnDuty}, {Presence: core.OnBreak}, {Presence: core.OnDuty}, {}}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := scrape(t, m)
	for _, want := range []string{"frontdesk_unread_envelopes 3", "frontdesk_unread_oldest_seconds 7", "frontdesk_outbox_deliveries 4", "frontdesk_line_tickets 5", "frontdesk_store_flush_seconds 0.002", "frontdesk_store_up 1", "frontdesk_agents_on_duty 2", "frontdesk_agents_on_break 1"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
	fail = errors.New("locked")
	if got := scrape(t, m); !strings.Contains(got, "frontdesk_store_up 0") || strings.Contains(got, "frontdesk_line_tickets") {
		t.Errorf("a store that does not answer shows figures:\n%s", got)
	}
}

// Every figure of the hub and of the program is explained, and no other is; an
// adapter's begins with the adapter's name.
func TestHelps(t *testing.T) {
	call := regexp.MustCompile(`[mM]eter\.(?:Count|Set|Time)\("(?:frontdesk_)?([a-z_]+)"`)
	emitted := map[string]bool{}
	for _, dir := range []string{"core", "cmd", "adapters"} {
		err := fs.WalkDir(os.DirFS("../.."), dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			b, err := os.ReadFile("../../" + name)
			for _, m := range call.FindAllSubmatch(b, -1) {
				if of := strings.Split(name, "/"); dir != "adapters" {
					emitted[string(m[1])] = true
				} else if !strings.HasPrefix(string(m[1]), of[1]+"_") {
					t.Errorf("%s: %s does not begin with %s_", name, m[1], of[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range emitted {
		if helps[name] == "" {
			t.Errorf("%s has no words in helps", name)
		}
	}
	for name := range helps {
		if !emitted[name] {
			t.Errorf("helps explains %s, which nobody counts", name)
		}
	}
}
