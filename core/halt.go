package core

import (
	"encoding/json"
	"strings"
	"time"
)

// A Halt keeps policies from speaking to those who wait: the kill switch. It is
// one of Values, so that every process obeys it, and holds until it is taken away.
type Halt struct {
	Scope string    `json:"-"` // one of HaltAll, HaltTopic(…), HaltChannel(…), HaltTalk(…)
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

// HaltAll is the scope of everything.
const HaltAll = "all"

// HaltTopic is the scope of one waiting line.
func HaltTopic(topic string) string { return "topic/" + topic }

// HaltChannel is the scope of one account.
func HaltChannel(channel string) string { return "channel/" + channel }

// HaltTalk is the scope of one conversation.
func HaltTalk(key Key) string { return "talk/" + key.String() }

const (
	// StaffWords is the prefix of what staff have set for those who wait.
	StaffWords = "wait/"

	haltPrefix  = StaffWords + "halt/"
	causePrefix = StaffWords + "cause/"
)

// Value is what keeps h; with an empty Value it is taken away.
func (h Halt) Value() Value {
	b, err := json.Marshal(h)
	if err != nil {
		panic("core: a halt does not marshal: " + err.Error())
	}
	return Value{Key: haltPrefix + h.Scope, Value: string(b)}
}

// CauseValue is what keeps the reason, in staff's words, why the line for topic is
// long; an empty topic means every line. With no words it is taken away.
func CauseValue(topic, words string) Value { return Value{Key: causePrefix + topic, Value: words} }

// A Notice is what staff have set for those who wait. It is a snapshot.
type Notice struct {
	halts  map[string]Halt
	causes map[string]string
}

// ReadNotice reads the values under StaffWords. What is not one of these is left
// out, and a halt that cannot be read still halts.
func ReadNotice(vs []Value) Notice {
	n := Notice{halts: map[string]Halt{}, causes: map[string]string{}}
	for _, v := range vs {
		if scope, ok := strings.CutPrefix(v.Key, haltPrefix); ok {
			h := Halt{}
			_ = json.Unmarshal([]byte(v.Value), &h)
			h.Scope = scope
			n.halts[scope] = h
		} else if topic, ok := strings.CutPrefix(v.Key, causePrefix); ok && v.Value != "" {
			n.causes[topic] = v.Value
		}
	}
	return n
}

// Halts are all of them, in no order.
func (n Notice) Halts() (out []Halt) {
	for _, h := range n.halts {
		out = append(out, h)
	}
	return out
}

// Halted is the widest halt that keeps policies from speaking to who waits for
// topic in the conversation of key; false if none does.
func (n Notice) Halted(topic string, key Key) (Halt, bool) {
	for _, scope := range []string{HaltAll, HaltTopic(topic), HaltChannel(key.Channel), HaltTalk(key)} {
		if h, ok := n.halts[scope]; ok {
			return h, true
		}
	}
	return Halt{}, false
}

// Cause is why the line for topic is long, in staff's words; empty if they said
// nothing.
func (n Notice) Cause(topic string) string {
	if words, ok := n.causes[topic]; ok {
		return words
	}
	return n.causes[""]
}
