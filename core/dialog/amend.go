package dialog

import (
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/script"
)

// What else a text can mean to somebody who was asked for something.
type (
	lacks  struct{ lost bool } // they have not got it, or do not know where it stands
	amends struct {            // they correct what they have told
		field string
		value string // empty: it is asked for again
	}
)

var (
	hasNone = regexp.MustCompile(`^(?:我|我这|这个|可是|但是|但|可|啊|呃|额|就是|现在|身边|手头)*(?:真|确实|根本|也|都)?(?:没有|没得|没|无|木有|冇|忘了?|忘记了?|记不(?:得|住|清|起来)|不记得|不知道|不清楚|不晓得|找不到|找不着|查不到|看不到|弄丢了?|丢了|删了|没留|没记|没存|没保存|不想(?:给|说|留|提供)|不方便(?:给|说|留|提供)?|不(?:给|提供|留)|(?:不想|懒得)(?:填|写|弄|发))` +
		`|^(?:i )?(?:do not|don'?t|haven'?t|have no|can'?t|cannot|could not|couldn'?t|lost|forgot|no idea|deleted|never got|not sure|rather not|no (?:order|number|phone|email|mail|id|code|longer))\b`)
	whereIs   = regexp.MustCompile(`在哪|哪里|哪儿|怎么(?:看|找|查)|如何(?:看|找|查)|where|how do i (?:find|see|get)`)
	otherTalk = regexp.MustCompile(`收到|发货|物流|快递|退款|到账|动静|人(?:理|管|回)|退|换|arriv|deliver|receiv|refund`)
)

// called are the words by which people call what a step asks for.
var called = map[string]*regexp.Regexp{
	"phone": regexp.MustCompile(`电话|手机|号码|联系方式|phone|mobile|number|cell`),
	"email": regexp.MustCompile(`邮箱|邮件|email|e-mail|mail`),
	"order": regexp.MustCompile(`单号|订单|编号|号码|号|order|number|code|id\b`),
	"date":  regexp.MustCompile(`日期|日子|哪天|date|day`),
}

// withoutIt reports whether a text says that they have not got what a step asks
// for.
func withoutIt(s *script.Step, u match.Utterance) bool {
	f := strings.TrimSpace(u.Folded)
	if s.Ask == "" || s.Kind == "text" && s.Re == nil && !s.Skip || utf8.RuneCountInString(f) > 30 || otherTalk.MatchString(f) {
		return false
	}
	if a, ok := u.Act(); ok && a == match.ActNo {
		return true
	}
	return hasNone.MatchString(f) && (called[s.Kind] == nil || utf8.RuneCountInString(f) <= 8 || called[s.Kind].MatchString(f)) ||
		whereIs.MatchString(f) && called[s.Kind] != nil && called[s.Kind].MatchString(f) && utf8.RuneCountInString(f) <= 20
}

// do leads on, never round: what may be left out is, what can be found is
// explained once, and then a person finds another way.
func (a lacks) do(v view, t talk) talk {
	s := v.step(t.Flow)
	t.Menu = menu{}
	if s.Skip {
		return fills{}.do(v, t)
	}
	t = noteStep(v, t, s, "they have not got it")
	if a.lost && t.Flow.Tries == 0 {
		t.Flow.Tries, t.Flow.Asked = 1, v.Now
		words := v.Word(t.Lang, "invalid_"+s.Kind, nil)
		if !s.Error.Empty() {
			t.memory, words = wording(v, t, t.Flow.key()+".error", s.Error)
		}
		return offer(v, t, "replies", words, v.items(t.Lang, script.ToHuman))
	}
	to := s.TooMany
	if to == "" {
		to = script.ToHuman
	}
	if to == script.ToHuman && t.Flow.Tries == 0 {
		t.Flow.Tries, t.Flow.Asked = 1, v.Now
		return offer(v, t, "offer", v.Word(t.Lang, "lacks", nil), v.items(t.Lang, script.ToHuman, script.ToMenu))
	}
	if to == script.ToHuman {
		t = toHuman(v, t, "too_many")
	}
	return goTo(v, t, to)
}

var (
	correcting = regexp.MustCompile(`不对|错了|写错|打错|发错了?号|说错|填错|留错|输错|改一下|改下|改成|改为|换成|更正|纠正|应该是|应为|不是.{1,24}是|\b(?:wrong|mistake|typo|should be|should have been|change (?:my|the)|correct(?:ion)?|i meant|meant to|it'?s actually|actually it)\b`)
	askedFor   = regexp.MustCompile(`吗|怎么|能不能|可以.*吗|多久|how|can i|could i`)
)

// corrected finds what a text corrects of what was told: the field that it
// names, or the one that its value fits.
func corrected(v view, t talk, u match.Utterance) act {
	f := u.Folded
	if utf8.RuneCountInString(f) > 80 || !correcting.MatchString(f) || askedFor.MatchString(f) {
		return nil
	}
	news := match.Listen(newest(u.Text))
	if s := v.step(t.Flow); s != nil && t.Flow.Back == "" && !named(v, s, f) {
		if value, ok := valid(v, t.Lang, s, news, ""); ok && s.Kind != "text" && s.Choose == "" {
			return fills{value}
		}
	}
	var fit act
	for _, s := range given(v, t) {
		value, ok := valid(v, t.Lang, s, news, "")
		ok = ok && s.Kind != "text" && s.Choose == "" && value != t.Form[s.Ask]
		switch {
		case named(v, s, f) && ok:
			return amends{s.Ask, value}
		case named(v, s, f) && t.Flow.on():
			return amends{s.Ask + s.Choose, ""}
		case ok && fit == nil:
			fit = amends{s.Ask, value}
		}
	}
	return fit
}

// newest is the part of a correction that holds the new value: what follows 应该是.
func newest(text string) string {
	best := 0
	for _, w := range []string{"应该是", "改成", "改为", "换成", "应为", "更正为", "，是", ",是", "而是", " 是", "should be", "meant", "actually", "not"} {
		if k := strings.LastIndex(text, w); k >= 0 && w != "not" {
			best = max(best, k+len(w))
		}
	}
	if rest := strings.TrimSpace(text[best:]); utf8.RuneCountInString(rest) > 2 {
		return rest
	}
	return text
}

// named reports whether a folded text names what a step asks for.
func named(v view, s *script.Step, f string) bool {
	for _, lang := range v.Settings.Languages {
		if l := match.Fold(v.Label(lang, s.Ask+s.Choose)); l != "" && strings.Contains(f, l) {
			return true
		}
	}
	if s.Kind == "order" {
		return regexpOrder.MatchString(f)
	}
	return s.Ask != "" && called[s.Kind] != nil && called[s.Kind].MatchString(f)
}

var regexpOrder = regexp.MustCompile(`单号|订单|order`)

// given are the steps whose answers they may correct: those of the flow they are
// in, or of what waits for a person, the last one first.
func given(v view, t talk) (out []*script.Step) {
	add := func(f *script.Flow, until int) {
		for i := until - 1; i >= 0; i-- {
			if s := f.Steps[i]; s.Ask+s.Choose != "" && t.Form[s.Ask+s.Choose] != "" {
				out = append(out, s)
			}
		}
	}
	if f := v.Flows[t.Flow.Flow]; f != nil {
		add(f, f.Index[t.Flow.Step])
		return out
	}
	if t.waiting() {
		for _, f := range v.FlowOrder {
			if f.ID == t.Intent || len(out) == 0 {
				add(f, len(f.Steps))
			}
		}
	}
	return out
}

// edited takes a message that was changed after it was sent: it corrects what was
// understood of it, and says nothing where that is the same.
func edited(v view, t talk, u match.Utterance) (talk, *doubt) {
	t.text, t.greet = u.Text, false
	if t.Flow.on() && !t.Call.on() {
		for _, s := range given(v, t) {
			if value, ok := valid(v, t.Lang, s, u, ""); ok && s.Kind != "text" && s.Choose == "" && value != t.Form[s.Ask] {
				return amends{s.Ask, value}.do(v, t), nil
			}
		}
	}
	d := meant(v, t.memory, spelled(u))
	answers := t.Flow.on() && tells(v, t.memory, u) && !ownText(v, t.memory)
	news := sure(v, d) && !t.Flow.on() && d.Candidates[0].Entry != t.Last
	if u.Text != "" && (wantsHuman(v, t.memory, u) || answers || news) {
		return reply(v, t, u)
	}
	return note(v, t, core.EventIgnored, "edited, and means the same to the bot"), nil
}

func (a amends) do(v view, t talk) talk {
	if a.value == "" { // asked for again; then on with where they are
		f := v.Flows[t.Flow.Flow]
		for _, s := range f.Steps[:f.Index[t.Flow.Step]] {
			if s.Ask+s.Choose == a.field {
				t = noteStep(v, t, s, "to be corrected")
				t.Flow.Back, t.Flow.Step, t.Flow.Tries = t.Flow.Step, s.ID, 0
				return poseStep(v, t, s)
			}
		}
		return askAgain(v, t)
	}
	t.memory = t.put(a.field, a.value)
	t = note(v, t, core.EventFlowed, "corrected by the customer: "+a.field, "flow", t.Intent, "step", "corrected")
	if k := t.Ticket; t.waiting() && k.Form[a.field] != "" {
		now := *k
		now.Form = maps.Clone(k.Form)
		now.Form[a.field] = a.value
		t.Ticket = &now
	}
	t = tellWith(v, t, "corrected", map[string]string{"label": v.Label(t.Lang, a.field), "value": a.value})
	return askAgain(v, t)
}
