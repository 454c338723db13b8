package match

import (
	"slices"
	"testing"
)

func TestActs(t *testing.T) {
	for text, want := range map[string]Act{
		"好的": ActAck, "好的好的👌": ActAck, "嗯嗯，明白了": ActAck, "OKK": ActAck, "ＯＫ": ActAck, "k": ActAck, "👌": ActAck, "got it, makes sense": ActAck,
		"好的，谢谢啦～": ActThanks, "多谢晒": ActThanks, "thank u so much!!": ActThanks, "ty": ActThanks, "[抱拳]": ActThanks,
		"再见": ActBye, "好的谢谢，再见": ActBye, "我先撤了哈": ActBye, "886": ActBye, "cya": ActBye, "ok that's all, thanks": ActBye,
		"哈哈哈哈哈": ActLaugh, "233333": ActLaugh, "lolol": ActLaugh, "😂😂": ActLaugh, "hahaha": ActLaugh,
		"😭": ActFace, "[微笑]": ActFace, "/::)": ActFace, "(｡･ω･｡)": ActFace, "🍵🍵": ActFace,
		"等一下，我找找": ActWait, "one sec pls": ActWait, "brb": ActWait,
		"在吗": ActThere, "还在吗？？": ActThere, "？": ActThere, "hello, anyone there?": ActThere,
		"快点啊！": ActHurry, "急急急": ActHurry, "any update?": ActHurry,
		"傻逼": ActInsult, "useless bot": ActInsult, "太差了": ActComplain, "什么破店！": ActComplain, "worst service ever": ActComplain,
		"不是这个": ActNotThis, "that's not what I asked": ActNotThis, "帮助": ActHelp, "help": ActHelp, "退订": ActStop, "TD": ActStop, "STOP": ActStop,
		"。。。": ActNoise, "你好": ActGreet, "hi there!": ActGreet, "不用了": ActNo, "nah": ActNo, "是的": ActYes, "yep": ActYes, "真棒👍": ActPraise, "nice one": ActPraise,
	} {
		if got, ok := ActOf(text); !ok || got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "  ", "茶叶能放多久", "好的，茶叶能放多久", "谢谢你们的茶过期了", "再见面时再给我发货", "等一下发货可以吗", "有人参乌龙吗", "帮我查订单", "stop my order",
		"how long does tea keep", "help me track my order", "快点发货", "88元的茶", "18", "okra tea", "this", "thanksgiving gifts", "你是机器人吗", "你是机器人？", "are you a bot", "不是这个地址", "XH20261101"} {
		if got, ok := ActOf(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestHearAsideOfActs(t *testing.T) {
	for _, tt := range []struct {
		text, rest string
		acts       []Act
	}{
		{"你好，茶叶能放多久？谢谢", "茶叶能放多久", []Act{ActThanks, ActGreet}},
		{"你好请问茶叶能放多久谢谢", "茶叶能放多久", nil},
		{"稍等啊 门口有人敲门", "门口有人敲门", []Act{ActWait, ActAck}},
		{"hi, how long does tea keep? thanks", "how long does tea keep", []Act{ActThanks, ActGreet}},
		{"茶叶能放多久", "茶叶能放多久", nil},
	} {
		if acts, rest := Hear(tt.text); rest != tt.rest || !slices.Equal(acts, tt.acts) {
			t.Errorf("%s: %q and %q, want %q and %q", tt.text, acts, rest, tt.acts, tt.rest)
		}
	}
}
