// Package config reads the one file that says how the program is set up.
//
// The file is YAML and strict: an unknown key, a value of the wrong kind and a
// name of nothing that exists are errors. Load reports all of them at once, each
// as file:line:col with what to do. Texts may contain ${NAME}, ${NAME:-default}
// and ${file:/path}; secrets must be exactly one such slot, because the file
// itself is passed around and kept in version control.
//
// Relative paths are relative to the file. Without a file there is Default: a
// web chat, an inbox for staff and a demo order system.
package config

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Config is the whole file, checked.
type Config struct {
	Listen  string   // address to serve on, host:port
	BaseURL string   // how browsers and platforms reach it; empty: as they happen to call it
	Hosts   []string // further names by which pages are called; with BaseURL any other is refused
	Data    string   // folder of everything that is kept
	Zone    string   // IANA time zone of the clock times that staff read and write
	Proxies []string // addresses (CIDR or single) whose X-Forwarded-For is believed
	Files   Files
	Store   core.Secret // address of the PostgreSQL database that keeps everything; empty: a file in Data
	Bus     core.Secret // address of the Redis that several processes share; empty: there is one process
	Log     Log
	Metrics Metrics
	Limits  Limits
	Keep    Keep // of every channel that does not say otherwise
	Flows   Flows

	Playground bool // a page acts as WeChat and Weibo; accounts for it are made where none are named

	Channels map[string]Channel // face customers
	Desks    map[string]Desk    // face staff
	Systems  map[string]Account // answer what flows ask; with the demo scripts, their orders if none is named

	Line  Line
	Staff Staff

	Path string `yaml:"-"` // of the file; empty for Default
	top  *node
	p    Problems
}

// Files is where media are kept that people send.
type Files struct {
	Folder string      // empty: blobs in Data
	S3     string      // bucket of an object store, https://host/bucket/prefix; empty: none
	Key    core.Secret // access key
	Secret core.Secret
	Region string
}

// Log is what is written to stderr.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// Metrics is who may read /metrics.
type Metrics struct {
	Listen string      // address of its own; empty: with everything else
	Token  core.Secret // to be sent as a bearer token; empty: none
}

// Limits bound what one request and one stop may cost.
type Limits struct {
	Connections int           // open at once for one address that is not a proxy of ours
	Body        int64         // largest request in bytes, uploads included
	Disk        int           // percent of the free disk that files of customers may fill
	Stop        time.Duration // longest wait for requests, turns and sends at the end
}

// Flows is where the scripts are.
type Flows struct {
	Dir  string        // empty: the demo scripts inside the program
	Poll time.Duration // how often files are looked at for changes; 0: only on SIGHUP
}

// An Account is one account on one platform.
type Account struct {
	Type string // adapter
	Part Part
}

// A Channel is an account that faces customers.
type Channel struct {
	Type string // adapter
	Keep Keep
	Part Part
}

// Keep is how long what was said is kept, in whole days; 0 is for ever, nil as
// the next wider group says.
type Keep struct {
	Messages *time.Duration // and what else holds their words: closed tickets, what the bot remembers
	Media    *time.Duration // the files of messages; no longer than these
	Events   *time.Duration // the words in the log of events; what reports count stays
}

// Kept is how long what was said on a channel is kept.
func (c *Config) Kept(channel string) Keep {
	own := c.Channels[channel].Keep
	return Keep{cmp.Or(own.Messages, c.Keep.Messages), cmp.Or(own.Media, c.Keep.Media), cmp.Or(own.Events, c.Keep.Events)}
}

// A Desk is an account that faces staff.
type Desk struct {
	Type     string
	Topics   []string       // tickets it shows; empty: all
	Channels []string       // accounts of customers whose tickets it shows; empty: all
	Explicit bool           // nothing goes to the customer without a mark or a button
	Hold     *time.Duration // how long an agent's message can be taken back; nil: as fits the desk
	Lang     string         // of cards and notices, zh-CN or en
	Mask     bool           // cards hide telephone numbers, addresses and names
	Crowd    int            // cards of waiting tickets are shown while fewer wait than this; 0: 5, -1: always
	Part     Part
}

// Line is how tickets are given to agents.
type Line struct {
	Mode   string        // who gets the next: least, idle, round, last, manual
	Sticky time.Duration // for last: how long a ticket waits for its last agent
	Age    time.Duration // head start of a class over the next less urgent one
	Max    int           // tickets an agent has at once, if their record does not say
	Ring   time.Duration // how long an agent may let a ticket ring
	Misses int           // times in a row that an agent lets it ring out before they are asked, and at the next set to a break
}

// Staff is what holds for everybody at the desks.
type Staff struct {
	Agents    map[string]Agent // by Agent.ID: desk/name there
	Canned    []Canned         // ready replies
	Templates []Template       // messages by which platforms let us write after their window has closed
	Banned    []string         // words that are not sent without asking
	Remind    []time.Duration  // silence after which the owner of a ticket is reminded
	Lead      time.Duration    // … after which leads are told
	Return    time.Duration    // … after which the ticket returns to the front of the line
	Recall    time.Duration    // how long after its close a ticket opens again
	Hops      int              // transfers before only a lead can be the target
	Reserve   int              // messages of a channel's allowance that system texts leave to the agent
}

// An Agent is what is set for a member of staff who appears at a desk.
type Agent struct {
	Name   string
	Lead   bool
	Topics []string            // they take; empty: all
	Langs  []string            // they speak; empty: all
	Max    int                 // tickets at once; 0: Line.Max
	Shift  map[string][]string // when they are on duty by themselves: mon-fri: ["09:00-12:00"]; empty: when they say so
}

// A Canned is a ready reply.
type Canned struct{ ID, Title, Text string }

// A Template is a form that a platform shows as a message of its own.
type Template struct {
	ID, Title string
	Channels  []string          // accounts that have it; empty: every one that takes forms
	Form      string            // as the adapter reads it, like template:reply
	Values    map[string]string // with {text}, {ticket}, {agent}, {customer}
}

// A Part is the keys of the file that belong to an adapter.
type Part struct {
	src  Sources
	file string
	path string
	node *node // those keys
	all  *node // and those beside them
}

// Decode fills the struct that v points to. Keys are yaml or json tags, or the
// field's name in lower_snake. The error is a *Problems with every fault.
func (p Part) Decode(v any) error {
	if p.node == nil {
		return nil
	}
	ps := Problems{file: p.file}
	d := decoder{src: p.src, p: &ps}
	d.into(p.node, reflect.ValueOf(v).Elem(), p.path)
	return ps.err()
}

// Explain gives err, which an adapter returned about its part, the place in the
// file. A line of err that begins with a key, or with the adapter's type and a
// key, gets the key's place: "webchat: limits: body is too small".
func (p Part) Explain(err error) error {
	var ps *Problems
	if err == nil || errors.As(err, &ps) || p.all == nil {
		return err
	}
	out := Problems{file: p.file}
	for row := range strings.Lines(err.Error()) {
		if row = strings.TrimSpace(row); row == "" {
			continue
		}
		n, at, path := p.all, p.all.at, p.path
		for i, word := range strings.SplitN(row, ": ", 4) {
			key, _, _ := strings.Cut(word, " ")
			next, _, kat := n.step(strings.TrimRight(key, ","), at)
			if next == nil || key == "type" {
				if i == 0 {
					continue // the adapter's name
				}
				break
			}
			n, at, path = next, kat, join(path, key)
			if next.kind != isMap && next.kind != isList {
				at = next.at
			}
		}
		out.add(at, path, row, "")
	}
	return out.err()
}

// Options of Load.
type Options struct {
	Sources
	Makers map[string]core.Maker // the adapters there are; nil: types are not checked
}

// Default is the configuration without a file.
func Default() *Config {
	c, err := Parse("", []byte(builtIn), Options{})
	if err != nil {
		panic("config: the built-in configuration is broken: " + err.Error()) // a test reads it
	}
	return c
}

const builtIn = `
channels:
  web: {type: webchat}
desks:
  inbox: {type: console}
`

// Load reads the file at path, and the variables that stand beside it. The error
// is a *Problems unless a file cannot be read at all.
func Load(path string, o Options) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if o.Env == nil {
		if o.Env, err = beside(path); err != nil {
			return nil, err
		}
	}
	return Parse(path, b, o)
}

// Parse is Load of a file that has been read.
func Parse(path string, b []byte, o Options) (*Config, error) {
	c := &Config{Path: path, p: Problems{file: cmp.Or(path, "config")}}
	c.defaults()
	dir := filepath.Dir(path)
	if o.File == nil && path != "" {
		o.File = func(name string) ([]byte, error) { return Sources{}.file(under(dir, name)) }
	}
	if c.top = read(b, &c.p); c.top != nil {
		d := decoder{src: o.Sources, p: &c.p}
		d.into(c.top, reflect.ValueOf(c).Elem(), "")
		if c.Flows.Dir == "" && c.Systems == nil {
			c.Systems = map[string]Account{"orders": {Type: "action"}}
		}
		if c.top.kind == isMap {
			c.check(o.Makers)
		}
	}
	if err := c.p.err(); err != nil {
		return nil, err
	}
	if path != "" {
		c.Data, c.Flows.Dir = under(dir, c.Data), under(dir, c.Flows.Dir)
	}
	return c, nil
}

func (c *Config) defaults() {
	c.Listen = "127.0.0.1:8080"
	c.Data = "data"
	c.Zone = "Asia/Shanghai"
	c.Log = Log{Level: "info", Format: "text"}
	c.Limits = Limits{Connections: 512, Body: 25e6, Disk: 20, Stop: 20 * time.Second}
	c.Flows = Flows{Poll: time.Second}
	c.Line = Line{Mode: "least", Sticky: time.Minute, Age: 10 * time.Minute, Max: 5, Ring: 45 * time.Second, Misses: 3}
	c.Staff = Staff{
		Remind: []time.Duration{time.Minute, 100 * time.Second},
		Lead:   3 * time.Minute, Return: 5 * time.Minute, Recall: 30 * time.Minute, Hops: 3, Reserve: 2,
	}
}

func under(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// Names are all accounts, in order.
func (c *Config) Names() []string {
	var out []string
	for n := range c.Channels {
		out = append(out, n)
	}
	for n := range c.Desks {
		out = append(out, n)
	}
	for n := range c.Systems {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
