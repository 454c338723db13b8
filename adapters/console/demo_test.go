package console

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/desk"
)

var serveAt = flag.String("serve", "", "address at which TestServe shows the console with sample conversations until interrupted")

// TestServe is for working on the pages:
//
//	go test ./adapters/console -run TestServe -serve 127.0.0.1:8090 -timeout 0
//
// with the accounts lin, chen (lead) and min (administrator), whose password is
// "correct horse".
func TestServe(t *testing.T) {
	if *serveAt == "" {
		t.Skip("only with -serve")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	h := newHouse(time.Now)
	c := coretest.Open(t, New, Config{Topics: []string{"售后", "售前", "财务"}}, core.Deps{
		Name: "console", Inbox: h, Views: h, Values: &coretest.Values{}, Blobs: &coretest.Blobs{}, Bus: h,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Meter: coretest.Meter{}, Now: time.Now,
	})
	h.desk = c
	h.outcome = func(env core.Envelope) (core.Progress, string) {
		if h.views[env.Thread].Ticket.Key.Channel == "weibo" {
			return core.GivenUp, "24 小时内客户没有再写，微博不再允许发送 (20506)"
		}
		return core.Sent, ""
	}
	c.Channels(map[string]core.Limits{
		"wechat": {Text: 2048, Unit: core.Bytes, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}}},
		"weibo":  {Text: 300, Allowances: []core.Allowance{{After: core.CauseMessage, Within: 24 * time.Hour}}},
		"web":    {Text: 10000}, "email": {},
	})
	c.Templates(func(channel string) []desk.Template {
		if channel != "wechat" {
			return nil
		}
		return []desk.Template{
			{ID: "reply", Title: "咨询回复通知", Form: "template:reply", Values: map[string]string{"first": "您好，您咨询的问题有了回复。", "keyword1": "{text}", "remark": "回复本消息即可继续与我们联系。"}},
		}
	})
	sample(t, c, h)
	go c.Run(ctx)
	go chatter(ctx, c, h)
	srv := &http.Server{Addr: *serveAt, Handler: c}
	context.AfterFunc(ctx, func() { srv.Close() })
	t.Log(srv.ListenAndServe())
}

// chatter lets one customer type and write from time to time.
func chatter(ctx context.Context, c *Console, h *house) {
	lines := []string{"在吗？", "我看了一下，运单还没有更新", "好的，谢谢"}
	for i := 0; ; i++ {
		for _, step := range []func(){
			func() { c.Typing(ctx, core.Peer{}, "F7K2") },
			func() {
				h.mu.Lock()
				h.hear(core.Key{Channel: "web", Peer: "v-88"}, core.Text{Body: lines[i%len(lines)]})
				h.mu.Unlock()
				c.hint(ctx, hint{Kind: hintTicket, Ticket: "F7K2"})
			},
		} {
			select {
			case <-ctx.Done():
				return
			case <-time.After(25 * time.Second):
				step()
			}
		}
	}
}

// sample is an ordinary morning.
func sample(t testing.TB, c *Console, h *house) {
	ctx := context.Background()
	for _, a := range []account{
		{ID: "lin", Name: "小林", Role: roleAgent, Max: 5, Topics: []string{"售后"}},
		{ID: "chen", Name: "小陈", Role: roleLead, Max: 8},
		{ID: "min", Name: "王敏", Role: roleAdmin, Max: 3},
		{ID: "zhao", Name: "赵倩", Role: roleAgent, Off: true},
	} {
		a.Hash, a.Stamp, a.Made = c.hash("correct horse"), token(), time.Now().Add(-90*24*time.Hour)
		if err := c.put(ctx, c.accountKey(a.ID), a, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.newLink(ctx, link{Kind: linkInvite, Name: "周周", Role: roleAgent, Topics: []string{"售前"}, By: "min"}, inviteLife); err != nil {
		t.Fatal(err)
	}
	if err := c.put(ctx, c.key("canned"), []canned{
		{"你好", "问候", "您好，我是{me}，很高兴为您服务。"},
		{"补发", "破损补发", "非常抱歉给您带来不便。我这就为您登记补发，预计 {=2} 天内寄出，运费由我们承担。"},
		{"发票", "电子发票", "电子发票会在确认收货后 24 小时内发到您的邮箱，请留意查收。"},
		{"tracking", "Tracking", "Hi {name}, your parcel is on its way. You can follow it here: https://example.com/t/{=number}"},
	}, 0); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ago := func(d time.Duration) time.Time { return start.Add(-d) }
	h.agents["console/lin"] = core.Agent{ID: "console/lin", Name: "小林", Max: 5, Presence: core.OnDuty, Since: ago(3 * time.Hour), Topics: []string{"售后"}}
	h.agents["console/chen"] = core.Agent{ID: "console/chen", Name: "小陈", Lead: true, Max: 8, Presence: core.OnDuty, Since: ago(2 * time.Hour)}
	h.agents["console/min"] = core.Agent{ID: "console/min", Name: "王敏", Max: 3, Presence: core.OnBreak, Since: ago(12 * time.Minute)}
	h.agents["slack/U77"] = core.Agent{ID: "slack/U77", Name: "Alex Tan", Max: 4, Presence: core.OnDuty, Since: ago(5 * time.Hour), Langs: []string{"en"}}
	at := h.now
	defer func() { h.now = at }()
	then := func(d time.Duration) { h.now = func() time.Time { return ago(d) } }

	bot := core.Author{Kind: core.ByBot, Name: "Frontdesk"}
	lin := core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "小林"}
	broken := picture(t, c, ctx)

	// F3A9: the busy one
	li := core.Peer{ID: "o6_bmj", Name: "李晓雯", Lang: "zh-CN", Facts: map[string]string{"会员": "VIP 黑金", "城市": "杭州"}}
	h.open(core.TicketView{Peer: li, Heard: ago(70 * time.Second), Ledger: core.Ledger{Left: 4, Until: start.Add(46 * time.Hour), Why: "message"}, Ticket: core.Ticket{
		ID: "F3A9", Key: core.Key{Channel: "wechat"}, State: core.TicketActive, Topic: "售后", Lang: "zh-CN", Class: 1, Intent: "商品破损", Mood: "angry",
		Asked: "杯子碎了两个，你们怎么包装的？", Since: ago(16 * time.Minute), Claimed: ago(14 * time.Minute), Agent: "console/lin", LastOwn: "console/chen",
		Form: map[string]string{"订单": "20261118-0413", "商品": "骨瓷马克杯 ×4", "诉求": "补发"}, Told: core.Told{At: ago(16 * time.Minute), Ahead: 2, Upper: 4 * time.Minute}}})
	k := core.Key{Channel: "wechat", Peer: "o6_bmj"}
	then(26 * time.Hour)
	h.hear(k, core.Text{Body: "请问马克杯什么时候发货？"})
	h.say(k, bot, core.Text{Body: "您的订单 20261118-0413 已出库，预计明天送达。"}, nil)
	then(17 * time.Minute)
	h.hear(k, core.Text{Body: "杯子碎了两个，你们怎么包装的？"})
	then(1010 * time.Second)
	h.say(k, bot, core.Text{Body: "很抱歉！签收 48 小时内的破损我们负责补发。请拍一张照片，并告诉我订单号。"}, nil)
	then(990 * time.Second)
	h.hear(k, core.Media{Type: "image/png", Handle: broken, Name: "破损.png", Size: 48200})
	h.hear(k, core.Text{Body: "0413 那单。人工！"})
	then(960 * time.Second)
	h.event(k, core.HandedOff, core.Peer{}, map[string]string{"topic": "售后"})
	h.event(k, core.Queued, core.Peer{}, map[string]string{"ahead": "2"})
	h.say(k, bot, core.Text{Body: "正在为您转接售后客服，前面还有 2 位，大约 2–4 分钟。您可以继续描述问题，不用重复。"}, nil)
	then(14 * time.Minute)
	h.event(k, core.Claimed, core.Peer{ID: "lin", Name: "小林"}, nil)
	h.say(k, lin, core.Text{Body: "您好，我是小林。照片看到了，非常抱歉，两个都碎了，我给您补发两个新的，可以吗？"}, nil)
	then(12 * time.Minute)
	h.hear(k, core.Text{Body: "可以，但是这次能不能包好一点？我周六要送人的"})
	then(11 * time.Minute)
	h.event(k, core.Noted, core.Peer{ID: "chen", Name: "小陈"}, map[string]string{"text": "黑金会员，可以走顺丰加急，运费挂市场部。"})
	then(600 * time.Second)
	id := h.say(k, lin, core.Text{Body: "没问题，我给您安排顺丰加急和双层气泡，周五前送到。运单号 SF1390023344，可以在 https://www.sf-express.com 查询。"}, nil)
	h.log[k][len(h.log[k])-1].State = core.MessageRead
	_ = id
	then(2 * time.Minute)
	h.say(k, lin, core.Text{Body: "另外给您补了一张 20 元的无门槛券，已经放进账户。"}, nil)
	last := &h.log[k][len(h.log[k])-1]
	last.State, last.Why, last.Message.Via = core.GivenUp, "微信：48 小时内可发的条数已用完 (45047)", &core.Via{Channel: "console", Thread: "F3A9", Ref: "lin:x", Agent: "console/lin"}
	h.tell(k, "lin", core.Choice{Prompt: "「另外给您补了一张 20 元的无门槛券」没有送达：平台的回复条数已用完 (45047)", Options: []core.Option{{ID: "keep:4", Label: "客户下次来时发送"}, {ID: "drop:4", Label: "不发了"}}})
	then(70 * time.Second)
	h.hear(k, core.Text{Body: "好的，那我等运单更新。谢谢你小林"})
	h.tell(k, "lin", core.Choice{Prompt: "建议回复：\n1. 加急件一般在下单后 24–36 小时送达，您可以凭运单号随时查询。\n2. 不客气，祝您生活愉快！", Options: []core.Option{{ID: "suggest:1", Label: "发送 1 加急件时效"}, {ID: "suggest:2", Label: "发送 2 不客气"}}})

	// others
	quick := func(v core.TicketView, said ...string) {
		if v.Ledger.Until.IsZero() && v.Ticket.Key.Channel != "web" && v.Ticket.Key.Channel != "email" {
			v.Ledger = core.Ledger{Left: core.Any, Until: start.Add(21 * time.Hour), Why: "message"}
			if v.Ticket.Key.Channel == "wechat" {
				v.Ledger.Left = 3
			}
		}
		h.open(v)
		key := core.Key{Channel: v.Ticket.Key.Channel, Peer: v.Peer.ID}
		base := start.Sub(v.Ticket.Since) + 30*time.Second
		for i, s := range said {
			then(max(5*time.Second, base-time.Duration(i)*20*time.Second))
			if i%2 == 0 {
				h.hear(key, core.Text{Body: s})
			} else {
				h.say(key, bot, core.Text{Body: s}, nil)
			}
		}
	}
	tk := func(id, channel, topic string, state core.TicketState, since time.Duration) core.Ticket {
		return core.Ticket{ID: id, Key: core.Key{Channel: channel}, State: state, Topic: topic, Since: ago(since), Class: 2, Lang: "zh-CN"}
	}
	ring := tk("F7K2", "web", "售后", core.TicketRinging, 95*time.Second)
	ring.Agent, ring.Rung, ring.Intent, ring.Asked = "console/lin", ago(8*time.Second), "物流查询", "我的快递三天没动了"
	quick(core.TicketView{Peer: core.Peer{ID: "v-88", Name: "访客 8831"}, Ticket: ring, Heard: ago(20 * time.Second)}, "我的快递三天没动了", "请提供一下订单号，我来帮您查。", "20261116-2207，转人工吧")
	w1 := tk("F8M4", "wechat", "售后", core.TicketWaiting, 6*time.Minute+40*time.Second)
	w1.Class, w1.Mood, w1.Intent, w1.Asked = 0, "urgent", "退款进度", "退款一个星期了还没到账"
	w1.Told = core.Told{At: ago(6 * time.Minute), Ahead: 3, Upper: 5 * time.Minute}
	w1.Form = map[string]string{"订单": "20261109-0098", "金额": "¥1,280.00"}
	quick(core.TicketView{Peer: core.Peer{ID: "o7", Name: "陈伟"}, Ticket: w1, Heard: ago(2 * time.Minute), Ledger: core.Ledger{Left: 2, Until: start.Add(25 * time.Minute), Why: "message"}}, "退款一个星期了还没到账，急用", "退款一般 3–5 个工作日到账，我帮您转人工核实。", "快点！！")
	w2 := tk("F8P1", "weibo", "售前", core.TicketWaiting, 3*time.Minute+5*time.Second)
	w2.Intent, w2.Asked = "礼盒定制", "企业定制 200 份礼盒有优惠吗？"
	quick(core.TicketView{Peer: core.Peer{ID: "wb1", Name: "星野咖啡店"}, Ticket: w2, Heard: ago(3 * time.Minute)}, "企业定制 200 份礼盒有优惠吗？")
	w3 := tk("F8R6", "web", "", core.TicketWaiting, 48*time.Second)
	w3.Lang, w3.Asked, w3.Intent = "en", "Do you ship to Singapore?", "shipping abroad"
	quick(core.TicketView{Peer: core.Peer{ID: "v-90", Name: "Grace Lim", Lang: "en"}, Ticket: w3, Heard: ago(48 * time.Second)}, "Do you ship to Singapore?", "We do! May I know how many pieces you would like?", "around 60 sets, can I talk to someone")
	m := tk("F2C7", "email", "售后", core.TicketMessage, 9*time.Hour)
	m.Asked = "发票抬头开错了，麻烦重开"
	quick(core.TicketView{Peer: core.Peer{ID: "a@b.cn", Name: "刘洋"}, Ticket: m, Heard: ago(9 * time.Hour)}, "发票抬头开错了，麻烦重开，谢谢")
	p := tk("F1D0", "weibo", "售后", core.TicketParked, 3*time.Hour)
	p.Agent, p.Claimed, p.Asked = "console/lin", ago(170*time.Minute), "想换个颜色"
	quick(core.TicketView{Peer: core.Peer{ID: "wb2", Name: "阿泽"}, Ticket: p, Heard: ago(2 * time.Hour)}, "想换个颜色", "可以的，请问想换成什么颜色？", "我回去看看再说")
	a2 := tk("F5E5", "wechat", "财务", core.TicketActive, 22*time.Minute)
	a2.Agent, a2.Claimed, a2.Asked = "console/chen", ago(20*time.Minute), "对公转账怎么付"
	quick(core.TicketView{Peer: core.Peer{ID: "o9", Name: "宏达贸易 · 周经理"}, Ticket: a2, Heard: ago(4 * time.Minute)}, "对公转账怎么付", "请稍等，为您转接财务同事。", "好")
	for i, name := range []string{"孙悦", "Kevin Wu", "老唐", "夏天", "何先生"} {
		d := tk("E9"+string(rune('A'+i))+"0", []string{"wechat", "web", "weibo"}[i%3], "售后", core.TicketClosed, time.Duration(i+1)*38*time.Minute)
		d.Agent, d.Claimed, d.Closed, d.Outcome, d.Summary = "console/lin", ago(time.Duration(i+1)*37*time.Minute), ago(time.Duration(i+1)*33*time.Minute), []string{"solved", "solved", "left"}[i%3], "已解答，客户满意"
		d.Tags = []string{"物流"}
		quick(core.TicketView{Peer: core.Peer{ID: "d" + name, Name: name}, Ticket: d}, "快递到哪了", "您的包裹正在派送。", "收到谢谢")
	}
	old := tk("C4H8", "wechat", "售前", core.TicketClosed, 30*24*time.Hour)
	old.Agent, old.Closed, old.Outcome, old.Summary = "console/chen", ago(30*24*time.Hour-20*time.Minute), "solved", "咨询礼盒包装，已下单"
	h.open(core.TicketView{Peer: li, Ticket: old})
	h.log[core.Key{Channel: "console", Peer: "lin"}] = []core.Record{{Seq: 1, At: ago(20 * time.Minute), Message: &core.Envelope{Channel: "console", By: core.Author{Kind: core.BySystem},
		Parts: core.Parts{core.Text{Body: "你已上班，最多同时接待 5 位客户。"}}}}}
}

// picture is a photograph of sorts.
func picture(t testing.TB, c *Console, ctx context.Context) string {
	img := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			img.Set(x, y, color.RGBA{uint8(200 - y/3), uint8(180 - x/6), uint8(150 + (x*y/900)%60), 255})
		}
	}
	for i := range 220 {
		img.Set(120+i, 60+i%90+i/2, color.RGBA{60, 40, 40, 255})
		img.Set(121+i, 60+i%90+i/2, color.RGBA{60, 40, 40, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	m, err := c.Blobs.Save(ctx, core.Media{Type: "image/png", Name: "破损.png"}, &b, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return m.Handle
}
