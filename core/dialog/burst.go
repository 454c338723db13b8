package dialog

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

const (
	longestBurst = time.Minute // how long lines may be one question
	openPauses   = 4           // an open line waits so many times as long as another doubtful one
)

// pause is how long to wait for more behind doubtful lines: those that are plainly
// a beginning, and have not come to a question, wait longer than others.
func pause(v view, lines []core.Envelope) time.Duration {
	open := false
	for _, env := range lines {
		if v.fromSystem(env) {
			continue
		}
		text := own(env.Parts.Text())
		switch {
		case begun(text):
			open = true
		case questioning(text):
			open = false
		}
	}
	if open {
		return openPauses * v.Settings.Burst
	}
	return v.Settings.Burst
}

var (
	openEnd = regexp.MustCompile(`(?:[,，、:：]|\.{2,}|…+|——|\b(?:and|but|so|the|a|my|to|of|because|with|i|is|was|when|if))$|(?:因为|所以|但是|可是|不过|然后|而且|还有|就是|结果|如果|我的|你们的|跟|和|把|被|给)$`)
	openOn  = regexp.MustCompile(`^(?:(?:你好|您好|亲|请问|麻烦|不好意思|那个|就是|嗯|呃|额|我|我们|你们|我家|这个|是这样|是这样的|我想|我要|想|我想问|想问|我想问一下|想问一下|问一下|我想咨询|咨询一下|问个事|一下|下|哈|啊|呢|的|[，,\s])+|(?:(?:hi|hello|hey|so|um|uh|well|ok|i|we|my|you|just|have|had|got|a|quick|question|wanted|want|would like|id like|to|ask|about|something|the thing is|its like this|,|\s)+))$`)
	bought  = regexp.MustCompile(`^(?:我|我们|我妈|我爸|昨天|前天|今天|上周|上个月|上次|之前|刚才|刚刚|前几天|[0-9一二三几]+(?:号|天前))[^?？]{0,12}(?:买|拍|下单|订|收到|下)(?:的|了|过)[^?？]{0,8}$|^(?:i|we|my \w+) (?:bought|ordered|got|received|placed)\b[^?]{0,40}$|^(?:last|yesterday|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b[^?]{0,20}$`)
)

// begun reports whether a line is the beginning of a question and no more: it ends
// where no sentence does, says only that something is coming, or what was bought.
func begun(text string) bool {
	f := strings.TrimSpace(match.Fold(text))
	if utf8.RuneCountInString(f) > 40 || strings.HasSuffix(f, "?") {
		return false
	}
	return openEnd.MatchString(f) || openOn.MatchString(f) || bought.MatchString(f)
}

// burstEnd is when doubtful lines are decided: when no more have come for a
// while. A clock that was set back does not make anybody wait longer.
func burstEnd(v view, m memory, lines []core.Envelope) time.Time {
	wait := pause(v, lines)
	end := v.Now.Add(wait)
	if m.Burst.After(end) || v.Now.Sub(m.Burst) >= longestBurst {
		m.Burst = end
	}
	first, last := lines[0].Filed, lines[len(lines)-1].Filed
	if last.IsZero() || last.After(v.Now) || first.After(last) {
		return m.Burst
	}
	if quiet := last.Add(wait); quiet.Before(end) {
		end = quiet
	}
	if most := first.Add(longestBurst); most.Before(end) {
		end = most
	}
	return end
}

// fragment reports whether an answer is to a part of a question only, as far as
// one can see.
func fragment(a act) bool {
	q, ok := a.(question)
	return ok && q.d.Candidates[0].How == "samples" && !questioning(q.text)
}

// scrap reports whether a line that nothing came before is so little that more
// will come: 那个, 我上周买的白茶.
func scrap(a act) bool {
	q, ok := a.(question)
	return ok && fragment(a) && (begun(q.text) || q.d.Candidates[0].P < early && utf8.RuneCountInString(q.text) < 5)
}
