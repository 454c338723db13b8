package reassure

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// What texts for those who wait must not say. The rules are those of the copy that
// comes with the program: facts, choices, no empty promises, nobody blamed, nothing
// sold.
var (
	hasty    = regexp.MustCompile(`(?i)马上|立刻|立即|稍等片刻|很快就|\b(?:immediately|right away|in a moment|any second)\b`)
	blaming  = regexp.MustCompile(`(?i)(?:您|你)的问题太|(?:您|你)(?:没有|没)(?:看|读|按)|\byour (?:question|problem) is too\b|\byou (?:failed|should have)\b`)
	selling  = regexp.MustCompile(`(?i)优惠|折扣|特价|促销|秒杀|满减|抢购|(?:领|送).{0,2}券|\b(?:discount|sale|promo(?:tion)?|coupon|deal)\b`)
	word     = regexp.MustCompile(`^[\p{L}\p{N}_-]+$`)
	sorry    = regexp.MustCompile(`(?i)抱歉|对不起|我们的问题|\b(?:sorry|apolog)`)
	numbered = regexp.MustCompile(`(?:^|[^0-9{])([0-9])(?:[\s　]|$)`)
)

// longest is how many characters a text may have, variables not counted: Chinese
// ones, or Latin ones at two for one.
const longest = 90

// A linter finds what is wrong in a policy.
type linter struct {
	file  string
	ast   *ast.File
	found []error
}

// compile makes ready what a policy has read as it stood.
func (l *linter) compile(p *Policy) {
	if err := p.On.On.compile(); err != nil {
		l.say("$.peak", "%v", err)
	}
	if err := p.Caps.Quiet.compile(); err != nil {
		l.say("$.caps", "%v", err)
	}
	for _, s := range p.Steps {
		for _, err := range []error{s.At.compile(), s.When.compile()} {
			if err != nil {
				l.at(s, "%v", err)
			}
		}
	}
}

// all finds everything that is wrong with a policy that was read.
func (l *linter) all(p *Policy) {
	l.whole(p)
	ids := map[string]bool{}
	begins := 0
	for _, s := range p.Steps {
		l.step(p, s)
		if s.ID != "" && ids[s.ID] {
			l.at(s, "two steps are called %s; give each a name of its own", s.ID)
		}
		ids[s.ID] = true
		if s.At.kind == atEnqueue {
			begins++
			if !slices.Contains(s.Choices, "exit") {
				l.at(s, "whoever gets in line must be able to leave it by one digit; add exit to its choices, and 9 to its text")
			}
		}
	}
	if len(p.Steps) > 0 && begins != 1 {
		l.say("$.steps", "%d steps have at: enqueue; exactly one says how somebody stands who has just got in line", begins)
	}
	own := slices.Sorted(maps.Keys(p.Texts))
	for _, id := range own {
		l.text(id, p.Texts[id])
	}
}

// whole checks what is not a step's.
func (l *linter) whole(p *Policy) {
	switch {
	case p.Name == "":
		l.say("$", "the policy has no name; begin with policy: and a name")
	case !word.MatchString(p.Name) || len(p.Name) > 60:
		l.say("$.policy", "a policy's name is one word of at most 60 letters, digits, - and _; the log calls it so")
	}
	if p.Version < 1 {
		l.say("$.version", "the version is a number from 1 on; count it up with every change")
	}
	if len(p.Steps) == 0 {
		l.say("$.steps", "there are no steps; at least one with at: enqueue says how somebody stands who has just got in line")
	}
	if p.Reserve.Agent < 1 || p.Reserve.Agent > 4 {
		l.say("$.reserve", "reserve.agent is 1 to 4: WeChat lets us say 5, the agent needs some of them, and the policy at least one")
	}
	if p.Reserve.Survey < 0 || p.Reserve.Survey > 1 {
		l.say("$.reserve", "reserve.survey is 0 or 1")
	}
	c := p.Caps
	if c.PerConversation < 1 || c.PerConversation > 8 {
		l.say("$.caps", "caps.per_conversation is 1 to 8 bubbles without a word of the customer")
	}
	if c.MinGap < time.Minute || c.AfterCustomer < 0 || c.AfterBot < 0 || c.QuietGrace < 0 {
		l.say("$.caps", "caps.min_gap is at least 1m, the other times are not negative")
	}
	if h := p.On; h.OffRatio <= 0 || h.OffRatio > 1 || h.Hold < 0 || h.OffHold < 0 {
		l.say("$.peak", "peak.off_ratio is a share over 0 up to 1, hold and off_hold are times")
	}
	for _, k := range p.Match.Channels {
		if !slices.Contains(kinds, k) {
			l.say("$.match", "no channel is of the kind %q; these are: %s", k, strings.Join(kinds, ", "))
		}
	}
}

// kinds of channel that a policy may be for.
var kinds = []string{"wechat", "kf", "weibo", "web", "webchat", "app", "push", "email", "telegram", "slack", "hook", "feishu", "dingtalk", "wecom"}

// step checks one.
func (l *linter) step(p *Policy, s *Step) {
	switch {
	case s.ID == "":
		l.at(s, "the step has no id; the log and the report call it by that")
	case len(s.ID) > 20 || !word.MatchString(s.ID):
		l.at(s, "a step's id is one word of at most 20 letters, digits, - and _")
	}
	if len(s.Text) == 0 {
		l.at(s, "the step has no text")
	}
	if s.Valid < 0 {
		l.at(s, "valid is how late the step may come, a time")
	}
	e := &env{Upper: 1e9, Told: toldEnv{Upper: 1e9}}
	if s.At.kind == afterStart && s.At.number(&env{}) > (24*time.Hour).Seconds() && s.At.number(e) > (24*time.Hour).Seconds() {
		l.at(s, "nobody waits for %s: the step is never reached", s.At.src)
	}
	if s.Convert != "" && s.Convert != "message" && s.Convert != "callback" {
		l.at(s, "convert is message or callback, not %q", s.Convert)
	}
	for _, v := range s.Via {
		if v != "banner" && v != "push" && v != "message" {
			l.at(s, "via has banner, push and message, not %q", v)
		}
	}
	l.presence(s)
	l.choices(p, s)
	for _, v := range slices.Sorted(maps.Keys(s.Text)) {
		l.variant(p, s, v)
	}
}

func (l *linter) presence(s *Step) {
	x := s.Presence
	if x == nil {
		return
	}
	if x.Timeout < time.Minute {
		l.at(s, "presence.timeout is at least 1m: people look away")
	}
	if x.OnFail != "park" {
		l.at(s, "presence.on_fail is park: who does not answer keeps the place; nobody is thrown out")
	}
	if x.Misses < 1 || x.Misses > 5 || x.Again < 0 {
		l.at(s, "presence.misses is 1 to 5 questions without an answer, again a time")
	}
	if !slices.Contains(s.Choices, "keep") {
		l.at(s, "a question whether somebody is still there offers keep, by 1")
	}
}

// choices checks what a step offers.
func (l *linter) choices(p *Policy, s *Step) {
	all := slices.Concat(s.Choices, s.Offers)
	if len(all) > 4 {
		l.at(s, "%d choices are too many to take in; at most 4", len(all))
	}
	for _, k := range all {
		o, ok := optionOf(strings.TrimSuffix(k, "?"))
		if !ok {
			l.at(s, "nothing is called %q; what can be offered is keep, message, callback, self, helped, exit, person", k)
			continue
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(s.Text)), func(t string) bool { return strings.Contains(p.Texts[t]["zh"], o.Digit) }) {
			l.at(s, "it offers %s, but no text of it names the digit %s", k, o.Digit)
		}
	}
}

// variant checks a text where a step uses it.
func (l *linter) variant(p *Policy, s *Step, v string) {
	if !slices.Contains([]string{"default", "negative", "unknown", "order", "answer", "progress", "plain", "again"}, v) {
		l.at(s, "no variant is called %q; these are default, negative, unknown, order, answer, progress, plain, again", v)
	}
	t, ok := p.Texts[s.Text[v]]
	if !ok {
		l.at(s, "there is no text %q under texts", s.Text[v])
		return
	}
	for _, lang := range []string{"zh", "en"} {
		src := t[lang]
		if v == "negative" && hasEmoji(src) {
			l.at(s, "a text for somebody who is upset has no emoji")
		}
		if s.At.kind == afterTold && !sorry.MatchString(src) {
			l.at(s, "text %s says that a promise is not kept, so it says sorry (抱歉)", s.Text[v])
		}
		for _, m := range numbered.FindAllStringSubmatch(braces.ReplaceAllString(src, "{}"), -1) {
			if !slices.ContainsFunc(slices.Concat(s.Choices, s.Offers), func(k string) bool {
				o, _ := optionOf(strings.TrimSuffix(k, "?"))
				return o.Digit == m[1] || m[1] == "4" && strings.Contains(src, "{self_service_label}")
			}) {
				l.at(s, "text %s names the digit %s, which is not one of its choices; the same digit means the same everywhere: 1 keep, 2 message, 3 callback, 4 self, 5 helped, 9 exit, 0 person", s.Text[v], m[1])
			}
		}
	}
}

// text checks one of texts.
func (l *linter) text(id string, t map[string]string) {
	path := "$.texts." + id
	for _, lang := range []string{"zh", "en"} {
		src := strings.TrimSpace(t[lang])
		if src == "" {
			l.say(path, "text %s has no words in %s; whoever reads that language would hear nothing", id, lang)
			continue
		}
		for _, m := range braces.FindAllStringSubmatch(src, -1) {
			if _, ok := variables[m[1]]; !ok {
				l.say(path, "text %s names {%s}, which is no variable; these are %s", id, m[1], strings.Join(slices.Sorted(maps.Keys(variables)), ", "))
			}
		}
		if rest := brackets.ReplaceAllString(braces.ReplaceAllString(src, ""), "$1"); strings.ContainsAny(rest, "{}[]") {
			l.say(path, "text %s has a bracket or brace without its other half; {name} is a variable, [words] are left out where a variable in them is unknown", id)
		}
		if n := width(braces.ReplaceAllString(src, "")); n > longest {
			l.say(path, "text %s is %d characters long without its variables; at most %d are read", id, n, longest)
		}
		for _, rule := range []struct {
			bad  *regexp.Regexp
			what string
		}{
			{hasty, "promises a speed that nobody knows (%s); say the time, or nothing"},
			{blaming, "blames the customer (%s)"},
			{selling, "sells something (%s), which is not allowed in messages of service; platforms punish it"},
		} {
			if m := rule.bad.FindString(src); m != "" {
				l.say(path, "text %s "+rule.what, id, m)
			}
		}
	}
	for lang := range t {
		if lang != "zh" && lang != "en" {
			l.say(path, "text %s is in zh and en, not in %q", id, lang)
		}
	}
}

// width is how long a text is to the eye: a Latin letter is half a Chinese one.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0x2e80 {
			n++
		}
	}
	return (n + 1) / 2
}

func hasEmoji(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x1f000 || r >= 0x2600 && r <= 0x27bf })
}

func (l *linter) at(s *Step, format string, args ...any) {
	if s.ID != "" {
		format = "step " + s.ID + ": " + format
	}
	l.say(fmt.Sprintf("$.steps[%d]", s.nth), format, args...)
}

// say notes what is wrong at a path of the file.
func (l *linter) say(path, format string, args ...any) {
	line := 1
	if p, err := yaml.PathString(path); err == nil {
		if n, err := p.FilterFile(l.ast); err == nil && n != nil && n.GetToken() != nil {
			line = n.GetToken().Position.Line
		}
	}
	l.found = append(l.found, &Problem{l.file, line, fmt.Sprintf(format, args...)})
}
