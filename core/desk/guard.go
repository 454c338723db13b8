package desk

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
)

// What the guard finds in a message before it goes out.
const (
	guardNote   = "note"   // reads like a word among colleagues
	guardMixed  = "mixed"  // has lines that are notes or commands
	guardOther  = "other"  // names a telephone or order number that nobody mentioned here
	guardSecret = "secret" // a key, a password, a payment card
	guardBanned = "banned" // a word of Rules.Banned
	guardWindow = "window" // the platform lets us say nothing now
	guardCount  = "count"  // more messages than the platform lets us say
	guardGone   = "gone"   // the customer has left the channel
	guardPartly = "partly" // at an explicit desk: lines without >
)

// guard looks at what an agent is about to say to the customer. It returns it
// without the lines that are never sent, and what speaks against sending it
// without asking.
func guard(v view, t ticket, agent string, parts core.Parts) (said core.Parts, why []string) {
	said, cut := sayable(parts)
	text := said.Text()
	room, size := 1, 0
	if v.counted() {
		room, size = v.room(), v.pieces(said)
	}
	low := strings.ToLower(text)
	banned := func(w string) bool { return w != "" && strings.Contains(low, strings.ToLower(w)) }
	for _, check := range []struct {
		found bool
		what  string
	}{
		{cut, guardMixed},
		{v.c.Gone, guardGone},
		{room == 0, guardWindow},
		{room > 0 && size > room, guardCount},
		{aside(v, agent, text), guardNote},
		{secret(text), guardSecret},
		{foreign(text, known(v, t)), guardOther},
		{slices.ContainsFunc(v.r.Banned, banned), guardBanned},
	} {
		if check.found {
			why = append(why, check.what)
		}
	}
	return said, why
}

var asides = regexp.MustCompile(`(?i)^\s*(内部|仅内部|注[:：]|note( to self)?\s*:|internal( only)?\b|fyi\b|todo\b|@)` +
	`|(这个?客户|该客户|这客人|别告诉(客户|他|她)|不要告诉(客户|他|她)|别跟(客户|他|她)说|this (customer|client|guy|lady)|the customer (is|has|wants|seems)|don'?t tell (him|her|them|the customer))`)

// aside reports whether an agent's text reads as if it were meant for colleagues.
func aside(v view, agent, text string) bool {
	if asides.MatchString(text) {
		return true
	}
	for id, other := range v.s.Agents {
		if id != agent && other.Name != "" && strings.Contains(text, "@"+other.Name) {
			return true
		}
	}
	return false
}

var secrets = regexp.MustCompile(`(?i)\b(sk|pk|rk)[-_](live|test|proj)?[-_]?[a-z0-9]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abeprs]-[A-Za-z0-9-]{10,}` +
	`|-----BEGIN [A-Z ]*PRIVATE KEY-----|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.|\b(api[_ -]?key|secret|token|passwd|password)\s*[:=]\s*\S{6,}|(密码|口令|密钥)\s*(是|为|[:：=])\s*[!-~]{4,}`)

var longDigits = regexp.MustCompile(`\d(?:[ -]?\d){11,22}`)

// secret reports whether a text has something in it that looks like a key, a
// password or a payment card.
func secret(text string) bool {
	if secrets.MatchString(text) {
		return true
	}
	for _, s := range longDigits.FindAllString(narrow(text), -1) {
		if d := digits(s); len(d) >= 13 && len(d) <= 19 && luhn(d) && strings.ContainsRune("3456", rune(d[0])) {
			return true
		}
	}
	return false
}

// luhn reports whether digits have the check digit of a payment card.
func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

var (
	mobile = regexp.MustCompile(`(?:^|\D)((?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d){8})(?:\D|$)`)
	orders = regexp.MustCompile(`(?i)(?:订单号?|单号|工单号?|order(?: number| no\.?)?)\s*(?:是|为|[:：#])?\s*([A-Z]{0,4}-?\d{6,24})`)
	parcel = regexp.MustCompile(`(?i)(快递|运|物流|退货|退款|补发|新)单号?|tracking|waybill`)
)

// foreign reports whether a text names a telephone or order number that is not
// among the known digits: it may belong to another customer. Numbers of parcels
// are new by nature.
func foreign(text, known string) bool {
	text = narrow(text)
	for _, m := range mobile.FindAllStringSubmatch(text, -1) {
		d := digits(m[1])
		if !strings.Contains(known, d[len(d)-11:]) {
			return true
		}
	}
	for _, m := range orders.FindAllStringSubmatchIndex(text, -1) {
		if parcel.MatchString(text[max(0, m[0]-12):m[2]]) {
			continue
		}
		if !strings.Contains(known, digits(text[m[2]:m[3]])) {
			return true
		}
	}
	return false
}

// known is every digit that was said in the conversation, as far as the ticket
// remembers, in groups.
func known(v view, t ticket) string {
	var b strings.Builder
	add := func(s string) {
		for _, r := range narrow(s) {
			switch {
			case r >= '0' && r <= '9':
				b.WriteRune(r)
			case r == '-' || unicode.IsSpace(r):
			default:
				b.WriteByte('|')
			}
		}
		b.WriteByte('|')
	}
	add(t.Asked)
	add(t.Key.Peer)
	add(v.c.Key.Peer)
	add(v.c.Peer.Name)
	for _, v := range t.Form {
		add(v)
	}
	for _, v := range v.c.Peer.Facts {
		add(v)
	}
	for _, l := range t.m.Tail {
		if !l.Note {
			add(l.Text)
		}
	}
	return b.String()
}

// narrow writes full-width digits and letters as ordinary ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// merges reports whether a message takes fewer pieces when its texts are one.
func merges(v view, parts core.Parts) bool { return v.pieces(merged(parts)) < v.pieces(parts) }

// merged joins the texts of a message.
func merged(parts core.Parts) core.Parts {
	var texts []string
	var out core.Parts
	for _, p := range parts {
		if s, ok := p.(core.Text); ok {
			texts = append(texts, s.Body)
			continue
		}
		out = append(out, p)
	}
	if len(texts) == 0 {
		return out
	}
	return append(core.Parts{core.Text{Body: strings.Join(texts, "\n")}}, out...)
}
