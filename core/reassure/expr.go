package reassure

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// What conditions and times may name. Times are seconds; what is not known is
// larger than everything that a policy compares it with, but in the times of steps,
// where it is 0.
type env struct {
	Waited  float64 `expr:"waited"`
	Idle    float64 `expr:"idle"` // since the customer wrote
	Upper   float64 `expr:"upper"`
	Ahead   float64 `expr:"ahead"`
	Agents  float64 `expr:"agents"` // on duty
	Closing float64 `expr:"closing"`
	Left    float64 `expr:"left"` // messages that the platform lets us say
	Channel string  `expr:"channel"`
	Queue   lineEnv `expr:"queue"`
	ETA     etaEnv  `expr:"eta"`
	Told    toldEnv `expr:"told"`
	VIP     bool    `expr:"vip"`
	Mood    string  `expr:"mood"`
	Lang    string  `expr:"lang"`
	Topic   string  `expr:"topic"`
	Peak    bool    `expr:"peak"`

	machine vm.VM // that has read one reads the next without a stack of its own
}

func (e *env) run(p *vm.Program) (any, error) { return e.machine.Run(p, e) }

type lineEnv struct {
	Length float64 `expr:"length"`
	Head   float64 `expr:"head"` // how long the first has waited
	Agents float64 `expr:"agents"`
	Free   float64 `expr:"free"`
}

type etaEnv struct {
	Upper float64 `expr:"upper"`
	Low   float64 `expr:"low"`
	Known bool    `expr:"known"`
}

type toldEnv struct {
	Upper float64 `expr:"upper"`
	Rose  float64 `expr:"rose"` // by which share what is expected now is longer than what was told
}

// A cond is a condition; none always holds.
type cond struct {
	src string
	run *vm.Program
}

// UnmarshalYAML takes it as it stands.
func (c *cond) UnmarshalYAML(read func(any) error) error { return read(&c.src) }

// compile makes it ready.
func (c *cond) compile() (err error) {
	if c.src != "" {
		c.run, err = compile(c.src, expr.AsBool())
	}
	return err
}

// holds evaluates it.
func (c cond) holds(e *env) bool {
	if c.run == nil {
		return true
	}
	v, err := e.run(c.run)
	yes, ok := v.(bool)
	return err == nil && ok && yes
}

// A moment is when a step is due: at once, so many seconds after a beginning, or as
// soon as a condition holds.
type moment struct {
	src  string
	run  *vm.Program
	kind momentKind
}

type momentKind uint8

const (
	atEnqueue momentKind = iota + 1
	afterStart
	afterTold // measured from what was told last
	whenTrue
)

// UnmarshalYAML takes it as it stands.
func (m *moment) UnmarshalYAML(read func(any) error) error { return read(&m.src) }

// compile makes it ready.
func (m *moment) compile() (err error) {
	switch m.src {
	case "":
		return errors.New("the step has no at; write enqueue, a time like max(2m, 0.25*upper), or a condition like waited >= 40m")
	case "enqueue":
		m.kind = atEnqueue
		return nil
	}
	if m.run, err = compile(m.src); err != nil {
		return err
	}
	switch kind := m.run.Node().Type().Kind(); {
	case kind == reflect.Bool:
		m.kind = whenTrue
	case kind >= reflect.Int && kind <= reflect.Float64 && strings.Contains(m.src, "told."):
		m.kind = afterTold
	case kind >= reflect.Int && kind <= reflect.Float64:
		m.kind = afterStart
	default:
		return fmt.Errorf("%q is neither a time nor a condition; write enqueue, a time like max(2m, 0.25*upper), or a condition like waited >= 40m", m.src)
	}
	return nil
}

// number evaluates a time.
func (m moment) number(e *env) float64 {
	v, err := e.run(m.run)
	if err != nil {
		return 0
	}
	switch x := v.(type) {
	case float64:
		return x
	case int:
		return float64(x)
	}
	return 0
}

func (m moment) holds(e *env) bool { return cond{run: m.run}.holds(e) }

var (
	durations = regexp.MustCompile(`\b(\d+(?:\.\d+)?)(s|m|h)\b`)
	near      = regexp.MustCompile(`\bnear\b(\s*\(([^(),]*),([^(),]*)\))?`)
	units     = map[string]string{"s": "1", "m": "60", "h": "3600"}
)

// compile reads an expression. In it 5m is a time, and near(2m, 3), or near alone,
// says that it is less than two minutes or at most three people to go.
func compile(src string, more ...expr.Option) (*vm.Program, error) {
	if len(src) > 500 {
		return nil, errors.New("a condition of over 500 characters is a mistake; split the step")
	}
	opts := append([]expr.Option{expr.Env(&env{}), expr.MaxNodes(200), expr.DisableAllBuiltins(), expr.EnableBuiltin("max"), expr.EnableBuiltin("min")}, more...)
	p, err := expr.Compile(plain(src), opts...)
	if err != nil {
		msg, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("%q: %s; a condition compares waited, idle, upper, ahead, agents, closing, left, channel, topic, vip, mood, lang, peak, queue.length/head/agents/free, eta.upper/low/known, told.upper/rose with numbers and times like 90s, 5m, 1h, and may say near(2m, 3)", src, msg)
	}
	return p, nil
}

// plain is src without what only policies write, outside of quotes.
func plain(src string) string {
	parts := strings.Split(src, `"`)
	for i := 0; i < len(parts); i += 2 {
		s := near.ReplaceAllStringFunc(parts[i], func(n string) string {
			time, people := "2m", "3"
			if m := near.FindStringSubmatch(n); m[1] != "" {
				time, people = m[2], m[3]
			}
			return "(eta.known && eta.upper <= " + time + " || ahead <= " + people + ")"
		})
		parts[i] = durations.ReplaceAllStringFunc(s, func(d string) string {
			return "(" + d[:len(d)-1] + "*" + units[d[len(d)-1:]] + ")"
		})
	}
	return strings.Join(parts, `"`)
}
