package match

import "testing"

func TestHandoffList(t *testing.T) {
	for _, s := range []string{"转人工", "人工", "人工客服", "真人", "找客服", "轉人工", "转 人 工", "ＲＥＮＧＯＮＧ", "rengong", "ren gong", "zhuanrengong", "human", "Human please", "I want to talk to a human", "转人公", "人功", "转任工", "客服", "客服在吗", "有人吗", "我要人工服务!!!", "speak to an agent", "agent", "operator", "real person", "can i talk to a real person?", "representative", "customer service", "let me speak with someone", "humna", "agnet", "活人", "找个人来", "不要机器人", "别用机器人敷衍我", "叫你们经理来", "我要真人客服", "请帮我转接人工客服", "kefu", "zhenren", "转接", "接人工", "能不能转人工", "要不要转人工啊我要人工", "人工人工人工", "人工！", "I need a representative now", "transfer me to an agent", "live agent", "connect me to customer support", "专人工", "人工在吗", "zrg"} {
		if _, ok := Handoff(s); !ok {
			t.Errorf("Handoff(%q) = false", s)
		}
	}
	for _, s := range []string{"不要人工", "不用转人工", "先不要转人工", "别给我转人工", "人工智能是什么", "人工费多少钱", "你是人工吗", "这是人工还是机器人", "退货", "", "i don't want to talk to a human", "human resources email", "no agent please i just ask", "送货要找人签收吗", "几个人公用", "帮我转人民币", "我的订单呢", "你们支持专人配送吗", "do not transfer me to an agent", "manager's special tea price"} {
		if span, ok := Handoff(s); ok {
			t.Errorf("Handoff(%q) = true by %q", s, span)
		}
	}
}

func TestFirst(t *testing.T) {
	m, err := New([]Entry{{ID: "refund", Contains: []string{"退款"}, Samples: []string{"钱什么时候退给我"}}, {ID: "ship", Contains: []string{"运费", "shipping"}, Samples: []string{"寄一件要多少钱"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]string{"我要退款": "refund", "運費多少": "ship", "运非多少": "ship", "yunfei duoshao": "ship", "how much is shiping": "ship", "钱什么时候退": "refund"} {
		d := m.Match(Query{Text: q})
		if len(d.Candidates) == 0 || d.Candidates[0].Entry != want {
			t.Errorf("%s: %+v", q, d)
		}
	}
	if d := m.Match(Query{Text: "我不要退款"}); d.Kind == Answer {
		t.Errorf("%+v", d)
	}
}
