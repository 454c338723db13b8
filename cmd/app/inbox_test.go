package app

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// crowd leaves n messages for staff in a store, newest first, each with its tag.
func crowd(t *testing.T, data string, n int) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: data})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	var all sync.WaitGroup
	sem := make(chan struct{}, 64)
	for i := range n {
		sem <- struct{}{}
		all.Go(func() {
			defer func() { <-sem }()
			key := core.Key{Channel: "web", Peer: fmt.Sprint("p", i)}
			_, err := s.Turn(t.Context(), key, now, func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
				c.Peer = core.Peer{ID: key.Peer, Name: fmt.Sprint("客户", i)}
				c.Ticket = &core.Ticket{ID: fmt.Sprint("M", i), Key: key, State: core.TicketMessage, Topic: "presale", Class: 2, Asked: "退款一个星期了", Tags: []string{fmt.Sprint("t", i%7)}, Since: now.Add(time.Duration(i-n) * time.Second)}
				return core.Outcome{Conversation: c}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A list of ten thousand is scrolled through: the page never has more rows than
// it shows and a few, and every row can be reached.
func TestLongList(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	n := 2_000
	if os.Getenv("FRONTDESK_LONG") == "1" {
		n = 10_000
	}
	b := chromium(t)
	data := t.TempDir()
	crowd(t, data, n)
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte(oneEach), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, Options{Settings: Settings{Data: data, Config: conf}, Quick: true})
	agent := signUp(b, p)
	agent.name = "list"
	agent.goTo(p.base + "/console/#inbox/all")
	agent.sees(".row", "客户0")
	var seen struct {
		Most, Longest, Tasks float64
		Total                int
	}
	err := agent.eval(`(async () => {
	  const box = document.querySelector('.rows'), frame = () => new Promise(r => requestAnimationFrame(r));
	  let most = 0, longest = 0, tasks = 0;
	  new PerformanceObserver(l => { for (const e of l.getEntries()) { tasks++; longest = Math.max(longest, e.duration); } }).observe({ type: 'longtask' });
	  const step = box.scrollHeight / 300;
	  for (let i = 0; i <= 300; i++) {
	    box.scrollTop = i * step;
	    await frame();
	    most = Math.max(most, document.querySelectorAll('.rows li').length);
	  }
	  await frame();
	  return { most, longest, tasks, total: +document.querySelector('.rows li').getAttribute('aria-setsize') };
	})()`, &seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d conversations: at most %.0f rows in the page; %.0f tasks over 50 ms, the longest %.0f ms", seen.Total, seen.Most, seen.Tasks, seen.Longest)
	if seen.Most > 200 || seen.Most < 5 || seen.Total != n {
		t.Errorf("%.0f rows at once, of %d", seen.Most, seen.Total)
	}
	agent.sees(".row", fmt.Sprintf("客户%d", n-1))
	agent.shot("end-of-a-long-list")

	agent.click("button.narrow", "")
	agent.click(".narrow-by label:last-child .ant-select", "")
	agent.click(".ant-select-item-option", "#t3")
	agent.sees(".narrowed button", "#t3")
	agent.wait(fmt.Sprintf(`document.querySelector('.rows li')?.getAttribute('aria-setsize') === '%d'`, (n+3)/7))
	agent.shot("narrowed")
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
}

// Who writes to a customer who rings takes them with it; names and tags are given
// while they talk.
func TestRingReply(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	b, p, agent := staffed(t)
	agent.name = "ring"
	v := p.visit()
	v.send("m1", "转人工")
	agent.click(".ringing a", "")
	agent.sees(".composer .strip", "直接回复就是接听")
	agent.wait("!" + found(".composer.noting", ""))
	agent.click(".composer textarea", "")
	agent.write("您好，我在。")
	agent.sees(".composer button.go", "接听并回复")
	agent.shot("answering")
	agent.enter()
	agent.sees(".say.agent", "我在")
	agent.wait(arrived)
	agent.wait("!" + found(".ringing", ""))
	agent.wait("!" + found("button", "认领"))

	agent.click(".person button", "改称呼")
	agent.write("王女士")
	agent.enter()
	agent.sees(".row", "王女士")
	agent.sees(".say.note", "称呼：王女士")
	agent.click(".tag-field", "")
	agent.write("破损")
	agent.enter()
	agent.sees(".say.note", "标签：#破损")
	agent.sees(".tag-field", "破损")
	agent.shot("named-and-tagged")
	agent.resize(390, 844, "zh")
	agent.sees(".bar h2", "王女士")
	agent.shot("named-phone")
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
}
