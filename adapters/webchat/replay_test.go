package webchat

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-im/frontdesk/core"
)

// A customer writes with a bad network: the socket breaks at any moment, before
// or after an acknowledgement, the page is reloaded, the server is restarted,
// now and then the network only lets HTTP through, and meanwhile an agent
// writes too. Whatever happens, the window shows each line once and in the
// record's order, and the record has each line that was written.
func TestReplay(t *testing.T) {
	seeds := 8
	if s := os.Getenv("FRONTDESK_SEEDS"); s != "" {
		seeds, _ = strconv.Atoi(s)
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { replay(t, rand.New(rand.NewPCG(uint64(seed), 7))) })
	}
}

func replay(t *testing.T, rnd *rand.Rand) {
	w := newWorld(t, Config{Limits: Rates{Messages: 1e6, Burst: 1e6, PerAddress: 1e6, Connects: 1e6, Sockets: 50}})
	a := w.tab(w.session(nil))
	peer := w.visitor(a.token)
	var wrote, unacked []string
	sent := 0
	for step := 0; len(wrote) < 60 || len(unacked) > 0; step++ {
		if a.ws == nil && a.tryOpen() != nil {
			a.ws = nil
			continue
		}
		// Everything that is not acknowledged goes out again, in order.
		for _, id := range unacked {
			a.ws.WriteJSON(map[string]any{"op": "send", "id": id, "text": "line " + id})
		}
		for range 1 + rnd.IntN(4) {
			if len(wrote) >= 60 {
				break
			}
			id := fmt.Sprint("c", sent)
			sent++
			wrote, unacked = append(wrote, id), append(unacked, id)
			a.ws.WriteJSON(map[string]any{"op": "send", "id": id, "text": "line " + id})
		}
		if rnd.IntN(3) == 0 {
			w.say(peer, agent, core.Text{Body: fmt.Sprint("agent ", step)})
		}
		// Read some frames, or all that there is, or none; then perhaps break.
		for range rnd.IntN(12) {
			r, err := a.tryNext()
			if err != nil {
				break
			}
			if r.Op == "ack" {
				unacked = slices.DeleteFunc(unacked, func(id string) bool { return id == r.ID })
			}
			if len(unacked) == 0 {
				break
			}
		}
		switch rnd.IntN(5) {
		case 0: // the network
			a.ws.NetConn().Close()
			a.ws = nil
		case 1: // a reload: the outbox is in localStorage, what was shown is gone
			a.ws.Close()
			a.ws, a.lines, a.cursor, a.log = nil, nil, 0, ""
		case 2:
			if rnd.IntN(3) == 0 {
				w.restart()
				a.ws = nil
			}
		case 3: // nothing but HTTP
			a.ws.Close()
			a.ws = nil
			for _, id := range slices.Clone(unacked) {
				status, out := w.call(request{method: "POST", path: "v1/messages", token: a.token, body: fmt.Sprintf(`{"op":"send","id":%q,"text":"line %s"}`, id, id)})
				if status != http.StatusOK || out["op"] != "ack" {
					t.Fatalf("post: %d %v", status, out)
				}
				unacked = slices.DeleteFunc(unacked, func(x string) bool { return x == id })
			}
		}
	}
	// Afterwards the window catches up. What a reload has cut off at the top
	// is what the newest page does not hold.
	if a.ws == nil {
		a.open()
	}
	answers := func() (n int) {
		for _, l := range w.past(peer) {
			if strings.Contains(l, " re: line ") {
				n++
			}
		}
		return n
	}
	for answers() < len(wrote) { // the last turns
		time.Sleep(time.Millisecond)
	}
	want := w.past(peer)
	a.until("the last line", func() bool { return a.cursor >= seqOf(want[len(want)-1]) })
	var got []string
	for _, l := range a.lines {
		got = append(got, shown1(l))
	}
	if n := len(want) - len(got); n < 0 || !slices.Equal(got, want[n:]) || len(got) < min(len(want), 1) {
		t.Fatalf("the window shows\n%s\nthe record has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	count := map[string]int{}
	for _, l := range want {
		_, said, _ := strings.Cut(l, " ")
		count[said]++
	}
	for _, id := range wrote {
		if in, out := count["line "+id], count["re: line "+id]; in != 1 || out != 1 {
			t.Errorf("line %s is in the record %d times, its answer %d times; want 1 and 1", id, in, out)
		}
	}
}

func seqOf(s string) int64 {
	n, _, _ := strings.Cut(s, " ")
	seq, _ := strconv.ParseInt(n, 10, 64)
	return seq
}

func shown1(l line) string { return fmt.Sprintf("%d %s", l.Seq, text(l)) }

// A socket that never says hello, or says it wrong, ends.
func TestBadHello(t *testing.T) {
	w := newWorld(t, Config{})
	token := w.session(nil)
	for name, frames := range map[string][]string{
		"not JSON":           {"hello"},
		"no token first":     {`{"op":"send","id":"1","text":"x"}`},
		"hello twice":        {`{"op":"hello","token":"` + token + `"}`, `{"op":"hello","token":"` + token + `"}`},
		"unknown op":         {`{"op":"hello","token":"` + token + `"}`, `{"op":"drop"}`},
		"bad id":             {`{"op":"hello","token":"` + token + `"}`, `{"op":"send","id":"../x","text":"x"}`},
		"empty line":         {`{"op":"hello","token":"` + token + `"}`, `{"op":"send","id":"1","text":"  "}`},
		"pick with text":     {`{"op":"hello","token":"` + token + `"}`, `{"op":"send","id":"1","text":"x","pick":{"option":"1"}}`},
		"negative cursor":    {`{"op":"hello","token":"` + token + `","after":-1}`},
		"number as a string": {`{"op":"hello","token":"` + token + `","after":"1"}`},
	} {
		ws, _, err := websocket.DefaultDialer.Dial(w.wsURL(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		for _, f := range frames {
			ws.WriteMessage(websocket.TextMessage, []byte(f))
		}
		b := &tab{w: w, ws: ws}
		if code := b.closed(); code != closeBad {
			t.Errorf("%s: closed with %d, want %d", name, code, closeBad)
		}
	}
	for _, n := range []int{9 << 10, 200 << 10} { // over the limit for a frame
		b := w.tab(token).open()
		b.ws.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", n)))
		if code := b.closed(); code != websocket.CloseMessageTooBig {
			t.Errorf("%d bytes: closed with %d, want %d", n, code, websocket.CloseMessageTooBig)
		}
	}
	// Too long a line is not the end of the window.
	b := w.tab(token).open()
	b.sendText("l", strings.Repeat("茶", 2001))
	r := b.next()
	wantEqual(t, "a long line", []any{r.Op, r.Code, r.ID}, []any{"error", "long", "l"})
}

func TestSilentSocketsEnd(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	for i := range w.chat.socks.slots {
		for _, s := range w.chat.socks.slots[i].list() {
			s.heard.Store(clock() - int64(deadAfter) - int64(time.Second))
		}
	}
	for range w.chat.socks.slots {
		w.chat.socks.ping()
	}
	if _, err := a.tryNext(); err == nil {
		t.Error("a socket that gave no sign of life is still open")
	}
}

// Somebody who comes back after hundreds of lines gets all of them, in pieces.
func TestLongGap(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	peer := w.visitor(a.token)
	w.say(peer, agent, core.Text{Body: "first"})
	a.until("the first", func() bool { return len(a.lines) == 1 })
	a.ws.Close()
	var parts []core.Part
	for i := range 2*nextPage + 50 {
		parts = append(parts, core.Text{Body: fmt.Sprint("line ", i)})
	}
	w.say(peer, agent, parts...)
	a.open()
	a.until("all", func() bool { return len(a.lines) == 1+len(parts) })
	for i, l := range a.lines[1:] {
		if got := text(l); got != fmt.Sprint("line ", i) {
			t.Fatalf("line %d is %q", i, got)
		}
	}
}
