package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/duty"
	"github.com/frontdesk-im/frontdesk/core/queue"
)

// lineRules are the configuration's part about the line, as the queue takes it.
func lineRules(c *config.Config) queue.Rules {
	return queue.Rules{Mode: queue.Mode(c.Line.Mode), Sticky: c.Line.Sticky, Age: c.Line.Age, Max: c.Line.Max}
}

// rules are the configuration's part about staff, as the desk takes it.
func (a *app) rules() *desk.Rules {
	c := a.conf
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC // config has checked it
	}
	r := &desk.Rules{
		Words: func(lang, id string, vars map[string]string) core.Parts {
			return a.scripts.book.Load().Words(lang, id, vars)
		},
		Limits: func(channel string) core.Limits {
			if m, ok := a.made[channel]; ok {
				return m.Limits()
			}
			return core.Limits{}
		},
		Edits: func(channel string) bool {
			_, ok := a.made[channel].(core.Editor)
			return ok
		},
		Labels: card.Labels{
			Topic: func(lang, id string) string { return a.scripts.book.Load().Topic(lang, id) },
			Field: func(lang, name string) string { return a.scripts.book.Load().Label(lang, name) },
			Value: func(lang, field, value string) string { return a.scripts.book.Load().Chosen(lang, field, value) },
		},
		Banned: c.Staff.Banned, Zone: zone, Shifts: map[string]calendar.Week{},
		Ring: c.Line.Ring, Misses: c.Line.Misses,
		Remind: c.Staff.Remind, TellLead: c.Staff.Lead, ReturnAfter: c.Staff.Return, ReopenWithin: c.Staff.Recall,
		Hops: c.Staff.Hops, Reserve: c.Staff.Reserve,
	}
	for id, who := range c.Staff.Agents {
		if week, err := calendar.ParseWeek(who.Shift); err == nil && len(who.Shift) > 0 { // check has told of mistakes
			r.Shifts[id] = week
		}
	}
	for _, k := range c.Staff.Canned {
		r.Canned = append(r.Canned, desk.Canned{ID: k.ID, Title: k.Title, Text: k.Text})
	}
	for _, k := range c.Staff.Templates {
		r.Templates = append(r.Templates, core.Template{ID: k.ID, Title: cmp.Or(k.Title, k.ID), Channels: k.Channels, Form: k.Form, Values: k.Values})
	}
	return r
}

// desks say how each desk is used. One with pages of its own reads messages from
// the store, has room for every ticket, and a browser that can take back.
func (a *app) desks() []desk.Desk {
	var out []desk.Desk
	for _, n := range slices.Sorted(maps.Keys(a.conf.Desks)) {
		d := a.conf.Desks[n]
		_, pages := a.made[n].(core.Site)
		x := desk.Desk{
			Name: n, Topics: d.Topics, Channels: d.Channels, Explicit: d.Explicit, Lang: d.Lang, Mask: d.Mask, Crowd: d.Crowd, Views: pages,
		}
		switch {
		case d.Hold != nil:
			x.Hold = *d.Hold
		case !pages:
			x.Hold = desk.DefaultHold
		}
		if pages && d.Crowd == 0 {
			x.Crowd = -1
		}
		out = append(out, x)
	}
	return out
}

// presets writes what the configuration sets for agents into their records.
func presets(ctx context.Context, s core.Store, want map[string]config.Agent) error {
	if len(want) == 0 {
		return nil
	}
	known, err := s.Agents(ctx)
	if err != nil {
		return err
	}
	have := map[string]core.Agent{}
	for _, a := range known {
		have[a.ID] = a
	}
	for id, w := range want {
		p := duty.Preset{ID: id, Name: w.Name, Lead: w.Lead, Topics: w.Topics, Langs: w.Langs, Max: w.Max, Shift: len(w.Shift) > 0}
		if _, ok := p.Apply(have[id], core.Conversation{}, time.Now()); !ok {
			continue
		}
		name, peer, _ := strings.Cut(id, "/")
		_, err := s.Turn(ctx, core.Key{Channel: name, Peer: peer}, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
			out, _ := p.Apply(have[id], c, time.Now())
			out.Left = len(unread)
			return out, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A remark is something that is allowed but probably not meant, and what to do.
type remark struct{ what, fix string }

// unheard says which desks wait for tickets that no script makes, and which
// tickets no desk takes.
func unheard(c *config.Config, topics []string) (out []remark) {
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.Desks)) {
		d := c.Desks[name]
		for _, t := range d.Topics {
			taken[t] = true
			if !slices.Contains(topics, t) {
				out = append(out, remark{fmt.Sprintf("desk %s shows the topic %q, but the scripts only have: %s", name, t, strings.Join(topics, ", ")),
					"hand the topic over in a flow, or take it out of the desk's topics"})
			}
		}
		if len(d.Topics) == 0 {
			for _, t := range topics {
				taken[t] = true
			}
		}
	}
	for _, t := range topics {
		if !taken[t] && len(c.Desks) > 0 {
			out = append(out, remark{fmt.Sprintf("no desk takes the topic %s: whoever waits for it waits for ever", t), "add it to the topics of a desk, or leave a desk's topics out: it takes all then"})
		}
	}
	return out
}
