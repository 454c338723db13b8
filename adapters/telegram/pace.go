package telegram

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// pace keeps us below the rates at which Telegram answers 429: 20 posts a minute
// to a group, edits and topics included; 1 a second to a person, with bursts; 30
// a second in all. It keeps a chat that did answer 429 alone for as long as it
// said. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits
type pace struct {
	now func() time.Time

	mu    sync.Mutex
	chats map[string]*window
	all   window
}

// A window is the posts of the last while.
type window struct {
	used []time.Time
	shut time.Time // 429 until then
}

// A rate is how many posts a window takes.
type rate struct {
	most int
	span time.Duration
}

// One less than what is allowed: Telegram's clock is not ours.
var (
	groupRate  = rate{19, time.Minute}
	personRate = rate{30, 30 * time.Second}
	allRate    = rate{29, time.Second}
)

func rateOf(chat string) rate {
	if strings.HasPrefix(chat, "-") {
		return groupRate
	}
	return personRate
}

// take books a post to chat, or says how long it has to wait.
func (p *pace) take(chat string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, w := p.now(), p.window(chat)
	if wait := w.shut.Sub(now); wait > 0 {
		return slow(chat, wait, "telegram: this chat was told to wait")
	}
	r := rateOf(chat)
	if wait := w.wait(now, r); wait > 0 {
		return slow(chat, wait, fmt.Sprintf("telegram: this chat takes %d messages in %v", r.most, r.span))
	}
	if wait := p.all.wait(now, allRate); wait > 0 {
		return slow("", wait, fmt.Sprintf("telegram: a bot sends %d messages a second", allRate.most))
	}
	w.used, p.all.used = append(w.used, now), append(p.all.used, now)
	return nil
}

// slow is the answer for a chat that has to wait, "" for all of them. A group is
// all that a desk has.
func slow(chat string, after time.Duration, why string) error {
	return &core.SendError{Kind: core.KindThrottled, After: after, Only: chat != "" && !strings.HasPrefix(chat, "-"), Err: errors.New(why)}
}

// left is how many posts chat takes now.
func (p *pace) left(chat string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, w := p.now(), p.window(chat)
	r := rateOf(chat)
	if w.shut.After(now) || w.wait(now, r) > 0 {
		return 0
	}
	return r.most - len(w.used)
}

// shut keeps chat alone for a while.
func (p *pace) shut(chat string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window(chat).shut = p.now().Add(d)
}

// open reports whether a chat is not kept alone.
func (p *pace) open(chat string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.window(chat).shut.After(p.now())
}

// wait drops what is older than the span and says how long until there is room.
func (w *window) wait(now time.Time, r rate) time.Duration {
	for len(w.used) > 0 && now.Sub(w.used[0]) >= r.span {
		w.used = w.used[1:]
	}
	if len(w.used) < r.most {
		return 0
	}
	return w.used[0].Add(r.span).Sub(now)
}

const mostChats = 10_000 // windows kept before idle ones are dropped

// window is a chat's. p.mu is held.
func (p *pace) window(chat string) *window {
	if w := p.chats[chat]; w != nil {
		return w
	}
	if now := p.now(); len(p.chats) >= mostChats {
		for c, w := range p.chats {
			if w.wait(now, rateOf(c)); len(w.used) == 0 && !w.shut.After(now) {
				delete(p.chats, c)
			}
		}
	}
	w := &window{}
	p.chats[chat] = w
	return w
}
