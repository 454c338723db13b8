package match

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func shop() []Entry {
	return []Entry{
		{ID: "order.status", Title: "订单到哪了", Pos: "shop.yaml:10", Samples: []string{"我的订单到哪了", "查一下物流", "东西什么时候到", "包裹走到哪里了", "订单怎么还没到", "帮我看看物流信息", "我买的东西到哪儿了"}},
		{ID: "order.return", Title: "订单退货", Pos: "shop.yaml:20", Samples: []string{"我要退货", "怎么退货", "不想要了怎么退", "买错了想退掉", "订单可以退货吗", "退货要怎么操作", "东西不合适想退"}},
		{ID: "refund.time", Title: "退款多久到账", Pos: "shop.yaml:30", Samples: []string{"退款多久到账", "钱什么时候退给我", "退的钱还没收到", "退款几天能到", "退款到哪里了", "什么时候能收到退款", "钱退到哪张卡"}},
		{ID: "tea.keep", Title: "茶叶能放多久", Pos: "shop.yaml:40", Samples: []string{"这个茶能放多久", "茶叶保质期多长", "开封以后要多久喝完", "茶叶怎么保存", "白茶可以放几年", "要放冰箱吗", "受潮了还能喝吗"}},
		{ID: "invoice", Title: "开发票", Pos: "shop.yaml:50", Samples: []string{"能开发票吗", "发票什么时候寄", "怎么开电子发票", "公司抬头的发票怎么开", "发票抬头写错了", "需要增值税发票", "可以补开发票吗"}},
		{ID: "shipping.fee", Title: "运费", Pos: "shop.yaml:60", Samples: []string{"运费多少钱", "满多少包邮", "寄到新疆要加钱吗", "要付快递费吗", "邮费怎么算", "包邮吗", "顺丰要加多少"}},
		{ID: "hours", Title: "Opening hours", Lang: "en", Pos: "shop.yaml:70", Samples: []string{"when are you open", "what are your opening hours", "are you open on sunday", "what time do you close", "do you work on holidays"}},
		{ID: "broken", Title: "东西坏了", Pos: "shop.yaml:80", Samples: []string{"杯子碎了", "收到的时候就坏了", "包装破损怎么赔", "有裂痕", "坏了能补发吗", "收到是碎的", "漏水了怎么办"}},
	}
}

func TestLintFindings(t *testing.T) {
	es := shop()
	es[0].Samples = append(es[0].Samples, "退款几天到账啊") // belongs to refund.time
	es[0].SamplePos = []string{"", "", "", "", "", "", "", "shop.yaml:18"}
	es[3].Contains = []string{"保质期"}
	es[4].Contains = []string{"发票", "保质期"}
	es[5].Samples = append(es[5].Samples, "补开发票要运费吗", "有裂痕")
	fs, err := Lint(context.Background(), es)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"stray": "退款几天到账啊", "rule": "保质期", "hijack": "补开发票要运费吗", "duplicate": "有裂痕"}
	for kind, sample := range want {
		i := slices.IndexFunc(fs, func(f Finding) bool { return f.Kind == kind && f.Sample == sample })
		if i < 0 {
			t.Errorf("no finding %s %q", kind, sample)
			continue
		}
		if kind == "stray" && (fs[i].Pos != "shop.yaml:18" || fs[i].Other != "refund.time" || !strings.HasPrefix(fs[i].String(), "shop.yaml:18: ")) {
			t.Errorf("stray: %+v", fs[i])
		}
	}
	for _, f := range fs {
		t.Log(f)
	}
	es = shop() // two languages to an entry: little of each, and no reason to suspect what stands alone
	es[5].Samples = append(es[5].Samples, "how much is delivery", "is delivery free", "who pays postage", "shipping cost", "delivery charge", "do you charge for delivery", "free shipping over how much")
	es[4].Samples = append(es[4].Samples, "can i get an invoice", "how do i get a receipt", "i need a vat invoice", "the company name on the invoice is wrong", "electronic invoice please", "where is my invoice", "change the invoice title")
	es[0].Samples = append(es[0].Samples, "where is my order", "track my parcel", "when will it arrive", "why is it not here yet", "delivery status", "look up my order", "has my order shipped")
	for _, f := range lintOf(t, es) {
		if f.Kind == "stray" {
			t.Errorf("a sample that is only unlike the others: %v", f)
		}
	}
	clean, err := Lint(context.Background(), shop())
	if err != nil || len(clean) > 0 {
		t.Errorf("clean script: %v %v", clean, err)
	}
}

func lintOf(t *testing.T, es []Entry) []Finding {
	t.Helper()
	fs, err := Lint(t.Context(), es)
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestLintOverlap(t *testing.T) {
	es := shop()
	es = append(es, Entry{ID: "return2", Pos: "shop.yaml:90", Samples: []string{"想退货", "怎么样退货", "买错了怎么退掉", "退货怎么操作呢", "订单能退货吗", "不合适可以退吗"}})
	fs, err := Lint(context.Background(), es)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(fs, func(f Finding) bool {
		return f.Kind == "overlap" && f.Entry == "order.return" && f.Other == "return2" && f.OtherPos == "shop.yaml:90"
	}) {
		t.Errorf("no overlap of order.return and return2: %v", fs)
	}
}

func dataset(t testing.TB, name string) (out []sampleLine) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "datasets", name))
	if err != nil {
		t.Skip("no ../shared/datasets here: the public sets are only for measuring and not part of the repository")
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if l, s, ok := strings.Cut(sc.Text(), "\t"); ok {
			out = append(out, sampleLine{l, s})
		}
	}
	return out
}

type sampleLine struct{ label, text string }

func script(lines []sampleLine) (out []Entry) {
	at := map[string]int{}
	for _, l := range lines {
		i, ok := at[l.label]
		if !ok {
			i = len(out)
			at[l.label] = i
			out = append(out, Entry{ID: l.label, Pos: "cic"})
		}
		out[i].Samples = append(out[i].Samples, l.text)
	}
	return out
}

// On the noisy Chinese set, following the lint's proposals must be worth three points with the same model.
func TestLintCleans(t *testing.T) {
	train, valid := dataset(t, "cic/train.tsv"), dataset(t, "cic/valid.tsv")
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	fs, err := Lint(context.Background(), script(train))
	if err != nil {
		t.Fatal(err)
	}
	drop := map[sampleLine]bool{}
	for _, f := range fs {
		if f.Kind == "stray" {
			drop[sampleLine{f.Entry, f.Sample}] = true
		}
	}
	accuracy := func(lines []sampleLine) float64 {
		m, err := New(script(lines), Options{})
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for _, l := range valid {
			if d := m.Match(Query{Text: l.text}); len(d.Candidates) > 0 && d.Candidates[0].Entry == l.label {
				right++
			}
		}
		return 100 * float64(right) / float64(len(valid))
	}
	before := accuracy(train)
	after := accuracy(slices.DeleteFunc(slices.Clone(train), func(l sampleLine) bool { return drop[l] }))
	t.Logf("%d of %d samples proposed; accuracy %.2f → %.2f", len(drop), len(train), before, after)
	if after < before+3 {
		t.Errorf("cleaning gains %.2f points, want 3", after-before)
	}
}

func TestCluster(t *testing.T) {
	m, err := New(shop(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	groups := m.Cluster([]string{"可以用花呗吗", "支持花呗分期吗", "能用花呗付款吗", "花呗能分期付吗", "退款的钱几天能到卡里", "退款什么时候能到我卡里", "你好帅", "", "门店在哪里", "你们门店在哪条路", "有没有门店可以试喝"})
	var huabei, refund *Group
	for i := range groups {
		for _, q := range groups[i].Questions {
			switch q {
			case "支持花呗分期吗":
				huabei = &groups[i]
			case "退款什么时候能到我卡里":
				refund = &groups[i]
			}
		}
	}
	if huabei == nil || len(huabei.Questions) != 4 || huabei.Entry != "" || !slices.Contains(huabei.Keywords, "花呗") {
		t.Errorf("花呗: %+v", huabei)
	}
	if refund == nil || refund.Entry != "refund.time" {
		t.Errorf("refund: %+v", refund)
	}
	if len(groups[0].Questions) < len(groups[len(groups)-1].Questions) {
		t.Error("largest group is not first")
	}
}

func TestTone(t *testing.T) {
	for text, kind := range map[string]string{
		"这是您自己的问题，我们不负责":                 "blame",
		"不是已经告诉您了吗":                      "blame",
		"不行。":                            "refusal",
		"不知道":                            "refusal",
		"您必须三天内寄回":                       "order",
		"别催了，在处理":                        "order",
		"马上就到，请放心":                       "promise",
		"规定就是这样":                         "cold",
		"请耐心等待！！！":                       "shout",
		"You should have read the terms": "blame",
		"Please calm down.":              "order",
		"That is not my problem":         "cold",
		"No. Impossible.":                "refusal",
		"We guarantee delivery":          "promise",
		"It will be there in a second.":  "promise",
		"That is your problem.":          "blame",
	} {
		if fs := Tone(text); !slices.ContainsFunc(fs, func(f ToneFinding) bool { return f.Kind == kind }) {
			t.Errorf("%q: %+v, want %s", text, fs, kind)
		}
	}
	for _, text := range []string{"很抱歉让您久等了，我帮您查一下，预计今天 18 点前回复您。", "目前还不支持货到付款，您可以用微信或支付宝付款。", "签收 7 天内可以退货，运费由我们承担。",
		"We can not ship to this address yet, but you can pick it up in our shop.", "Your parcel left Hangzhou today.",
		"Sorry, this is not your fault: we packed the wrong tea.", "Was your problem solved?", "这不是您自己的原因，我们重新寄一份。", "不用马上处理，七天内都可以。"} {
		if fs := Tone(text); len(fs) > 0 {
			t.Errorf("%q: %+v", text, fs)
		}
	}
}

// Of a script of a few samples nobody can say that two entries are one.
func TestLintTiny(t *testing.T) {
	es := []Entry{{ID: "a", Samples: []string{"怎么停车", "停车收费吗", "车停哪里"}}, {ID: "b", Samples: []string{"停车怎么收费", "哪里能停车", "停车方便吗"}}, {ID: "c", Samples: []string{"几点开门", "几点关门", "周末开门吗"}}}
	found, err := Lint(t.Context(), es)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range found {
		if f.Kind == "overlap" {
			n++
		}
		if strings.Contains(f.String(), "merging") {
			t.Errorf("advised: %s", f)
		}
	}
	if n == 0 {
		t.Errorf("nothing overlaps in %v", found)
	}
}
