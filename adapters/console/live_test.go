package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/frontdesk-im/frontdesk/core"
)

func TestLive(t *testing.T) {
	s := newScene(t)
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.line.open:
	case err := <-done:
		t.Fatal(err)
	}
	dial := func(b *browser) *websocket.Conn {
		h := http.Header{"Cookie": {cookieName + "=" + b.cookie()}, "Origin": {s.srv.URL}}
		conn, _, err := websocket.Dial(ctx, strings.Replace(s.srv.URL, "http", "ws", 1)+Prefix+"api/live", &websocket.DialOptions{HTTPHeader: h})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.CloseNow() })
		return conn
	}
	a, b := dial(s.lin), dial(s.chen)
	for s.Console.live.count() < 2 {
	}
	next := func(conn *websocket.Conn) (h hint) {
		t.Helper()
		_, data, err := conn.Read(ctx)
		if err == nil {
			err = json.Unmarshal(data, &h)
		}
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if _, err := s.Send(ctx, core.Envelope{ID: "e1", Thread: "T1", Peer: core.Peer{ID: "lin"}, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "小陈 已认领"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Mark(ctx, core.Via{Channel: "console", Thread: "T2", Ref: "lin:1"}, core.MarkFailed, "window closed"); err != nil {
		t.Fatal(err)
	}
	if err := s.Typing(ctx, core.Peer{}, "T2"); err != nil {
		t.Fatal(err)
	}
	if h := next(a); h.Kind != hintNotice || h.Text != "小陈 已认领" || h.Ticket != "T1" {
		t.Errorf("%+v", h)
	}
	for _, conn := range []*websocket.Conn{a, b} { // the notice is not for chen
		if h := next(conn); h.Kind != hintMark || h.State != "failed" || h.Text != "window closed" {
			t.Errorf("%+v", h)
		}
		if h := next(conn); h.Kind != hintTyping {
			t.Errorf("%+v", h)
		}
	}
	if _, err := s.admin.accounts.change(ctx, "chen", func(x *account) error { x.Stamp = ""; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Read(ctx); err == nil {
		t.Error("a socket outlives its session")
	}
}

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sockets)
}

func TestASlowBrowserLooksAtEverything(t *testing.T) {
	var l live
	s := &socket{account: "lin", hints: make(chan hint, socketQueue), cancel: func() {}}
	l.add(s)
	for i := range socketQueue * 3 {
		l.pass(hint{Kind: hintTicket, Ticket: fmt.Sprint(i)})
	}
	close(s.hints)
	all := false
	var last hint
	for last = range s.hints {
		all = all || last.Kind == hintAll
	}
	if !all {
		t.Error("hints were lost and nobody was told")
	}
}
