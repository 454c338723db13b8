package match

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func matcher(t testing.TB, entries []Entry, o Options) *Matcher {
	t.Helper()
	m, err := New(entries, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHandoff(t *testing.T) {
	for _, s := range []string{"转人工", "人工", "人工客服", "真人", "找客服", "轉人工", "转 人 工", "ＲＥＮＧＯＮＧ", "rengong", "ren gong", "zhuanrengong", "human", "Human please", "I want to talk to a human", "转人公", "人功", "转任工",
		"客服", "客服在吗", "有人吗", "我要人工服务!!!", "speak to an agent", "agent", "operator", "real person", "can i talk to a real person?", "representative", "customer service", "let me speak with someone", "humna", "agnet",
		"活人", "找个人来", "不要机器人", "别用机器人敷衍我", "叫你们经理来", "我要真人客服", "请帮我转接人工客服", "kefu", "zhenren", "转接", "接人工", "能不能转人工", "要不要转人工啊我要人工", "人工人工人工", "人工！",
		"I need a representative now", "transfer me to an agent", "live agent", "connect me to customer support", "专人工", "人工在吗", "zrg", "能叫个人来吗", "我不想跟机器人说话，转人工"} {
		span, ok := Handoff(s)
		if !ok {
			t.Errorf("Handoff(%q) = false", s)
		} else if !strings.Contains(Fold(s), span) {
			t.Errorf("Handoff(%q): span %q is not in the text", s, span)
		}
	}
	for _, s := range []string{"不要人工", "不用转人工", "先不要转人工", "别给我转人工", "人工智能是什么", "人工费多少钱", "你是人工吗", "这是人工还是机器人", "退货", "", "i don't want to talk to a human", "human resources email",
		"no agent please i just ask", "送货要找人签收吗", "几个人公用", "帮我转人民币", "我的订单呢", "你们支持专人配送吗", "do not transfer me to an agent", "manager's special tea price", "人工就不用了"} {
		if span, ok := Handoff(s); ok {
			t.Errorf("Handoff(%q) = true by %q", s, span)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"ＡＢＣ１２３": "abc123", "運費險": "运费险", "頭髮": "头发", "皇后": "皇后", "多 少 錢": "多少钱", "sooooo gooood": "so god", "！！！": "!", "哈哈哈哈哈": "哈哈",
		"第二个": "第2个", "七天无理由": "7天无理由", "十二点": "12点", "一下": "一下", "千万别": "千万别", "二十三块": "23块", "I can't": "i can not", "it’s": "it is", "肿么退款": "怎么退款",
		"定单": "订单", "優惠劵": "优惠券", "👍👍👍": "👍👍", "don't know": "do not know", "five days": "5 days", "①": "1", "a\u200db": "ab",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

// What Fold takes for settled is folded the same with and without NFKC, behind and before whatever else is.
func TestSettled(t *testing.T) {
	for c := rune(0x80); c < 0x10000; c++ {
		if !settled(c) {
			continue
		}
		for _, s := range []string{string(c), "a" + string(c), string(c) + "一", "。" + string(c)} {
			if got, want := Fold(s), Fold(norm.NFKC.String(s)); got != want {
				t.Errorf("%q becomes %q, by way of NFKC %q", s, got, want)
			}
		}
	}
}

// A text that is in the one form already costs no memory.
func TestFoldAllocations(t *testing.T) {
	for _, s := range []string{"茶叶能放多久", "where is my order", "7天无理由退货", "怎么退"} {
		if n := testing.AllocsPerRun(10, func() { Fold(s) }); n > 0 {
			t.Errorf("%s: %v allocations", s, n)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"第二十个萬", "Ａ\u0300 ﷺ", "😀😀😀 sooo", "can't've 咋咋办", "\xff\xfe", "１２百三"} {
		f.Add(s)
	}
	m := matcher(f, shop(), Options{})
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		once := Fold(s)
		if len(once) > 20*len(s)+20 {
			t.Fatalf("Fold(%q) grew to %d bytes", s, len(once))
		}
		d := m.Match(Query{Text: s, Context: "order.status"})
		for _, c := range d.Candidates {
			if c.P < 0 || c.P > 1 || c.P != c.P {
				t.Fatalf("%q: P = %v", s, c.P)
			}
		}
		Handoff(s)
		Tone(s)
	})
}

// A word that is nearly pinyin must not cost more than others: every split of it was once tried.
func TestPinyinCut(t *testing.T) {
	ph := sounds()
	for w, n := range map[string]int{"yunfei": 2, "tuikuan": 2, "zhuanrengong": 3, "xian": 1, "hello": 0, "to": 0, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax": 0, "gangangangangangangangangangangangaq": 0} {
		if got := len(ph.cut(w)); got != n {
			t.Errorf("cut(%q) = %d syllables, want %d", w, got, n)
		}
	}
}

func TestNewErrors(t *testing.T) {
	_, err := New([]Entry{
		{ID: "a", Pos: "x.yaml:3", Regexp: []string{"("}},
		{ID: "a", Pos: "x.yaml:9"},
		{Pos: "x.yaml:12"},
	}, Options{})
	if err == nil {
		t.Fatal("bad entries are accepted")
	}
	for _, want := range []string{`x.yaml:3: entry a: regexp "("`, "x.yaml:9: entry a is already defined at x.yaml:3", "x.yaml:12: entry without id"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	for _, e := range []Entry{{ID: "a", Contains: []string{"！ "}}, {ID: "a", Regexp: []string{"x*"}}, {ID: "a", Exact: []string{""}}} {
		e.Pos = "y.yaml:1"
		if _, err := New([]Entry{e}, Options{}); err == nil || !strings.HasPrefix(err.Error(), "y.yaml:1: ") {
			t.Errorf("%+v: error %v", e, err)
		}
	}
	if _, err := New(nil, Options{Answer: .3, Clarify: .6}); err == nil {
		t.Error("clarify above answer is accepted")
	}
	many := make([]Entry, maxClasses+1)
	for i := range many {
		many[i] = Entry{ID: fmt.Sprint(i), Title: fmt.Sprint("title ", i)}
	}
	if _, err := New(many, Options{}); err == nil || !strings.Contains(err.Error(), "65537 entries") {
		t.Errorf("more entries than can be numbered: %v", err)
	}
}

func TestEmpty(t *testing.T) {
	m := matcher(t, nil, Options{})
	if err := m.Refine(t.Context()); err != nil {
		t.Error(err)
	}
	for _, q := range []string{"", "  ", "你好", "？"} {
		if d := m.Match(Query{Text: q}); d.Kind != Fallback || d.Why == "" {
			t.Errorf("%q: %+v", q, d)
		}
	}
	if m := matcher(t, []Entry{{ID: "only", Samples: []string{"怎么退货"}}}, Options{}); m.Match(Query{Text: "怎么退货"}).Kind != Answer {
		t.Error("a script of one entry does not answer its own sample")
	}
}

// A bilingual shop script: what must be answered, asked back, and left alone.
func TestAnswers(t *testing.T) {
	m := matcher(t, shop(), Options{})
	if err := m.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"我的包裹到哪里了": "order.status", "退款多久能到账呀": "refund.time", "我想退货怎么弄": "order.return", "茶葉可以放多久": "tea.keep", "電子發票怎麼開": "invoice",
		"寄新疆多少运费": "shipping.fee", "收到杯子是碎的": "broken", "are you open sundays?": "hours", "what time do you open": "hours", "包邮不": "shipping.fee", "发票抬头写错了！": "invoice",
	} {
		if d := m.Match(Query{Text: text}); d.Kind != Answer || d.Candidates[0].Entry != want {
			t.Errorf("%q: %s %s", text, d.Kind, d.Why)
		}
	}
	for _, text := range []string{"你喜欢什么颜色", "今天天气好吗", "who won the match last night", "帮我写一首诗", "asdkjh qwe", "😀", "123456"} {
		if d := m.Match(Query{Text: text}); d.Kind == Answer {
			t.Errorf("%q: %s", text, d.Why)
		}
	}
	for _, text := range []string{"我不要退货", "不是要开发票", "别给我退货，谢谢"} {
		if d := m.Match(Query{Text: text}); d.Kind == Answer {
			t.Errorf("denied %q: %s", text, d.Why)
		}
	}
	if d := m.Match(Query{Text: "不想要了怎么退"}); d.Kind != Answer || d.Candidates[0].Entry != "order.return" {
		t.Errorf("a sample with a denial in it: %s", d.Why)
	}
}

func TestRulesOrder(t *testing.T) {
	es := []Entry{
		{ID: "refund", Contains: []string{"退款"}},
		{ID: "fee", Contains: []string{"退款手续费"}},
		{ID: "coupon", Contains: []string{"优惠"}, Lang: "zh"},
		{ID: "coupon.tw", Contains: []string{"優惠"}, Lang: "zh-TW"},
		{ID: "bye", Exact: []string{"退款"}},
		{ID: "en", Contains: []string{"refund"}, Samples: []string{"money back"}, Lang: "en"},
		{ID: "ship", Contains: []string{"发货"}},
		{ID: "order", Regexp: []string{`单号\s*\d+`}},
		{ID: "who.pays", Samples: []string{"发货的运费谁出", "不要退款行吗"}},
	}
	m := matcher(t, es, Options{})
	for text, want := range map[string]string{"退款手续费多少": "fee", "怎么退款": "refund", "退款": "bye", "refunded?": "en", "單號 8812": "order",
		"请问发货的运费谁出呢": "who.pays", "发货的运费是谁出": "ship"} {
		if d := m.Match(Query{Text: text}); d.Kind != Answer || d.Candidates[0].Entry != want {
			t.Errorf("%q: %s %s", text, d.Kind, d.Why)
		}
	}
	tea := matcher(t, append(shop(), Entry{ID: "cold", Title: "冷泡茶", Contains: []string{"冷泡"}, Samples: []string{"可以用冷水泡吗"}},
		Entry{ID: "brew", Title: "怎么泡", Samples: []string{"一泡茶可以泡几次", "能泡几次", "能泡多少回", "一般能泡几遍"}}), Options{})
	for text, want := range map[string]string{"这茶一般能泡几次": "brew", "冷泡怎么弄": "cold", "lengpao": "cold", "愣泡放多少水": "cold"} {
		if d := tea.Match(Query{Text: text}); d.Kind != Answer || d.Candidates[0].Entry != want {
			t.Errorf("%q: %s %s", text, d.Kind, d.Why)
		}
	}
	if d := m.Match(Query{Text: "退款和发货"}); d.Kind != Clarify || len(d.Candidates) < 2 {
		t.Errorf("two rules of one length: %s %s", d.Kind, d.Why)
	}
	if d := m.Match(Query{Text: "refundable brandrefund", Lang: "en"}); len(d.Candidates) == 0 || d.Candidates[0].Span != "refund" {
		t.Errorf("%+v", d)
	}
	if d := m.Match(Query{Text: "prerefundx"}); d.Kind == Answer && d.Candidates[0].How == "contains" && d.Candidates[0].Span == "refund" {
		t.Errorf("keyword found inside a word: %+v", d)
	}
}

func TestContext(t *testing.T) {
	es := append(shop(), Entry{ID: "tea.return", Title: "茶叶退货", Pos: "shop.yaml:95", Samples: []string{"茶叶不好喝能退吗", "茶叶拆封了能退吗", "茶叶怎么退", "喝了一半的茶叶退不退"}})
	m := matcher(t, es, Options{})
	if err := m.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	order := m.Match(Query{Text: "那退货呢？", Context: "order.status"})
	if len(order.Candidates) == 0 || order.Candidates[0].Entry != "order.return" || order.Kind == Fallback || order.Candidates[0].How != "context" {
		t.Errorf("after the order: %s %s", order.Kind, order.Why)
	}
	tea := m.Match(Query{Text: "那退货呢？", Context: "tea.keep"})
	if len(tea.Candidates) < 2 || tea.Candidates[0].Entry != "tea.return" && (tea.Kind == Answer || tea.Candidates[1].Entry != "tea.return") {
		t.Errorf("after the tea: %s %s", tea.Kind, tea.Why)
	}
	if d := m.Match(Query{Text: "那呢", Context: "order.status"}); d.Kind == Answer {
		t.Errorf("nothing asked: %s", d.Why)
	}
	if d := m.Match(Query{Text: "能开发票吗", Context: "order.status"}); d.Kind != Answer || d.Candidates[0].Entry != "invoice" || d.Candidates[0].How == "context" {
		t.Errorf("a full question needs no context: %s", d.Why)
	}
	if d := m.Match(Query{Text: "那退货呢", Context: "gone"}); d.Candidates != nil && d.Candidates[0].How == "context" {
		t.Errorf("unknown context is used: %s", d.Why)
	}
}

// Ten explanations, read aloud in the report. -v prints them.
func TestExplanations(t *testing.T) {
	es := shop()
	es[1].Contains = []string{"退货"}
	es[5].Contains = []string{"运费"}
	es = append(es, Entry{ID: "return.fee", Title: "退货运费谁出", Contains: []string{"退货运费"}}, Entry{ID: "thanks", Title: "致谢", Exact: []string{"谢谢"}})
	m := matcher(t, es, Options{})
	if err := m.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, context, kind, want string }{
		{"退貨運費誰出啊", "", "answer", "退货运费"},
		{"yunfei duoshao", "", "answer", "听起来就是关键词“运费”"},
		{"谢谢啦！", "", "answer", "整句"},
		{"我退的钱哪天能到账", "", "answer", "refund.time"},
		{"能开发票吗？", "", "answer", "一字不差"},
		{"我不要退货", "", "fallback", "否定"},
		{"你喜欢什么颜色", "", "fallback", "不猜"},
		{"退货和运费", "", "clarify", "反问"},
		{"那钱呢", "order.return", "", "接着上一个问题"},
		{"what time do you close today", "", "answer", "hours"},
		{"帮我写首诗", "", "", "不到"},
	} {
		d := m.Match(Query{Text: c.text, Context: c.context})
		t.Logf("%s → %s\n        %s", c.text, d.Kind, d.Why)
		if c.kind != "" && string(d.Kind) != c.kind || !strings.Contains(d.Why, c.want) || strings.ContainsAny(d.Why, "\n%!") && strings.Contains(d.Why, "%!") {
			t.Errorf("%q: %s %q, want %s with %q", c.text, d.Kind, d.Why, c.kind, c.want)
		}
	}
	if percent(.9996) != "99%" || percent(1) != "100%" || percent(.984) != "98%" {
		t.Errorf("%s %s %s: what is learnt is never certain", percent(.9996), percent(1), percent(.984))
	}
	en := matcher(t, es, Options{Lang: "en"})
	if d := en.Match(Query{Text: "退货运费"}); !strings.Contains(d.Why, "rules come first") {
		t.Errorf("English explanation: %q", d.Why)
	}
}

// Match is a function of its input: two matchers of one script agree in every bit.
func TestDeterministic(t *testing.T) {
	a, b := matcher(t, shop(), Options{}), matcher(t, shop(), Options{})
	for _, m := range []*Matcher{a, b} {
		if err := m.Refine(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{"退款什么时候到", "茶受潮了", "are you open", "嗯"} {
		if x, y := a.Match(Query{Text: q}), b.Match(Query{Text: q}); !reflect.DeepEqual(x, y) {
			t.Errorf("%q: %+v and %+v", q, x, y)
		}
	}
}

// Answers are given while Refine works, and a cancelled Refine leaves the matcher as it was.
func TestRefineServes(t *testing.T) {
	m := matcher(t, shop(), Options{})
	old := m.model.Load()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Refine(ctx); !errors.Is(err, context.Canceled) || m.model.Load() != old {
		t.Fatalf("cancelled: %v, model swapped: %v", err, m.model.Load() != old)
	}
	done := make(chan error, 1)
	go func() { done <- m.Refine(t.Context()) }()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for m.model.Load() == old {
				if d := m.Match(Query{Text: "退款多久到账"}); d.Kind != Answer || d.Candidates[0].Entry != "refund.time" {
					t.Errorf("while training: %+v", d)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if d := m.Match(Query{Text: "退款多久到账"}); d.Kind != Answer {
		t.Errorf("after: %+v", d)
	}
}

// What the script has no answer to falls back, however much it looks like an entry, and is never shown.
func TestUnanswered(t *testing.T) {
	entries := []Entry{
		{ID: "stores", Samples: []string{"你们店在哪", "门店地址", "上海有店吗", "店里几点关门", "你们店怎么走", "哪里有实体店"}},
		{ID: "refund", Samples: []string{"怎么退款", "我要退钱", "退款多久到", "能退款吗"}, Contains: []string{"退款"}},
		{ID: "none", Unanswered: true, Samples: []string{"你们店招人吗", "店里要不要兼职", "招聘店员吗", "店里能停车吗", "店里招不招工"}, Contains: []string{"招聘"}},
	}
	m, err := New(entries, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Refine(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"你们店招人吗", "你们店还招兼职吗", "有招聘吗"} {
		d := m.Match(Query{Text: text})
		if d.Kind != Fallback || slices.ContainsFunc(d.Candidates, func(c Candidate) bool { return c.Entry == "none" }) || !strings.Contains(d.Why, "没有写答案") {
			t.Errorf("%s: %+v", text, d)
		}
	}
	for text, want := range map[string]string{"门店地址在哪": "stores", "我要退款": "refund"} {
		if d := m.Match(Query{Text: text}); d.Kind != Answer || d.Candidates[0].Entry != want {
			t.Errorf("%s: %+v", text, d)
		}
	}
}

// A keyword that is only heard begins where a word does, and inside a sentence it asks back unless the samples mean it too.
func TestHeardAsksBack(t *testing.T) {
	m, err := New([]Entry{
		{ID: "stores", Contains: []string{"门店"}, Samples: []string{"地址在哪", "上海有店吗"}},
		{ID: "cold", Contains: []string{"冷泡"}, Samples: []string{"冰水能不能冲", "夏天怎么喝"}},
		{ID: "price", Contains: []string{"报价"}, Samples: []string{"要多少钱", "便宜点"}},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Kind{"你们店招人不招": Clarify, "隔壁阿姨昨晚来串门带了暴价": Clarify, "愣泡": Answer, "愣泡怎么样": Answer, "门店": Answer} {
		if d := m.Match(Query{Text: text}); d.Kind != want {
			t.Errorf("%s: %+v", text, d)
		}
	}
}
