package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A deskName is what the console is called in the configuration: the desk of
// tickets, the front of agents' names, of our keys in Values and of our topic
// on the bus.
type deskName string

// topic is where our hints go on the bus.
func (d deskName) topic() string { return "console/" + string(d) }

// shelf is our part of values.
func (d deskName) shelf(values core.Values) shelf { return shelf{values, d.topic() + "/"} }

// agent is the Agent.ID of an account.
func (d deskName) agent(account string) string { return string(d) + "/" + account }

// account is the account behind an Agent.ID; empty if they work at another desk.
func (d deskName) account(agent string) string {
	id, ok := strings.CutPrefix(agent, string(d)+"/")
	if !ok {
		return ""
	}
	return id
}

// A shelf is our part of core.Values: JSON under keys with a common front.
type shelf struct {
	values core.Values
	front  string
}

// get reads a value into v; false means that there is none.
func (s shelf) get(ctx context.Context, key string, v any) (bool, error) {
	text, ok, err := s.values.Get(ctx, s.front+key)
	if err != nil || !ok {
		return false, err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return false, fmt.Errorf("console: the value %s cannot be read: %w", s.front+key, err)
	}
	return true, nil
}

// has reports whether there is a value.
func (s shelf) has(ctx context.Context, key string) (bool, error) {
	_, ok, err := s.values.Get(ctx, s.front+key)
	return ok, err
}

// put keeps v for life; 0 means until it is deleted.
func (s shelf) put(ctx context.Context, key string, v any, life time.Duration) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.values.Put(ctx, s.front+key, string(b), life)
}

// add is put for a key that has no value yet; false means that it has one.
func (s shelf) add(ctx context.Context, key string, v any, life time.Duration) (bool, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return false, err
	}
	return s.values.Add(ctx, s.front+key, string(b), life)
}

func (s shelf) delete(ctx context.Context, key string) error {
	return s.values.Delete(ctx, s.front+key)
}

// list reads the values under keys that begin with front, by key.
func list[T any](ctx context.Context, s shelf, front string, most int) ([]T, error) {
	vs, err := s.values.List(ctx, s.front+front, most)
	if err != nil {
		return nil, fmt.Errorf("console: reading %s…: %w", s.front+front, err)
	}
	out := make([]T, len(vs))
	for i, v := range vs {
		if err := json.Unmarshal([]byte(v.Value), &out[i]); err != nil {
			return nil, fmt.Errorf("console: the value %s cannot be read: %w", v.Key, err)
		}
	}
	return out, nil
}
