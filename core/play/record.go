package play

import (
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A record is a live talk in the notation of .chat files, so that it can be
// kept as a test: what was said, what came of it, and the time between.
type record struct {
	mu   sync.Mutex
	chat script.Chat
	last time.Time
}

// pause is the shortest silence that is written down: longer than a burst is
// waited for.
const pause = 2 * time.Second

// newRecord begins with the scene: the time in zone, and what the customer's
// device speaks, if that is known.
func newRecord(now time.Time, zone *time.Location, lang string) *record {
	r := &record{last: now}
	r.chat.Steps = []script.ChatStep{
		{Kind: script.ChatComment, Text: "recorded by frontdesk chat; shorten what is expected to what matters"},
		{Kind: script.ChatSet, Text: "start " + now.In(zone).Format("2006-01-02 15:04")},
		{Kind: script.ChatSet, Text: "staff 0"},
	}
	if lang != "" {
		r.chat.Steps = append(r.chat.Steps, script.ChatStep{Kind: script.ChatSet, Text: "lang " + lang})
	}
	return r
}

func (r *record) add(now time.Time, s script.ChatStep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := now.Sub(r.last).Truncate(time.Second); d >= pause && (s.Kind == script.ChatSay || s.Kind == script.ChatAgent) {
		r.chat.Steps = append(r.chat.Steps, script.ChatStep{Kind: script.ChatPass, Pass: d})
	}
	r.last = now
	r.chat.Steps = append(r.chat.Steps, s)
}

// customer writes down what the customer does.
func (r *record) customer(now time.Time, p core.Part) {
	s := script.ChatStep{Kind: script.ChatSay, Channel: "web", Who: talkPeer}
	switch p := p.(type) {
	case core.Text:
		s.Text = p.Body
	case core.Pick:
		s.Text = "[> " + p.Label + "]"
	case core.Joined:
		s.Text = "[join]"
	}
	r.add(now, s)
}

// agent writes down what the agent does in the customer's thread; outside it
// only that somebody is on duty matters.
func (r *record) agent(now time.Time, thread, text string) {
	if thread != "" {
		r.add(now, script.ChatStep{Kind: script.ChatAgent, Who: talkName, Text: text})
		return
	}
	for _, word := range []string{"上班", "on"} {
		if strings.TrimLeft(text, "!！/") == word {
			r.add(now, script.ChatStep{Kind: script.ChatSet, Text: "staff 1"})
		}
	}
}

// shown writes down what the customer is shown by the bot or by an agent. What
// desks say by themselves (claimed, closed) has no name, and is not played.
func (r *record) shown(now time.Time, by core.Author, p core.Part) {
	if by.Name == "" {
		return
	}
	text := inWords(p)
	if c, ok := p.(core.Choice); ok {
		text = c.Prompt // the options are the scripts' business
	}
	if text != "" {
		r.add(now, script.ChatStep{Kind: script.ChatExpect, Text: text})
	}
}

// String is the .chat file.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chat.String()
}
