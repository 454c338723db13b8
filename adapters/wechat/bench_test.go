package wechat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// turner is the hub's way with one message, on the real store: filed, decided
// and committed, sent, settled.
type turner struct {
	*store.Store
	b       *testing.B
	account *Account
}

func (h *turner) Receive(ctx context.Context, e core.Envelope) error {
	key := core.Key{Channel: e.Channel, Peer: e.Peer.ID}
	e.Filed = time.Now()
	fresh, err := h.Store.Receive(ctx, key, e)
	if err == nil && fresh {
		go h.turn(context.WithoutCancel(ctx), key)
	}
	return err
}

func (*turner) Typing(context.Context, core.Envelope) {}

func (h *turner) turn(ctx context.Context, key core.Key) {
	done, err := h.Turn(ctx, key, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
		return core.Outcome{Conversation: c, Say: []core.Envelope{{
			Channel: key.Channel, Peer: core.Peer{ID: key.Peer}, By: core.Author{Kind: core.ByBot}, Parts: text("您好，48 小时内发货。"),
		}}}, nil
	})
	if err != nil {
		h.b.Error(err)
	}
	for _, d := range done.Deliveries {
		ref, err := h.account.Send(ctx, d.Envelope)
		if err != nil || core.Costs(ref) {
			h.b.Errorf("not a passive reply: %q, %v", ref, err)
		}
		if _, err := h.Settle(ctx, time.Now(), core.Result{Delivery: d, Ref: ref, Outcome: core.AttemptSent, Err: err}); err != nil {
			h.b.Error(err)
		}
	}
}

// BenchmarkPassive measures from a request in safe mode to the bytes of its
// passive reply, through HTTP, everything on disk, at 200 requests a second: of
// the adapter and the store alone, and of the whole program's hub with the
// demo's scripts, which understand the question.
//
//	go test ./adapters/wechat -run '^$' -bench Passive -benchtime 3000x -cpu 2
func BenchmarkPassive(b *testing.B) {
	b.Run("adapter", func(b *testing.B) {
		s := disk(b)
		h := &turner{Store: s, b: b}
		platform := fake.New(fake.Options{Account: registered})
		h.account = benched(b, h, s, platform)
		load200(b, s, h.account, platform)
	})
	b.Run("hub", func(b *testing.B) {
		s := disk(b)
		book, err := script.Load(flows.FS, script.Options{})
		if err != nil {
			b.Fatal(err)
		}
		h := hub.New(hub.Config{
			Store: s, Bus: bus.New(), Books: func(string) *dialog.Engine { return dialog.New(book) }, Log: slog.New(slog.DiscardHandler),
			Desk: &desk.Rules{Words: book.Words, Limits: func(string) core.Limits { return core.Limits{} }},
		})
		platform := fake.New(fake.Options{Account: registered})
		a := benched(b, h, s, platform)
		if err := h.Connect("wx", core.RoleChannel, a); err != nil {
			b.Fatal(err)
		}
		coretest.Run(b, h.Run)
		load200(b, s, a, platform)
	})
}

func disk(b *testing.B) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{Path: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func benched(b *testing.B, in core.Inbox, s *store.Store, platform *fake.Platform) *Account {
	b.Helper()
	return coretest.Open(b, New, config(), core.Deps{
		Name: "wx", Inbox: in, Values: s, Blobs: &coretest.Blobs{}, Meter: coretest.Meter{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		HTTP: &http.Client{Transport: coretest.Wire{Handler: platform}},
	})
}

// asked is what each customer writes, one after the other: the same words twice
// would get one answer.
var asked = []string{"绿茶能放多久？", "怎么退货？", "什么时候发货？", "可以开发票吗？", "运费多少？"}

// load200 pushes 200 questions a second and reports how long their answers took.
func load200(b *testing.B, s *store.Store, a *Account, platform *fake.Platform) {
	srv := httptest.NewServer(a)
	defer srv.Close()
	srv.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64

	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		wg.Go(func() {
			r, err := platform.Request(fake.Doc{
				{"ToUserName", registered.Origin}, {"FromUserName", fmt.Sprintf("oBench%022d", i%1000)}, {"CreateTime", strconv.FormatInt(time.Now().Unix(), 10)},
				{"MsgType", "text"}, {"Content", asked[i/1000%len(asked)]}, {"MsgId", strconv.Itoa(1e9 + i)},
			})
			if err != nil {
				b.Error(err)
				return
			}
			start := time.Now()
			resp, err := srv.Client().Post(srv.URL+r.URL.String(), r.Type, bytes.NewReader(r.Body))
			if err != nil {
				b.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			took[i] = time.Since(start)
			if err != nil || !bytes.Contains(body, []byte("MsgSignature")) {
				b.Errorf("answered %q, %v", body, err)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	st, err := s.Stats(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
	b.ReportMetric(float64(st.Flush.Microseconds())/1e3, "flush-ms")
}
