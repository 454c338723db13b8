package app

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// borrowed says what of the demo customers meet, if anybody but this machine can
// be one. samples are the systems that answer with the demo's data.
func borrowed(c *config.Config, b *script.Book, samples []string) (out []remark) {
	where := public(c)
	if where == "" {
		return nil
	}
	if c.Flows.Dir == "" {
		out = append(out, remark{"the demo shop's scripts answer on " + where, "write your own: frontdesk init, or a copy of flows/ under flows.dir"})
	} else if at := demoName(b); at.File != "" {
		at.File = filepath.Join(c.Flows.Dir, at.File)
		out = append(out, remark{fmt.Sprintf("the demo shop's name is said on %s: %s", where, at), "write your own name there"})
	}
	for _, name := range samples {
		out = append(out, remark{fmt.Sprintf("system %s tells of the demo shop's orders on %s", name, where), "give it a url or a table (adapters/action/example.yaml), or remove it"})
	}
	return out
}

// public is an address on which others than this machine are served, empty if
// none is named.
func public(c *config.Config) string {
	if far(c.BaseURL) {
		return c.BaseURL
	}
	for _, n := range slices.Sorted(maps.Keys(c.Channels)) {
		var x struct{ Origins []string }
		_ = c.Channels[n].Part.Decode(&x) // the other keys are faults here; whether these are has been checked
		for _, o := range x.Origins {
			if far(o) {
				return o
			}
		}
	}
	return ""
}

// far reports whether an origin is another machine's than this one's.
func far(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	h := u.Hostname()
	return h != "localhost" && !strings.HasSuffix(h, ".localhost") && !strings.HasPrefix(h, "127.") && h != "::1"
}

// demoName is where the scripts say the demo shop's name first: in a greeting, in
// an answer or in the program's own words.
func demoName(b *script.Book) script.Pos {
	texts := []script.Text{b.Greeting.Text, b.Greeting.Short}
	for _, e := range b.Order {
		texts = append(texts, e.Answer)
	}
	for _, id := range slices.Sorted(maps.Keys(b.Texts)) {
		texts = append(texts, b.Texts[id])
	}
	for _, t := range texts {
		for _, lang := range slices.Sorted(maps.Keys(t.By)) {
			for _, v := range t.By[lang] {
				if slices.ContainsFunc(flows.Shop, func(name string) bool { return strings.Contains(v.Source, name) }) {
					return v.Pos
				}
			}
		}
	}
	return script.Pos{}
}

// samples are the systems that answer with the demo's data.
func samples(c *config.Config, makers map[string]core.Maker) (out []string) {
	made, _ := systems(c, makers, core.Deps{Log: slog.New(slog.DiscardHandler), Now: time.Now}) // faults are told elsewhere
	for _, n := range slices.Sorted(maps.Keys(made)) {
		if s, ok := made[n].(core.Sampler); ok && s.Sample() {
			out = append(out, n)
		}
	}
	return out
}

// shut are hours that never are: people are promised at a time that does not come.
func shut(b *script.Book) (out []remark) {
	for _, id := range slices.Sorted(maps.Keys(b.Hours)) {
		h := b.Hours[id]
		if len(h.Cal.Days) > 0 || slices.ContainsFunc(h.Cal.Week[:], func(d []calendar.Part) bool { return len(d) > 0 }) {
			continue
		}
		out = append(out, remark{fmt.Sprintf("%s: hours %s have no open day: nobody is ever promised a person", h.Pos, id), `write week: {mon-fri: ["09:00-18:00"]}`})
	}
	return out
}
