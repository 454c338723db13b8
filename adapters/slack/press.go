package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// An interaction is a press of a button, a shortcut or a form filled in:
// https://docs.slack.dev/interactivity/handling-user-interaction
type interaction struct {
	Type     string       `json:"type"`
	Trigger  string       `json:"trigger_id"`
	Callback string       `json:"callback_id"`
	User     user         `json:"user"`
	Channel  conversation `json:"channel"`
	Message  *event       `json:"message"`
	ActionTS string       `json:"action_ts"`
	Actions  []action     `json:"actions"`
	View     *view        `json:"view"`
	In       struct {
		Type    string `json:"type"`
		Message string `json:"message_ts"`
		Channel string `json:"channel_id"`
		Thread  string `json:"thread_ts"`
	} `json:"container"`
}

type (
	user struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	conversation struct {
		ID string `json:"id"`
	}
	action struct {
		ID    string `json:"action_id"`
		Block string `json:"block_id"`
		Value string `json:"value"`
		TS    string `json:"action_ts"`
		Text  struct {
			Text string `json:"text"`
		} `json:"text"`
	}
	view struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Callback string `json:"callback_id"`
		Data     string `json:"private_metadata"`
		State    struct {
			Values map[string]map[string]input `json:"values"`
		} `json:"state"`
	}
	input struct {
		Value    string   `json:"value"`
		Selected *option  `json:"selected_option"`
		Several  []option `json:"selected_options"`
	}
	option struct {
		Value string `json:"value"`
	}
)

// press is what an interaction means: an envelope, and the form that is shown
// before anything is filed, if it needs more than a press.
type press struct {
	env     core.Envelope
	ok      bool
	form    string // of forms; empty: none
	trigger string
	home    bool
}

// press understands an interaction. Slack does not say when a form was sent: it
// was now.
func (r reader) press(raw []byte, now time.Time) (press, error) {
	var in interaction
	if err := json.Unmarshal(raw, &in); err != nil {
		return press{}, fmt.Errorf("slack: %w: not an interaction: %w", core.ErrInvalid, err)
	}
	if in.User.ID == "" {
		return press{}, nil
	}
	switch {
	case in.Type == "block_actions" && len(in.Actions) > 0:
		return r.pressed(&in), nil
	case in.Type == "message_action" && in.Message != nil:
		return r.shortcut(&in), nil
	case in.Type == "view_submission" && in.View != nil:
		return r.submitted(&in, now), nil
	}
	return press{}, nil
}

// pressed is a button: on a card, under a question, on somebody's home.
func (r reader) pressed(in *interaction) press {
	a := in.Actions[0]
	if a.Value == "" {
		return press{}
	}
	p := press{ok: true, env: r.envelope(in.User.ID, a.TS), trigger: in.Trigger}
	p.env.Peer.Name = in.User.Name
	p.env.Parts = core.Parts{core.Pick{Option: a.Value, Label: a.Text.Text}}
	if in.View != nil || in.In.Type == "view" {
		p.home, p.env.Ref = true, "home:"+a.TS+"/press/"+in.User.ID
		return p
	}
	channel, ts := or(in.In.Channel, in.Channel.ID), in.In.Message
	p.env.Ref = joinRef(channel, ts) + "/press/" + a.TS + "/" + in.User.ID
	if channel == "" || ts == "" || !r.conf.has(channel) && channel[0] != 'D' {
		return press{}
	}
	p.env.Thread = r.pressedIn(in, channel, ts)
	if _, ok := forms[a.Value]; ok && p.env.Thread != "" && a.Value != "canned" { // those are listed, to be pressed
		p.form = a.Value
	}
	return p
}

// pressedIn is the thread of a button. Its row names the thread, except on the
// card that opens it: when that was written it was nowhere yet.
func (r reader) pressedIn(in *interaction, channel, ts string) string {
	if channel[0] == 'D' {
		return ""
	}
	row, _, _ := strings.Cut(in.Actions[0].Block, "/")
	if c, _, ok := cutRef(row); ok && c == channel {
		return row
	}
	if row == outside {
		return ""
	}
	t := or(in.In.Thread, ts)
	if in.Message != nil && in.Message.Thread != "" {
		t = in.Message.Thread
	}
	return joinRef(channel, t)
}

// outside names the rows of buttons that are in no thread.
const outside = "outside"

// shortcut is an entry of a message's menu: desk_note, desk_close and so on.
func (r reader) shortcut(in *interaction) press {
	act, ok := strings.CutPrefix(in.Callback, "desk_")
	m := in.Message
	if !ok || !r.conf.has(in.Channel.ID) || m.TS == "" || !slices.Contains(shortcuts, act) {
		return press{}
	}
	p := press{ok: true, env: r.envelope(in.User.ID, in.ActionTS), trigger: in.Trigger}
	p.env.Peer.Name = in.User.Name
	p.env.Thread = joinRef(in.Channel.ID, or(m.Thread, m.TS))
	p.env.Ref = joinRef(in.Channel.ID, m.TS) + "/" + act + "/" + or(in.ActionTS, in.Trigger) + "/" + in.User.ID
	p.env.Parts = core.Parts{core.Pick{Option: act}}
	if _, ok := forms[act]; ok {
		p.form = act
	}
	return p
}

// shortcuts are those in manifest.yaml, without their desk_.
var shortcuts = []string{"claim", "note", "transfer", "close", "park", "canned"}

// submitted is a form filled in.
func (r reader) submitted(in *interaction, now time.Time) press {
	v := in.View
	if _, ok := forms[v.Callback]; !ok || v.ID == "" {
		return press{}
	}
	c, _, ok := cutRef(v.Data)
	if !ok || !r.conf.has(c) {
		return press{}
	}
	values := map[string]string{}
	for _, block := range slices.Sorted(maps.Keys(v.State.Values)) {
		for _, in := range v.State.Values[block] {
			name, _, _ := strings.Cut(block, "/")
			if s := in.said(); s != "" && values[name] == "" {
				values[name] = s
			}
		}
	}
	if v.Callback == "canned" && values["id"] == "" {
		values = nil
	}
	env := r.envelope(in.User.ID, "")
	env.At = now.UTC()
	env.Peer.Name, env.Thread, env.Ref = in.User.Name, v.Data, v.Data+"/form/"+v.ID
	env.Parts = core.Parts{core.Form{ID: v.Callback, Values: values}}
	return press{ok: true, env: env}
}

func (i input) said() string {
	switch {
	case i.Selected != nil:
		return i.Selected.Value
	case len(i.Several) > 0:
		return i.Several[0].Value
	}
	return strings.TrimSpace(i.Value)
}

// A slash is /desk with what stands behind it. Over a socket it is JSON, over
// HTTP a form: https://docs.slack.dev/interactivity/implementing-slash-commands
type slash struct {
	Command string `json:"command"`
	Text    string `json:"text"`
	User    string `json:"user_id"`
	Name    string `json:"user_name"`
	Channel string `json:"channel_id"`
	Trigger string `json:"trigger_id"`
}

func slashOf(v url.Values) slash {
	return slash{v.Get("command"), v.Get("text"), v.Get("user_id"), v.Get("user_name"), v.Get("channel_id"), v.Get("trigger_id")}
}

func itself(id string) string { return id }

// slash makes "/desk off force" the desk's "!off force": Slack has no
// commands in threads, so they are about the desk.
func (r reader) slash(s slash, now time.Time) (core.Envelope, bool) {
	if s.User == "" || s.Trigger == "" {
		return core.Envelope{}, false
	}
	env := r.envelope(s.User, "")
	env.At = now.UTC()
	env.Peer.Name, env.Ref = s.Name, "slash:"+s.Trigger
	env.Parts = core.Parts{core.Text{Body: "!" + or(strings.TrimLeft(strings.TrimSpace(plain(s.Text, nil, names{user: itself, channel: func(string) string { return "" }})), "!！"), "help")}}
	return env, true
}
