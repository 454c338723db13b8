package slack

import (
	"encoding/json"
	"errors"
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
	Type        string          `json:"type"`
	SubType     string          `json:"subtype"`
	Channel     string          `json:"channel"`
	In          string          `json:"channel_type"`
	User        string          `json:"user"`
	BotID       string          `json:"bot_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	Thread      string          `json:"thread_ts"`
	At          string          `json:"event_ts"`
	Deleted     string          `json:"deleted_ts"`
	Tab         string          `json:"tab"`
	Files       []file          `json:"files"`
	Blocks      json.RawMessage `json:"blocks"`
	Attachments []attachment    `json:"attachments"`
	Message     *event          `json:"message"`
	Previous    *event          `json:"previous_message"`
	Edited      *struct {
		TS string `json:"ts"`
	} `json:"edited"`
}

// news is what an event means to us: an envelope, or that something happened.
type news struct {
	env  core.Envelope
	kind string // told, home, gone, stop; empty: nothing
	body *event // for told: whose words are still to be made plain
	user string // for home: who looks
	ref  string // for gone: the thread
	word string // for stop: what ended
	at   string // the newest ts that was heard
}

// wanted are the events that are read; the rest is none of ours, and may look
// different.
var wanted = []string{"message", "app_home_opened", "member_left_channel", "channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted", "app_uninstalled", "tokens_revoked"}

// A reader understands what Slack tells. It asks nobody.
type reader struct {
	desk string
	conf *Config
}

// event understands a callback. Names, words and files are filled in by told.
func (r reader) event(raw []byte, me string) (news, error) {
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
	if c.Type != "event_callback" || json.Unmarshal(c.Event, &kind) != nil || !slices.Contains(wanted, kind.Type) {
		return news{}, nil
	}
	var e event
	err := json.Unmarshal(c.Event, &e)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); odd && kind.Type == "message" && e.Channel != "" && e.TS != "" {
		err = nil // one odd field loses no message whose place is known
	}
	if err != nil {
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
	return r.understand(&e, mine), nil
}

// understand is what an event means; mine are our own users.
func (r reader) understand(e *event, mine []string) news {
	switch e.Type {
	case "message":
		if r.conf.has(e.Channel) || e.In == "im" {
			return r.message(e, mine)
		}
	case "app_home_opened":
		if e.Tab == "home" && e.User != "" {
			return news{kind: "home", user: e.User}
		}
	case "member_left_channel":
		switch {
		case !r.conf.has(e.Channel) || e.User == "":
		case slices.Contains(mine, e.User):
			return news{kind: "stop", word: "the app was removed from the desk's channel " + e.Channel}
		default:
			env := r.envelope(e.User, e.At)
			env.Ref, env.Parts = joinRef(e.Channel, e.At)+"/left/"+e.User, core.Parts{core.Left{}}
			return news{kind: "told", env: env}
		}
	case "app_uninstalled", "tokens_revoked":
		return news{kind: "stop", word: e.Type}
	default:
		if r.conf.has(e.Channel) {
			return news{kind: "stop", word: e.Type + " " + e.Channel}
		}
	}
	return news{}
}

// envelope is what everything of a user's begins with.
func (r reader) envelope(user, ts string) core.Envelope {
	return core.Envelope{Channel: r.desk, At: timeOf(ts), Peer: core.Peer{ID: user}}
}

// timeOf reads "1795220000.000100"; the zero time if it is none.
func timeOf(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if at := core.Unix(s); err == nil && !at.IsZero() {
		micro, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
		return at.Add(time.Duration(micro) * time.Microsecond)
	}
	return time.Time{}
}

// spoken are the subtypes of what people write.
var spoken = []string{"", "file_share", "thread_broadcast", "me_message"}

// services are the subtypes of what Slack says of a channel: nobody wrote it, and
// nobody is told of it. https://docs.slack.dev/reference/events/message#subtypes
var services = strings.Fields(`app_conversation_join app_conversation_leave assistant_app_thread bot_add bot_disable
	bot_enable bot_message bot_remove channel_archive channel_canvas_updated channel_convert_to_private
	channel_convert_to_public channel_join channel_leave channel_name channel_posting_permissions channel_purpose
	channel_topic channel_unarchive document_mention ekm_access_denied file_comment file_mention group_archive group_join
	group_leave group_name group_purpose group_topic group_unarchive huddle_thread joiner_notification
	joiner_notification_for_inviter message_changed message_deleted message_replied pinned_item reminder_add
	reply_broadcast sh_room_created sh_room_shared tombstone unpinned_item`)

// message understands what was written, changed or deleted in the desk's channels
// or said to us directly.
func (r reader) message(e *event, mine []string) news {
	switch {
	case e.SubType == "message_changed" && e.Message != nil:
		return r.changed(e, mine)
	case e.SubType == "message_deleted":
		return r.deleted(e, mine)
	case slices.Contains(services, e.SubType) || e.TS == "" || !human(e, mine):
		return news{}
	}
	env := r.envelope(e.User, e.TS)
	env.Ref, env.Thread = joinRef(e.Channel, e.TS), thread(e.Channel, e)
	if !slices.Contains(spoken, e.SubType) { // new to us: perhaps it is nobody's words
		return news{kind: "told", env: env, body: &event{}, at: e.TS}
	}
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
	return joinRef(channel, e.Thread)
}

// changed is an edit by a person, or the sign that the root of a thread was
// deleted: Slack leaves a tombstone under which nobody looks. Slack also says
// that a message has changed when it unfolds a link.
func (r reader) changed(e *event, mine []string) news {
	m, old := e.Message, e.Previous
	if m.SubType == "tombstone" {
		if m.Thread == "" || m.Thread == m.TS {
			return news{kind: "gone", ref: joinRef(e.Channel, m.TS)}
		}
		return r.deleted(&event{Channel: e.Channel, Deleted: m.TS, At: e.At, Previous: old}, mine)
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
	env := r.envelope(m.User, at)
	env.Replaces = joinRef(e.Channel, m.TS)
	env.Ref, env.Thread = env.Replaces+"/edit/"+at, thread(e.Channel, m)
	return news{kind: "told", env: env, body: m}
}

// deleted is a message that was taken away: a person's, or the root of a thread.
func (r reader) deleted(e *event, mine []string) news {
	old := e.Previous
	if old == nil || e.Deleted == "" {
		return news{}
	}
	if !human(old, mine) {
		if old.Thread == "" || old.Thread == e.Deleted {
			return news{kind: "gone", ref: joinRef(e.Channel, e.Deleted)}
		}
		return news{}
	}
	env := r.envelope(old.User, or(e.At, e.TS))
	env.Replaces = joinRef(e.Channel, e.Deleted)
	env.Ref, env.Thread = env.Replaces+"/delete", thread(e.Channel, old)
	return news{kind: "told", env: env}
}

// parts are what a message says and shows. Words that begin with a slash which
// Slack did not take for a command are left as they are.
func (e *event) parts(called names) (ps core.Parts) {
	add := func(words string, files []file) {
		if words != "" {
			ps = append(ps, core.Text{Body: words})
		}
		for _, f := range files {
			if f.ID != "" {
				ps = append(ps, f.part())
			}
		}
	}
	add(written(e.Text, e.Blocks, called), e.Files)
	for _, a := range e.shares() {
		add(a.words(called), a.Files)
	}
	return ps
}

// forwarded says whose words a message passes on; nil if its writer adds some of
// their own, or passes on several.
func (e *event) forwarded(called names) *core.Forwarded {
	shares := e.shares()
	if len(shares) != 1 || len(e.Files) > 0 || written(e.Text, e.Blocks, called) != "" {
		return nil
	}
	f := &core.Forwarded{From: shares[0].Author, At: timeOf(shares[0].TS.String())}
	if f.From == "" && shares[0].User != "" {
		f.From = called.user(shares[0].User)
	}
	return f
}
