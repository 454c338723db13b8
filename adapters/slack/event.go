package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A callback is what the Events API tells, over HTTP and over a socket:
// https://docs.slack.dev/apis/events-api/#callback-field
type callback struct {
	Type      string          `json:"type"`
	Challenge string          `json:"challenge"`
	EventID   string          `json:"event_id"`
	Event     json.RawMessage `json:"event"`
	As        []struct {
		User string `json:"user_id"`
		Bot  bool   `json:"is_bot"`
	} `json:"authorizations"`
}

// An event is one of those in manifest.yaml; the fields are those of messages:
// https://docs.slack.dev/reference/events/message
type event struct {
	Type     string          `json:"type"`
	SubType  string          `json:"subtype"`
	Channel  string          `json:"channel"`
	Place    string          `json:"channel_type"`
	User     string          `json:"user"`
	BotID    string          `json:"bot_id"`
	Text     string          `json:"text"`
	TS       string          `json:"ts"`
	Thread   string          `json:"thread_ts"`
	At       string          `json:"event_ts"`
	Deleted  string          `json:"deleted_ts"`
	Tab      string          `json:"tab"`
	Files    []file          `json:"files"`
	Blocks   json.RawMessage `json:"blocks"`
	Message  *event          `json:"message"`
	Previous *event          `json:"previous_message"`
	Edited   *struct {
		TS string `json:"ts"`
	} `json:"edited"`
}

// news is what an event means to us: an envelope, or that something happened.
type news struct {
	env  core.Envelope
	kind string   // told, home, gone, stop; empty: nothing
	body *event   // for told: whose words are still to be made plain
	user string   // for home: who looks
	ref  string   // for gone: the thread
	word string   // for stop: what ended
	at   string   // the newest ts that was heard
	mine []string // our own users
}

// known are the events that are read; the rest is none of ours, and may look
// different.
var known = []string{"message", "app_home_opened", "member_left_channel", "channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted", "app_uninstalled", "tokens_revoked"}

// readEvent understands a callback. It asks nobody: names, words and files are
// filled in by take.
func (ch *Channel) readEvent(raw []byte, me string) (news, error) {
	var c callback
	if err := json.Unmarshal(raw, &c); err != nil {
		return news{}, fmt.Errorf("slack: %w: not an event: %w", core.ErrInvalid, err)
	}
	if c.Type == "app_rate_limited" {
		return news{kind: "stop", word: "events are being withheld: there are too many"}, nil
	}
	var kind struct {
		Type string `json:"type"`
	}
	if c.Type != "event_callback" || json.Unmarshal(c.Event, &kind) != nil || !slices.Contains(known, kind.Type) {
		return news{}, nil
	}
	var e event
	if err := json.Unmarshal(c.Event, &e); err != nil {
		if kind.Type != "message" {
			return news{}, nil // tokens_revoked and its like name several
		}
		return news{}, fmt.Errorf("slack: %w: not a message: %w", core.ErrInvalid, err)
	}
	mine := []string{me}
	for _, a := range c.As {
		if a.Bot {
			mine = append(mine, a.User)
		}
	}
	n := ch.understand(&e, mine)
	n.mine = mine
	return n, nil
}

func (ch *Channel) understand(e *event, mine []string) news {
	switch e.Type {
	case "message":
		if ch.conf.has(e.Channel) || e.Place == "im" {
			return ch.message(e, mine)
		}
	case "app_home_opened":
		if e.Tab == "home" && e.User != "" {
			return news{kind: "home", user: e.User}
		}
	case "member_left_channel":
		switch {
		case !ch.conf.has(e.Channel) || e.User == "":
		case slices.Contains(mine, e.User):
			return news{kind: "stop", word: "the app was removed from the desk's channel " + e.Channel}
		default:
			env := ch.envelope(e.User, e.At)
			env.Ref, env.Parts = place(e.Channel, e.At)+"/left/"+e.User, core.Parts{core.Left{}}
			return news{kind: "told", env: env}
		}
	case "app_uninstalled", "tokens_revoked":
		return news{kind: "stop", word: e.Type}
	default:
		if ch.conf.has(e.Channel) {
			return news{kind: "stop", word: e.Type + " " + e.Channel}
		}
	}
	return news{}
}

func (ch *Channel) envelope(user, ts string) core.Envelope {
	return core.Envelope{Channel: ch.deps.Name, At: timeOf(ts), Peer: core.Peer{ID: user}}
}

// timeOf reads "1795220000.000100"; the zero time if it is none.
func timeOf(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || s <= 0 || s > 1<<40 {
		return time.Time{}
	}
	micro, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.Unix(s, micro*1000).UTC()
}

// spoken are the subtypes of what people write.
var spoken = []string{"", "file_share", "thread_broadcast", "me_message"}

// message understands what was written, changed or deleted in the desk's channels
// or said to us directly.
func (ch *Channel) message(e *event, mine []string) news {
	switch {
	case e.SubType == "message_changed" && e.Message != nil:
		return ch.changed(e, mine)
	case e.SubType == "message_deleted":
		return ch.deleted(e, mine)
	case !slices.Contains(spoken, e.SubType) || e.TS == "" || !human(e, mine):
		return news{}
	}
	env := ch.envelope(e.User, e.TS)
	env.Ref, env.Thread = place(e.Channel, e.TS), thread(e.Channel, e)
	return news{kind: "told", env: env, body: e, at: e.TS}
}

// human reports whether a person wrote a message: neither we nor another app.
func human(e *event, mine []string) bool {
	return e.User != "" && e.BotID == "" && e.SubType != "bot_message" && e.User != "USLACKBOT" && !slices.Contains(mine, e.User)
}

// thread is where a message stands; empty for one outside every thread, and for
// direct messages.
func thread(channel string, e *event) string {
	if e.Thread == "" || e.Thread == e.TS || channel == "" || channel[0] == 'D' {
		return ""
	}
	return place(channel, e.Thread)
}

// changed is an edit by a person, or the sign that the root of a thread was
// deleted: Slack leaves a tombstone under which nobody looks. Slack also says
// that a message has changed when it unfolds a link.
func (ch *Channel) changed(e *event, mine []string) news {
	m, old := e.Message, e.Previous
	if m.SubType == "tombstone" {
		if m.Thread == "" || m.Thread == m.TS {
			return news{kind: "gone", ref: place(e.Channel, m.TS)}
		}
		return ch.deleted(&event{Channel: e.Channel, Deleted: m.TS, At: e.At, Previous: old}, mine)
	}
	if !human(m, mine) || m.TS == "" || !slices.Contains(spoken, m.SubType) || m.Edited == nil && old == nil {
		return news{}
	}
	if old != nil && old.Text == m.Text && len(old.Files) == len(m.Files) {
		return news{}
	}
	at := or(e.At, e.TS)
	if m.Edited != nil && m.Edited.TS != "" {
		at = m.Edited.TS
	}
	env := ch.envelope(m.User, at)
	env.Replaces = place(e.Channel, m.TS)
	env.Ref, env.Thread = env.Replaces+"/edit/"+at, thread(e.Channel, m)
	return news{kind: "told", env: env, body: m}
}

// deleted is a message that was taken away: a person's, or the root of a thread.
func (ch *Channel) deleted(e *event, mine []string) news {
	old := e.Previous
	if old == nil || e.Deleted == "" {
		return news{}
	}
	if !human(old, mine) {
		if old.Thread == "" || old.Thread == e.Deleted {
			return news{kind: "gone", ref: place(e.Channel, e.Deleted)}
		}
		return news{}
	}
	env := ch.envelope(old.User, or(e.At, e.TS))
	env.Replaces = place(e.Channel, e.Deleted)
	env.Ref, env.Thread = env.Replaces+"/delete", thread(e.Channel, old)
	return news{kind: "told", env: env}
}

// parts are what a message says and shows. Words that begin with a slash which
// Slack did not take for a command are left as they are.
func (e *event) parts(who func(string) string) (ps core.Parts) {
	if s := plain(e.Text, e.Blocks, who); s != "" {
		ps = append(ps, core.Text{Body: s})
	}
	for _, f := range e.Files {
		if f.ID != "" {
			ps = append(ps, f.part())
		}
	}
	return ps
}
