package rehearse

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	s, err := Parse("s.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	example, err := Parse("s.yaml", []byte(`
start: 2026-11-11T19:00:00+08:00
minutes: 180
seed: 7
queue: aftersale
arrivals: [{until: 30, per_minute: 10}, {until: 120, per_minute: 30}, {until: 180, per_minute: 8}]
agents:   [{until: 180, count: 12, slots: 5}]
service:  {median: 6m, sigma: 0.6}
patience: {median: 8m, sigma: 0.9, silent: 0.6}
presence: {answer: 0.7, within: 1m}
asks: 0.3
vip: 0.05
channels: {wechat: 0.6, weibo: 0.1, web: 0.2, email: 0.1}
`))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Start.Equal(example.Start) {
		t.Errorf("starts at %v", s.Start)
	}
	s.Start = example.Start
	if a, b := fmt.Sprint(s), fmt.Sprint(example); a != b {
		t.Errorf("left out:\n%s\nwritten:\n%s", a, b)
	}
	part, err := Parse("s.yaml", []byte("minutes: 60\npatience: {silent: 0.2}\nqueues: {a: 0.5, b: 0.5}\nchannels: {web: 1}\nagents: [{until: 60, count: 1}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p := part.Patience; p.Median != 8*time.Minute || p.Sigma != 0.9 || p.Silent != 0.2 {
		t.Errorf("patience %+v", p)
	}
	if part.Queue != "" || len(part.Channels) != 1 || part.Agents[0].Slots != 5 || part.Arrivals[len(part.Arrivals)-1].Until != 60 {
		t.Errorf("%+v", part)
	}
}

func TestStrict(t *testing.T) {
	for src, want := range map[string]string{
		"minutes: 60\npatiense: {median: 8m}":            "s.yaml:2: unknown key \"patiense\"",
		"asks: 0.3\npatience:\n  median: 8m\n  quiet: 1": "s.yaml:4: unknown key \"quiet\"",
		"seed: 1\nminutes: soon":                         "s.yaml:2: this is no number",
		"seed: 1\nservice: {median: long}":               "s.yaml:2: ",
		"start: tomorrow":                                "date",
		"asks: 1\nvip: 1.5":                              "s.yaml:2: vip: must be a share",
		"asks: .nan":                                     "s.yaml:1: asks: must be a share",
		"minutes: 0":                                     "s.yaml:1: minutes: ",
		"minutes: 1000000":                               "s.yaml:1: minutes: ",
		"seed: 1\nchannels: {wechat: 0.5, web: 0.4}":     "s.yaml:2: channels: the shares add up to 0.9",
		"channels: {fax: 1}":                             "\"fax\" is no channel",
		"queue: a\nqueues: {b: 1}":                       "s.yaml:2: queues: give queue or queues",
		"arrivals:\n- {until: 30, per_minute: 1}\n- {until: 30, per_minute: 2}": "s.yaml:3: arrivals[1].until: must be later",
		"arrivals: [{until: 180, per_minute: -1}]":                              "per_minute: must be",
		"arrivals: [{until: 1e7, per_minute: 10000}]\nminutes: 10000":           "two million",
		"agents: [{until: 180, count: 1, skills: [presale]}]":                   "there is no queue \"presale\"",
		"agents: [{until: 90, count: 1}, {until: 60, count: 1}]":                "agents[1].until: must be later",
		"agents: [{until: 90, count: -1}]":                                      "count: must be",
		"agents: [{until: 90, count: 1, slots: -1}]":                            "slots: must be",
		"service: {median: 0s}":                                                 "service.median: must be above 0",
		"patience: {median: -1m}":                                               "patience.median: must be above 0",
		"patience: {sigma: 9}":                                                  "patience.sigma: must be",
		"presence: {answer: 2}":                                                 "presence.answer: must be a share",
		"presence: {within: 0s}":                                                "presence.within: must be above 0",
		"refuses: [{from: 50, until: 40, channel: wechat, share: 0.1}]":         "until must be after from",
		"refuses: [{from: 40, until: 50, channel: fax, share: 0.1}]":            "channel: name a channel",
		"a: [":                   "s.yaml:1: ",
		"minutes: 1\nminutes: 2": "s.yaml:2: ",
		"- 1":                    "s.yaml:1: ",
	} {
		_, err := Parse("s.yaml", []byte(src))
		if err == nil {
			t.Errorf("%s: no error", src)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "s.yaml:") {
			t.Errorf("%s\n got %q\nwant %q", src, err, want)
		}
	}
}

func TestExamples(t *testing.T) {
	if len(Names()) != 10 {
		t.Errorf("there are %q", Names())
	}
	for _, n := range Names() {
		src, _ := Example(n)
		if _, err := Parse(n+".yaml", src); err != nil {
			t.Error(err)
		}
	}
	if _, ok := Example("../rehearse"); ok {
		t.Error("a name reads a file of another folder")
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range Names() {
		src, _ := Example(n)
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if s, err := Parse("s.yaml", src); err == nil && (s.Minutes < 1 || len(s.queues()) == 0 || len(s.Channels) == 0) {
			t.Errorf("%+v", s)
		}
	})
}
