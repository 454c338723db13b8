package match

import (
	"math/bits"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Tongue is the language of a text that is plainly neither Chinese nor English, as a BCP 47 tag: by its letters, or by
// small words that only that language has. It is empty for all others, and for what is too short to tell.
func Tongue(text string) string {
	if len(text) > 2000 {
		text = text[:2000]
	}
	letters, han := map[string]int{}, 0
	for _, c := range text {
		switch {
		case unicode.Is(unicode.Han, c):
			han++
		case c < 0x370 || !unicode.IsLetter(c):
		default:
			for _, s := range alphabets {
				if unicode.Is(s.table, c) {
					letters[s.lang]++
					break
				}
			}
		}
	}
	best, n := "", 0
	for _, s := range alphabets {
		if letters[s.lang] > n {
			best, n = s.lang, letters[s.lang]
		}
	}
	switch {
	case best == "ja" && n > 1 && (n*4 > han || n > 3): // の between Chinese characters makes no Japanese
		return "ja"
	case best != "" && best != "ja" && n > 1 && n > han:
		return best
	case han > 0:
		return ""
	}
	return smallWords(strings.ToLower(text))
}

var alphabets = []struct {
	lang  string
	table *unicode.RangeTable
}{
	{"ja", unicode.Hiragana}, {"ja", unicode.Katakana}, {"ko", unicode.Hangul}, {"ru", unicode.Cyrillic}, {"ar", unicode.Arabic},
	{"th", unicode.Thai}, {"hi", unicode.Devanagari}, {"he", unicode.Hebrew}, {"el", unicode.Greek},
}

// tongues are the languages with Latin letters: words that tell them from English and from each other, and letters that
// English does not have.
var tongues = []struct{ lang, words, letters string }{
	{"es", "hola buenas buenos gracias por favor quiero puedo hablar con una un el la los las que qué como cómo cuanto cuánto cuando cuándo donde dónde mi pedido tarda llegar hacen envios envíos tienen tiene está esta para pero necesito ayuda persona precio cuesta habla español señor muchas alguien humano del es", "ñ¿¡áíóú"},
	{"fr", "bonjour bjr salut merci je veux voudrais parler à quelqu'un avec une un le la les des du est c'est combien pour où ma commande mon livraison frais quand avez vous vous pas robot s'il plaît svp bien l'anglais ne comprends et sur beaucoup personne bonne journée conseiller", "çêèàùœ"},
	{"de", "hallo guten tag ich möchte will mit einem einer ein eine der die das und ist nicht wie lange dauert wann kommt meine bestellung mein bitte danke mensch menschen sprechen mitarbeiter lieferung versand kostet haben sie es kann man nach wo was jetzt kam kaputt meine den dem soll grüne", "äöüß"},
	{"pt", "olá oi bom dia obrigado obrigada por favor quero falar com uma um os que como vcs tem pra antes posso pagar cartão quanto quando onde meu minha pedido vocês você tem está não para alguém atendente pessoa fala português aí entrega custa frete", "ãõçâê"},
	{"it", "ciao buongiorno grazie per favore vorrei voglio parlare con una un il lo la gli che come quanto quando dove mio ordine spedite spedizione avete è sono non persona operatore italiano scusi scusa parla costa arriva mi dà fare mia cosa passa va il regalo cortesia errore", "èìòù"},
	{"vi", "xin chào shop ơi cho mình tôi em hỏi bao nhiêu tiền giao hàng khi nào đơn của có không được muốn nói chuyện với người nhân viên thật cảm ơn trà là", "ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"},
	{"id", "halo selamat pagi siang sore malam saya mau ingin bicara dengan orang bisa berapa harga ongkir kirim ke pesanan kapan sampai tidak ada kah apa apakah tolong terima kasih admin cs manusia kurang bahasa inggris maaf yang di ini itu dong kak gimana kok belum", ""},
	{"tr", "merhaba selam bir ve bu ne kadar nasıl zaman siparişim siparişi kargo var mı mi istiyorum konuşmak biriyle insan insanla müşteri temsilcisi lütfen teşekkürler değil için ile gönderiyor musunuz çay", "ığşçöü"},
	{"nl", "hallo goedemorgen ik wil graag met een het de en niet hoe lang duurt wanneer komt mijn bestelling medewerker mens spreken alstublieft dank bedankt", "ĳ"},
	{"pl", "dzień dobry cześć chcę rozmawiać z człowiekiem konsultantem ile kosztuje kiedy moje zamówienie dziękuję proszę nie czy jest", "ąćęłńśźż"},
}

// plainEnglish are small words that speak against all of them.
const plainEnglish = "the is are you your my i to of and for it this that what how when where can do does not have with in on at please thanks hello hi me we was will from be get order tea"

// tongueWords tells of each small word in which of tongues it stands, as bits; bit 31 is English.
var tongueWords = sync.OnceValue(func() map[string]uint32 {
	m := map[string]uint32{}
	for i, t := range tongues {
		for _, w := range strings.Fields(t.words) {
			m[w] |= 1 << i
		}
	}
	for _, w := range strings.Fields(plainEnglish) {
		m[w] |= 1 << 31
	}
	return m
})

func smallWords(text string) string {
	of := tongueWords()
	var n [32]int
	words := 0
	for w := range strings.FieldsFuncSeq(text, func(c rune) bool { return !unicode.IsLetter(c) && c != '\'' }) {
		words++
		for in := of[w]; in != 0; in &= in - 1 {
			n[bits.TrailingZeros32(in)]++
		}
	}
	best, most := "", max(1, words/5) // two points at least, and a fair share of the words
	for i, t := range tongues {
		if n[i] > 0 && strings.ContainsAny(text, t.letters) {
			n[i]++
		}
		if n[i] > most {
			best, most = t.lang, n[i]
		}
	}
	if most <= n[31] {
		return ""
	}
	return best
}

// askForeign is a wish for a person in languages that the lists of words do not speak.
var askForeign = regexp.MustCompile(`(?i)\b(?:hablar|quiero|necesito|p[aá]same|comunicar)\b.{0,30}\b(?:persona|humano|alguien|agente|operador|asesor|encargado)\b|\bpersona real\b|\bagente humano\b` +
	`|\b(?:parler|veux|voudrais|besoin|passez)\b.{0,30}(?:quelqu.un|humain|conseiller|personne|agent|op[eé]rateur|responsable)|\bvrai(?:e)? (?:personne|humain)` +
	`|\b(?:sprechen|m[oö]chte|will|brauche|verbinden)\b.{0,40}\b(?:mensch(?:en)?|mitarbeiter(?:in)?|jemand(?:em)?|person|berater|kundendienst)\b|\b(?:echten?|richtigen?) menschen?\b|\bmitarbeiter(?:in)? sprechen\b|^(?:un )?conseiller\b` +
	`|(?:人間|オペレーター|担当者|スタッフ|店員|有人|人と|人に|人が)(?:の方)?(?:と|に|を|へ)?.{0,12}(?:話|代わ|繋|つな|お願い|対応|出して|相談)|オペレーター` +
	`|(?:상담원|상담사|사람|직원|담당자).{0,12}(?:연결|바꿔|통화|이야기|얘기|대화|불러|있나|부탁)` +
	`|(?:оператор|человек|менеджер|сотрудник|живо[йг])[а-я]*.{0,20}|(?:соедините|позовите|переключите)` +
	`|(?:شخص|موظف|إنسان|ممثل|خدمة العملاء|بشري|احد يتصل|أحد يتصل)` +
	`|\b(?:falar|quero|preciso|passa)\b.{0,30}(?:pessoa|humano|atendente|algu[eé]m|gerente)` +
	`|(?:n[oó]i chuy[eệ]n|g[aặ]p|mu[oố]n|cho).{0,25}(?:ng[uư][oờ]i th[aậ]t|nh[aâ]n vi[eê]n|ng[uư][oờ]i|t[uư] v[aấ]n vi[eê]n)` +
	`|(?:คุย|ติดต่อ|ขอ|อยาก|เรียก).{0,20}(?:คน|เจ้าหน้าที่|พนักงาน|แอดมิน)|(?:เจ้าหน้าที่|พนักงาน)` +
	`|\b(?:bicara|ngomong|chat|(?:di)?sambungkan|(?:di)?hubungkan|mau|minta)\b.{0,30}\b(?:orang|manusia|cs|admin|petugas|operator)\b` +
	`|\b(?:parlare|voglio|vorrei|passami|mi passa)\b.{0,30}\b(?:persona|umano|operatore|qualcuno|responsabile)\b` +
	`|(?:insanla|biriyle|temsilci|yetkili|gerçek biri|gerçek bir insan|canlı destek)` +
	`|(?:इंसान|व्यक्ति|एजेंट|किसी से बात|कस्टमर केयर|मैनेजर)` +
	`|\b(?:medewerker|echt mens|iemand spreken)\b|(?:z cz[lł]owiekiem|konsultant)`)

// AskForeign reports whether a customer asks for a person in a language that the scripts do not speak; Tongue has told
// that it is one.
func AskForeign(text string) bool { return len(text) < 1000 && askForeign.MatchString(text) }

var (
	wantsEnglish = regexp.MustCompile(`(?i)(?:说|讲|用|换|切换|转|改|有没有|有|打|回)(?:成|到|下|一下|个|点)?(?:英文|英语|english)(?:版|客服|吗|么|回复|回|吧|$)|(?:英文|英语|english)(?:版|可以|行|ok|吗|么|服务|客服|please|pls|plz|\?|？|$)|\b(?:speak|in|switch to|use|talk|write|reply in|answer in) english\b|no chinese|don'?t (?:speak|understand|read) chinese|can'?t read chinese`)
	wantsChinese = regexp.MustCompile(`(?i)(?:说|讲|用|换|切换|转|改|打|回)(?:成|到|下|一下|个|点|我|你)?(?:中文|汉语|国语|普通话|简体|繁体|华语)|(?:中文|国语|普通话)(?:版|可以|行|吗|么|好不好|回复|回|吧|谢谢|$)|\b(?:speak|in|switch to|use|talk|write|reply in|answer in) (?:chinese|mandarin|zhongwen)\b|zhong ?wen`)
	// otherTongues are asked for by name: 日语, 韩文, 粤语.
	wantsOther = regexp.MustCompile(`(?i)(?:说|讲|用|会|打|换|可以|有)(?:成|不会|点)?.{0,2}(?:日语|日文|韩语|韩文|法语|德语|俄语|西班牙语|泰语|越南语|阿拉伯语|葡萄牙语|意大利语|粤语|广东话|四川话|上海话|闽南语|客家话)|\b(?:speak|in|habla|parla|sprechen|parlez).{0,12}(?:spanish|espa[nñ]ol|french|fran[cç]ais|german|deutsch|japanese|korean|russian|arabic|portuguese|italian|italiano|thai|vietnamese)\b`)
)

// WantsTongue tells in which language a customer asks to be answered: zh, en, or other for one that the program does not
// speak. ok is false for a text that asks for none, or for more than that.
func (u Utterance) WantsTongue() (lang string, ok bool) {
	if utf8.RuneCountInString(u.Text) > 40 {
		return "", false
	}
	f := Fold(u.Rest)
	switch {
	case !strings.ContainsFunc(f, func(c rune) bool { return latin(c) || strings.ContainsRune("语文话体", c) }): // every language's name has one of these
		return "", false
	case wantsOther.MatchString(f):
		return "other", true
	case wantsEnglish.MatchString(f):
		return "en", true
	case wantsChinese.MatchString(f):
		return "zh", true
	}
	return "", false
}

// inList reports whether w is one of list's words, which are parted by blanks.
func inList(list, w string) bool { return w != "" && strings.Contains(" "+list+" ", " "+w+" ") }
