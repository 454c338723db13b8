package webchat

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// TestServe serves the demo for a look in a browser, with a small play for a
// script:
//
//	FRONTDESK_WEBCHAT_SERVE=127.0.0.1:8099 go test -run TestServe -timeout 0 ./adapters/webchat
func TestServe(t *testing.T) {
	addr := os.Getenv("FRONTDESK_WEBCHAT_SERVE")
	if addr == "" {
		t.Skip("for a look in a browser only; set FRONTDESK_WEBCHAT_SERVE")
	}
	w := newWorld(t, Config{Limits: Rates{Sessions: 10000, Messages: 600, Burst: 50}})
	w.script = w.play
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(w.chat.Prefix(), w.chat)
	mux.Handle("/", w.chat.Demo())
	mux.HandleFunc("/restart", func(http.ResponseWriter, *http.Request) { go w.chat.socks.closeAll(time.Second) })
	t.Fatal(http.Serve(l, mux))
}

func (w *world) play(c core.Conversation, unread []core.Envelope) (o core.Outcome) {
	o.Conversation = c
	bot := core.Author{Kind: core.ByBot, Name: "小禾助手"}
	agent := core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "小林"}
	say := func(by core.Author, ps ...core.Part) {
		for _, p := range ps {
			o.Say = append(o.Say, core.Envelope{Channel: c.Key.Channel, Peer: c.Peer, By: by, Parts: core.Parts{p}})
		}
	}
	menu := []core.Option{{ID: "1", Label: "查订单"}, {ID: "2", Label: "退换货"}, {ID: "3", Label: "开发票"}, {ID: "4", Label: "配送时间"}, {ID: "0", Label: "转人工"}}
	for _, e := range unread {
		text := e.Parts.Text()
		if _, ok := e.Parts[0].(core.Joined); ok {
			say(bot, core.Choice{Prompt: "你好，我是小禾的自动助手（机器人）🍵 可以直接提问，也可以点下面的按钮；随时说“人工”找真人。", Options: menu})
			continue
		}
		switch {
		case strings.Contains(text, "人工"), strings.Contains(text, "human"):
			o.Conversation.State = core.InLine
			say(bot, core.Text{Body: "已为您排队，前面约 3 位，多数人 2–4 分钟内接通。这段时间可以继续问我。"})
			go w.serveAgent(c.Peer, agent)
		case strings.Contains(text, "卡片"):
			say(bot, core.Card{Title: "春茶节 · 满 199 减 30", Body: "明前龙井、正山小种、桂花乌龙，顺丰包邮。", URL: "https://example.com/spring"})
		case strings.Contains(text, "配送"):
			say(bot, core.Text{Body: "江浙沪次日达，其他地区 2–3 天。18:00 前付款当天发货。\n物流查询：https://example.com/track?no=0413 ，也可以打 tel:400-800-1234。"})
		default:
			for _, p := range e.Parts {
				if _, ok := p.(core.Media); ok {
					text = "图片"
				}
			}
			say(bot, core.Text{Body: "收到：" + text})
		}
	}
	return o
}

func (w *world) serveAgent(p core.Peer, agent core.Author) {
	ctx := context.Background()
	step := func(d time.Duration) { time.Sleep(d) }
	w.chat.Banner(ctx, p, core.Banner{Text: "排队中：前面还有 3 位，预计 2–4 分钟", State: core.InLine})
	step(4 * time.Second)
	w.chat.Banner(ctx, p, core.Banner{Text: "排队中：前面还有 1 位，约剩 1 分钟", State: core.InLine})
	step(4 * time.Second)
	w.chat.Typing(ctx, p, "")
	step(2 * time.Second)
	w.turn(core.Key{Channel: "web", Peer: p.ID}, func(c core.Conversation, unread []core.Envelope) core.Outcome {
		c.State = core.WithAgent
		c.Ticket = &core.Ticket{ID: p.ID[:6], Key: c.Key, State: core.TicketActive, Since: time.Now(), Agent: agent.ID}
		return core.Outcome{Conversation: c, Left: len(unread), Agents: []core.AgentChange{{Now: core.Agent{ID: agent.ID, Name: agent.Name, Presence: core.OnDuty}}}}
	})
	w.chat.Banner(ctx, p, core.Banner{State: core.WithAgent, Name: agent.Name})
	w.say(p.ID, agent, core.Text{Body: "您好，我是小林 😊 看到您的订单 …0413 杯子碎了，照片我看到了，给您补发可以吗？"})
}
