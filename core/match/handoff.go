package match

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed data/person.txt
var personFile string

var personOutlines = sync.OnceValue(func() *outlines { return readOutlines(personFile) })

// Words with which customers ask for a person, beside the sentences of data/person.txt. askWords count wherever they stand in a message (unless denied, or part of
// one of notAsk); askAlone count only when the message has nothing else but courtesies.
var (
	askWords = []string{
		"转人工", "人工", "真人", "活人", "找客服", "转客服", "接客服", "叫客服", "联系客服", "呼叫客服", "要客服", "换客服", "请客服", "找个客服", "叫个客服", "客服介入",
		"人工客服", "人工服务", "人工坐席", "人工座席", "真人客服", "在线客服", "客服人员", "客服专员", "转接客服", "接通客服", "跟客服", "和客服", "与客服", "专人",
		"找个人", "叫个人", "换个人", "来个人", "找人", "换人", "叫人来", "派个人", "找经理", "叫经理", "你们经理", "找主管", "叫主管", "你们领导", "找领导", "找负责人", "叫负责人", "你们负责人", "找老板", "叫你们老板",
		"不要机器人", "不想跟机器人", "不和机器人", "不跟机器人", "别用机器人", "别让机器人", "关掉机器人", "机器人滚", "退出机器人", "不要自动回复", "别自动回复",
		// slips of the keyboard
		"人公", "人功", "人共", "任工", "仁工", "认工", "忍工", "人宫", "人弓", "人攻", "转任", "转认工", "转人", "传人工", "专人工", "砖人工", "赚人工", "转仁", "人工课服", "人工客户", "真仁",
		// pinyin and its slips
		"rengong", "ren gong", "renggong", "rengon", "regong", "rngong", "zhuanrengong", "zhuan ren gong", "zhuanren", "zhenren", "zhen ren", "huoren", "kefu", "zhaokefu", "zhao ke fu", "ke fu", "zhuankefu", "renggon",
	}
	askAlone = []string{
		"客服", "有人吗", "有人么", "有人没", "有没有人", "人呢", "人在吗", "人在哪", "客服在吗", "客服呢", "客服在不在", "有客服吗", "有客服在吗", "有人在吗", "有人理吗", "没人吗", "没人", "转", "转接", "接线员", "话务员", "经理", "主管", "老板", "rg", "zrg", "zhuan", "kf", "人工0", "0人工",
		"human", "humans", "humen", "humna", "hunam", "huamn", "agent", "agents", "agnet", "aget", "operator", "operater", "opertor", "representative", "represntative", "representive", "rep", "person", "real person",
		"customer service", "customer support", "customer care", "cs", "live agent", "live chat", "support agent", "advisor", "adviser", "manager", "supervisor", "staff", "someone", "anyone there", "is anyone there", "anybody there", "hello anyone", "support",
	}
	courtesies = regexp.MustCompile(`你好|您好|请问|麻烦|谢谢|多谢|拜托|快点|赶紧|马上|立刻|现在|帮我|给我|帮忙|请|我要|我想|我需要|需要|一下|好吗|可以吗|行吗|行不行|能不能|可不可以|可以|亲|在线|直接|^我|^要|^那|^呃|^哎|[吧啊呀呢哦嘛哈了喂]|\b(?:hi|hello|hey|please|thanks|thank you|now|just|i want|i need|i would like|can i have|can i get|get me|give me|connect me to|transfer me to|to|an?|the|my|your|you|there)\b|[\p{P}\p{S}\s]`)
	askEnglish = regexp.MustCompile(`\b(?:speak|talk|chat|connect|connected|transfer|transferred|transfering|transferring|pass|put|switch|hand|reach|contact|get|need|want|give)\b[a-z' ]{0,30}?\b(?:human|humans|person|people|agent|agents|representative|rep|operator|advisor|adviser|someone|somebody|manager|supervisor|customer (?:service|support|care)|staff|support team)\b|\b(?:real|live|actual|human) (?:human|person|people|agent|being|representative|rep|operator|chat|support|help|advisor)\b|\bhuman (?:please|now)\b|\bagent (?:please|now)\b|\bnot a (?:bot|robot|machine)\b|\bno (?:more )?(?:bot|bots|robot|robots)\b|\bstop the (?:bot|robot)\b|^(?:is there )?(?:a )?(?:real )?(?:human|person) (?:there|here|available)$`)
	notAsk     = regexp.MustCompile(`人工(?:智能|费|成本|合成|湖|降雨|呼吸|授精|流产|草|养殖|培育|珍珠|钻|宝石|皮|关节|泪|甜味|色素|香精|耳蜗|种植|林|繁殖|翻译费|审核(?:要|需|多|几)|处理费|手工)|(?:是不是|是)(?:人工|真人|活人)(?:吗|么|还是|在回|回复|吧)|(?:手工|纯人工|真人(?:秀|版|图|实拍|照|模特|试穿|发|cs))|主人公|转人民|转人寿|专人(?:送|配送|上门|派送|打理|设计)|找人(?:代|签|验|帮(?:我)?(?:收|取|签)|取|收|安装|修|送)|换人(?:收|签|取|付)|人公(?:里|斤|司|园|交)|人功(?:能|效)|人共(?:同|享|计|用)|转人(?:家|民)|(?:\d|几|个|名|位|多少|客|收件|家|亲|本)人(?:公|功|共)|个人公|\b(?:are you|am i|is this|if you are|you are|act and think like|could you be)\b[a-z ]{0,40}\b(?:real|live|actual|human|living) (?:[a-z]+ )?(?:person|human|being|agent)|i am not a bot|human (?:resources?|hair|rights|error)|(?:一样|代购|旅行|travel|real estate|estate) agent|operator (?:manual|fee)|get (?:my |a |the )?(?:money|refund)[a-z ]* (?:person|someone)`)
	stillAsk   = map[string]bool{"不要机器人": true, "不想跟机器人": true, "不和机器人": true, "不跟机器人": true, "别用机器人": true, "别让机器人": true, "不要自动回复": true, "别自动回复": true}
)

var askFinder = sync.OnceValue(func() *automaton {
	words := make([][]int32, len(askWords))
	for i, w := range askWords {
		words[i] = []int32(Fold(w))
	}
	return newAutomaton(words)
})

var askAloneSet = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool, len(askAlone))
	for _, w := range askAlone {
		m[strings.ReplaceAll(courtesies.ReplaceAllString(Fold(w), ""), " ", "")] = true
		m[strings.ReplaceAll(Fold(w), " ", "")] = true
	}
	delete(m, "")
	return m
})

// Handoff reports whether a customer asks for a person, in Chinese, English or pinyin, with the usual slips, and the words
// that say so (as folded). "不要人工", "人工智能" and "is this a human?" do not ask for one.
func Handoff(text string) (span string, ok bool) {
	u := folded(text)
	u.Tongue = Tongue(text)
	return u.Handoff()
}

// Handoff is the function of this name for a text that has been listened to.
func (u Utterance) Handoff() (span string, ok bool) {
	if u.Folded == "" || len(u.Folded) > 6000 {
		return "", false
	}
	if span, ok = u.asksPerson(); ok {
		return span, true
	}
	if u.Tongue != "" && AskForeign(u.Text) {
		return u.Folded, true
	}
	return "", false
}

// asksPerson is Handoff in Chinese and English. Most texts have nothing in them that could be a wish, and are not
// searched for what would be none.
func (u Utterance) asksPerson() (span string, ok bool) {
	f, r := u.Folded, u.runes
	o := personOutlines()
	s := o.see(r[:min(len(r), outlineRunes)])
	defer o.done(s)
	var found [8]occurrence
	w := wish{f: f, asks: askFinder().find(r, found[:0])}
	if hasLatin(r) {
		w.english = askEnglish.FindStringIndex(f)
	}
	kind, from, to := s.says(o)
	alone := mayStandAlone(r)
	outlined := kind
	if len(w.asks)+len(w.english) > 0 {
		outlined = "ask"
	}
	v := personSigns().judge(r, outlined)
	if v.calm && !alone && !slices.ContainsFunc(w.asks, s.clause) || kind == "" && len(w.asks) == 0 && w.english == nil && !alone && v.kind == "" {
		return "", false
	}
	w.starts, w.bad = runeStarts(f, len(r)), notAsk.FindAllStringIndex(f, -1)
	for _, x := range s.figures(o) {
		w.bad = append(w.bad, []int{w.starts[x.from], w.starts[x.to]})
	}
	if span, ok := w.words(r); ok {
		return span, true
	}
	if kind != "" && !within(w.bad, w.starts[from], w.starts[to]) {
		span, ok = f[w.starts[from]:w.starts[to]], true
	}
	if all, fits := w.rest(); fits && len(all) > len(span) {
		span, ok = all, true
	}
	if !ok && v.kind != "" && len(w.bad)+len(w.asks)+len(w.english) == 0 {
		span, ok = f[w.starts[v.from]:w.starts[v.to]], true
	}
	return span, ok
}

// clause reports whether a word is a clause by itself: 人工，我的壶还没有发货.
func (s *sighting) clause(w occurrence) bool { return s.opens(int(w.from)) && s.closes(int(w.to)) }

// aloneRunes are the Chinese characters of askAlone and of the courtesies around it.
var aloneRunes = sync.OnceValue(func() *runes {
	set := &runes{}
	for _, w := range askAlone {
		for _, c := range Fold(w) {
			set.add(c)
		}
	}
	for _, c := range courtesies.String() {
		set.add(c)
	}
	return set
})

// mayStandAlone reports whether a text has no Chinese character that a wish of askAlone has not.
func mayStandAlone(r []rune) bool {
	alone := aloneRunes()
	for _, c := range r {
		if han(c) && !alone.has(c) {
			return false
		}
	}
	return true
}

// wish is a text in which a wish for a person is looked for: folded, where its runes start, where askWords and askEnglish
// stand, and what is none.
type wish struct {
	f       string
	starts  []int
	asks    []occurrence
	english []int
	bad     [][]int
}

// words are the longest of askWords.
func (w wish) words(r []rune) (span string, ok bool) {
	best := occurrence{word: -1}
	for _, o := range w.asks {
		from, to := w.starts[o.from], w.starts[o.to]
		if within(w.bad, from, to) || !atWord(r, int(o.from), int(o.to)) {
			continue
		}
		if s := w.f[from:to]; !stillAsk[s] {
			if _, no := denied(w.f, from, to); no {
				continue
			}
		}
		if best.word < 0 || o.to-o.from > best.to-best.from {
			best = o
		}
	}
	if best.word < 0 {
		return "", false
	}
	return w.f[w.starts[best.from]:w.starts[best.to]], true
}

// rest are the wishes in English, and the words that ask for a person if they stand alone.
func (w wish) rest() (span string, ok bool) {
	if m := w.english; m != nil && !within(w.bad, m[0], m[1]) {
		if _, no := denied(w.f, m[0], m[1]); !no || strings.HasPrefix(w.f[m[0]:], "no") {
			return w.f[m[0]:m[1]], true
		}
	}
	if len(w.bad) > 0 {
		return "", false
	}
	left := courtesies.ReplaceAllString(w.f, "")
	return w.f, askAloneSet()[left] || askAloneSet()[strings.ReplaceAll(strings.Trim(w.f, clauseEnd+" "), " ", "")]
}

func within(spans [][]int, from, to int) bool {
	for _, s := range spans {
		if s[0] < to && from < s[1] {
			return true
		}
	}
	return false
}

// runeStarts gives the byte offset of each rune of s, and len(s) at the end.
func runeStarts(s string, n int) []int {
	out := make([]int, 0, n+1)
	for i := range s {
		out = append(out, i)
	}
	return append(out, len(s))
}

// atWord reports that a Latin or digit span does not begin or end inside a longer word or number; the plain endings of
// English words are let through (refund: refunds, refunded, refunding).
func atWord(r []rune, from, to int) bool {
	if word(r[from]) && from > 0 && word(r[from-1]) && digit(r[from]) == digit(r[from-1]) {
		return false
	}
	last := r[to-1]
	if to == len(r) || !word(last) || !word(r[to]) || digit(last) != digit(r[to]) {
		return true
	}
	if digit(last) {
		return false
	}
	end := to
	for end < len(r) && latin(r[end]) {
		end++
	}
	switch string(r[to:end]) {
	case "s", "es", "d", "ed", "ing", "er", "ers", "able":
		return true
	}
	return false
}

func digit(c rune) bool { return '0' <= c && c <= '9' }

func word(c rune) bool { return latin(c) || digit(c) }
