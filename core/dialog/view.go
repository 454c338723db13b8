package dialog

import (
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// A view is what a turn may know beside the talk. Nothing changes it.
type view struct {
	*script.Book
	core.Scene
	key    core.Key
	peer   core.Peer
	ledger core.Ledger
}

// when says a moment in the customer's language: by their own clock where the
// channel knows it, else by that of the hours.
func (v view) when(lang string, h *script.Hours, at time.Time) string {
	now := h.Calendar().In(v.Now)
	if zone, err := calendar.Zone(v.peer.Facts[core.FactZone]); err == nil {
		now = v.Now.In(zone)
	}
	return v.When(lang, at, now)
}

func (v view) fromSystem(env core.Envelope) bool {
	return env.Channel != "" && env.Channel != v.key.Channel
}

func (v view) by(lang string) core.Author {
	return core.Author{Kind: core.ByBot, Name: v.Word(lang, "bot_name", nil)}
}

// items makes menu items of the names of entries and flows, each once.
func (v view) items(lang string, ids ...string) []item {
	var out []item
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] && v.Knows(id) {
			out = append(out, item{ID: id, Label: v.Title(id, lang)})
		}
		seen[id] = true
	}
	return out
}

// step is the one of a flow that the customer is at; nil if the script has it no
// more.
func (v view) step(f at) *script.Step {
	fl := v.Flows[f.Flow]
	if fl == nil {
		return nil
	}
	i, ok := fl.Index[f.Step]
	if !ok {
		return nil
	}
	return fl.Steps[i]
}

// variantFor finds the text for a channel by its name, or by the part of the
// name before a dash: weibo-main, weibo.
func variantFor(m map[string]script.Text, channel string) (script.Text, bool) {
	if x, ok := m[channel]; ok {
		return x, true
	}
	kind, _, _ := strings.Cut(channel, "-")
	x, ok := m[kind]
	return x, ok
}

// values are what expressions may name, with the words of the line.
func values(v view, m memory, words string) map[string]any {
	topic := v.Settings.Topic
	cal := v.HoursOf(topic).Calendar()
	now := cal.In(v.Now)
	out := map[string]any{"lang": m.Lang, "channel": v.key.Channel, "hour": float64(now.Hour()), "weekday": float64((int(now.Weekday())+6)%7 + 1),
		"waiting": float64(v.Line(topic).Waiting), "open": cal.Open(v.Now), "form": formValues(v, m), "facts": factValues(v)}
	if v.peer.Name != "" {
		out["name"] = clip(v.peer.Name, 40)
	}
	if words != "" {
		out["text"] = clip(words, 500)
	}
	return out
}

func formValues(v view, m memory) map[string]any {
	out := map[string]any{}
	for k, s := range m.Form {
		if s == "" {
			continue
		}
		if !v.Fields[k].Number {
			out[k] = s
		} else if n, ok := number(s); ok {
			out[k] = n
		}
	}
	return out
}

func factValues(v view) map[string]any {
	out := map[string]any{}
	for k, kind := range v.Facts {
		s := v.peer.Facts[k]
		if s == "" {
			continue
		}
		if kind != "number" {
			out[k] = s
		} else if n, ok := number(s); ok {
			out[k] = n
		}
	}
	return out
}

// filled are values with empty texts where nothing is known, for conditions.
func filled(v view, m memory, words string) map[string]any {
	out := values(v, m, words)
	for _, k := range []string{"name", "text"} {
		if out[k] == nil {
			out[k] = ""
		}
	}
	form := out["form"].(map[string]any)
	for k, f := range v.Fields {
		if form[k] == nil && !f.Number {
			form[k] = ""
		}
	}
	facts := out["facts"].(map[string]any)
	for k, kind := range v.Facts {
		if facts[k] == nil && kind != "number" {
			facts[k] = ""
		}
	}
	return out
}
