package dialog

import (
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// lineWish is what somebody in line wants: leave, message or place.
type lineWish string

// confirmed answers whether to join a long line: yes, message or no.
type confirmed string

// aboutLine understands what somebody in line, or before a long one, can say
// about it. Digits mean the same in every text about the wait; a list that was
// shown after it comes first (listed).
func aboutLine(v view, t talk, u match.Utterance) act {
	cmd := assent(v, u)
	if t.Confirm.on() {
		switch cmd {
		case "yes", "message":
			return confirmed(cmd)
		case "no", "exit", "cancel":
			return confirmed("no")
		}
	}
	if t.message() && !t.Flow.on() && takingBack(u.Folded) {
		return takesBack{}
	}
	if t.message() && !t.Flow.on() && (cmd == "place" || asksPlace(u.Folded)) {
		return asksAfter{}
	}
	if !t.inLine() {
		return nil
	}
	switch {
	case !t.Flow.on() && u.Bare == "0": // a person: they wait for one
		return lineWish("place")
	case cmd == "exit", cmd == "cancel" && !t.Flow.on():
		return lineWish("leave")
	case cmd == "place", cmd == "message":
		return lineWish(cmd)
	case t.Flow.on():
		return nil
	case leaving(u.Folded):
		return lineWish("leave")
	case asksPlace(u.Folded):
		return lineWish("place")
	}
	return nil
}

var (
	placeWords = regexp.MustCompile(`排(?:到|第|在)|第几|几号|前面|前边|轮到|到我|还要(?:等|排|多)|等(?:得|了)|等多|多久|多长时间|几分钟|要等|得等|什么时候(?:能)?(?:接|轮|到|有人)|啥时候|(?:什么时候|几点|何时)(?:能|才|可以|会|有人)*(?:回|答|联系|处理|看)|还没(?:人|接|到|轮)|怎么(?:还)?(?:没|不)(?:人|接|理|回)|快了吗|\b(?:what number|which number|my (?:place|turn|position)|place in|position|how (?:long|many|far)|in front of|ahead of|when (?:will|is|do)|am i next|any (?:idea|update|news)|still waiting|eta|wait time|waiting time|taking so long|anyone coming)\b`)
	shopWords  = regexp.MustCompile(`货|单|送|发|快递|物流|退|款|票|茶|保质|店|到账|收到|寄|ship|deliver|order|refund|tea|parcel|return`)
	leaveWords = regexp.MustCompile(`不(?:想)?(?:等|排)(?:了|啦|下去)|不用(?:排|等|转|人工|了)|退出|取消(?:排队|吧|掉)?|别排|不找了|自己(?:解决|弄|搞|想办法)|唔(?:等|排)|(?:下次|改天|回头|明天|晚点|待会|过会)(?:儿)?再|(?:^|，|,)?算了|不麻烦|没事了|不需要(?:了|人)|先走了|撤了|\b(?:(?:take|get|remove) me (?:out|off|from)|leave the (?:line|queue)|forget it|never ?mind|nvm|no longer need|dont need|do not need|don't need|come back (?:later|tomorrow|tmrw|another)|cancel|i'?m out|i give up|giving up)\b`)
	noteWords  = regexp.MustCompile(`留(?:个|条|下)?(?:言|信|话|字|电话|号码|联系方式)|(?:上班|有空|有人|回头|晚点|明天)(?:了|的时候)?(?:再)?(?:回|联系|找|打给|答复)(?:复|电)?我|(?:写|留|打)(?:在)?(?:这|下来|下|字).*(?:看|回|处理)|(?:看到|上班|有空|有人)(?:了|的时候)?(?:再|就)?(?:帮我|回我|处理|联系)|^记一下|\b(?:leave|write|drop) (?:a |it |you )?(?:note|message|down)|text me|call me back|(?:answer|reply|get back|read it) (?:later|in the morning|tomorrow|to me)\b`)
)

var requests = regexp.MustCompile(`我想|我要|想要|要(?:退|换|开|查|买|改)|开(?:个|张)?发票|查|申请|办理|\b(?:want|need|like to|please|show|tell|send)\b`)

// telling reports whether a folded text tells the person they wait for something,
// and only sounds like a question of the script.
func telling(f string, d match.Decision) bool {
	long := utf8.RuneCountInString(f) >= 8 && (strings.Count(f, " ") > 2 || !strings.ContainsAny(f, " "))
	return long && d.Candidates[0].How == "samples" && !questioning(f) && !requests.MatchString(f)
}

var backWords = regexp.MustCompile(`算了|不用(?:了|回|答复|联系|管)|不需要了?|取消|撤回|\b(?:forget it|never ?mind|nvm|no longer need|cancel)\b`)

// takingBack reports whether a short folded text takes a message back.
func takingBack(f string) bool {
	return aboutWait(f) && utf8.RuneCountInString(f) <= 20 && backWords.MatchString(f) && !shopWords.MatchString(f) && !questioning(f)
}

// aboutWait is for short folded texts about the line itself; a question about the shop is none.
func aboutWait(f string) bool {
	return utf8.RuneCountInString(f) <= 25 || strings.Count(f, " ") > 2 && len(f) <= 80
}

func asksPlace(f string) bool {
	return aboutWait(f) && placeWords.MatchString(f) && !shopWords.MatchString(f)
}

func leaving(f string) bool {
	return aboutWait(f) && leaveWords.MatchString(f) && !shopWords.MatchString(f) && !strings.ContainsAny(f, "?吗")
}

func leavesNote(f string) bool {
	return aboutWait(f) && noteWords.MatchString(f)
}

func (a lineWish) do(v view, t talk) talk {
	if !t.inLine() {
		return tell(v, t, "expired")
	}
	switch k := t.Ticket; a {
	case "leave":
		return exitLine(v, t)
	case "message":
		t.memory = t.left()
		return leaveMessage(v, t, request{Topic: k.Topic, Class: k.Class, Asked: k.Asked, Why: "chose to leave a message instead of waiting"})
	case "place":
		return sayPlace(v, t, "asked about the place in line")
	}
	return t
}

func (a confirmed) do(v view, t talk) talk {
	r := t.Confirm
	if !r.on() {
		return tell(v, t, "expired")
	}
	t.Menu, t.Confirm = menu{}, request{}
	switch a {
	case "yes":
		return queue(v, t, r)
	case "message":
		return leaveMessage(v, t, r)
	}
	t = note(v, t, core.EventExited, "did not join the long line", "topic", r.Topic)
	return tell(v, t, "confirm_off")
}

// exitLine gives the place up; it can be had back for a while.
func exitLine(v view, t talk) talk {
	if grave(t.Ticket.Mood) {
		return stays(v, t)
	}
	t.Exit = exit{At: v.Now, Since: t.Ticket.Since, Topic: t.Ticket.Topic}
	t.claim = t.closed(v.Now)
	t.Menu, t.Confirm = menu{}, request{}
	t = note(v, t, core.EventExited, "left the line: "+clip(t.text, 40), "topic", t.Ticket.Topic)
	return tell(v, t, "left_line")
}

// leaveMessage keeps what the customer wants for when somebody is there. What
// they write from now on belongs to it.
func leaveMessage(v view, t talk, r request) talk {
	if r.Topic == "" {
		r.Topic = topicOf(v, t.memory)
	}
	since := v.Now
	if t.waiting() {
		since = t.Ticket.Since
	}
	vars := openWords(v, t.Lang, r.Topic, since)
	t.memory = t.left()
	t.Menu, t.Confirm = menu{}, request{}
	if t.waiting() && t.State != core.InLine {
		t = note(v, t, core.EventLeftMessage, r.Why+"; the message is already kept", "topic", t.Ticket.Topic)
		return sayKept(v, t)
	}
	if t.waiting() {
		k := *t.Ticket
		k.State = core.TicketMessage
		t.Ticket = &k
	} else {
		r.Class = classOf(v, r)
		t = open(v, t, r, core.TicketMessage)
	}
	t.State = core.WithBot
	t.Message, t.Survey = true, rating{}
	t.memory = t.settled()
	t.Kept = 0
	id := "nobody"
	switch {
	case vars["promise"] == "":
		id = "nobody_unknown"
	case served(v, r.Topic): // they chose to leave one
		id = "message_kept"
	case !v.HoursOf(r.Topic).Calendar().Open(v.Now):
		id = "closed_hours"
	}
	t = note(v, t, core.EventLeftMessage, r.Why, "topic", t.Ticket.Topic, "promise", vars["promise"])
	if endangered(v, t) {
		return sayDanger(v, t, t.Mood)
	}
	t, words := turning(v, t, id, vars)
	return say(t, words)
}

// sayKept says that the message is kept, and by when it is answered; sorry where
// that time is over.
func sayKept(v view, t talk) talk {
	vars := promised(v, t)
	id := "message_kept"
	if vars == nil {
		id = "message_late"
	}
	t, words := turning(v, t, id, vars)
	return say(t, words)
}

// asksAfter is a question about the message that was left.
type asksAfter struct{}

func (asksAfter) do(v view, t talk) talk {
	return sayKept(v, note(v, t, core.EventAnswered, "asked after the message", "entry", "", "how", "line"))
}

// keepFor keeps what somebody who waits writes for the agent. The first line is
// acknowledged, a further one soon after is kept without a word, and the next is
// answered by place and time.
func keepFor(v view, t talk, d doubt) talk {
	t.claim = wants(v, t.claim, d.said.Text)
	if !t.Flow.on() {
		k := *t.Ticket
		if k.Form = maps.Clone(k.Form); k.Form == nil {
			k.Form = map[string]string{}
		}
		maps.Copy(k.Form, toldForm(v, t.memory))
		t.Ticket = &k
	}
	t = note(v, t, core.EventFellBack, "kept for the agent: "+d.d.Why)
	message, kept := t.message(), false
	switch within := v.Now.Sub(t.Acked) < v.Settings.Ack; {
	case d.shown, t.Kept == 0:
	case t.Kept == 1 && within:
		t.Kept = 2
		return t
	case t.Kept == 2 && message:
		kept = true
	case !message:
		return sayPlace(v, t, "kept for the agent, and told the place")
	}
	t.Acked, t.Kept = v.Now, 1
	switch {
	case kept:
		return sayKept(v, t)
	case message:
		return tell(v, t, "message_more")
	}
	return say(t, v.Word(t.Lang, "noted", nil)+footer(v, t))
}

// wants notes on a message that so far only asked for a person what it is about.
func wants(v view, c claim, text string) claim {
	if c.message() && (c.Ticket.Asked == "" || isWish(v, c.Ticket.Asked)) && !isWish(v, text) {
		k := *c.Ticket
		k.Asked = clip(text, 500)
		c.Ticket = &k
	}
	return c
}

// footer keeps somebody who waits at ease while the bot answers.
func footer(v view, t talk) string {
	if t.message() {
		h := v.HoursOf(t.Ticket.Topic)
		at, ok := h.Promise(t.Ticket.Since)
		if !ok || at.Before(v.Now) {
			return ""
		}
		return v.Word(t.Lang, "message_too", map[string]string{"promise": v.when(t.Lang, h, at)})
	}
	if !t.inLine() {
		return ""
	}
	if expected(v, t).Nobody {
		return v.Word(t.Lang, "nobody_in_line", ownWords(v, t))
	}
	return v.Word(t.Lang, "still_in_line", ownWords(v, t))
}

func sayPlace(v view, t talk, why string) talk {
	if perilous(v, t) {
		return lingers{}.do(v, t)
	}
	t = note(v, t, core.EventAnswered, why, "entry", "", "how", "line")
	t, words := turning(v, t, placeWord(expected(v, t)), ownWords(v, t))
	t = offer(v, t, "line", words, lineItems(v, t.Lang))
	t.claim = told(v, t.claim)
	t.Acked, t.Kept = v.Now, 1
	return t
}

// What digits mean to who waits, in every text about the wait: 1 keep waiting,
// 2 leave a message, 9 leave. core/reassure has the others.
func lineItems(v view, lang string) []item {
	return []item{{"line=message", v.Word(lang, "opt_message", nil), "2"}, {"line=leave", v.Word(lang, "opt_leave", nil), "9"}}
}
