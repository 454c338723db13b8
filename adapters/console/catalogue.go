package console

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-im/frontdesk/core"
)

// A catalogue is what the program told us of its channels, topics and templates.
type catalogue struct {
	mu        sync.Mutex
	title     func(lang, topic string) string           // of a topic; nil: as it is
	label     func(lang, name, value string) core.Field // of a form; nil: as it is
	templates func(channel string) []core.Template
	channels  map[string]core.Limits
}

// learn lets f write into the catalogue.
func (c *catalogue) learn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// limits are what a channel carries; false if that is not known.
func (c *catalogue) limits(channel string) (core.Limits, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.channels[channel]
	return l, ok
}

// carries is what the composer must know of a channel.
type carries struct {
	Text      int      `json:"text,omitempty"`
	Unit      string   `json:"unit"`
	Media     []string `json:"media,omitempty"`
	MediaSize int64    `json:"mediaSize,omitempty"`
	Known     bool     `json:"known"`
}

func (c *catalogue) carries(channel string) carries {
	l, ok := c.limits(channel)
	unit := map[core.Unit]string{core.Bytes: "bytes", core.UTF16: "utf16"}[l.Unit]
	if unit == "" {
		unit = "runes"
	}
	return carries{Text: l.Text, Unit: unit, Media: l.Media, MediaSize: l.MediaSize, Known: ok}
}

// offer is a template as the composer shows it before it is sent.
type offer struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Lines []string `json:"lines"`          // what the customer will read, with {text}, {ticket}, {agent}, {customer}
	Text  bool     `json:"text,omitempty"` // the agent has to write something
}

// offers are the templates for the composer.
func (c *catalogue) offers(channel string) []offer {
	out := []offer{}
	for _, x := range c.templatesOf(channel) {
		o := offer{ID: x.ID, Title: x.Title, Lines: formLines(x.Values)}
		for _, v := range x.Values {
			o.Text = o.Text || strings.Contains(v, "{text}")
		}
		out = append(out, o)
	}
	return out
}

// templatesOf are in the configuration's order.
func (c *catalogue) templatesOf(channel string) []core.Template {
	c.mu.Lock()
	f := c.templates
	c.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(channel)
}

// titles are what topics are called, by language and topic.
type titles map[string]map[string]string

// titled is what topics are called; nil if nobody said.
func (c *catalogue) titled(topics []string) titles {
	c.mu.Lock()
	f := c.title
	c.mu.Unlock()
	if f == nil {
		return nil
	}
	out := titles{}
	for _, lang := range []string{"zh", "en"} {
		out[lang] = map[string]string{}
		for _, id := range topics {
			out[lang][id] = f(lang, id)
		}
	}
	return out
}

// labelled is a ticket's form in the script's words, by language; nil if nobody
// said what they are.
func (c *catalogue) labelled(form map[string]string) map[string][]core.Field {
	c.mu.Lock()
	f := c.label
	c.mu.Unlock()
	if f == nil || len(form) == 0 {
		return nil
	}
	out := map[string][]core.Field{}
	for _, lang := range []string{"zh", "en"} {
		for _, name := range slices.Sorted(maps.Keys(form)) {
			out[lang] = append(out[lang], f(lang, name, form[name]))
		}
	}
	return out
}
