package weibo

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// An id is a number of up to 19 digits, more than a float holds. It is written
// with and without quotes.
type id string

// UnmarshalJSON implements json.Unmarshaler.
func (i *id) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" {
		s = ""
	}
	if _, err := strconv.ParseInt(s, 10, 64); err != nil && s != "" {
		return fmt.Errorf("weibo: %q is not an id", s)
	}
	*i = id(s)
	return nil
}

// A push is what the platform tells us.
type push struct {
	Type     string          `json:"type"`
	Receiver id              `json:"receiver_id"`
	Sender   id              `json:"sender_id"`
	Created  string          `json:"created_at"`
	Text     string          `json:"text"`
	Data     json.RawMessage `json:"data"`

	data details
	at   time.Time
	xml  bool // in the format that is compatible with WeChat's; so is the answer
	raw  []byte
}

// details is a push's data, whatever its type.
type details struct {
	Subtype   string      `json:"subtype"`
	Key       any         `json:"key"` // a string or a number
	Longitude json.Number `json:"longitude"`
	Latitude  json.Number `json:"latitude"`
	ToVFID    id          `json:"tovfid"`
}

func (d details) key() string {
	if d.Key == nil {
		return ""
	}
	return fmt.Sprint(d.Key)
}

// signed reports whether the platform has signed the request: its app secret,
// the time in milliseconds and a nonce.
func (a *Account) signed(q url.Values) bool {
	parts := []string{string(a.conf.AppSecret), q.Get("timestamp"), q.Get("nonce")}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return subtle.ConstantTimeCompare([]byte(q.Get("signature")), []byte(hex.EncodeToString(sum[:]))) == 1
}

func (a *Account) fresh(q url.Values) bool {
	ms, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	return err == nil && a.deps.Now().Sub(time.UnixMilli(ms)).Abs() <= a.conf.Skew
}

var errNobody = errors.New("weibo: the push says of nobody whom it is from")

// parse reads a push in either format.
func parse(b []byte) (push, error) {
	p := push{raw: b}
	trimmed := bytes.TrimSpace(b)
	var err error
	if len(trimmed) > 0 && trimmed[0] == '<' {
		err = p.readXML(trimmed)
	} else {
		err = p.readJSON(trimmed)
	}
	if err == nil && (p.Sender == "" || p.Type == "") {
		err = errNobody
	}
	return p, err
}

func (p *push) readJSON(b []byte) error {
	if err := json.Unmarshal(b, p); err != nil {
		return fmt.Errorf("weibo: bad JSON: %w", err)
	}
	if len(p.Data) > 0 {
		d := json.NewDecoder(bytes.NewReader(p.Data))
		d.UseNumber()
		if err := d.Decode(&p.data); err != nil {
			p.data = details{} // data of a type that we do not know has any form
		}
	}
	if at, err := time.Parse(time.RubyDate, p.Created); err == nil {
		p.at = at.UTC()
	}
	return nil
}

// compatible is a push in the format that eps/push/set_format switches to.
type compatible struct {
	ToUserName, FromUserName, MsgType, Content, MediaId, Event, EventKey string
	CreateTime                                                           int64
	LocationX                                                            string `xml:"Location_X"`
	LocationY                                                            string `xml:"Location_Y"`
}

func (p *push) readXML(b []byte) error {
	b = bytes.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, b)
	var c compatible
	if err := xml.Unmarshal(b, &c); err != nil {
		return fmt.Errorf("weibo: bad XML: %w", err)
	}
	for _, u := range []string{c.FromUserName, c.ToUserName} {
		if _, err := strconv.ParseInt(u, 10, 64); err != nil {
			return fmt.Errorf("weibo: %q is not an id", u)
		}
	}
	p.xml, p.Type, p.Sender, p.Receiver = true, c.MsgType, id(c.FromUserName), id(c.ToUserName)
	p.Text, p.at, p.Created = c.Content, core.Unix(c.CreateTime), strconv.FormatInt(c.CreateTime, 10)
	p.data = details{Subtype: strings.ToLower(c.Event), Key: c.EventKey, ToVFID: id(c.MediaId), Latitude: json.Number(c.LocationX), Longitude: json.Number(c.LocationY)}
	p.Data = []byte(c.MediaId + "\x00" + c.Event + "\x00" + c.EventKey + "\x00" + c.LocationX + c.LocationY)
	if p.Type == "location" {
		p.Type = "position"
	}
	return nil
}

// ref names a push, which has no id of its own, so that its repeats have the
// same name. Two equal messages within one second have the same name too.
func (p push) ref() string {
	h := sha256.New()
	data := p.Data
	var b bytes.Buffer
	if json.Compact(&b, data) == nil {
		data = b.Bytes()
	}
	for _, s := range []string{string(p.Sender), p.Created, p.Type, p.Text, string(data)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// An arrival is what a push means.
type arrival struct {
	env    core.Envelope
	fid    string // of the picture or recording in the first part
	silent bool   // nobody will answer it
}

// silent are the events by which nobody speaks to us, though they may name a
// button.
var silent = map[string]bool{"view": true, "unsubscribe": true}

// read says what a push means. Types that we do not know were sent by somebody
// all the same: they are kept and answered.
func (a *Account) read(p push) arrival {
	r := arrival{env: core.Envelope{
		Channel: a.deps.Name, Peer: core.Peer{ID: string(p.Sender), Name: "微博 " + string(p.Sender)[max(0, len(p.Sender)-4):]},
		Ref: p.ref(), At: p.at, Cause: core.CauseMessage,
	}}
	part := core.Part(core.Other{Kind: p.Type})
	switch p.Type {
	case "text":
		part = core.Text{Body: faces.Replace(p.Text)}
	case "position":
		part = core.Place{Lat: degrees(p.data.Latitude), Lon: degrees(p.data.Longitude)}
	case "image":
		part, r.fid = core.Media{Type: "image/jpeg"}, string(p.data.ToVFID)
	case "voice":
		part, r.fid = core.Media{Type: "audio/amr"}, string(p.data.ToVFID)
	case "mention":
		part, r.env.Cause = core.Text{Body: p.Text}, CauseMention
		fact(&r, "mention", p.data.key())
	case "event":
		part = readEvent(p, &r)
	default:
		r.env.Cause = ""
	}
	r.env.Parts = core.Parts{part}
	switch q := part.(type) {
	case core.Other:
		r.env.Raw, r.silent = p.raw, q.Quiet
	case core.Left:
		r.silent = true
	}
	return r
}

func readEvent(p push, r *arrival) core.Part {
	r.env.Cause = core.CauseEvent
	key := p.data.key()
	switch p.data.Subtype {
	case "follow", "subscribe":
		return core.Joined{}
	case "scan", "scan_follow":
		fact(r, "entry", key)
		return core.Joined{From: key}
	case "click":
		return core.Pick{Option: key, Menu: true}
	case "unfollow":
		r.env.Cause = ""
		return core.Left{}
	case "unsubscribe": // from mass messages; answers are still allowed
		r.env.Cause = ""
		fact(r, "subscribed", "no")
	case "view":
		fact(r, "page", key)
	default:
		r.env.Cause = ""
	}
	// Of events that we do not know, those that name a button were pressed by
	// somebody who waits for an answer; the others report something.
	return core.Other{Kind: or(p.data.Subtype, "event"), Quiet: silent[p.data.Subtype] || key == ""}
}

func fact(r *arrival, name, value string) {
	if value == "" {
		return
	}
	if r.env.Peer.Facts == nil {
		r.env.Peer.Facts = map[string]string{}
	}
	r.env.Peer.Facts[name] = value
}

func degrees(n json.Number) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(n)), 64)
	if err != nil || !(f >= -180 && f <= 180) {
		return 0
	}
	return f
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
