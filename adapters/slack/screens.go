package slack

import (
	"context"
	"log/slog"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// screens are what an agent is shown outside of the threads: forms, and the
// app's home.
type screens struct {
	desk   string
	lang   lang
	api    web
	log    *slog.Logger
	notes  notes
	views  core.Views
	people *people
}

// form asks an agent for more than a press says. What it is about comes back
// with it.
func (s *screens) form(ctx context.Context, p press) error {
	var who []*api.OptionBlockObject
	if p.form == "transfer" {
		who = s.colleagues(ctx, p.env.Peer.ID)
	}
	_, err := s.api.OpenViewContext(ctx, p.trigger, api.ModalViewRequest{
		Type: api.VTModal, CallbackID: p.form, PrivateMetadata: p.env.Thread,
		Title: text(clip(s.lang.say(p.form), 24)), Submit: text(s.lang.say("send")), Close: text(s.lang.say("cancel")),
		Blocks: api.Blocks{BlockSet: forms[p.form](s.lang, who)},
	})
	return s.api.refused(err)
}

// colleagues are who is on duty, at whatever desk; a menu takes 100.
func (s *screens) colleagues(ctx context.Context, user string) (out []*api.OptionBlockObject) {
	for _, a := range s.agents(ctx) {
		if a.Presence == core.OnDuty && a.ID != s.desk+"/"+user && len(out) < 100 && len(a.ID) <= 150 {
			out = append(out, choice(a.ID, or(a.Name, a.ID)))
		}
	}
	return out
}

// agents are all of them; none if that is not known.
func (s *screens) agents(ctx context.Context) []core.Agent {
	if s.views == nil {
		return nil
	}
	as, err := s.views.Agents(ctx)
	if err != nil {
		s.log.Warn("the agents were not found", "err", err)
	}
	return as
}

// home shows an agent what they are set to and what they have, with the buttons
// that concern the whole desk.
func (s *screens) home(ctx context.Context, user string) error {
	id := s.desk + "/" + user
	presence := core.OffDuty
	for _, a := range s.agents(ctx) {
		if a.ID == id && a.Presence != "" {
			presence = a.Presence
		}
	}
	out := []api.Block{api.NewHeaderBlock(text(s.lang.say("home"))), api.NewSectionBlock(text(s.lang.say("now_"+string(presence))), nil, nil)}
	for _, row := range [][]string{{"on", "break", "off"}, {"mine", "queue", "stats", "help"}} {
		var os []core.Option
		for _, id := range row {
			os = append(os, core.Option{ID: id, Label: s.lang.say(id)})
		}
		rows, err := buttons("home-"+row[0], os)
		if err != nil {
			return err
		}
		out = append(out, rows...)
	}
	out = append(out, api.NewSectionBlock(live(s.tickets(ctx, id)), nil, nil), api.NewDividerBlock(), api.NewSectionBlock(text(s.lang.say("guide")), nil, nil))
	if err := s.notes.of("home", user).put(ctx, "1"); err != nil { // from now on it is kept current
		return err
	}
	_, err := s.api.PublishViewContext(ctx, api.PublishViewContextRequest{UserID: user, View: api.HomeTabViewRequest{Type: api.VTHomeTab, Blocks: api.Blocks{BlockSet: out}}})
	return s.api.refused(err)
}

// tickets are an agent's, with links to their threads.
func (s *screens) tickets(ctx context.Context, agent string) string {
	if s.views == nil {
		return s.lang.say("none")
	}
	ts, err := s.views.Tickets(ctx, core.TicketQuery{Agent: agent, States: []core.TicketState{core.TicketRinging, core.TicketActive, core.TicketParked}, Max: 20})
	if err != nil || len(ts) == 0 {
		return s.lang.say("none")
	}
	lines := []string{s.lang.say("has")}
	for _, t := range ts {
		line := escape(clip("#"+t.Ticket.ID+" "+or(t.Peer.Name, t.Ticket.Key.Peer)+" · "+t.Ticket.Key.Channel, 100))
		for _, x := range t.Ticket.Shown {
			if x.Desk != s.desk {
				continue
			}
			if to := s.people.link(ctx, x.Thread); to != "" {
				line = "<" + to + "|" + strings.ReplaceAll(line, "|", "¦") + ">"
			}
		}
		lines = append(lines, "• "+line)
	}
	return strings.Join(lines, "\n")
}

// refresh shows an agent's home anew if they have looked at it, best effort.
func (s *screens) refresh(ctx context.Context, user string) {
	if _, ok, err := s.notes.of("home", user).get(ctx); !ok || err != nil {
		return
	}
	if err := s.home(ctx, user); err != nil {
		s.log.Debug("a home was not shown", "err", err)
	}
}
