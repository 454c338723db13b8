package desk

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// Relay shows staff what the customer wrote, and also what the bot answered
// (envelopes whose By says so). It resumes a parked ticket and notices that the
// customer left. With no envelopes it brings the cards up to date.
func (r *Rules) Relay(c core.Conversation, envs []core.Envelope, s core.Scene) core.Outcome {
	t := r.begin(c, s)
	if t.t == nil {
		return t.end()
	}
	if !t.t.Open() {
		t.over()
		return t.end()
	}
	if s := t.t.State; t.t.Agent != "" && (s == core.TicketWaiting || s == core.TicketMessage) {
		// The bot's turn changed what rang: the customer left a message instead.
		t.notice(t.t.Agent, "customer_out")
		t.t.Agent, t.t.Rung = "", time.Time{}
	}
	if t.c.Gone {
		t.left()
	}
	for _, env := range envs {
		if t.heard(env) && !t.c.Gone {
			t.customer(env)
		}
	}
	return t.end()
}

// over: the customer ended the ticket themselves, in a turn of the bot's.
func (t *turn) over() {
	if t.t.Agent != "" && !t.t.Rung.IsZero() && t.t.Claimed.Before(t.t.Rung) {
		t.notice(t.t.Agent, "customer_out")
	}
	t.t.Rung = time.Time{}
	t.m.Held, t.m.Asked, t.m.Kept, t.m.Open, t.m.Until = nil, nil, nil, time.Time{}, time.Time{}
}

// heard adds a message to the tail; it reports whether the customer spoke.
func (t *turn) heard(env core.Envelope) bool {
	parts := slices.DeleteFunc(slices.Clone(env.Parts), quiet)
	if len(parts) == 0 {
		return false
	}
	text := parts.Text()
	if text == "" {
		text = strings.TrimSpace(mediaText(parts) + " " + otherText(parts))
	}
	l := line{At: env.At, Kind: env.By.Kind, Name: env.By.Name, Text: text}
	if l.At.IsZero() {
		l.At = t.now()
	}
	if l.Kind == "" {
		l.Kind = core.ByPeer
	}
	t.m.remember(l)
	return l.Kind == core.ByPeer
}

// quiet parts are nobody's words.
func quiet(p core.Part) bool {
	switch p := p.(type) {
	case core.Joined, core.Left, core.Case:
		return true
	case core.Other:
		return p.Quiet
	}
	return false
}

// otherText says what else a message has.
func otherText(parts core.Parts) string {
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case core.Other:
			out = append(out, "["+p.Kind+"]")
		case core.Form:
			out = append(out, p.String())
		case core.Choice:
			out = append(out, p.Numbered())
		case core.Pick:
			out = append(out, p.Option)
		}
	}
	return strings.Join(out, " ")
}

// customer: the customer wrote to an open ticket.
func (t *turn) customer(env core.Envelope) {
	if t.m.Gone || t.t.State == core.TicketParked {
		t.resume("the customer wrote", core.Author{Kind: core.ByPeer, ID: t.c.Key.Peer})
	}
	if t.t.State != core.TicketActive {
		return
	}
	if t.m.Open.IsZero() {
		t.m.Open, t.m.Nags = t.now(), 0
	}
	parts := slices.DeleteFunc(slices.Clone(env.Parts), quiet)
	for i, p := range parts {
		if pick, ok := p.(core.Pick); ok { // a button of ours: staff read its words
			parts[i] = core.Text{Body: label(pick)}
		}
	}
	who := core.Author{Kind: core.ByPeer, ID: t.c.Key.Peer, Name: t.c.Peer.Name}
	t.mirror("", who, parts)
	t.sendKept()
}

func label(p core.Pick) string {
	if p.Label != "" {
		return p.Label
	}
	return p.Option
}

// left: the customer left the channel. The ticket is set aside: they may come
// back.
func (t *turn) left() {
	if t.m.Gone || !t.t.Open() {
		return
	}
	t.m.Gone = true
	if a := t.t.Agent; a != "" {
		t.notice(a, "gone")
	}
	if t.t.State == core.TicketParked {
		return
	}
	t.m.Message = t.m.Message || t.t.State == core.TicketMessage
	if t.t.State == core.TicketRinging {
		t.t.Agent, t.t.Rung = "", time.Time{}
	}
	t.discard()
	t.t.State = core.TicketParked
	t.m.Open, t.m.Nags, t.m.Until = time.Time{}, 0, time.Time{}
	t.event(core.Parked, core.Author{Kind: core.ByPeer, ID: t.c.Key.Peer}, "the customer left the channel")
}

// Reopen gives a ticket that was closed a short while ago back to its agent, if
// they are free and envs are not just a rating or thanks. Otherwise it reports
// false and the bot goes first. After it, Relay as usual.
func (r *Rules) Reopen(c core.Conversation, envs []core.Envelope, s core.Scene) (core.Outcome, bool) {
	none := core.Outcome{Conversation: c}
	k := c.Ticket
	if k == nil || k.Open() || k.LastOwn == "" || k.Claimed.IsZero() || k.Closed.IsZero() ||
		s.Now.Sub(k.Closed) > r.recall() || !slices.Contains([]string{"solved", "unsolved"}, k.Outcome) ||
		!slices.ContainsFunc(envs, more) {
		return none, false
	}
	t := r.begin(c, s)
	a, ok := t.agent(k.LastOwn)
	if !ok || a.Presence != core.OnDuty || a.Max > 0 && a.Load >= a.Max {
		return none, false
	}
	t.revive(a, "the customer wrote again soon after the close", core.Author{Kind: core.ByPeer, ID: c.Key.Peer})
	t.toPeer("reopened", map[string]string{"agent": a.Name})
	t.notice(a.ID, "reopened")
	return t.end(), true
}

// Words that end a conversation and ask for nothing: by themselves, or at the
// beginning of a short text.
var (
	endings = []string{
		"no", "yes", "ok", "okay", "k", "bye", "great", "perfect", "solved", "unsolved", "resolved", "嗯", "嗯嗯", "好", "行", "再见", "拜拜", "没有了", "没了", "不用了",
		"解决", "解决了", "已解决", "未解决", "没解决", "没有解决", "满意", "很满意", "不满意", "有用", "没用",
	}
	thanks = []string{"thank", "thx", "ok thank", "谢", "多谢", "感谢", "好的", "好滴", "好嘞", "嗯谢", "收到", "知道了", "明白", "辛苦", "麻烦你了", "麻烦您了"}
)

// more reports whether a message asks for something: not a button, not a rating,
// not just thanks.
func more(env core.Envelope) bool {
	for _, p := range env.Parts {
		switch p := p.(type) {
		case core.Media, core.Place, core.Card:
			return true
		case core.Text:
			s := strings.ToLower(strings.TrimFunc(p.Body, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }))
			n := utf8.RuneCountInString(s)
			if n == 0 || n <= 2 && strings.TrimFunc(s, unicode.IsNumber) == "" || n == 2 && strings.HasSuffix(s, "分") {
				continue
			}
			short := 10
			if len(s) == n { // Latin letters say less each
				short = 24
			}
			asks := strings.ContainsAny(p.Body, "?？吗呢") || strings.Contains(p.Body, "但") || strings.Contains(s, " but ")
			if !asks && (slices.Contains(endings, s) || n <= short && slices.ContainsFunc(thanks, func(w string) bool { return strings.HasPrefix(s, w) })) {
				continue
			}
			return true
		}
	}
	return false
}
