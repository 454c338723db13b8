package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk"
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
		Banned: c.Staff.Banned, Zone: zone, Shifts: map[string]core.Week{},
		Ring: c.Line.Ring, Misses: c.Line.Misses,
		Remind: c.Staff.Remind, Lead: c.Staff.Lead, Return: c.Staff.Return, Recall: c.Staff.Recall,
		Hops: c.Staff.Hops, Reserve: c.Staff.Reserve,
	}
	for id, who := range c.Staff.Agents {
		if week, err := core.ParseWeek(who.Shift); err == nil && len(who.Shift) > 0 { // check has told of mistakes
			r.Shifts[id] = week
		}
	}
	for _, k := range c.Staff.Canned {
		r.Canned = append(r.Canned, desk.Canned{ID: k.ID, Title: k.Title, Text: k.Text})
	}
	for _, k := range c.Staff.Templates {
		r.Templates = append(r.Templates, desk.Template{ID: k.ID, Title: cmp.Or(k.Title, k.ID), Channels: k.Channels, Form: k.Form, Values: k.Values})
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

// presets writes what the configuration sets for agents into their records, and
// lets those who have a shift be looked after. An agent whose record says so
// already is left alone.
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
		old, ok := have[id]
		a := old
		a.ID, a.Name, a.Lead, a.Topics, a.Langs, a.Max = id, w.Name, w.Lead, w.Topics, w.Langs, w.Max
		if a.Name == "" {
			a.Name = old.Name
		}
		if ok && len(w.Shift) == 0 && a.Name == old.Name && a.Lead == old.Lead && a.Max == old.Max && slices.Equal(a.Topics, old.Topics) && slices.Equal(a.Langs, old.Langs) {
			continue
		}
		desk, peer, _ := strings.Cut(id, "/")
		_, err := s.Turn(ctx, core.Key{Channel: desk, Peer: peer}, time.Now(), func(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
			if len(w.Shift) > 0 {
				c.Wake = time.Now()
			}
			return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Was: old, Now: a}}, Left: len(unread)}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unheard says which desks wait for tickets that no script makes.
func unheard(c *config.Config, topics []string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Desks)) {
		for _, t := range c.Desks[name].Topics {
			if !slices.Contains(topics, t) {
				out = append(out, fmt.Sprintf("desk %s shows the topic %q, but the scripts only have: %s", name, t, strings.Join(topics, ", ")))
			}
		}
	}
	return out
}

// httpClient is what adapters call their platforms with.
func httpClient() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  20 * time.Second,
			ExpectContinueTimeout:  time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a platform that redirects would get our credentials sent elsewhere
		},
	}
}
