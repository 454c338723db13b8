package wechat

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// A shop is the demo's, on the account wx: the program's own hub, store and
// scripts. While down is set nobody answers at the platform's API.
type shop struct {
	*testing.T
	coretest.Meter
	store    *store.Store
	platform *fake.Platform
	hub      *hub.Hub
	down     atomic.Bool
	open     chan bool // the circuit: the hub leaves the account alone
	held     chan bool // a message is
}

// Set implements core.Meter.
func (s *shop) Set(name string, v float64, _ ...string) {
	if name == "account_up" && v == 0 {
		s.open <- true
	}
}

// Count implements core.Meter.
func (s *shop) Count(name string, _ float64, labels ...string) {
	if name == "sends_total" && slices.Contains(labels, string(core.AttemptHeld)) {
		s.held <- true
	}
}

// RoundTrip implements http.RoundTripper: the way to the API.
func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.down.Load() {
		return nil, io.ErrUnexpectedEOF
	}
	return s.platform.Client().Transport.RoundTrip(r)
}

func openShop(t *testing.T, conf Config, reg fake.Account) *shop {
	st, err := store.Open(t.Context(), store.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	book, err := script.Load(flows.FS, script.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{T: t, store: st, platform: fake.New(fake.Options{Account: reg}), open: make(chan bool, 1000), held: make(chan bool, 1000)}
	var account *Account
	engine := dialog.New(book)
	s.hub = hub.New(hub.Config{Store: st, Bus: bus.New(), Meter: s, Books: func(string) *dialog.Engine { return engine }, Log: slog.New(slog.DiscardHandler),
		Desk: &desk.Rules{Words: book.Words, Desks: []desk.Desk{{Name: "desk"}}, Limits: func(string) core.Limits { return account.Limits() }}})
	account, err = New(conf, core.Deps{Name: "wx", Inbox: s.hub, Views: st, Values: st, Blobs: &coretest.Blobs{}, HTTP: &http.Client{Transport: s}, Meter: coretest.Meter{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.platform.SetHook(account)
	if err := s.hub.Connect("wx", core.RoleChannel, account); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(coretest.Run(t, s.hub.Run)) // it must have stopped before the store is closed
	return s
}

// say has somebody write, and is what the request by which it came was answered.
func (s *shop) say(who, words string) string {
	s.Helper()
	before := len(s.platform.Answers(who))
	if err := s.platform.Say(s.Context(), who, words); err != nil {
		s.Errorf("%s: %v", words, err)
	}
	var out []string
	for _, m := range s.platform.Answers(who)[before:] {
		if m.How != "passive" {
			s.Errorf("%s: %q came %s", words, m.Text, m.How)
		}
		out = append(out, m.Text)
	}
	return strings.Join(out, "\n---\n")
}

// The first question of a customer costs nothing: the answer and the short
// greeting are one message, the answer first.
func TestFirstQuestion(t *testing.T) {
	conf := config()
	s := openShop(t, conf, registered)
	for _, who := range []string{"oNew", "oFollower"} {
		if who == "oFollower" {
			if err := s.platform.Follow(t.Context(), who, ""); err != nil {
				t.Fatal(err)
			}
		}
		got := s.say(who, "运费多少")
		at, robot := strings.Index(got, "包邮"), strings.Index(got, "机器人")
		if at < 0 || who == "oNew" && robot < at {
			t.Errorf("%s is answered %q", who, got)
		}
		if n, _ := s.platform.Left(who); n < 5 {
			t.Errorf("%s: of the five messages %d are left", who, n)
		}
		c, err := s.store.Conversation(t.Context(), core.Key{Channel: "wx", Peer: who})
		if n := c.Ledger.Room(time.Now()); err != nil || n < 5 {
			t.Errorf("%s: by our books %d are left, %v", who, n, err)
		}
	}
	if n := len(s.platform.Calls(customPath)); n > 0 {
		t.Errorf("%d customer service messages", n)
	}
}

// While the platform's API is down every new customer is answered all the same,
// in their own request: the circuit that an agent's messages have opened guards calls.
func TestAPIDown(t *testing.T) {
	s := openShop(t, config(), registered)
	s.down.Store(true)
	for i := range 6 { // no request waits for these answers: they are calls, until the circuit opens
		who := fmt.Sprint("oOld", i)
		if err := s.hub.Receive(t.Context(), core.Envelope{Channel: "wx", Ref: who, Peer: core.Peer{ID: who}, Parts: core.Parts{core.Text{Body: "几天发货"}}}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-s.open:
	case <-time.After(time.Minute):
		t.Fatal("the hub goes on calling")
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if got := s.say(fmt.Sprint("oDown", i), "运费多少"); !strings.Contains(got, "包邮") {
				t.Errorf("customer %d is answered %q", i, got)
			}
		})
	}
	wg.Wait()
}

// What came too late for its own request goes with the next answer, behind it,
// and once.
func TestPassiveOnlyLate(t *testing.T) {
	conf, reg := config(), registered
	conf.PassiveOnly, reg.Unverified = true, true
	s := openShop(t, conf, reg)
	if got := s.say("oLate", "怎么付款"); !strings.Contains(got, "云闪付") {
		t.Fatalf("the first is answered %q", got)
	}
	if err := s.hub.Receive(t.Context(), core.Envelope{Channel: "wx", Ref: "late", Peer: core.Peer{ID: "oLate"}, Parts: core.Parts{core.Text{Body: "几天发货"}}}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.held:
	case <-time.After(20 * time.Second):
		t.Fatal("the late answer is not held")
	}
	got := s.say("oLate", "运费多少")
	own, late := strings.Index(got, "包邮"), strings.Index(got, "当天发出")
	if own < 0 || late < own || strings.Contains(got, "---") {
		t.Errorf("its own answer is at %d, the late one at %d: %q", own, late, got)
	}
	if got := s.say("oLate", "茶叶怎么保存"); !strings.Contains(got, "冰箱") || strings.Contains(got, "包邮") || strings.Contains(got, "当天发出") {
		t.Errorf("the next is answered %q", got)
	}
	if err := s.hub.Receive(t.Context(), core.Envelope{Channel: "wx", Ref: "end", Peer: core.Peer{ID: "oLate"}, Parts: core.Parts{core.Text{Body: "积分怎么用"}}}); err != nil {
		t.Fatal(err)
	}
	<-s.held // so everything before it is settled
	if n, err := s.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "wx", Peer: "oLate"}, Max: 100, Peer: true}); err != nil {
		t.Error(err)
	} else {
		for _, r := range n[:len(n)-1] {
			if !r.In && r.State != core.ProgressSent {
				t.Errorf("%q is %s", r.Message.Parts.Text(), r.State)
			}
		}
	}
}

// An account that can only answer is never an answer behind: each of twelve
// questions in a row is answered in its own request, by its own answer.
func TestPassiveOnlyTwelve(t *testing.T) {
	conf, reg := config(), registered
	conf.PassiveOnly, reg.Unverified = true, true
	s := openShop(t, conf, reg)
	questions := [][2]string{
		{"运费多少", "包邮"}, {"几天发货", "当天发出"}, {"怎么付款", "云闪付"}, {"茶叶怎么保存", "冰箱"}, {"有没有优惠券", "优惠|券"}, {"可以货到付款吗", "线上付款"},
		{"支持七天无理由退货吗", "无理由"}, {"龙井怎么泡", "毫升水"}, {"积分怎么用", "攒 1 分"}, {"发什么快递", "顺丰"}, {"门店地址", "路"}, {"茶叶保质期多久", "月"},
	}
	for _, q := range questions {
		got := s.say("oOnly", q[0])
		if !regexp.MustCompile(q[1]).MatchString(got) || strings.Contains(got, "---") {
			t.Errorf("%s: %q", q[0], got)
		}
		t.Logf("%s → %s", q[0], got)
	}
	if !slices.ContainsFunc(s.platform.Answers("oOnly"), func(m fake.Message) bool { return strings.Contains(m.Text, "机器人") }) {
		t.Error("nobody said that it is a robot")
	}
}
