package match

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// slangTable has chat forms and common slips of the Chinese keyboard, and what is meant. Only forms that are no word of their own.
const slangTable = `
肿么 怎么|咋个 怎么|咋整 怎么办|咋办 怎么办|咋样 怎么样|咋弄 怎么弄|咋 怎么|昨么 怎么|怎莫 怎么|怎嘛 怎么|怎末 怎么
啥时候 什么时候|啥时 什么时候|啥 什么|神马 什么|什吗 什么|什莫 什么|甚么 什么|什麽 什么|木有 没有|灰常 非常|酱紫 这样|辣么 那么
不造 不知道|表酱 不要这样|俺的 我的|俺 我|侬 你|泥们 你们|尼们 你们|盆友 朋友|童鞋 同学
定单 订单|叮单 订单|订但 订单|丁单 订单|帐号 账号|帐户 账户|帐单 账单|付帐 付账|登陆 登录|登路 登录|密玛 密码
法票 发票|发瞟 发票|开飘 开票|快第 快递|快低 快递|块递 快递|快弟 快递|物留 物流|物刘 物流|勿流 物流
优会 优惠|优慧 优惠|忧惠 优惠|优惠卷 优惠券|优惠劵 优惠券|代金卷 代金券|代金劵 代金券|劵 券|地扯 地址|低址 地址|地止 地址|退宽 退款|退歀 退款|妳 你|退欵 退款|腿款 退款|推款 退款|腿货 退货|推货 退货|退火 退货
运废 运费|运非 运费|云费 运费|保油 包邮|帐款 账款|质良 质量|质亮 质量|质谅 质量|售候 售后|收后服务 售后服务|售后服物 售后服务
法货 发货|发祸 发货|收祸 收货|换祸 换货|积份 积分|积芬 积分|会原 会员|惠员 会员|取笑订单 取消订单|取肖 取消|支负 支付|之付 支付|付宽 付款|负款 付款|打则 打折|打哲 打折
改的址 改地址|几时 什么时候|几几钱 多少钱|多小钱 多少钱|多钱 多少钱|多少米 多少钱|亲在吗 在吗|客福 客服|客付 客服|客户服务 客服|课服 客服|刻服 客服
`

var slang = sync.OnceValue(func() *replacer {
	r := &replacer{first: make(map[rune][]pair)}
	for _, line := range strings.Split(strings.TrimSpace(slangTable), "\n") {
		for _, p := range strings.Split(line, "|") {
			from, to, _ := strings.Cut(p, " ")
			c, _ := utf8.DecodeRuneInString(from)
			r.first[c] = append(r.first[c], pair{from, to})
			r.any.add(c)
		}
	}
	return r
})

type pair struct{ from, to string }

// replacer replaces the longest listed form at each place, once over the text.
type replacer struct {
	first map[rune][]pair
	any   runes // those that first has
}

func (t *replacer) replace(s string) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		if !t.any.has(c) {
			i += n
			continue
		}
		best := pair{}
		for _, p := range t.first[c] {
			if len(p.from) > len(best.from) && strings.HasPrefix(s[i:], p.from) {
				best = p
			}
		}
		if best.from == "" || t.inside(s, i, best) {
			i += n
			continue
		}
		b.WriteString(s[from:i])
		b.WriteString(best.to)
		i += len(best.from)
		from = i
	}
	if from == 0 {
		return s
	}
	return b.String() + s[from:]
}

// inside reports that the form is only a part of its own replacement, or that it is the tail of 怎/什 and so a word.
func (t *replacer) inside(s string, i int, p pair) bool {
	if k := strings.Index(p.to, p.from); k >= 0 {
		return i >= k && strings.HasPrefix(s[i-k:], p.to)
	}
	return false
}

const counters = "个件号天块元点月年次单条倍折小时分钟周星期日岁层瓶盒箱袋包斤克米套双张台部步种款位名人遍回样半楼期本只支颗"

// numerals writes Chinese numerals before a counter, or after 第, in digits: 第二个 → 第2个, 七天 → 7天, 十二点 → 12点.
// A lone 一 stays (一下, 一样), and so does a numeral inside other words.
func numerals(s string) string {
	if !strings.ContainsFunc(s, numeral) {
		return s
	}
	r := []rune(s)
	out := make([]rune, 0, len(r))
	for i := 0; i < len(r); {
		n, v := readNumeral(r[i:])
		after := i+n < len(r) && strings.ContainsRune(counters, r[i+n])
		ordinal := i > 0 && r[i-1] == '第'
		lone := n == 1 && r[i] == '一' && !ordinal
		if n == 0 || !after && !ordinal || lone {
			if n == 0 {
				n = 1
			}
			out = append(out, r[i:i+n]...)
			i += n
			continue
		}
		out = append(out, []rune(strconv.Itoa(v))...)
		i += n
	}
	return string(out)
}

// numeral reports whether a numeral can begin with c.
func numeral(c rune) bool {
	switch c {
	case '零', '一', '二', '两', '三', '四', '五', '六', '七', '八', '九', '十', '百', '千', '万':
		return true
	}
	return false
}

// unitOf is what a numeral's unit multiplies by; 0 for what is none.
func unitOf(c rune) int {
	switch c {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万':
		return 10000
	}
	return 0
}

// readNumeral reads the longest numeral below 100,000 at the start of r: how many runes, and its value.
func readNumeral(r []rune) (n, value int) {
	sum, digit := 0, -1
	for ; n < len(r) && n < 9; n++ {
		if d := strings.IndexRune("零一二三四五六七八九", r[n]); d >= 0 {
			if d /= 3; digit >= 0 && digit != 0 {
				break // two digits in a row: a list such as 一二, not a number
			}
			digit = d
			continue
		}
		if r[n] == '两' && digit < 0 {
			digit = 2
			continue
		}
		unit := unitOf(r[n])
		if unit == 0 {
			break
		}
		if unit > 10 && digit < 0 && sum == 0 {
			return 0, 0 // 百, 千, 万 alone belong to words: 百度, 千万
		}
		if unit == 10000 {
			sum = (sum + max(digit, 0)) * unit
		} else {
			sum += max(digit, 1) * unit
		}
		digit = -1
	}
	return n, sum + max(digit, 0)
}

// english writes short forms out and number words as digits, word by word.
func english(s string) string {
	var b strings.Builder
	from := 0 // what stands before it has been written
	for i := 0; i < len(s); {
		if c := s[i]; !(c >= 'a' && c <= 'z') {
			i++
			continue
		}
		j := i
		for j < len(s) && (s[j] >= 'a' && s[j] <= 'z' || s[j] == '\'' && j+1 < len(s) && s[j+1] >= 'a' && s[j+1] <= 'z') {
			j++
		}
		if w := s[i:j]; longer(&b, s[from:i], w) {
			from = j
		}
		i = j
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// longer writes a word's long form, if it has one, behind what stands before it.
func longer(b *strings.Builder, before, w string) bool {
	to, ok := longForm[w]
	stem := ""
	if k := strings.IndexByte(w, '\''); !ok && k > 0 {
		if s, not := strings.CutSuffix(w, "n't"); not && s != "" {
			stem, to, ok = s, " not", true
		} else if to, ok = tail[w[k:]]; ok {
			stem = w[:k]
		}
	}
	if ok {
		b.WriteString(before)
		b.WriteString(stem)
		b.WriteString(to)
	}
	return ok
}

var tail = map[string]string{"'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}

var longForm = map[string]string{
	"can't": "can not", "cannot": "can not", "cant": "can not", "won't": "will not", "wont": "will not", "dont": "do not", "doesnt": "does not",
	"didnt": "did not", "isnt": "is not", "wasnt": "was not", "havent": "have not", "hasnt": "has not", "couldnt": "could not", "im": "i am",
	"ive": "i have", "whats": "what is", "what's": "what is", "where's": "where is", "wheres": "where is", "how's": "how is", "hows": "how is",
	"hes": "he is", "shes": "she is", "he's": "he is", "she's": "she is", "theres": "there is", "youll": "you will", "theyll": "they will", "itll": "it will",
	"theyre": "they are", "youre": "you are", "arent": "are not", "werent": "were not", "hadnt": "had not", "wouldnt": "would not", "shouldnt": "should not",
	"weve": "we have", "youve": "you have", "theyve": "they have", "aint": "is not", "thru": "through",
	"who's": "who is", "it's": "it is", "that's": "that is", "there's": "there is", "when's": "when is", "let's": "let us", "i'd": "i would",
	"u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "plss": "please", "thx": "thanks", "ty": "thanks", "asap": "as soon as possible",
	"gonna": "going to", "wanna": "want to", "gotta": "got to", "lemme": "let me", "gimme": "give me", "wht": "what", "wat": "what", "becuase": "because",
	"recieve": "receive", "recieved": "received", "adress": "address", "acount": "account", "accout": "account", "refnd": "refund", "tranfer": "transfer",
	"tranfser": "transfer", "delivry": "delivery", "cancle": "cancel", "payed": "paid", "wrng": "wrong", "ordr": "order", "msg": "message", "acct": "account",
	"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}
