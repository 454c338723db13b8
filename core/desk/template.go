package desk

import (
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// TemplatesOf are the templates that may be sent to a channel's customers.
func (r *Rules) TemplatesOf(channel string) (out []core.Template) {
	if !r.limits(channel).Forms {
		return nil
	}
	for _, x := range r.Templates {
		if len(x.Channels) == 0 || slices.Contains(x.Channels, channel) {
			out = append(out, x)
		}
	}
	return out
}

// byTemplate are buttons that send a message that cannot go out as it is by a
// template: those that have a place for it, three at most.
func byTemplate(v view, agent, num string) (out []core.Option) {
	for _, x := range v.r.TemplatesOf(v.c.Key.Channel) {
		if fillable(x) && len(out) < 3 {
			out = append(out, card.Option(command.ActTemplate+":"+x.ID+"/"+num, v.of(agent, "btn_template", "title", card.Clip(x.Title, 20))))
		}
	}
	return out
}

// fillable reports whether a template has a place for what the agent wrote.
func fillable(x core.Template) bool {
	for _, v := range x.Values {
		if strings.Contains(v, "{text}") {
			return true
		}
	}
	return false
}

// template sends a form of the customer's platform, with what the agent wrote.
// It needs no open window; the undo window holds as for every message.
func template(v view, t ticket, w writer, act command.Act) (ticket, done) {
	all := v.r.TemplatesOf(v.c.Key.Channel)
	name := act.Values["id"]
	if name == "" || len(all) == 0 {
		return t, done{}.say(listTemplates(v, t, all))
	}
	if d, ok := mustOwn(v, t, command.ActTemplate); !ok {
		return t, d
	}
	i := slices.IndexFunc(all, func(x core.Template) bool { return strings.EqualFold(x.ID, name) || strings.EqualFold(x.Title, name) })
	switch {
	case i < 0:
		return t, v.refuse(t, command.ActTemplate, "template_unknown", "name", card.Clip(name, 40))
	case v.c.Gone:
		return t, v.refuse(t, command.ActTemplate, "guard_gone")
	}
	f, ok := fillingOf(v, t, w, act)
	switch {
	case !ok:
		return t, v.refuse(t, command.ActTemplate, "no_message")
	case f.text == "" && fillable(all[i]):
		return t, v.refuse(t, command.ActTemplate, "template_how", "name", all[i].ID)
	case f.asked >= 0:
		t.m.drafts = t.m.forget(f.asked)
	}
	fill := strings.NewReplacer("{text}", f.text, "{ticket}", t.ID, "{agent}", w.Name, "{customer}", v.c.Peer.Name)
	values := map[string]string{}
	for k, v := range all[i].Values {
		values[k] = fill.Replace(v)
	}
	w.via = f.via
	return pass(v, t, w.draft(core.Parts{core.Form{ID: all[i].Form, Values: values}}), f.why)
}

// A filling is what an agent puts into a template.
type filling struct {
	text  string
	via   core.Via // the message that said so
	why   []string // what speaks against sending it
	asked int      // its place among the messages about which somebody was asked, or -1
}

// fillingOf is the text for a template: what the command says, or the message
// that it names, about whose text its author was asked before; false if there is
// no such message. The platform's window does not matter.
func fillingOf(v view, t ticket, w writer, act command.Act) (f filling, ok bool) {
	if act.Values["message"] != "" {
		x, at, ok := t.m.asked(w.ID, act.Values["message"], draftSend, draftRetry)
		return filling{text: strings.TrimSpace(x.Parts.Text()), via: x.Via, asked: at}, ok
	}
	said, why := guard(v, t, w.ID, core.Parts{core.Text{Body: act.Values["text"]}})
	why = slices.DeleteFunc(why, func(w string) bool { return w == guardWindow || w == guardCount })
	return filling{text: strings.TrimSpace(said.Text()), via: w.via, why: why, asked: -1}, true
}

// isForm reports whether a message goes out by a right of its own.
func isForm(parts core.Parts) bool {
	return slices.ContainsFunc(parts, func(p core.Part) bool { _, ok := p.(core.Form); return ok })
}

func listTemplates(v view, t ticket, all []core.Template) saying {
	agent := v.actor.ID
	if len(all) == 0 {
		return v.notice(t, agent, "template_none")
	}
	var lines []string
	var options []core.Option
	for _, x := range all {
		lines = append(lines, x.ID+" "+x.Title)
		if !fillable(x) && len(options) < 10 {
			options = append(options, card.Option(command.ActTemplate+":"+x.ID, card.Clip(x.Title, 20)))
		}
	}
	return v.ask(t, agent, v.of(agent, "template_list", "list", strings.Join(lines, "\n"), "name", all[0].ID), options...)
}
