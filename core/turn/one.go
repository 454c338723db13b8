package turn

import (
	"reflect"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// merged is say with what one speaker says to the peer at once in one envelope,
// where the platform takes one answer.
func (s steps) merged(say []core.Envelope, c core.Conversation) (out []core.Envelope) {
	one := s.Limits(c.Key.Channel).OneReply
	for _, env := range say {
		env = s.address(env, c)
		if n := len(out) - 1; one && n >= 0 && plain(env) && plain(out[n]) && toPeer(env, c) && toPeer(out[n], c) && env.By == out[n].By {
			out[n].Parts = append(out[n].Parts[:len(out[n].Parts):len(out[n].Parts)], env.Parts...)
			continue
		}
		out = append(out, env)
	}
	return out
}

// plain reports whether an envelope says nothing but its parts.
func plain(env core.Envelope) bool {
	bare := core.Envelope{Channel: env.Channel, Peer: env.Peer, By: env.By, Filed: env.Filed, Parts: env.Parts, Greeting: env.Greeting}
	return reflect.DeepEqual(env, bare)
}

// joined is ps as few messages as lim allows, for a platform that takes one
// answer: texts are joined, and a list stands last. A greeting that they begin
// with goes behind the answer, for nobody has asked for it.
func joined(lim core.Limits, ps core.Parts, greeting string) (out core.Parts) {
	for _, p := range behind(ps, greeting) {
		if n := len(out) - 1; n >= 0 {
			if x, ok := join(lim, out[n], p); ok {
				out[n] = x
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// join is b behind a in one message, if there is such a one.
func join(lim core.Limits, a, b core.Part) (core.Part, bool) {
	text, isText := a.(core.Text)
	list, isList := a.(core.Choice)
	switch b := b.(type) {
	case core.Text:
		if isList { // its numbers stand last
			list.Prompt += gap + b.Body
			return list, carries(lim, list)
		}
		b.Body = text.Body + gap + b.Body
		return b, isText && carries(lim, b)
	case core.Choice:
		b.Prompt = text.Body + gap + b.Prompt
		return b, isText && carries(lim, b)
	}
	return nil, false
}

// carries reports whether p goes into one answer. What is tapped never does.
func carries(lim core.Limits, p core.Part) bool {
	words := ""
	switch p := p.(type) {
	case core.Text:
		words = p.Body
	case core.Choice:
		if lim.Taps {
			return false
		}
		words = p.Numbered()
	}
	return lim.Text == 0 || lim.Unit.Len(words) <= lim.Text
}

const gap = "\n\n" // between what was said apart

// behind moves the greeting that ps begin with behind the words of the answer,
// but before a list: its numbers are what is answered.
func behind(ps core.Parts, greeting string) core.Parts {
	if greeting == "" || len(ps) == 0 {
		return ps
	}
	var answer core.Parts
	switch first := ps[0].(type) {
	case core.Text:
		rest, ok := strings.CutPrefix(first.Body, greeting)
		if !ok {
			return ps
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			answer = core.Parts{core.Text{Body: rest}}
		}
	default:
		return ps
	}
	answer = append(answer, ps[1:]...)
	at := len(answer)
	for i, p := range answer {
		if _, words := p.(core.Text); !words {
			at = i
			break
		}
	}
	out := append(core.Parts{}, answer[:at]...)
	return append(append(out, core.Text{Body: greeting}), answer[at:]...)
}
