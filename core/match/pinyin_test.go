package match

import "testing"

func TestPinyin(t *testing.T) {
	m, err := New([]Entry{
		{ID: "refund", Samples: []string{"退款多久到账", "钱什么时候退给我", "退款几天能到"}},
		{ID: "status", Samples: []string{"我的快递到哪了", "帮我查一下单号", "东西发了没有"}},
		{ID: "keep", Samples: []string{"茶叶能放多久", "茶可以存几年"}},
		{ID: "hours", Samples: []string{"when do you open", "what are your hours"}},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"tui kuan duo jiu dao zhang": "refund", "wo de kuaidi dao na le": "status", "cha ye neng fang duo jiu?": "keep", "bang wo cha yi xia danhao": "status"} {
		if d := m.Match(Query{Text: text}); d.Kind != Answer || d.Candidates[0].Entry != want {
			t.Errorf("%s: %+v", text, d)
		}
	}
	for _, text := range []string{"ni jin tian chi le ma", "wo xiang mai yi liang che"} {
		if d := m.Match(Query{Text: text}); d.Kind == Answer {
			t.Errorf("%s: %+v", text, d)
		}
	}
	for text, want := range map[string]bool{"wo yao tui huo": true, "woyaotuihuo": true, "when do you open": false, "are you human": false, "can i": false, "nihao": false, "我要 tui huo": false, "": false} {
		if got := Pinyin(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
