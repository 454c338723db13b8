package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
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
	s := newMorning(t)
	go s.Console.Run(ctx)
	hubEnds := make(chan error, 1)
	go func() { hubEnds <- s.hub.Run(ctx) }()
	go s.chatter(ctx)
	srv := &http.Server{Addr: *serveAt, Handler: s}
	context.AfterFunc(ctx, func() { srv.Close() })
	t.Log(srv.ListenAndServe())
	stop()
	t.Log(<-hubEnds)
}

// The sample conversations are what the pages show.
func TestSample(t *testing.T) {
	s := newMorning(t)
	b := newBrowser(t, s.open(t))
	b.form(Prefix+"sign-in", "account", "lin", "password", "correct horse").want(t, http.StatusSeeOther)
	b.get(Prefix+"api/tickets?box=mine").want(t, 200, "好的，那我等运单更新", "阿泽")
	b.get(Prefix+"api/tickets?box=waiting").want(t, 200, "陈伟", "星野咖啡店", "Grace Lim", "刘洋")
	b.get(Prefix+"api/tickets?box=closed").want(t, 200, "孙悦", "已解答")
	b.get(Prefix+"api/tickets/F3A9").want(t, 200, `"owner":"小林"`, "咨询礼盒包装，已下单",
		`"zh":[{"name":"商品","value":"骨瓷马克杯 ×4"},{"name":"订单","value":"20261118-0413"},{"name":"诉求","value":"补发"}]`, `{"name":"want","value":"resend"}`)
	es := seen(t, b, "F3A9")
	var kinds []entryKind
	for _, e := range es {
		kinds = append(kinds, e.Kind)
	}
	if len(es) < 17 || es[len(es)-1].Kind != entryNotice {
		t.Errorf("%q", kinds)
	}
}

// newMorning is an ordinary morning, now.
func newMorning(t testing.TB) *stage {
	s := &stage{TB: t, now: time.Now}
	s.build(Config{Topics: []string{"售后", "售前", "财务"}})
	s.Labels(func(lang, name, value string) core.Field {
		f := core.Field{Name: name, Value: value}
		if lang == "zh" {
			f.Name = map[string]string{"order": "订单", "goods": "商品", "want": "诉求"}[name]
		}
		if lang == "zh" && value == "resend" {
			f.Value = "补发"
		}
		return f
	})
	weibo := &phone{err: &core.SendError{Kind: core.KindRejected, Err: errors.New("24 小时内客户没有再写，微博不再允许发送 (20506)")}}
	for name, p := range map[string]*phone{"wechat": {}, "weibo": weibo, "email": {}} {
		if err := s.hub.Connect(name, core.RoleChannel, p); err != nil {
			t.Fatal(err)
		}
	}
	s.Channels(map[string]core.Limits{
		"wechat": {Text: 2048, Unit: core.Bytes, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}}},
		"weibo":  {Text: 300, Allowances: []core.Allowance{{After: core.CauseMessage, Within: 24 * time.Hour}}},
		"web":    {Text: 10000}, "email": {},
	})
	s.Templates(func(channel string) []core.Template {
		if channel != "wechat" {
			return nil
		}
		return []core.Template{
			{ID: "reply", Title: "咨询回复通知", Form: "template:reply", Values: map[string]string{"first": "您好，您咨询的问题有了回复。", "keyword1": "{text}", "remark": "回复本消息即可继续与我们联系。"}},
		}
	})
	s.staff()
	s.conversations()
	return s
}

// chatter lets one customer type and write from time to time.
func (s *stage) chatter(ctx context.Context) {
	v88 := core.Envelope{Channel: "web", Peer: core.Peer{ID: "v-88", Name: "访客 8831"}}
	words := []string{"在吗？", "我看了一下，运单还没有更新", "好的，谢谢"}
	for i := 0; ; i++ {
		for _, step := range []func(){
			func() { s.hub.Typing(ctx, v88) },
			func() {
				env := v88
				env.Ref, env.At, env.Parts = fmt.Sprint("chatter", i), s.now(), core.Parts{core.Text{Body: words[i%len(words)]}}
				s.hub.Receive(ctx, env)
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

// staff are those who may sign in, and those on duty.
func (s *stage) staff() {
	ctx := s.Context()
	hash := make(hasher, 1).hash("correct horse")
	for _, a := range []account{
		{ID: "lin", Name: "小林", Role: roleAgent, Max: 5, Topics: []string{"售后"}},
		{ID: "chen", Name: "小陈", Role: roleLead, Max: 8},
		{ID: "min", Name: "王敏", Role: roleAdmin, Max: 3},
		{ID: "zhao", Name: "赵倩", Role: roleAgent, Off: true},
	} {
		a.Hash, a.Stamp, a.Made = hash, token(), s.now().Add(-90*24*time.Hour)
		if err := s.admin.accounts.add(ctx, a); err != nil {
			s.Fatal(err)
		}
	}
	_, err := s.links.add(ctx, link{Kind: linkInvite, Name: "周周", Role: roleAgent, Topics: []string{"售前"}, By: "min"}, inviteLife)
	if err == nil {
		err = s.replies.shelf.put(ctx, "canned", []canned{
			{"你好", "问候", "您好，我是{me}，很高兴为您服务。"},
			{"补发", "破损补发", "非常抱歉给您带来不便。我这就为您登记补发，预计 {=2} 天内寄出，运费由我们承担。"},
			{"发票", "电子发票", "电子发票会在确认收货后 24 小时内发到您的邮箱，请留意查收。"},
			{"tracking", "Tracking", "Hi {name}, your parcel is on its way. You can follow it here: https://example.com/t/{=number}"},
		}, 0)
	}
	if err != nil {
		s.Fatal(err)
	}
	ago := func(d time.Duration) time.Time { return s.now().Add(-d) }
	s.keepAt(ago(5*time.Hour), core.Key{Channel: "console", Peer: "lin"}, func(_ *core.Conversation, o *core.Outcome) {
		for _, a := range []core.Agent{
			{ID: "console/lin", Name: "小林", Max: 5, Presence: core.OnDuty, Since: ago(3 * time.Hour), Topics: []string{"售后"}},
			{ID: "console/chen", Name: "小陈", Lead: true, Max: 8, Presence: core.OnDuty, Since: ago(2 * time.Hour)},
			{ID: "console/min", Name: "王敏", Max: 3, Presence: core.OnBreak, Since: ago(12 * time.Minute)},
			{ID: "slack/U77", Name: "Alex Tan", Max: 4, Presence: core.OnDuty, Since: ago(5 * time.Hour), Langs: []string{"en"}},
		} {
			o.Agents = append(o.Agents, core.AgentChange{Now: a})
		}
		o.Say = []core.Envelope{{Channel: "console", Peer: core.Peer{ID: "lin"}, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Text{Body: "你已上班，最多同时接待 5 位客户。"}}}}
	})
}

// A past is a conversation as it may have been.
type past struct {
	*stage
	core.Key
	peer core.Peer
	ago  time.Duration // of what is written next
}

func (s *stage) past(channel string, peer core.Peer) *past {
	return &past{s, core.Key{Channel: channel, Peer: peer.ID}, peer, 0}
}

// then is when the next things happened.
func (p *past) then(ago time.Duration) *past { p.ago = ago; return p }

func (p *past) turn(f func(*core.Conversation, *core.Outcome)) []core.Delivery {
	return p.keepAt(p.now().Add(-p.ago), p.Key, f)
}

// hear is what the customer wrote.
func (p *past) hear(parts ...core.Part) {
	p.n++
	at := p.now().Add(-p.ago)
	if _, err := p.store.Receive(p.Context(), p.Key, core.Envelope{Channel: p.Channel, Peer: p.peer, Ref: fmt.Sprint("past", p.n), At: at, Filed: at, Parts: parts}); err != nil {
		p.Fatal(err)
	}
	p.turn(func(c *core.Conversation, _ *core.Outcome) { c.Peer, c.Heard = p.peer, at })
}

// say is what was said to the customer, and arrived or not.
func (p *past) say(env core.Envelope, text string, end core.Result) {
	env.Channel, env.Peer, env.Parts = p.Channel, p.peer, core.Parts{core.Text{Body: text}}
	p.settle(end, p.turn(func(_ *core.Conversation, o *core.Outcome) { o.Say = []core.Envelope{env} }))
}

func (p *past) settle(end core.Result, ds []core.Delivery) {
	for _, d := range ds {
		end.Delivery, end.Ref, end.Outcome = d, d.ID, cmp.Or(end.Outcome, core.AttemptSent)
		if d.Channel == "console" && len(d.Parts) > 0 {
			if k, ok := d.Parts[0].(core.Case); ok {
				end.Ref = k.Ticket
			}
		}
		if _, err := p.store.Settle(p.Context(), p.now().Add(-p.ago), end); err != nil {
			p.Fatal(err)
		}
	}
}

// tell is what the desk told one member of staff in the thread.
func (p *past) tell(account, ticket string, part core.Part) {
	p.settle(core.Result{}, p.turn(func(_ *core.Conversation, o *core.Outcome) {
		o.Say = []core.Envelope{{Channel: "console", Peer: core.Peer{ID: account}, Thread: ticket, By: core.Author{Kind: core.BySystem}, Parts: core.Parts{part}}}
	}))
}

func (p *past) event(kind core.EventKind, by core.Author, data map[string]string) {
	p.turn(func(_ *core.Conversation, o *core.Outcome) {
		o.Events = []core.Event{{Kind: kind, At: p.now().Add(-p.ago), By: by, Data: data}}
	})
}

// opens has the conversation have a ticket, shown at this desk.
func (p *past) opens(k core.Ticket, left core.Ledger) {
	p.settle(core.Result{}, p.turn(func(c *core.Conversation, o *core.Outcome) {
		k.Key = p.Key
		c.Peer, c.Ticket, c.Ledger, c.State = p.peer, &k, left, core.InLine
		if k.State == core.TicketActive {
			c.State = core.WithAgent
		}
		o.Say = []core.Envelope{{Channel: "console", By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Case{Ticket: k.ID, State: string(k.State)}}}}
	}))
}

var (
	bot    = core.Envelope{By: core.Author{Kind: core.ByBot, Name: "Frontdesk"}}
	byLin  = core.Author{Kind: core.ByAgent, ID: "console/lin", Name: "小林"}
	byChen = core.Author{Kind: core.ByAgent, ID: "console/chen", Name: "小陈"}
	system = core.Author{Kind: core.BySystem}
	sent   core.Result
)

func (s *stage) conversations() {
	s.busy()
	s.others()
	for i, name := range []string{"孙悦", "Kevin Wu", "老唐", "夏天", "何先生"} {
		n := time.Duration(i + 1)
		k := core.Ticket{ID: fmt.Sprintf("E9%c0", 'A'+i), State: core.TicketClosed, Topic: "售后", Since: s.now().Add(-n * 38 * time.Minute), Class: 2, Lang: "zh-CN",
			Agent: "console/lin", Claimed: s.now().Add(-n * 37 * time.Minute), Closed: s.now().Add(-n * 33 * time.Minute),
			Outcome: []string{"solved", "solved", "left"}[i%3], Summary: "已解答，客户满意", Tags: []string{"物流"}}
		s.quick([]string{"wechat", "web", "weibo"}[i%3], core.Peer{ID: "d" + name, Name: name}, k, "快递到哪了", "您的包裹正在派送。", "收到谢谢")
	}
}

// busy is F3A9, in which everything happens.
func (s *stage) busy() {
	li := core.Peer{ID: "o6_bmj", Name: "李晓雯", Lang: "zh-CN", Facts: map[string]string{"会员": "VIP 黑金", "城市": "杭州"}}
	p := s.past("wechat", li)
	ago := func(d time.Duration) time.Time { return s.now().Add(-d) }
	p.then(30*24*time.Hour).opens(core.Ticket{ID: "C4H8", State: core.TicketClosed, Topic: "售前", Since: ago(30 * 24 * time.Hour), Class: 2,
		Agent: "console/chen", Closed: ago(30*24*time.Hour - 20*time.Minute), Outcome: "solved", Summary: "咨询礼盒包装，已下单"}, core.Ledger{})
	p.then(26 * time.Hour).hear(core.Text{Body: "请问马克杯什么时候发货？"})
	p.say(bot, "您的订单 20261118-0413 已出库，预计明天送达。", sent)
	p.then(17 * time.Minute).hear(core.Text{Body: "杯子碎了两个，你们怎么包装的？"})
	p.then(1010*time.Second).say(bot, "很抱歉！签收 48 小时内的破损我们负责补发。请拍一张照片，并告诉我订单号。", sent)
	p.then(990 * time.Second).hear(core.Media{Type: "image/png", Handle: picture(s, s.blobs), Name: "破损.png", Size: 48200})
	p.hear(core.Text{Body: "0413 那单。人工！"})
	p.then(960*time.Second).event(core.EventHandedOff, system, map[string]string{"topic": "售后"})
	p.event(core.EventQueued, system, map[string]string{"ahead": "2"})
	p.say(bot, "正在为您转接售后客服，前面还有 2 位，大约 2–4 分钟。您可以继续描述问题，不用重复。", sent)
	p.then(14*time.Minute).event(core.EventClaimed, byLin, nil)
	lin := core.Envelope{By: byLin}
	p.say(lin, "您好，我是小林。照片看到了，非常抱歉，两个都碎了，我给您补发两个新的，可以吗？", sent)
	p.then(12 * time.Minute).hear(core.Text{Body: "可以，但是这次能不能包好一点？我周六要送人的"})
	p.then(11*time.Minute).event(core.EventNoted, byChen, map[string]string{"text": "黑金会员，可以走顺丰加急，运费挂市场部。"})
	p.then(10*time.Minute).say(lin, "没问题，我给您安排顺丰加急和双层气泡，周五前送到。运单号 SF1390023344，可以在 https://www.sf-express.com 查询。", sent)
	p.then(9*time.Minute).opens(core.Ticket{
		ID: "F3A9", State: core.TicketActive, Topic: "售后", Lang: "zh-CN", Class: 1, Intent: "商品破损", Mood: "angry",
		Asked: "杯子碎了两个，你们怎么包装的？", Since: ago(16 * time.Minute), Claimed: ago(14 * time.Minute), Agent: "console/lin", LastOwn: "console/chen",
		Form: map[string]string{"order": "20261118-0413", "goods": "骨瓷马克杯 ×4", "want": "resend"}, Told: core.Told{At: ago(16 * time.Minute), Ahead: 2, Upper: 4 * time.Minute}},
		core.Ledger{Left: 4, Until: s.now().Add(46 * time.Hour), Why: "message"})
	lin.Via = &core.Via{Channel: "console", Thread: "F3A9", Ref: "lin:x", Agent: "console/lin"}
	p.then(2*time.Minute).say(lin, "另外给您补了一张 20 元的无门槛券，已经放进账户。", core.Result{Outcome: core.AttemptGaveUp, Err: errors.New("微信：48 小时内可发的条数已用完 (45047)")})
	p.tell("lin", "F3A9", core.Choice{Prompt: "「另外给您补了一张 20 元的无门槛券」没有送达：平台的回复条数已用完 (45047)", Options: []core.Option{{ID: "keep:4", Label: "客户下次来时发送"}, {ID: "drop:4", Label: "不发了"}}})
	p.then(70 * time.Second).hear(core.Text{Body: "好的，那我等运单更新。谢谢你小林"})
	p.tell("lin", "F3A9", core.Choice{Prompt: "建议回复：\n1. 加急件一般在下单后 24–36 小时送达，您可以凭运单号随时查询。\n2. 不客气，祝您生活愉快！", Options: []core.Option{{ID: "suggest:1", Label: "发送 1 加急件时效"}, {ID: "suggest:2", Label: "发送 2 不客气"}}})
}

// others are seven who wait, are parked or are served.
func (s *stage) others() {
	ago := func(d time.Duration) time.Time { return s.now().Add(-d) }
	tk := func(id, topic string, state core.TicketState, since time.Duration) core.Ticket {
		return core.Ticket{ID: id, State: state, Topic: topic, Since: ago(since), Class: 2, Lang: "zh-CN"}
	}
	ring := tk("F7K2", "售后", core.TicketRinging, 95*time.Second)
	ring.Agent, ring.Rung, ring.Intent, ring.Asked = "console/lin", ago(8*time.Second), "物流查询", "我的快递三天没动了"
	s.quick("web", core.Peer{ID: "v-88", Name: "访客 8831"}, ring, "我的快递三天没动了", "请提供一下订单号，我来帮您查。", "20261116-2207，转人工吧")
	w1 := tk("F8M4", "售后", core.TicketWaiting, 6*time.Minute+40*time.Second)
	w1.Class, w1.Mood, w1.Intent, w1.Asked = 0, "urgent", "退款进度", "退款一个星期了还没到账"
	w1.Told = core.Told{At: ago(6 * time.Minute), Ahead: 3, Upper: 5 * time.Minute}
	w1.Form = map[string]string{"订单": "20261109-0098", "金额": "¥1,280.00"}
	s.quick("wechat", core.Peer{ID: "o7", Name: "陈伟"}, w1, "退款一个星期了还没到账，急用", "退款一般 3–5 个工作日到账，我帮您转人工核实。", "快点！！")
	w2 := tk("F8P1", "售前", core.TicketWaiting, 3*time.Minute+5*time.Second)
	w2.Intent, w2.Asked = "礼盒定制", "企业定制 200 份礼盒有优惠吗？"
	s.quick("weibo", core.Peer{ID: "wb1", Name: "星野咖啡店"}, w2, "企业定制 200 份礼盒有优惠吗？")
	w3 := tk("F8R6", "", core.TicketWaiting, 48*time.Second)
	w3.Lang, w3.Asked, w3.Intent = "en", "Do you ship to Singapore?", "shipping abroad"
	s.quick("web", core.Peer{ID: "v-90", Name: "Grace Lim", Lang: "en"}, w3, "Do you ship to Singapore?", "We do! May I know how many pieces you would like?", "around 60 sets, can I talk to someone")
	m := tk("F2C7", "售后", core.TicketMessage, 9*time.Hour)
	m.Asked = "发票抬头开错了，麻烦重开"
	s.quick("email", core.Peer{ID: "a@b.cn", Name: "刘洋"}, m, "发票抬头开错了，麻烦重开，谢谢")
	p := tk("F1D0", "售后", core.TicketParked, 3*time.Hour)
	p.Agent, p.Claimed, p.Asked = "console/lin", ago(170*time.Minute), "想换个颜色"
	s.quick("weibo", core.Peer{ID: "wb2", Name: "阿泽"}, p, "想换个颜色", "可以的，请问想换成什么颜色？", "我回去看看再说")
	a2 := tk("F5E5", "财务", core.TicketActive, 22*time.Minute)
	a2.Agent, a2.Claimed, a2.Asked = "console/chen", ago(20*time.Minute), "对公转账怎么付"
	s.quick("wechat", core.Peer{ID: "o9", Name: "宏达贸易 · 周经理"}, a2, "对公转账怎么付", "请稍等，为您转接财务同事。", "好")
}

// quick is a conversation of a few lines, customer and bot in turn, and a ticket.
func (s *stage) quick(channel string, peer core.Peer, k core.Ticket, said ...string) {
	p := s.past(channel, peer)
	for i, text := range said {
		p.then(max(5*time.Second, s.now().Sub(k.Since)+30*time.Second-time.Duration(i)*20*time.Second))
		if i%2 == 0 {
			p.hear(core.Text{Body: text})
		} else {
			p.say(bot, text, sent)
		}
	}
	var left core.Ledger
	if channel == "wechat" || channel == "weibo" {
		left = core.Ledger{Left: map[string]int{"wechat": 3, "weibo": core.AnyNumber}[channel], Until: s.now().Add(21 * time.Hour), Why: "message"}
	}
	p.opens(k, left)
}

// picture is a photograph of sorts.
func picture(t testing.TB, blobs core.Blobs) string {
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
	m, err := blobs.Save(t.Context(), core.Media{Type: "image/png", Name: "破损.png"}, &b, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return m.Handle
}
