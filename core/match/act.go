package match

import (
	_ "embed"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// An Act is what a message does beside asking a question. What it means depends on where the talk is; that is core/dialog's
// to say.
type Act string

const (
	ActGreet    Act = "greet"    // 你好, hi
	ActThanks   Act = "thanks"   // 谢谢, ty
	ActBye      Act = "bye"      // 再见, cya, that's all
	ActAck      Act = "ack"      // 好的, ok, got it
	ActYes      Act = "yes"      // 是的, yep
	ActNo       Act = "no"       // 不用了, nah
	ActPraise   Act = "praise"   // 真棒, nice one
	ActLaugh    Act = "laugh"    // 哈哈哈, lol
	ActFace     Act = "face"     // emoji, a platform's faces, kaomoji, and nothing else
	ActWait     Act = "wait"     // 等一下, brb
	ActThere    Act = "there"    // 在吗, are you there; a question mark alone
	ActHurry    Act = "hurry"    // 快点, any news
	ActInsult   Act = "insult"   // abuse, and nothing else
	ActComplain Act = "complain" // a complaint without a matter: 太差了
	ActNotThis  Act = "not_this" // 不是这个, that's not what I asked
	ActHelp     Act = "help"     // 怎么用, help
	ActStop     Act = "stop"     // 退订, unsubscribe
	ActNoise    Act = "noise"    // dots, keys hit at random
)

// actOrder is which act counts where a message has several: 好的，谢谢，再见 is a goodbye.
var actOrder = []Act{ActStop, ActInsult, ActComplain, ActNotThis, ActBye, ActHelp, ActHurry, ActWait, ActThanks, ActNo, ActPraise, ActYes, ActThere, ActLaugh, ActAck, ActGreet, ActFace, ActNoise}

// Acts are all of them.
func Acts() []Act { return slices.Clone(actOrder) }

//go:embed data/acts.txt
var actFile string

// actFill is what an act may be surrounded by.
const actFill Act = "fill"

// actTable is the list of phrases, found by their first rune, longest first.
type actTable map[rune][]actPhrase

type actPhrase struct {
	text []rune
	act  Act
}

var acts = sync.OnceValue(func() actTable {
	t := actTable{}
	act := Act("")
	for line := range strings.Lines(actFile) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			act = Act(strings.TrimSuffix(name, "]"))
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			if r := []rune(actFold(strings.ReplaceAll(w, "_", " "))); len(r) > 0 {
				t[r[0]] = append(t[r[0]], actPhrase{r, act})
			}
		}
	}
	for _, l := range t {
		slices.SortStableFunc(l, func(a, b actPhrase) int { return len(b.text) - len(a.text) })
	}
	return t
})

// actFold is a lighter Fold: it keeps slang as it is written, because here the way of saying it counts, and a blank after a
// Chinese character, which parts clauses, as a comma.
func actFold(s string) string {
	var room [foldRoom]rune
	r := room[:0]
	for _, c := range s {
		if c = foldRune(c); c == ' ' && len(r) > 0 && han(r[len(r)-1]) {
			c = ','
		}
		if c >= 0 {
			r = append(r, c)
		}
	}
	if hasHan(r) {
		r = simple().fold(r)
	}
	if r = squeeze(r); spells(s, r) {
		return s
	}
	return string(r)
}

var (
	// A platform's faces in words: [微笑], [Smile], /::), /:rose.
	faceCode = regexp.MustCompile(`\[[\p{Han}A-Za-z]{1,8}\]|/:[:a-zA-Z0-9~!@#$%^&*()<>,'|+\-]{1,8}|:[a-z_]{2,20}:`)
	// Letters that make a face.
	kaomoji  = regexp.MustCompile(`[(（][^)）\p{Han}a-z0-9]{2,12}[)）][^\s\p{Han}a-z0-9]{0,3}|[:;=8xX]['’]?-?[)(dDpPoO3/\\|*]+|<3+|\^[_.o]?\^|[oOtTqQ][_.][oOtTqQ]|-_+-|>_<|orz|qaq|owo|uwu`)
	laughter = regexp.MustCompile(`^(?:(?:哈|呵|嘿|嘻|嘎|吼|咯|嚯|呼|hia|hiahia|ha|he|hi|ho|ah)(?:哈|呵|嘿|嘻|嘎|吼|咯|嚯|ha|he|hi|ho|h)*|h+|23{2,}|w{3,}|lo+l[lo]*|lma+o+|xd+|ja(?:ja)+|kk+)`)
	laughs   = "哈呵嘿嘻嘎吼咯嚯呼h2wlxjka" // what laughter begins with
)

// ActOf tells what a message does if it does nothing but that: 好的谢谢啦～ is thanks. ok is false for a message that says
// something else as well, and for an empty one.
func ActOf(text string) (act Act, ok bool) {
	found, rest := Hear(text)
	return Utterance{Acts: found, Rest: rest}.Act()
}

// Hear takes a message apart: its acts, the one that counts most first, and the words that are none of them, without the
// courtesies around them. 你好，茶叶能放多久？谢谢 is a greeting, thanks and 茶叶能放多久.
func Hear(text string) (found []Act, rest string) {
	if len(text) > 600 { // an act is short; so much is a story
		return nil, text
	}
	words, faces := withoutFaces(text)
	switch {
	case strings.ContainsFunc(words, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }):
		found, rest = hearWords(words)
	case faces:
		found = faceActs(text)
	case strings.ContainsAny(words, "?"):
		found = []Act{ActThere}
	case strings.TrimSpace(words) != "":
		found = []Act{ActNoise}
	}
	slices.SortFunc(found, func(a, b Act) int { return slices.Index(actOrder, a) - slices.Index(actOrder, b) })
	return slices.Compact(found), rest
}

// withoutFaces is text folded, with blanks in place of emoji and other faces, and whether there were any.
func withoutFaces(text string) (words string, faces bool) {
	bare := text
	if strings.ContainsAny(text, "[/:") {
		bare = faceCode.ReplaceAllString(text, " ")
	}
	f := actFold(bare)
	words = f
	if strings.ContainsAny(f, "()[]:;=<>^_-") || strings.Contains(f, "orz") || strings.Contains(f, "qaq") || strings.Contains(f, "wu") {
		words = kaomoji.ReplaceAllString(f, " ")
	}
	words = strings.Map(func(c rune) rune {
		if pictured(c) {
			return ' '
		}
		return c
	}, words)
	return words, bare != text || words != f
}

// faceSays is what some faces say in place of words; all others are ActFace.
var faceSays = map[Act][]string{
	ActPraise: {"👍", "👏", "💯", "🔥", "💪", "🏆", "🌟", "⭐", "🎉", "[强]", "[鼓掌]", "[ThumbsUp]", "[赞]", "/:strong", "/:handclap"},
	ActLaugh:  {"😂", "🤣", "😆", "😹", "[笑哭]", "[偷笑]", "[破涕为笑]", "[大笑]", "[Lol]", "[Laugh]", "/:,@P"},
	ActAck:    {"👌", "🆗", "✅", "☑", "✔", "🙆", "[OK]", "[好的]", "/:ok", "/:@)"},
	ActThanks: {"🙏", "🌹", "❤", "🥰", "😘", "💐", "🫶", "[抱拳]", "[玫瑰]", "[爱心]", "[拥抱]", "[合十]", "[Worship]", "[Rose]", "[Heart]", "/:rose", "/:@@", "/:hug", "/:heart"},
	ActBye:    {"👋", "[再见]", "[Bye]", "/:bye"},
}

func faceActs(text string) []Act {
	for _, a := range []Act{ActBye, ActPraise, ActThanks, ActAck, ActLaugh} {
		if slices.ContainsFunc(faceSays[a], func(s string) bool { return strings.Contains(text, s) }) {
			return []Act{a}
		}
	}
	return []Act{ActFace}
}

// hearWords tries the whole first, then each clause.
func hearWords(f string) (found []Act, rest string) {
	r := []rune(f)
	if got, ok := covered(r); ok {
		return got, ""
	}
	var left []string
	for c := range clausesOf(r) {
		if len(c) < len(r) {
			if got, ok := covered(c); ok {
				found = append(found, got...)
				continue
			}
		}
		if s := strings.TrimSpace(string(c)); s != "" {
			left = append(left, s)
		}
	}
	return found, trimCourtesies(strings.Join(left, "，"))
}

// Words before and after a question that are no part of it.
var (
	courtesyBefore = phrasesOf(`你好 您好 哈喽 hello hi hey 亲亲 亲 老板 掌柜的 客服 小禾 那个 请问 请教 想问 想问下 想问一下 想请问 想请问一下 问一下 问下 问个事 咨询一下 咨询下 我想问 我想问一下 我想咨询
		麻烦问一下 麻烦问下 麻烦问 麻烦 打扰了 打扰一下 不好意思 请教一下 请问一下 excuse_me sorry good_morning good_afternoon good_evening quick_question just_wondering`)
	courtesyAfter = phrasesOf(`谢谢 谢谢啦 谢谢了 谢谢您 谢谢你 多谢 感谢 谢啦 谢了 辛苦了 辛苦啦 麻烦了 麻烦你了 麻烦您了 拜托了 thx thanks thank_you many_thanks cheers please pls plz ty`)
)

func phrasesOf(s string) (out []string) {
	for _, w := range strings.Fields(s) {
		out = append(out, strings.ReplaceAll(w, "_", " "))
	}
	return out
}

// trimCourtesies takes them off s, as long as two characters are left.
func trimCourtesies(s string) string {
	for _, edge := range []struct {
		words []string
		cut   func(s, word string) (string, bool)
	}{{courtesyBefore, strings.CutPrefix}, {courtesyAfter, strings.CutSuffix}} {
		for {
			s = strings.Trim(s, " ,，:：!！~")
			best := s
			for _, w := range edge.words {
				cut, ok := edge.cut(s, w)
				if ok && len(cut) < len(best) && (cut == "" || !latin(rune(w[0])) || edgeOfWord(s, cut, w)) {
					best = cut
				}
			}
			if best == s || utf8.RuneCountInString(strings.TrimSpace(best)) < 2 {
				break
			}
			s = best
		}
	}
	return s
}

// edgeOfWord reports that w, cut off s, was a word of its own there: hi, not the beginning of high.
func edgeOfWord(s, cut, w string) bool {
	if strings.HasPrefix(s, w) && strings.HasSuffix(s, cut) {
		return !word(rune(cut[0]))
	}
	return !word(rune(cut[len(cut)-1]))
}

// clausesOf are what a text is parted into by its stops, and by blanks beside a Chinese character.
func clausesOf(r []rune) iter.Seq[[]rune] {
	return func(yield func([]rune) bool) {
		from := 0
		for i := range r {
			if stops(r, i) {
				if !yield(r[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(r[from:])
	}
}

// stops reports whether a clause ends before the i-th character.
func stops(r []rune, i int) bool {
	switch r[i] {
	case ',', '!', '?', ';', '~', '…', '\n', '、', ':':
		return true
	case ' ':
		return i > 0 && han(r[i-1]) || i+1 < len(r) && han(r[i+1])
	case '.':
		return i == 0 || i+1 == len(r) || !digit(r[i-1]) || !digit(r[i+1])
	}
	return false
}

// covered reports whether r is made of acts, fill and punctuation alone, with one act at least.
func covered(r []rune) (found []Act, ok bool) {
	table := acts()
	type way struct {
		from int // where the piece that ends here begins; -1 if nothing does
		act  Act
		cost int
	}
	var room [64]way
	ways := append(room[:0], make([]way, len(r)+1)...)
	for i := range ways {
		ways[i].from = -1
	}
	ways[0] = way{from: 0}
	step := func(i, j, cost int, act Act) {
		if c := ways[i].cost + cost; ways[j].from < 0 || c < ways[j].cost {
			ways[j] = way{i, act, c}
		}
	}
	for i := range r {
		if ways[i].from < 0 {
			continue
		}
		if unicode.IsSpace(r[i]) || unicode.IsPunct(r[i]) || unicode.IsSymbol(r[i]) {
			step(i, i+1, 0, actFill)
		}
		for _, p := range table[r[i]] {
			j := i + len(p.text)
			if j > len(r) || !slices.Equal(r[i:j], p.text) || !atWord(r, i, j) {
				continue
			}
			cost := 10
			if p.act == actFill {
				cost = 12
			}
			step(i, j, cost, p.act)
		}
		if !strings.ContainsRune(laughs, r[i]) {
			continue
		}
		if m := laughter.FindString(string(r[i:min(i+40, len(r))])); m != "" {
			if j := i + len([]rune(m)); atWord(r, i, j) {
				step(i, j, 11, ActLaugh)
			}
		}
	}
	if ways[len(r)].from < 0 {
		return nil, false
	}
	for j := len(r); j > 0; j = ways[j].from {
		if a := ways[j].act; a != actFill {
			found = append(found, a)
		}
	}
	return found, len(found) > 0
}

// pictured reports whether a rune is a picture.
func pictured(c rune) bool {
	return emoji(c) || 0x2190 <= c && c <= 0x21ff || 0x2b00 <= c && c <= 0x2bff || 0x1f000 <= c && c <= 0x1f2ff || 0xe000 <= c && c <= 0xf8ff || c == 0x2764 || 0x20d0 <= c && c <= 0x20ff || 0x1f3fb <= c && c <= 0x1f3ff
}
