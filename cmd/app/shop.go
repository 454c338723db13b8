package app

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core/calendar"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// A shop is what Init was told: what the templates of starter are filled with.
type shop struct {
	Base, Name, URL, Zone, Week string
	Langs                       string // zh, en or zh, en
	Channels, Desks, Secrets    []string
	Entries                     []starterEntry

	asked string // the question that waits for its answer
}

// A starterEntry is a question with its answer, in the shop's languages.
type starterEntry struct {
	ID              string
	Titles, Answers []worded
	Samples         []phrased
	Ask, Told       string // for the conversation that tests it
}

type worded struct{ Lang, Text string }

type phrased struct {
	Lang  string
	Texts []string
}

// Zh, En and Both are for the templates: which languages are written.
func (s *shop) Zh() bool   { return strings.Contains(s.Langs, "zh") }
func (s *shop) En() bool   { return strings.Contains(s.Langs, "en") }
func (s *shop) Both() bool { return s.Zh() && s.En() }

// Calls is the name in the shop's languages, as the configuration writes it.
func (s *shop) Calls() (string, error) {
	name, err := quoteYAML(s.Name)
	var out []string
	for l := range strings.SplitSeq(s.Langs, ", ") {
		out = append(out, map[string]string{"zh": "zh-CN", "en": "en"}[l]+": "+name)
	}
	return "{" + strings.Join(out, ", ") + "}", err
}

// TLS reports whether a proxy stands before the program.
func (s *shop) TLS() bool { return strings.HasPrefix(s.URL, "https://") }

// Env is the name of the file with the secrets.
func (s *shop) Env() string { return "frontdesk.env" }

// A kind is a way to be reached, as the configuration writes it.
type kind struct {
	name    string
	rows    string
	secrets []string
}

// customerKinds and staffKinds are those that Init offers; the adapters' own
// example.yaml say more about each.
var (
	customerKinds = []kind{
		{"web", "  web:\n    type: webchat\n    look: {title: NAMED} # of the chat, and of the page at /; no_demo: true shows no page / 聊天窗和首页的名字；不要首页就写 no_demo: true\n    origins: [] # pages that may show the chat / 哪些网页可以嵌入: [https://www.example.com]", nil},
		{"wechat", "  wechat: # adapters/wechat/example.yaml\n    type: wechat\n    appid: ${WECHAT_APPID}\n    secret: ${WECHAT_SECRET}\n    token: ${WECHAT_TOKEN}\n    keys: [\"${WECHAT_KEY}\"]",
			[]string{"WECHAT_APPID", "WECHAT_SECRET", "WECHAT_TOKEN", "WECHAT_KEY"}},
		{"weibo", "  weibo: # adapters/weibo/example.yaml\n    type: weibo\n    uid: ${WEIBO_UID}\n    app_secret: ${WEIBO_APP_SECRET}\n    token: ${WEIBO_TOKEN}",
			[]string{"WEIBO_UID", "WEIBO_APP_SECRET", "WEIBO_TOKEN"}},
		{"telegram", "  telegram: # adapters/telegram/README.md\n    type: telegram\n    token: ${TELEGRAM_TOKEN}", []string{"TELEGRAM_TOKEN"}},
		{"app", "  app: # signed JSON, adapters/hook/example.yaml\n    type: hook\n    url: ${APP_URL}\n    secret: ${APP_SECRET}", []string{"APP_URL", "APP_SECRET"}},
	}
	staffKinds = []kind{
		{"inbox", "  inbox:\n    type: console # pages at /console/ / 网页工作台", nil},
		{"slack", "  slack: # adapters/slack/README.md\n    type: slack\n    token: ${SLACK_TOKEN}\n    app_token: ${SLACK_APP_TOKEN}\n    channel: ${SLACK_CHANNEL}",
			[]string{"SLACK_TOKEN", "SLACK_APP_TOKEN", "SLACK_CHANNEL"}},
		{"telegram", "  tgdesk: # adapters/telegram/README.md\n    type: telegram\n    token: ${TELEGRAM_DESK_TOKEN}\n    group: ${TELEGRAM_DESK_GROUP}", []string{"TELEGRAM_DESK_TOKEN", "TELEGRAM_DESK_GROUP"}},
	}
)

func names(kinds []kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.name)
	}
	return strings.Join(out, " ")
}

// chosen reads names of kinds.
func chosen(v string, kinds []kind) (rows, secrets []string, err error) {
	for _, w := range slices.Compact(slices.Sorted(slices.Values(words(v)))) {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == strings.ToLower(w) })
		if i < 0 {
			return nil, nil, fmt.Errorf("没有 %s，可以写：%s / there is no %s; write some of: %s", w, names(kinds), w, names(kinds))
		}
		rows = append(rows, kinds[i].rows)
		for _, name := range kinds[i].secrets {
			secrets = append(secrets, name+"=")
		}
	}
	if len(rows) == 0 {
		return nil, nil, errors.New("至少要有一个 / one is needed")
	}
	return rows, secrets, nil
}

// words are parted by blanks and commas of either width.
func words(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",，、;；", r) })
}

func (s *shop) named(v string) error {
	if err := plain(v); err != nil {
		return err
	}
	if len([]rune(v)) > 30 {
		return errors.New("请在 30 个字以内 / 30 characters at most")
	}
	s.Name = v
	return nil
}

// plain reports what a text cannot be.
func plain(v string) error {
	switch {
	case match.Bare(v) == "":
		return errors.New("请写几个字 / write a word or two")
	case strings.Contains(v, "{{"):
		return errors.New("不能有 {{ / there cannot be {{ in it")
	}
	return nil
}

func (s *shop) speaks(v string) error {
	var langs []string
	for _, w := range words(strings.ToLower(v)) {
		switch w {
		case "zh", "zh-cn", "中文":
			langs = append(langs, "zh")
		case "en", "英文", "english":
			langs = append(langs, "en")
		default:
			return fmt.Errorf("现成的话只有中文和英文，请写 zh、en 或 zh,en / the program's own words are in Chinese and English: write zh, en or zh,en, not %s", w)
		}
	}
	if len(langs) == 0 || len(langs) > 2 || len(langs) == 2 && langs[0] == langs[1] {
		return errors.New("请写 zh、en 或 zh,en / write zh, en or zh,en")
	}
	s.Langs = strings.Join(langs, ", ")
	return nil
}

// opens reads when people are there.
func (s *shop) opens(v string) error {
	week, err := weekOf(v)
	if err != nil {
		return err
	}
	if _, err := calendar.ParseWeek(week); err != nil {
		return fmt.Errorf("%w: %w", errHours, err)
	}
	var out []string
	for _, d := range slices.Sorted(maps.Keys(week)) {
		var hours []string
		for _, h := range week[d] {
			hours = append(hours, `"`+h+`"`)
		}
		out = append(out, d+": ["+strings.Join(hours, ", ")+"]")
	}
	s.Week = "{" + strings.Join(out, ", ") + "}"
	return nil
}

// enough is what stands for no further question.
const enough = "-"

// asks keeps a question until it is answered.
func (s *shop) asks(v string) error {
	s.asked = v
	if v == enough && len(s.Entries) > 0 {
		return nil
	}
	for _, way := range ways(v) {
		for _, e := range s.Entries {
			for _, p := range e.Samples {
				if slices.ContainsFunc(p.Texts, func(t string) bool { return match.Bare(t) == match.Bare(way) }) {
					return fmt.Errorf("“%s”已经有答案了 / %q has its answer already", way, way)
				}
			}
		}
	}
	return plain(v)
}

// ways are the parts of a | b.
func ways(v string) []string {
	var out []string
	for w := range strings.SplitSeq(strings.ReplaceAll(v, "｜", "|"), "|") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// lang is the language of the shop's that a text is written in.
func (s *shop) lang(text string) string {
	han := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if s.Zh() && (han || !s.En()) {
		return "zh"
	}
	return "en"
}

// answers takes the answer to the question that waits. A language in which
// nothing was written gets what was written first.
func (s *shop) answers(v string) error {
	if err := plain(v); err != nil {
		return err
	}
	e := starterEntry{ID: fmt.Sprintf("q%d", len(s.Entries)+1)}
	asked, told := map[string][]string{}, map[string]string{}
	for _, w := range ways(s.asked) {
		asked[s.lang(w)] = append(asked[s.lang(w)], w)
	}
	for _, w := range ways(v) {
		if l := s.lang(w); told[l] == "" {
			told[l] = w
		} else {
			told[l] += " " + w
		}
	}
	for l := range strings.SplitSeq(s.Langs, ", ") {
		title, answer := ways(s.asked)[0], ways(v)[0]
		if len(asked[l]) > 0 {
			title = asked[l][0]
			e.Samples = append(e.Samples, phrased{l, asked[l]})
		}
		if told[l] != "" {
			answer = told[l]
		}
		e.Titles, e.Answers = append(e.Titles, worded{l, title}), append(e.Answers, worded{l, answer})
		if e.Ask == "" && len(asked[l]) > 0 {
			e.Ask, e.Told = title, answer
		}
	}
	s.Entries = append(s.Entries, e)
	return nil
}

func (s *shop) reachedOn(v string) error {
	rows, secrets, err := chosen(v, customerKinds)
	if err == nil {
		s.Channels, s.Secrets = rows, append(s.Secrets, secrets...)
	}
	return err
}

func (s *shop) staffedOn(v string) error {
	rows, secrets, err := chosen(v, staffKinds)
	if err == nil {
		s.Desks, s.Secrets = rows, append(s.Secrets, secrets...)
	}
	return err
}

func (s *shop) reachedAt(v string) error {
	if v == "local" || v == "本机" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return errors.New("请写成 https://chat.example.com，不带路径 / write https://chat.example.com, without a path")
	}
	s.URL = strings.TrimRight(v, "/")
	return nil
}
