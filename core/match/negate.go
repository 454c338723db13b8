package match

import (
	"slices"
	"strings"
)

// A wish is denied ("不要退款", "I don't want a refund"), not a fact ("退款没收到", "not refunded yet"): who complains that
// something did not happen still asks about it.
var (
	denials = []string{"不要", "不想", "不用", "不需要", "不必", "无需", "无须", "别", "不是", "没说", "没想", "没要", "不打算", "不准备", "先不", "暂不", "暂时不",
		"不考虑", "不愿意", "不愿", "拒绝", "甭", "没打算", "不希望", "没有要", "没有想", "不找", "不转", "不办", "不申请", "不做", "取消不了"}
	denialFill = []string{"给", "我", "帮", "再", "去", "要", "想", "来", "跟", "和", "说", "问", "谈", "提", "你", "您", "们", "咱", "办理", "办", "申请", "转", "找", "联系",
		"接", "进行", "这个", "那个", "任何", "什么", "有", "叫", "用", "做", "开", "选", "选择", "一直", "老是", "总", "总是", "老", "到", "他", "走", "了", "为", "改", "到处", "乱", "发", "寄", "送", "把", "将", "人", "我们", "直接", "自动"}
	englishDenial = []string{"do not want", "do not need", "does not want", "not want", "no need for", "no need to", "no need of", "not asking for", "not asking about",
		"not looking for", "not interested in", "do not", "not", "no", "never mind", "without", "instead of", "rather than", "no more", "stop"}
	englishFill = []string{"a", "an", "the", "any", "my", "to", "get", "for", "that", "this", "it", "about", "asking", "talk", "speak", "with", "me", "please", "your",
		"be", "have", "some", "transfer", "transferred", "another", "want", "need", "request", "make", "do", "you", "send", "email", "show", "charge", "give", "us", "just"}
	clauseEnd = ",.!?;:~\n，。！？；："
)

// denialSpan is how many bytes before and after the words are looked at. A denial stands near them, and a text may have
// thousands of them in one clause.
const denialSpan = 300

// denied reports whether the words at bytes [from, to) of folded text stand under a denied wish, and returns the words
// that deny them.
func denied(text string, from, to int) (string, bool) {
	before, after := text[max(0, from-denialSpan):from], text[to:min(len(text), to+denialSpan)]
	if k := strings.LastIndexAny(before, clauseEnd); k >= 0 {
		before = before[k+1:]
	}
	if k := strings.IndexAny(after, clauseEnd); k >= 0 {
		after = after[:k+1]
	}
	if w, ok := deniedBefore(before, after); ok {
		return w, true
	}
	if w, ok := deniedEnglish(before); ok {
		return w, true
	}
	return deniedAfter(after)
}

func deniedBefore(before, after string) (string, bool) {
	for range 8 {
		before = strings.TrimRight(before, " ")
		if d := suffixOf(before, denials); d != "" && !asks(strings.TrimSuffix(before, d), d, after) {
			return d, true
		}
		f := suffixOf(before, denialFill)
		if f == "" {
			return "", false
		}
		before = strings.TrimSuffix(before, f)
	}
	return "", false
}

// asks reports that the denial is half of a question (要不要, 是不是, 不是说…吗) or part of another word (特别, 别的).
func asks(before, denial, after string) bool {
	first := string([]rune(denial)[1:])
	switch {
	case strings.HasPrefix(denial, "不") && first != "" && strings.HasSuffix(before, first):
		return true // 要不要, 用不用
	case denial == "不是" && (strings.ContainsAny(after, "吗嘛么") || strings.HasSuffix(before, "是")):
		return true
	case denial == "别":
		return suffixOf(before, []string{"特", "分", "区", "级", "类", "性", "个", "辨", "识", "告", "差"}) != ""
	case strings.HasPrefix(denial, "不") && suffixOf(before, []string{"能", "可", "会", "为什么", "怎么", "凭什么"}) != "":
		return denial != "不要" && denial != "不用"
	}
	return false
}

func suffixOf(s string, list []string) string {
	best := ""
	for _, w := range list {
		if len(w) > len(best) && strings.HasSuffix(s, w) {
			best = w
		}
	}
	return best
}

func deniedEnglish(before string) (string, bool) {
	words := strings.Fields(before)
	for n := len(words); n > 0 && n > len(words)-7; n-- {
		for _, d := range englishDenial {
			w := strings.Fields(d)
			if n < len(w) || !slices.Equal(words[n-len(w):n], w) {
				continue
			}
			// "why do not you …", "can i not …" ask; "not" after can, did, has states a fact
			if n > len(w) && slices.Contains([]string{"why", "can", "could", "did", "has", "have", "had", "was", "were", "does", "if", "or", "whether"}, words[n-len(w)-1]) {
				return "", false
			}
			if d == "do not" && n < len(words) && words[n] == "you" {
				return "", false
			}
			return d, true
		}
		if !slices.Contains(englishFill, words[n-1]) {
			return "", false
		}
	}
	return "", false
}

// deniedAfter: 退款就不用了, 发票算了.
func deniedAfter(after string) (string, bool) {
	s := strings.Trim(after, clauseEnd+" ")
	for _, p := range []string{"我", "就", "也", "都", "先", "暂时", "的话", "什么的"} {
		s = strings.TrimPrefix(s, p)
	}
	for _, d := range []string{"不用", "不需要", "不必", "算了", "免了"} {
		if rest, ok := strings.CutPrefix(s, d); ok && slices.Contains([]string{"", "了", "啦", "吧", "的", "了吧", "了哈", "谢谢", "了谢谢"}, rest) {
			return d, true
		}
	}
	return "", false
}

var strongDenial = []string{"do not want", "does not want", "do not need", "no need", "not asking", "not looking for", "not interested in", "never mind"}

// undenied is the text without what stands under a denied wish (from the denial to the end of its clause), and the denial.
func undenied(f string) (rest, denial string) {
	at, word := -1, ""
	for _, d := range denials {
		for from := 0; ; {
			k := strings.Index(f[from:], d)
			if k < 0 {
				break
			}
			k += from
			from = k + len(d)
			after := f[from:min(len(f), from+denialSpan)]
			if e := strings.IndexAny(after, clauseEnd); e >= 0 {
				after = after[:e]
			}
			if asks(f[:k], d, after) || d == "别" && strings.HasPrefix(after, "的") {
				continue
			}
			if at < 0 || k < at || k == at && len(d) > len(word) {
				at, word = k, d
			}
			break
		}
	}
	for _, d := range strongDenial {
		if k := strings.Index(f, d); k >= 0 && (at < 0 || k < at) {
			at, word = k, d
		}
	}
	if at < 0 {
		return f, ""
	}
	rest = f[:at]
	after := f[at+len(word):]
	if e := strings.IndexAny(after, clauseEnd); e >= 0 {
		rest += after[e:]
	}
	if e := strings.LastIndex(after, " but "); e >= 0 {
		rest += after[e:]
	}
	return rest, word
}
