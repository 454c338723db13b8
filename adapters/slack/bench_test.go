package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// atOnce is a Slack that answers without a network.
type atOnce struct{}

func (atOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	body := `{"ok":true,"channel":"C0DESK","ts":"1767225601.000100","user":{"id":"U0LIN","profile":{"display_name":"小林"}}}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

type nothing struct{ core.Inbox }

func (nothing) Receive(context.Context, core.Envelope) error { return nil }

func benched(b *testing.B) *Channel {
	d := coretest.Deps(nil, &coretest.Log{}, &http.Client{Transport: atOnce{}})
	d.Inbox, d.Log = nothing{}, slog.New(slog.DiscardHandler)
	now := time.Now()
	d.Now = func() time.Time { now = now.Add(time.Second); return now } // never too fast
	return coretest.Open(b, New, config("http://slack.test"), d)
}

// Our own time for a customer's line and for a card, of which at most
// 50 ms of an agent's waiting may be.
func BenchmarkSend(b *testing.B) {
	card := ticket()
	card.Thread = "C0DESK:1767225600.000100"
	for name, env := range map[string]core.Envelope{"line": {ID: "e", Thread: card.Thread, By: core.Author{Kind: core.ByPeer, Name: "小王"}, Parts: core.Parts{core.Text{Body: strings.Repeat("您好，世界。", 20)}}}, "card": card} {
		b.Run(name, func(b *testing.B) {
			ch := benched(b)
			for b.Loop() {
				if _, err := ch.Send(b.Context(), env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Our own time for an agent's message, less its filing.
func BenchmarkReceive(b *testing.B) {
	ch := benched(b)
	n := 0
	for b.Loop() {
		n++
		raw, err := json.Marshal(map[string]any{"type": "event_callback", "event": map[string]any{"type": "message", "channel": fake.Channel, "user": "U0LIN",
			"text": "您好 &amp; <https://shop.example|欢迎> *重要*", "ts": fmt.Sprintf("1767225601.%06d", n%1e6), "thread_ts": "1767225600.000100"}})
		if err != nil {
			b.Fatal(err)
		}
		if err := ch.takeEvent(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}
