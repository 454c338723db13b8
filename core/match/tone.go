package match

import (
	"regexp"
	"strings"
)

// ToneFinding is a passage of an answer that customers take badly, with the reason and a better way.
type ToneFinding struct {
	Kind   string // blame, refusal, promise, order, cold, shout
	Span   string // as it stands in the (folded) text
	Zh, En string
}

type toneRule struct {
	kind   string
	re     *regexp.Regexp
	zh, en string
}

var toneRules = []toneRule{
	{"blame", regexp.MustCompile(`(?:是|因为|都怪)?您?你?自己的?(?:问题|原因|错|责任)|(?:您|你)(?:没(?:有)?(?:说清楚|看清楚|看清|认真看|仔细看|按要求)|的问题太|搞错了|弄错了|理解错了|记错了|应该早|怎么(?:不|没|会)|为什么不早)|都说(?:了|过)(?:多少|好几|几)?遍?|不是(?:已经)?(?:说|告诉(?:您|你)?|跟(?:您|你)说)(?:了|过)吗|(?:您|你)到底(?:想|要)|这都不(?:懂|知道|会)|说了多少遍`),
		"像在责怪顾客，请改成说明事实和下一步", "sounds like blame; state the fact and the next step"},
	{"blame", regexp.MustCompile(`\b(?:your (?:own )?fault|you should have|you failed to|you did not (?:read|follow|listen)|as (?:i|we) (?:already )?(?:said|told you|mentioned)|why did not you|you must have|obviously|you are wrong|(?:that|this|it) is your (?:own )?problem|your own problem)\b`),
		"像在责怪顾客，请改成说明事实和下一步", "sounds like blame; state the fact and the next step"},
	{"order", regexp.MustCompile(`(?:您|你)必须|(?:自己|自行)(?:看|查|想办法|解决|处理|去查|去看)|别(?:再)?(?:问|催|急|吵)了?|不要(?:再)?(?:催|吵|闹|问)了?|冷静(?:点|一点|下)|\b(?:calm down|you must|read the manual|look it up|figure it out|stop asking)\b`),
		"像在命令顾客，请改成邀请（“您可以……”）", "sounds like an order; invite instead (“you can …”)"},
	{"cold", regexp.MustCompile(`爱(?:买|要|信)不(?:买|要|信)|随便(?:你|您)|无所谓|与我(?:们)?无关|不关我(?:们)?的?事|不归我(?:们)?管|(?:我)?懒得|呵呵|规定就是(?:规定|这样)|\b(?:not my (?:problem|job|department)|we do not care|whatever|take it or leave it|that is (?:just )?(?:our|the) policy)\b`),
		"冷淡或推脱，请说明能帮什么", "cold; say what you can do"},
	{"promise", regexp.MustCompile(`马上就?(?:好|到|来|处理|解决|回复|退)|立刻|立马|稍等片刻|(?:保证|绝对|百分之?百|肯定)(?:能|会|没问题|可以|不会)|100%(?:能|会|没问题|保证)|\b(?:immediately|right away|in no time|in a (?:second|minute|moment)|i guarantee|we guarantee|100% sure|definitely will)\b`),
		"许诺了未必做得到的事，请给出真实时间", "promises what may not be kept; give a real time"},
	{"shout", regexp.MustCompile(`[!?]{2,}|！{2,}|？{2,}`), "标点像在喊叫，请只用一个", "shouts; one mark is enough"},
}

// A refusal by itself is what hurts; one that goes on to what is possible does not.
var (
	refusals = regexp.MustCompile(`(?:^|[,.!?;，。！？；\s])(?:不行|不可以|不能|不知道|不清楚|没办法|没法|办不到|做不到|不支持|没有|无法(?:处理|办理|解决)?|不予[^,.，。]{1,6})(?:的|哦|呢|啊|呀|了)?(?:$|[,.!?;，。！？；])|\b(?:no\.|impossible|we can not(?: do that| help)?|can not be done|i do not know|not possible|not allowed)(?:[.!,]|$)`)
	offers   = regexp.MustCompile(`可以|建议|您可|麻烦您|帮您|为您|给您|不过|但|请(?:您)?(?:联系|提供|回复|查看|留下|稍)|转人工|人工客服|核实|改为|换成|\b(?:but|however|instead|you can|we can|please|let me|i will|happy to)\b`)
)

// notSo takes an offence back: "this is not your fault", "不是您自己的原因", "不用马上处理".
var notSo = []string{"not", "never", "no", "不", "不是", "并非", "绝非", "不会", "不用", "不必", "不需要", "无需", "没说"}

// Tone reads an answer of a script as a customer would. No finding means no known offence, not that it is kind.
func Tone(text string) []ToneFinding {
	f := Fold(text)
	var out []ToneFinding
	for _, r := range toneRules {
		in := f
		if r.kind == "shout" {
			in = text
		}
		for _, at := range r.re.FindAllStringIndex(in, -1) {
			if r.kind != "shout" && suffixOf(strings.TrimRight(in[:at[0]], " "), notSo) != "" {
				continue
			}
			out = append(out, ToneFinding{r.kind, strings.TrimSpace(in[at[0]:at[1]]), r.zh, r.en})
			break
		}
	}
	if at := refusals.FindStringIndex(f); at != nil && !offers.MatchString(f) {
		out = append(out, ToneFinding{"refusal", strings.Trim(f[at[0]:at[1]], clauseEnd+" "), "只有拒绝，没有出路，请补上能做什么或找谁", "refuses without a way on; add what is possible or who can help"})
	}
	return out
}
