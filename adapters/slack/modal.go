package slack

import (
	"context"
	"slices"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// forms are the actions that need more than a press. Their fields are named as
// core/desk names an action's values; submitted, each comes back as a core.Form.
var forms = map[string]func(ch *Channel, ctx context.Context, user string) []api.Block{
	"close": func(ch *Channel, _ context.Context, _ string) []api.Block {
		return []api.Block{
			ch.pick("outcome", "solved", "solved", "unsolved", "spam", "duplicate", "gone"),
			ch.ask("summary", "summary", true), ch.line("tags", "tags"), ch.tick("survey", "no", "nosurvey"),
		}
	},
	"transfer": func(ch *Channel, ctx context.Context, user string) []api.Block {
		var out []api.Block
		if who := ch.colleagues(ctx, user); len(who) > 0 {
			s := api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, "to", who...)
			out = append(out, ch.optional("to/1", "colleague", s))
		}
		return append(out, ch.optional("to/2", "topic", api.NewPlainTextInputBlockElement(nil, "to")), ch.ask("note", "why", true))
	},
	"note": func(ch *Channel, _ context.Context, _ string) []api.Block {
		return []api.Block{ch.ask("text", "text", false)}
	},
	"park": func(ch *Channel, _ context.Context, _ string) []api.Block {
		return []api.Block{ch.line("until", "until"), ch.ask("note", "note", true)}
	},
	"canned": func(ch *Channel, _ context.Context, _ string) []api.Block {
		return []api.Block{ch.line("id", "canned_id")}
	},
}

// open shows a form. What it is about comes back with it.
func (ch *Channel) open(ctx context.Context, form, trigger, user, thread string) error {
	_, err := ch.api.OpenViewContext(ctx, trigger, api.ModalViewRequest{
		Type: api.VTModal, CallbackID: form, PrivateMetadata: thread,
		Title: text(clip(ch.say(form), 24)), Submit: text(ch.say("send")), Close: text(ch.say("cancel")),
		Blocks: api.Blocks{BlockSet: forms[form](ch, ctx, user)},
	})
	return ch.refused(err)
}

func (ch *Channel) optional(block, label string, e api.BlockElement) *api.InputBlock {
	b := api.NewInputBlock(block, text(ch.say(label)), nil, e)
	b.Optional = true
	return b
}

// ask is a field for a few lines, line for one.
func (ch *Channel) ask(name, label string, optional bool) api.Block {
	e := api.NewPlainTextInputBlockElement(nil, name)
	e.Multiline, e.MaxLength = true, 2000
	b := ch.optional(name, label, e)
	b.Optional = optional
	return b
}

func (ch *Channel) line(name, label string) api.Block {
	return ch.optional(name, label, api.NewPlainTextInputBlockElement(nil, name))
}

func (ch *Channel) choice(value, label string) *api.OptionBlockObject {
	return api.NewOptionBlockObject(value, text(clip(label, 75)), nil)
}

// pick is one of several words, the first of them chosen.
func (ch *Channel) pick(name string, ids ...string) api.Block {
	var os []*api.OptionBlockObject
	for _, id := range slices.Compact(ids) {
		os = append(os, ch.choice(id, ch.say(id)))
	}
	s := api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, name, os...)
	s.InitialOption = os[0]
	return api.NewInputBlock(name, text(ch.say(name)), nil, s)
}

func (ch *Channel) tick(name, value, label string) api.Block {
	return ch.optional(name, name, api.NewCheckboxGroupsBlockElement(name, ch.choice(value, ch.say(label))))
}

// colleagues are who is on duty, at whatever desk; a menu takes 100.
func (ch *Channel) colleagues(ctx context.Context, user string) (out []*api.OptionBlockObject) {
	for _, a := range ch.agents(ctx) {
		if a.Presence == core.OnDuty && a.ID != ch.deps.Name+"/"+user && len(out) < 100 && len(a.ID) <= 150 {
			out = append(out, ch.choice(a.ID, or(a.Name, a.ID)))
		}
	}
	return out
}

func (ch *Channel) agents(ctx context.Context) []core.Agent {
	if ch.deps.Views == nil {
		return nil
	}
	as, err := ch.deps.Views.Agents(ctx)
	if err != nil {
		ch.deps.Log.Warn("the agents were not found", "err", err)
	}
	return as
}

// home shows an agent what they are set to and what they have, with the buttons
// that concern the whole desk.
func (ch *Channel) home(ctx context.Context, user string) error {
	id := ch.deps.Name + "/" + user
	presence := core.OffDuty
	for _, a := range ch.agents(ctx) {
		if a.ID == id && a.Presence != "" {
			presence = a.Presence
		}
	}
	out := []api.Block{api.NewHeaderBlock(text(ch.say("home"))), api.NewSectionBlock(text(ch.say("now_"+string(presence))), nil, nil)}
	for _, row := range [][]string{{"on", "break", "off"}, {"mine", "queue", "stats", "help"}} {
		var os []core.Option
		for _, id := range row {
			os = append(os, core.Option{ID: id, Label: ch.say(id)})
		}
		rows, err := buttons("home-"+row[0], os)
		if err != nil {
			return err
		}
		out = append(out, rows...)
	}
	out = append(out, api.NewSectionBlock(live(ch.tickets(ctx, id)), nil, nil), api.NewDividerBlock(), api.NewSectionBlock(text(ch.say("guide")), nil, nil))
	if err := ch.deps.Values.Put(ctx, ch.key("home", user), "1", month); err != nil { // from now on it is kept current
		return err
	}
	_, err := ch.api.PublishViewContext(ctx, api.PublishViewContextRequest{UserID: user, View: api.HomeTabViewRequest{Type: api.VTHomeTab, Blocks: api.Blocks{BlockSet: out}}})
	return ch.refused(err)
}

// tickets are an agent's, with links to their threads.
func (ch *Channel) tickets(ctx context.Context, agent string) string {
	if ch.deps.Views == nil {
		return ch.say("none")
	}
	ts, err := ch.deps.Views.Tickets(ctx, core.TicketQuery{Agent: agent, States: []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}, Max: 20})
	if err != nil || len(ts) == 0 {
		return ch.say("none")
	}
	lines := []string{ch.say("has")}
	for _, t := range ts {
		s := escape(clip("#"+t.Ticket.ID+" "+or(t.Peer.Name, t.Ticket.Key.Peer)+" · "+t.Ticket.Key.Channel, 100))
		for _, x := range t.Ticket.Shown {
			if to := ch.link(ctx, x); to != "" {
				s = "<" + to + "|" + strings.ReplaceAll(s, "|", "¦") + ">"
			}
		}
		lines = append(lines, "• "+s)
	}
	return strings.Join(lines, "\n")
}

// link is the address of a thread of this desk.
func (ch *Channel) link(ctx context.Context, x core.Shown) string {
	c, ts, ok := spot(x.Thread)
	me, err := ch.self(ctx)
	if !ok || x.Desk != ch.deps.Name || err != nil || me.url == "" {
		return ""
	}
	return strings.TrimSuffix(me.url, "/") + "/archives/" + c + "/p" + strings.ReplaceAll(ts, ".", "")
}

// refreshHome shows an agent's home anew if they have looked at it, best effort.
func (ch *Channel) refreshHome(ctx context.Context, user string) {
	if _, ok, err := ch.deps.Values.Get(ctx, ch.key("home", user)); !ok || err != nil {
		return
	}
	if err := ch.home(ctx, user); err != nil {
		ch.deps.Log.Debug("a home was not shown", "err", err)
	}
}
