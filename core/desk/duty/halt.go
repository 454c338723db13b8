package duty

import (
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/card"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// Scopes of command.ActReassure, by what staff write.
var scopes = map[string]string{
	"这位": "talk", "this": "talk", "队列": "topic", "queue": "topic", "line": "topic",
	"渠道": "channel", "channel": "channel", "全部": "all", "所有": "all", "all": "all",
}

// reassure stops policies from speaking to those who wait, or lets them again.
// Anybody may stop them; who lets them speak again says why. Without a scope it is
// the customer of the thread, outside every thread everybody.
func (p Post) reassure(w Words) Reply {
	lang := p.Desks.Named(w.Desk).Lang
	scope, name, why := p.scope(w)
	verb := w.Act.Values["do"]
	switch {
	case verb == "":
		return told(card.Halts(lang, p.Scene.Notice))
	case scope == "":
		return told(card.Words(lang, "halt_whom"))
	case verb == "resume" && why == "":
		return told(card.Words(lang, "resume_why"))
	}
	v := core.Halt{Scope: scope, By: w.Agent.ID, At: p.Scene.Now, Why: why}.Value()
	text := card.Words(lang, "halted", "scope", name)
	if verb == "resume" {
		v.Value, text = "", card.Words(lang, "reassures", "scope", name)
	}
	e := core.Event{Kind: core.EventHalted, At: p.Scene.Now, By: by(w.Agent), Why: why, Data: map[string]string{"action": verb, "scope": scope}}
	return Reply{Texts: []string{text}, Events: []core.Event{e}, Values: []core.Value{v}}
}

// scope reads whom a command concerns: the scope, what it is called, and the words
// behind it. It is empty where a name is missing.
func (p Post) scope(w Words) (scope, name, why string) {
	kind, rest := scopes[strings.ToLower(w.Act.Values["scope"])], w.Act.Values["why"]
	here := w.Ticket
	if kind == "" && here != nil {
		kind = "talk"
	}
	lang := p.Desks.Named(w.Desk).Lang
	switch kind {
	case "talk":
		if here == nil {
			return "", "", rest
		}
		return core.HaltTalk(here.Key), card.Words(lang, "scope_talk"), rest
	case "topic":
		topic := ""
		if here != nil {
			topic = here.Topic
		} else if topic, rest = cut(rest); topic == "" {
			return "", "", rest
		}
		return core.HaltTopic(topic), card.Words(lang, "scope_topic", "name", topic), rest
	case "channel":
		channel := ""
		if here != nil {
			channel = here.Key.Channel
		} else if channel, rest = cut(rest); channel == "" {
			return "", "", rest
		}
		return core.HaltChannel(channel), card.Words(lang, "scope_channel", "name", channel), rest
	}
	return core.HaltAll, card.Words(lang, "scope_all"), rest
}

// cause sets why it takes longer than usual, in words for those who wait: for the
// topic of the thread's ticket, outside every thread for all. No words take it away.
func (p Post) cause(w Words) Reply {
	lang, words, topic := p.Desks.Named(w.Desk).Lang, w.Act.Values["text"], ""
	if w.Ticket != nil {
		topic = w.Ticket.Topic
	}
	id := "cause_set"
	if words == "" {
		id = "cause_off"
	}
	e := core.Event{Kind: core.EventHalted, At: p.Scene.Now, By: by(w.Agent), Why: words, Data: map[string]string{"action": command.ActCause, "topic": topic}}
	return Reply{Texts: []string{card.Words(lang, id, "text", words)}, Events: []core.Event{e}, Values: []core.Value{core.CauseValue(topic, words)}}
}

func cut(s string) (word, rest string) {
	word, rest, _ = strings.Cut(strings.TrimSpace(s), " ")
	return word, strings.TrimSpace(rest)
}
