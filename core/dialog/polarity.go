package dialog

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// isWord tells letters and digits from marks and pictures.
func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

var (
	questionWords = regexp.MustCompile(`[?？]|[吗嘛么]|呢$|怎|什么|啥|咋|哪|谁|几|多少|多久|多长|能不能|可不可以|可以.*吗|有没有|是不是|为何|为什么|如何|请问|想问|帮我|给我|我要(?:退|换|买|查|投诉)|\b(?:how|what|when|where|which|who|why|can|could|do|does|is|are|will|would|should|may)\b`)
	goodWords     = regexp.MustCompile(`满意|好评|喜欢|支持你|太好|很好|挺好|真好|特别好|非常好|不错|很棒|真棒|太棒|点赞|赞一个|好喝|感动|贴心|周到|靠谱|专业|耐心|\b(?:love|loved|great|good|nice|excellent|amazing|awesome|wonderful|perfect|fantastic|brilliant|happy|pleased|satisfied|helpful|lovely|sweet|best)\b`)
	badWords      = regexp.MustCompile(`不(?:太|是很|怎么|够|很|大|那么)?(?:满意|好|喜欢|行|专业|耐心|靠谱|棒|错误)|没(?:有)?(?:那么)?(?:好|满意|耐心)|差|烂|糟|坏|失望|垃圾|难喝|骗|慢|投诉|退|换|破|碎|漏|霉|气人|敷衍|恶劣|无语|\b(?:not|no|never|isn'?t|wasn'?t|don'?t|didn'?t|bad|poor|terrible|awful|horrible|worst|rude|useless|waste|slow|disappoint\w*|unhappy|unsatisfied|dissatisfied|broken|meh|but)\b`)
	middling      = regexp.MustCompile(`一般|还行|还可以|凑合|马马虎虎|过得去|中等|中规中矩|说得过去|勉强|\b(?:meh|average|so so|so-so|okay-ish|fair|mediocre|not great)\b`)
)

// questioning reports whether a text asks or orders something.
func questioning(text string) bool { return questionWords.MatchString(strings.ToLower(text)) }

// pleased reports whether a folded text is nothing but praise in a sentence: 对你们的茶很满意.
func pleased(f string) bool {
	return utf8.RuneCountInString(f) <= 40 && goodWords.MatchString(f) && !badWords.MatchString(f) && !questioning(f)
}

var (
	outOf     = regexp.MustCompile(`^(?:我?给|打|评|评价|选|就|score|rate|i'?d (?:give|say)|i give)?(?:您|你|他|她|你们|it|him|her|them|u|you)?(?:个|打|an?)? ?([0-9]{1,3}) ?(?:分|星|颗星|stars?|points?|/ ?(5|10|100|五|十))(?:好评|吧|了|啊|呀|哦|的)?`)
	inNumeral = strings.NewReplacer("零", "0", "一", "1", "壹", "1", "二", "2", "两", "2", "贰", "2", "三", "3", "叁", "3", "四", "4", "肆", "4", "五", "5", "伍", "5", "满分", "5分",
		"one star", "1 star", "two star", "2 star", "three star", "3 star", "four star", "4 star", "five star", "5 star", "full marks", "5 stars")
	worst = regexp.MustCompile(`很不满意|非常不满意|极不满意|特别不满意|太差|很差|极差|最差|差评|差劲|垃圾|烂|糟糕|恶劣|投诉|气死|\b(?:terrible|awful|horrible|worst|very poor|useless|waste|rubbish|garbage|very bad|hate)\b`)
	best5 = regexp.MustCompile(`很满意|非常满意|十分满意|特别满意|超级?满意|太满意|太好|太棒|完美|好评|点赞|超赞|优秀|\b(?:excellent|perfect|amazing|awesome|love|loved|brilliant|fantastic|wonderful|best|very (?:good|happy|satisfied|helpful)|great)\b`)
)

// starsOf reads a rating from one to five in words, stars or digits: 五分, 10/10,
// ⭐⭐⭐⭐⭐, 满意. 0 is none.
func starsOf(u match.Utterance) int {
	text := u.Text
	if strings.ContainsAny(text, "👎😡🤬😠💢") {
		return 1
	}
	if n := strings.Count(text, "⭐") + strings.Count(text, "★") + strings.Count(text, "🌟"); n > 0 {
		return min(n, 5)
	}
	f := strings.TrimSpace(u.Folded)
	if utf8.RuneCountInString(f) > 60 || strings.ContainsAny(f, "?？吗") {
		return 0
	}
	if m := outOf.FindStringSubmatch(inNumeral.Replace(f)); m != nil {
		return outOfFive(m[1], m[2])
	}
	act, ok := u.Act()
	switch {
	case worst.MatchString(f), ok && act == match.ActInsult:
		return 1
	case middling.MatchString(f):
		return 3
	case badWords.MatchString(f), ok && act == match.ActComplain:
		return 2
	case best5.MatchString(f), strings.ContainsAny(text, "👍💯"):
		return 5
	case goodWords.MatchString(f), ok && act == match.ActPraise:
		return 4
	}
	return 0
}

func outOfFive(score, of string) int {
	n := 0
	for _, c := range score {
		n = n*10 + int(c-'0')
	}
	switch {
	case of == "10" || of == "十", of == "" && n > 5 && n <= 10:
		n = (n + 1) / 2
	case of == "100", n > 10 && n <= 100:
		n = (n + 10) / 20
	case n > 5:
		return 0
	}
	return max(1, min(n, 5))
}

var (
	notSolved = regexp.MustCompile(`没(?:有)?(?:能|完全|全|彻底|给我|帮我)?(?:解决|处理|弄|搞|搞定|好|用|办)|未解决|还没|没有$|^没(?:呢|啊|有)?$|还是(?:不|没|老|那|一样|有问题)|不行|没下文|没结果|没人(?:管|理|处理|回)|一半|没(?:变|动静|反应|消息)|不知道解决|解决不了|白(?:说|聊|问)|等于没|没(?:给|有).{0,4}结果|还在|冇|并没|哪(?:里|儿)?解决|(?:not|isn'?t|wasn'?t|hasn'?t|never|nothing|no ?one|didn'?t|nope?|nah|still|half|partly|unsolved|unresolved|same (?:problem|issue))\b`)
	isSolved  = regexp.MustCompile(`解决(?:了|啦|完|好|掉|咯)|(?:弄|搞|办|处理|查|找|修|退|收|补)(?:好|完|定|妥|到)(?:了|啦|咯)|(?:好|可以|行|妥|成|没事|没问题)(?:了|啦|咯)|搞定|已解决|都好|ok了|\b(?:solved|sorted|fixed|resolved|done|works?(?: now)?|working|all good|were good|we'?re good|found (?:it|my)|got it)\b`)
)

// solvedOf reads whether a matter is solved: solved, unsolved or nothing.
func solvedOf(u match.Utterance) string {
	f := strings.TrimSpace(u.Folded)
	if utf8.RuneCountInString(f) > 60 || strings.ContainsAny(f, "?？吗") {
		return ""
	}
	act, ok := u.Act()
	switch {
	case strings.HasPrefix(f, "问题没了"), strings.HasPrefix(f, "问题没啦"):
		return "solved"
	case ok && act == match.ActNo, notSolved.MatchString(f):
		return "unsolved"
	case isSolved.MatchString(f), ok && (act == match.ActYes || act == match.ActAck):
		return "solved"
	}
	return ""
}
