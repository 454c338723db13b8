package rehearse

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/frontdesk-im/frontdesk/core/spelling"
)

// A Scenario is an evening that is made up: who comes, who serves, and how long
// people wait before they give up. What a file leaves out is as in the example of
// the zero Scenario's documentation, scenarios/eleven.yaml but for its slots.
type Scenario struct {
	Start    time.Time          `yaml:"start"`
	Minutes  int                `yaml:"minutes"`
	Seed     uint64             `yaml:"seed"`
	Queue    string             `yaml:"queue"`    // the only queue, or
	Queues   map[string]float64 `yaml:"queues"`   // several, each with its share of the customers
	Arrivals []Arrivals         `yaml:"arrivals"` // one after the other
	Agents   []Agents           `yaml:"agents"`   // for each set of skills one after the other
	Service  Spread             `yaml:"service"`
	Patience Patience           `yaml:"patience"`
	Presence Presence           `yaml:"presence"`
	Asks     float64            `yaml:"asks"` // share who ask the bot once while they wait
	VIP      float64            `yaml:"vip"`
	Channels map[string]float64 `yaml:"channels"` // each with its share of the customers
	Refuses  []Refuses          `yaml:"refuses"`  // when a platform takes nothing
}

// Arrivals is how many come, at random, until a minute of the evening.
type Arrivals struct {
	Until     float64 `yaml:"until"`
	PerMinute float64 `yaml:"per_minute"`
}

// Agents is how many of the same skills are on duty until a minute of the evening.
type Agents struct {
	Until  float64  `yaml:"until"`
	Count  int      `yaml:"count"`
	Slots  int      `yaml:"slots"`  // customers at a time, each
	Skills []string `yaml:"skills"` // queues; empty: all
}

// A Spread is a log-normal time.
type Spread struct {
	Median time.Duration `yaml:"median"`
	Sigma  float64       `yaml:"sigma"`
}

// Patience is how long somebody waits before they give up. It is an assumption:
// nobody sees those who leave without a word.
type Patience struct {
	Median time.Duration `yaml:"median"`
	Sigma  float64       `yaml:"sigma"`
	Silent float64       `yaml:"silent"` // share of those who give up who say nothing
}

// Presence is how those who are still there answer when they are asked whether
// they are.
type Presence struct {
	Answer float64       `yaml:"answer"` // share who do
	Within time.Duration `yaml:"within"`
}

// Refuses is a time, in minutes of the evening, in which a platform refuses a
// share of what it is sent.
type Refuses struct {
	From    float64 `yaml:"from"`
	Until   float64 `yaml:"until"`
	Channel string  `yaml:"channel"`
	Code    int     `yaml:"code"` // the platform's number for it
	Share   float64 `yaml:"share"`
}

// A Problem is something wrong in a scenario file: where, what, and what to do.
type Problem struct {
	File string
	Line int
	Text string
}

func (p *Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Parse reads a scenario file strictly; name is what errors call it.
func Parse(name string, src []byte) (_ *Scenario, err error) {
	defer func() { // the parser is known to have panicked on hostile input
		if recover() != nil {
			err = &Problem{name, 1, "this is not YAML; check the indentation around the last change"}
		}
	}()
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, problem(name, err)
	}
	s := &Scenario{
		Start: time.Date(2026, 11, 11, 19, 0, 0, 0, time.FixedZone("", 8*3600)), Minutes: 180, Seed: 7,
		Service: Spread{6 * time.Minute, 0.6}, Patience: Patience{8 * time.Minute, 0.9, 0.6}, Presence: Presence{0.7, time.Minute},
		Asks: 0.3, VIP: 0.05,
	}
	c := &checker{name: name, file: f}
	if c.notation(); len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	if len(f.Docs) > 0 && f.Docs[0].Body != nil {
		if err := yaml.NodeToValue(f.Docs[0].Body, s, yaml.Strict()); err != nil {
			return nil, problem(name, err)
		}
	}
	s.fill()
	c.check(s)
	return s, errors.Join(c.problems...)
}

// fill is what has no value of its own yet.
func (s *Scenario) fill() {
	end := float64(s.Minutes)
	if len(s.Queues) == 0 {
		s.Queue = cmp.Or(s.Queue, "aftersale")
	}
	if s.Arrivals == nil {
		s.Arrivals = []Arrivals{{min(30, end), 10}, {min(120, end), 30}, {end, 8}}
		s.Arrivals = slices.CompactFunc(s.Arrivals, func(a, b Arrivals) bool { return a.Until == b.Until })
	}
	if s.Agents == nil {
		s.Agents = []Agents{{Until: end, Count: 12, Slots: 5}}
	}
	for i, a := range s.Agents {
		if a.Slots == 0 {
			s.Agents[i].Slots = 5
		}
	}
	if s.Channels == nil {
		s.Channels = map[string]float64{"wechat": 0.6, "weibo": 0.1, "web": 0.2, "email": 0.1}
	}
}

// queues are the names of the queues.
func (s *Scenario) queues() []string {
	if len(s.Queues) == 0 {
		return []string{s.Queue}
	}
	return sorted(s.Queues)
}

// problem says in plain words what the YAML reader has against a file.
func problem(name string, err error) error {
	line := 1
	var at yaml.Error
	if errors.As(err, &at) {
		if t := at.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	var wrong *yaml.TypeError
	switch {
	case errors.As(err, &unknown):
		key := ""
		if unknown.Token != nil {
			key = unknown.Token.Value
		}
		return &Problem{name, line, fmt.Sprintf("unknown key %q; the keys are %s", key, keys)}
	case errors.As(err, &wrong):
		return &Problem{name, line, "this is no " + kind(wrong.DstType)}
	case errors.As(err, new(*yaml.SyntaxError)):
		return &Problem{name, line, spelling.YAML(at.GetMessage()) + "; a value here is a number, a time like 6m or 90s, a date like 2026-11-11T19:00:00+08:00, or a text"}
	case at != nil:
		return &Problem{name, line, spelling.YAML(at.GetMessage()) + "; compare with the example of frontdesk rehearse --help"}
	}
	return &Problem{name, line, "this does not read; compare with the example of frontdesk rehearse --help"}
}

// keys are all that a scenario has.
const keys = "start, minutes, seed, queue or queues, arrivals [until, per_minute], agents [until, count, slots, skills], service {median, sigma}, " +
	"patience {median, sigma, silent}, presence {answer, within}, asks, vip, channels, refuses [from, until, channel, code, share]"

func kind(t reflect.Type) string {
	switch {
	case t == nil:
		return "value for this key; compare with the example"
	case t == reflect.TypeFor[time.Duration]():
		return "time; write it like 6m or 90s"
	case t == reflect.TypeFor[time.Time]():
		return "date; write it like 2026-11-11T19:00:00+08:00"
	case t.Kind() == reflect.Slice:
		return "list; write it like [{…}, {…}]"
	case t.Kind() == reflect.Map, t.Kind() == reflect.Struct:
		return "block of keys; write it like {key: value}"
	case t.Kind() == reflect.String:
		return "text"
	}
	return "number; write it like 0.3 or 12"
}

// A checker collects what is wrong with the values of a scenario.
type checker struct {
	name     string
	file     *ast.File
	problems []error
}

// want reports a problem at a path of the file unless ok.
func (c *checker) want(ok bool, path, text string) {
	if ok {
		return
	}
	line := 1
	for p := path; p != ""; p = p[:max(0, strings.LastIndexAny(p, ".["))] {
		if n := c.node(p); n != nil {
			line = n.GetToken().Position.Line
			break
		}
	}
	c.problems = append(c.problems, &Problem{c.name, line, path + ": " + text})
}

// node is what stands at a path of the file; nil if nothing does.
func (c *checker) node(path string) ast.Node {
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return nil
	}
	n, err := p.FilterFile(c.file)
	if err != nil {
		return nil
	}
	return n
}

// notation looks at times and dates, of which the YAML reader does not say where
// they stand.
func (c *checker) notation() {
	for _, path := range []string{"service.median", "patience.median", "presence.within"} {
		if n := c.node(path); n != nil {
			_, err := time.ParseDuration(n.GetToken().Value)
			c.want(err == nil, path, "this is no time; write it like 6m or 90s")
		}
	}
	if n := c.node("start"); n != nil {
		_, err := time.Parse(time.RFC3339, n.GetToken().Value)
		c.want(err == nil, "start", "this is no date; write it like 2026-11-11T19:00:00+08:00")
	}
}

const longest = 7 * 24 * 60 // minutes of an evening

func (c *checker) check(s *Scenario) {
	c.want(s.Minutes > 0 && s.Minutes <= longest, "minutes", fmt.Sprintf("must be from 1 to %d (a week)", longest))
	c.want(!s.Start.IsZero(), "start", "write a date like 2026-11-11T19:00:00+08:00")
	c.want(len(s.Queues) == 0 || s.Queue == "", "queues", "give queue or queues, not both")
	c.shares("queues", s.Queues)
	c.shares("channels", s.Channels)
	for _, n := range sorted(s.Channels) {
		c.want(rulesOf[n] != nil, "channels", fmt.Sprintf("%q is no channel that is simulated; there are %s", n, strings.Join(sorted(rulesOf), ", ")))
	}
	c.flow(s)
	c.staff(s)
	c.want(s.Service.Median > 0, "service.median", "must be above 0, like 6m")
	c.want(s.Patience.Median > 0, "patience.median", "must be above 0, like 8m")
	c.want(s.Service.Sigma >= 0 && s.Service.Sigma <= 5, "service.sigma", "must be from 0 to 5")
	c.want(s.Patience.Sigma >= 0 && s.Patience.Sigma <= 5, "patience.sigma", "must be from 0 to 5")
	c.share("patience.silent", s.Patience.Silent)
	c.share("presence.answer", s.Presence.Answer)
	c.want(s.Presence.Within > 0, "presence.within", "must be above 0, like 1m")
	c.share("asks", s.Asks)
	c.share("vip", s.VIP)
	for i, r := range s.Refuses {
		at := fmt.Sprintf("refuses[%d]", i)
		c.want(r.From >= 0 && r.Until > r.From, at, "until must be after from, both in minutes of the evening")
		c.want(rulesOf[r.Channel] != nil, at+".channel", "name a channel, like wechat")
		c.share(at+".share", r.Share)
	}
}

func (c *checker) flow(s *Scenario) {
	last, people := 0.0, 0.0
	for i, a := range s.Arrivals {
		at := fmt.Sprintf("arrivals[%d]", i)
		c.want(a.Until > last, at+".until", "must be later than the one before, in minutes of the evening")
		c.want(a.PerMinute >= 0 && a.PerMinute <= 10000, at+".per_minute", "must be from 0 to 10000")
		people += (min(a.Until, float64(s.Minutes)) - last) * a.PerMinute
		last = a.Until
	}
	c.want(people <= 2e6, "arrivals", "more than two million customers would come; make it a shorter evening")
}

func (c *checker) staff(s *Scenario) {
	last, known := map[string]float64{}, s.queues()
	for i, a := range s.Agents {
		at := fmt.Sprintf("agents[%d]", i)
		set := strings.Join(slices.Sorted(slices.Values(a.Skills)), ",")
		c.want(a.Until > last[set], at+".until", "must be later than the one before of the same skills, in minutes of the evening")
		last[set] = a.Until
		c.want(a.Count >= 0 && a.Count <= 10000, at+".count", "must be from 0 to 10000")
		c.want(a.Slots > 0 && a.Slots <= 1000, at+".slots", "must be from 1 to 1000")
		for _, q := range a.Skills {
			c.want(slices.Contains(known, q), at+".skills", fmt.Sprintf("there is no queue %q; there are %s", q, strings.Join(known, ", ")))
		}
	}
}

func (c *checker) share(path string, x float64) {
	c.want(x >= 0 && x <= 1, path, "must be a share from 0 to 1")
}

func (c *checker) shares(path string, m map[string]float64) {
	if len(m) == 0 {
		return
	}
	sum := 0.0
	for _, n := range sorted(m) {
		c.want(m[n] >= 0, path, fmt.Sprintf("the share of %s must not be below 0", n))
		sum += m[n]
	}
	c.want(math.Abs(sum-1) < 0.005, path, fmt.Sprintf("the shares add up to %.3g; make it 1", sum))
}
