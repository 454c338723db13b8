package reassure

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// what a marketer may get wrong is said, with its line.
func TestLint(t *testing.T) {
	good := source(t)
	step := func(old, now string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, now, 1) }
	}
	add := func(text string) func(string) string { return step("texts:\n", "texts:\n"+text) }
	m2 := `presence: {timeout: 2m, misses: 2, again: 4m, on_fail: park}`
	for i, c := range []struct {
		bad  func(string) string
		want string
	}{
		{step("policy: default\n", ""), "the policy has no name"},
		{step("policy: default", "policy: my policy"), "one word"},
		{step("version: 1", "version: 0"), "from 1 on"},
		{step("version: 1", "versoin: 1"), `unknown key "versoin"`},
		{step("{id: M1, at: ", "{id: M0, at: "), "two steps are called M0"},
		{step(`at: "max(2m, 0.25*upper)"`, `at: "max(2m, 0.25*uper)"`), "unknown name uper"},
		{step(`when: "!eta.known || eta.upper >= 4m"`, `when: "eta.upper >="`), "a condition compares"},
		{step(`when: "idle >= 3m", text: {default: m2`, `when: "idle", text: {default: m2`), "a condition compares"},
		{step(`at: "max(2m, 0.25*upper)"`, `at: topic`), "neither a time nor a condition"},
		{step("at: 4m", "at: 30h"), "never reached"},
		{step("text: {default: m2, again: m2_again}", "text: m22"), `no text "m22"`},
		{step("text: {default: m2, again: m2_again}", "text: {angry: m2}"), `no variant is called "angry"`},
		{step("choices: [keep, message], presence", "choices: [message], presence"), "offers keep"},
		{step("choices: [keep, message], presence", "choices: [keep, massage], presence"), `nothing is called "massage"`},
		{step("choices: [message, callback, exit]", "choices: [message, callback]"), "leave it by one digit"},
		{step("offers: [keep, message, callback]", "offers: [keep, message, callback, exit, person]"), "5 choices are too many"},
		{step(m2, strings.Replace(m2, "timeout: 2m", "timeout: 10s", 1)), "at least 1m"},
		{step(m2, strings.Replace(m2, "on_fail: park", "on_fail: drop", 1)), "on_fail is park"},
		{step("reserve: {agent: 2", "reserve: {agent: 0"), "reserve.agent is 1 to 4"},
		{step("per_conversation: 4", "per_conversation: 40"), "1 to 8 bubbles"},
		{step("min_gap: 2m", "min_gap: 5s"), "at least 1m"},
		{step(`quiet: "22:30-08:00"`, `quiet: "22:30 to 8"`), "quiet hours are written"},
		{step("off_ratio: 0.7", "off_ratio: 7"), "off_ratio is a share"},
		{step("via: [banner, push, message]", "via: [fax]"), "via has banner"},
		{step("match: {priority: 0}", "match: {channels: [wechatt]}"), `no channel is of the kind "wechatt"`},
		{step("快到您了，请留意这里的消息。", "马上到您了。"), "a speed that nobody knows (马上)"},
		{step("快到您了，请留意这里的消息。", "快到您了，今晚全场优惠。"), "sells something (优惠)"},
		{step("快到您了，请留意这里的消息。", "您的问题太复杂了。"), "blames the customer"},
		{step("让您久等是我们的问题，抱歉。", "让您久等，抱歉😊。"), "has no emoji"},
		{step("抱歉，比刚才说的久了：{cause_text}。现在", "现在"), "says sorry"},
		{step("3 约回电　[4", "7 约回电　[4"), "names the digit 7"},
		{step("快到您了，请留意这里的消息。", "{nmae}，快到您了。"), "{nmae}, which is no variable"},
		{step("快到您了，请留意这里的消息。", "快到您了[，{name}。"), "without its other half"},
		{step("快到您了，请留意这里的消息。", strings.Repeat("快到您了，请留意。", 12)), "at most 90 are read"},
		{step(`    en: "It is nearly your turn; please keep an eye on this chat."`+"\n", ""), "no words in en"},
		{add("  extra: {zh: 好, en: ok, fr: bon}\n"), `not in "fr"`},
		{func(s string) string { return strings.Replace(s, "at: enqueue", "at: 1m", 1) }, "0 steps have at: enqueue"},
		{func(string) string { return "policy: x\nversion: 1\n" }, "there are no steps"},
		{func(string) string { return "" }, "one policy"},
		{func(string) string { return "steps: [" }, ""},
	} {
		src := c.bad(good)
		if src == good {
			t.Errorf("%d: the policy is as it was", i)
			continue
		}
		_, err := Parse("p.yaml", []byte(src), nil)
		var p *Problem
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &p) || !strings.HasPrefix(err.Error(), "p.yaml:") {
			t.Errorf("%d: want %q: %v", i, c.want, err)
		}
	}
}

// The place of a fault is its line.
func TestLines(t *testing.T) {
	src := strings.Replace(source(t), "快到您了，请留意这里的消息。", "马上到您了。", 1)
	line := 1 + strings.Count(src[:strings.Index(src, "马上到您了")], "\n")
	_, err := Parse("p.yaml", []byte(src), nil)
	if want := fmt.Sprintf("p.yaml:%d: text m4 ", line); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(source(f))
	f.Add("policy: a\nversion: 1\nsteps: [{id: M0, at: enqueue, text: x, choices: [exit]}]\ntexts: {x: {zh: '9 不等了', en: '9 leave'}}\n")
	f.Add("steps: [null, {at: [1]}]")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := Parse("p.yaml", []byte(src), nil)
		if err != nil {
			return
		}
		v := arrive(t, p, 30, 10, 12)
		v.pass(20 * 60 * 1e9)
	})
}
