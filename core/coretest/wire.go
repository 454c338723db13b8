package coretest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// Rendered are the kinds of message that every channel is asked to carry,
// by what their files are called.
var Rendered = []struct {
	Name string
	Part core.Part
}{
	{"text", core.Text{Body: "您好，订单 0413 已补发。<b>&amp;"}},
	{"long-text", core.Text{Body: strings.Repeat("第一句话说完了。第二句话也说完了！详情见 https://shop.example/orders/0413?from=chat 谢谢👨‍👩‍👧‍👦。", 12)}},
	{"picture", core.Media{Type: "image/png", Handle: "blob-1", Name: "茶.png", Size: 2048}},
	{"voice", core.Media{Type: "audio/amr", Handle: "blob-2", Name: "a.amr", Size: 2048, Words: "我要退货"}},
	{"file", core.Media{Type: "application/pdf", URL: "https://shop.example/a.pdf", Name: "发票.pdf", Size: 2048}},
	{"huge-file", core.Media{Type: "video/mp4", URL: "https://shop.example/v.mp4", Name: "开箱.mp4", Size: 3 << 30}},
	{"place", core.Place{Lat: 30.25, Lon: 120.16, Name: "门店"}},
	{"card", core.Card{Title: "明前龙井", Body: "3 月 28 日采", URL: "https://shop.example/t"}},
	{"choice", core.Choice{Prompt: "您想问的是哪一个？", Options: []core.Option{{ID: "a", Label: "包装破损怎么赔"}, {ID: "b", Label: "茶叶受潮"}, {ID: "0", Label: "都不是，找人工"}}}},
	{"long-choice", core.Choice{Prompt: "请选：", Options: options(40)}},
	{"form", core.Form{ID: "退货", Values: map[string]string{"电话": "138****8000"}}},
	{"unsupported", core.Other{Kind: "poll"}},
}

func options(n int) (out []core.Option) {
	for i := range n {
		out = append(out, core.Option{ID: fmt.Sprint(i), Label: fmt.Sprintf("第 %d 项", i+1)})
	}
	return out
}

// Speakers are who may have written it.
var Speakers = []core.Author{
	{Kind: core.ByBot, Name: "小禾"},
	{Kind: core.ByAgent, ID: "desk/lin", Name: "小林"},
	{Kind: core.BySystem},
}

// Rendering holds what goes over the wire for a message of every kind by every
// speaker, in testdata/wire-KIND.txt with a section for each speaker. wire gives
// env, which has By, one part and an ID, to the adapter, fitted and marked as the
// program does it, and returns all that the platform or the page gets. Run with
// -update and read what it wrote.
func Rendering(t *testing.T, wire func(t *testing.T, env core.Envelope) string) {
	rendering(t, "wire-", wire)
}

// DeskRendering is Rendering for a desk, in testdata/desk-KIND.txt: staff are also
// shown what customers say, and tickets.
func DeskRendering(t *testing.T, wire func(t *testing.T, env core.Envelope) string) {
	rendering(t, "desk-", wire, core.Author{Kind: core.ByPeer, Name: "王女士"})
	holds(t, "desk-ticket.txt", []core.Author{{Kind: core.BySystem}}, func(by core.Author) string {
		return wire(t, core.Envelope{ID: "ticket", By: by, Ticket: "7", Parts: core.Parts{core.Case{Ticket: "7", State: string(core.TicketWaiting), Title: "🟠 王** · 微信",
			Fields: []core.Field{{Name: "原话", Value: "碎了 <b>"}, {Name: "历史", Value: "https://desk.example/7"}}, Lines: []string{"10:00 👤 碎了"},
			Actions: []core.Option{{ID: "claim", Label: "认领"}, {ID: "close", Label: "结束"}}}}})
	})
}

func rendering(t *testing.T, prefix string, wire func(t *testing.T, env core.Envelope) string, more ...core.Author) {
	for _, k := range Rendered {
		t.Run(k.Name, func(t *testing.T) {
			holds(t, prefix+k.Name+".txt", append(more, Speakers...), func(by core.Author) string {
				return wire(t, core.Envelope{ID: fmt.Sprintf("%s-%s", k.Name, by.Kind), By: by, Parts: core.Parts{k.Part}})
			})
		})
	}
}

// holds compares what got returns for each speaker with its section of a file.
func holds(t *testing.T, file string, speakers []core.Author, got func(by core.Author) string) {
	c := &kase{name: strings.TrimSuffix(file, ".txt"), path: filepath.Join("testdata", file), text: map[string]string{}}
	if old := cases(t, file); len(old) == 1 {
		c = old[0]
	}
	for _, by := range speakers {
		c.check(t, string(by.Kind), got(by))
	}
}

// BotMark is what begins a bot's words to customers whose platform shows no names.
const BotMark = "🤖 "

// Fitted is env as the messages that the program makes of it for a platform; mark
// begins a bot's, and is empty where the adapter or a desk shows who speaks.
func Fitted(lim core.Limits, env core.Envelope, mark string) (out []core.Envelope) {
	if _, ok := env.Parts[0].(core.Case); ok {
		return []core.Envelope{env}
	}
	if env.By.Kind != core.ByBot {
		mark = ""
	}
	if lim.Text > 0 {
		lim.Text -= lim.Unit.Len(mark)
	}
	for _, ps := range lim.Fit(env.Parts) {
		one := env
		one.Parts = ps.Marked(mark)
		out = append(out, one)
	}
	return out
}
