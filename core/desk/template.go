package desk

import (
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// templates are those that the customer's channel has.
func (t *turn) templates() []Template { return t.r.TemplatesOf(t.c.Key.Channel) }

// TemplatesOf are the templates that may be sent to a channel's customers.
func (r *Rules) TemplatesOf(channel string) (out []Template) {
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
func (t *turn) byTemplate(agent, num string) (out []core.Option) {
	for _, x := range t.templates() {
		if x.holds("{text}") && len(out) < 3 {
			out = append(out, option(ActTemplate+":"+x.ID+"/"+num, t.of(agent, "btn_template", "title", clip(x.Title, 20))))
		}
	}
	return out
}

// holds reports whether a value has the variable in it.
func (x Template) holds(variable string) bool {
	for _, v := range x.Values {
		if strings.Contains(v, variable) {
			return true
		}
	}
	return false
}

// template sends a form of the customer's platform, with what the agent wrote.
// It needs no open window; the undo window holds as for every message.
func (t *turn) template(a core.Agent, via core.Via, act Act) {
	all := t.templates()
	name := act.Values["id"]
	if name == "" || len(all) == 0 {
		t.listTemplates(a, all)
		return
	}
	if !t.mustOwn(a, ActTemplate) {
		return
	}
	i := slices.IndexFunc(all, func(x Template) bool { return strings.EqualFold(x.ID, name) || strings.EqualFold(x.Title, name) })
	if i < 0 {
		t.refuse(a, ActTemplate, "template_unknown", "name", clip(name, 40))
		return
	}
	if t.c.Gone {
		t.refuse(a, ActTemplate, "guard_gone")
		return
	}
	x, d := all[i], draft{Kind: draftSend, Via: via, Name: a.Name}
	text, why, asked, ok := t.filling(a, act, &d)
	switch {
	case !ok:
		t.refuse(a, ActTemplate, "no_message")
		return
	case text == "" && x.holds("{text}"):
		t.refuse(a, ActTemplate, "template_how", "name", x.ID)
		return
	case asked >= 0:
		t.forget(asked)
	}
	customer := t.c.Peer.Name
	fill := strings.NewReplacer("{text}", text, "{ticket}", t.t.ID, "{agent}", a.Name, "{customer}", customer)
	values := map[string]string{}
	for k, v := range x.Values {
		values[k] = fill.Replace(v)
	}
	d.Parts = core.Parts{core.Form{ID: x.Form, Values: values}}
	if len(why) > 0 {
		t.holdBack(a, d, why)
		return
	}
	t.hold(d)
}

// filling is the text for a template: what the command says, with what speaks
// against sending it, or the message that it names, about whose text its author
// was asked before; asked is that one's place, or -1. The platform's window does
// not matter.
func (t *turn) filling(a core.Agent, act Act, d *draft) (text string, why []string, asked int, ok bool) {
	if act.Values["message"] != "" {
		old, at, ok := t.asked(a, act, draftSend, draftRetry)
		if ok {
			d.Via = old.Via
		}
		return strings.TrimSpace(old.Parts.Text()), nil, at, ok
	}
	said, why := t.guard(a, core.Parts{core.Text{Body: act.Values["text"]}})
	why = slices.DeleteFunc(why, func(w string) bool { return w == guardWindow || w == guardCount })
	return strings.TrimSpace(said.Text()), why, -1, true
}

// isForm reports whether a message goes out by a right of its own.
func isForm(parts core.Parts) bool {
	return slices.ContainsFunc(parts, func(p core.Part) bool { _, ok := p.(core.Form); return ok })
}

func (t *turn) listTemplates(a core.Agent, all []Template) {
	if len(all) == 0 {
		t.notice(a.ID, "template_none")
		return
	}
	var lines []string
	var options []core.Option
	for _, x := range all {
		lines = append(lines, x.ID+" "+x.Title)
		if !x.holds("{text}") && len(options) < 10 {
			options = append(options, option(ActTemplate+":"+x.ID, clip(x.Title, 20)))
		}
	}
	t.ask(a.ID, t.of(a.ID, "template_list", "list", strings.Join(lines, "\n"), "name", all[0].ID), options...)
}
