package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Doc is a push: element names and their texts, in order.
type Doc [][2]string

// Say lets a follower write a text, and returns when the platform is done with
// pushing it.
func (p *Platform) Say(ctx context.Context, openid, text string) error {
	p.did(openid, Message{Type: "text", Text: text}, 5, 48*time.Hour)
	return p.Push(ctx, openid, Doc{{"MsgType", "text"}, {"Content", text}, {"MsgId", p.id()}})
}

// Tap lets a follower tap an entry of a menu that we sent.
func (p *Platform) Tap(ctx context.Context, openid string, e Entry) error {
	p.did(openid, Message{Type: "text", Text: e.Content}, 3, time.Minute)
	return p.Push(ctx, openid, Doc{{"MsgType", "text"}, {"Content", e.Content}, {"MsgId", p.id()}, {"bizmsgmenuid", e.ID}})
}

// SendMedia lets a follower send a picture, a recording or a video.
func (p *Platform) SendMedia(ctx context.Context, openid, kind, id string) error {
	p.did(openid, Message{Type: kind, Media: id}, 5, 48*time.Hour)
	d := Doc{{"MsgType", kind}, {"MediaId", id}, {"MsgId", p.id()}}
	if kind == "voice" {
		d = append(d, [2]string{"Format", "amr"}, [2]string{"Recognition", ""})
	}
	return p.Push(ctx, openid, d)
}

// Follow lets somebody follow the account, by the QR code of scene if it is not empty.
func (p *Platform) Follow(ctx context.Context, openid, scene string) error {
	p.did(openid, Message{Type: "follow"}, 3, time.Minute)
	p.mu.Lock()
	p.person(openid).Follows = true
	p.mu.Unlock()
	if scene != "" {
		scene = "qrscene_" + scene
	}
	return p.Event(ctx, openid, "subscribe", Doc{{"EventKey", scene}})
}

// Unfollow ends it. Nothing may be sent to them from then on.
func (p *Platform) Unfollow(ctx context.Context, openid string) error {
	p.mu.Lock()
	f := p.person(openid)
	f.Follows, f.grants = false, nil
	f.Screen = append(f.Screen, Message{At: p.now(), Mine: true, How: "follower", Type: "unfollow"})
	p.mu.Unlock()
	return p.Event(ctx, openid, "unsubscribe", Doc{{"EventKey", ""}})
}

// Scan lets a follower scan a QR code, Click press an entry of the account's menu.
func (p *Platform) Scan(ctx context.Context, openid, scene string) error {
	p.did(openid, Message{Type: "scan", Text: scene}, 3, time.Minute)
	return p.Event(ctx, openid, "SCAN", Doc{{"EventKey", scene}, {"Ticket", "TICKET"}})
}

// Click lets a follower press an entry of the account's menu.
func (p *Platform) Click(ctx context.Context, openid, key string) error {
	p.did(openid, Message{Type: "click", Text: key}, 3, time.Minute)
	return p.Event(ctx, openid, "CLICK", Doc{{"EventKey", key}})
}

// Event pushes an event.
func (p *Platform) Event(ctx context.Context, openid, event string, more Doc) error {
	return p.Push(ctx, openid, append(Doc{{"MsgType", "event"}, {"Event", event}}, more...))
}

func (p *Platform) id() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strconv.FormatInt(p.next(), 10)
}

// did shows what a follower did and opens the window for it.
func (p *Platform) did(openid string, m Message, n int, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.person(openid)
	m.At, m.Mine, m.How = p.now(), true, "follower"
	f.Screen = append(f.Screen, m)
	f.exchange = m.At
	f.open(m.At, n, d)
}

// ErrFailing is what a follower sees in grey: the account's service is failing.
var ErrFailing = errors.New("该公众号提供的服务出现故障，请稍后再试")

// Push pushes a document up to three times, 5 s apart, until it is answered, and
// shows the answer. The error is ErrFailing if the follower saw it.
func (p *Platform) Push(ctx context.Context, openid string, d Doc) error {
	head := Doc{{"ToUserName", p.o.Origin}, {"FromUserName", openid}, {"CreateTime", strconv.FormatInt(p.now().Unix(), 10)}}
	r, err := p.Request(append(head, d...))
	if err != nil {
		return err
	}
	for try := range Tries {
		if try > 0 {
			r.URL.RawQuery = p.query(r.body).Encode()
			p.mu.Lock()
			p.repeats++
			p.mu.Unlock()
		}
		start := p.now()
		body, ok := p.attempt(ctx, r)
		if ok {
			return p.show(openid, body, p.now().Sub(start))
		}
		if err := sleep(ctx, Deadline-p.now().Sub(start)); err != nil {
			return err
		}
	}
	p.notice(openid)
	return ErrFailing
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Request is a push, signed and in the account's mode and data format.
type Request struct {
	URL  *url.URL
	Type string
	Body []byte
	body string // what is signed in encrypted modes
}

// Request makes a push of d.
func (p *Platform) Request(d Doc) (*Request, error) {
	plain := []byte(d.XML())
	typ := "text/xml"
	if p.o.JSON {
		typ, plain = "application/json", d.json()
	}
	r := &Request{URL: &url.URL{Path: "/"}, Type: typ, Body: plain}
	if !p.o.Plain {
		box, err := Encrypt(p.o.Key, p.o.AppID, plain)
		if err != nil {
			return nil, err
		}
		r.body = box
		r.Body = []byte(Doc{{"ToUserName", p.o.Origin}, {"Encrypt", box}}.XML())
		if p.o.JSON {
			r.Body = Doc{{"ToUserName", p.o.Origin}, {"Encrypt", box}}.json()
		}
	}
	r.URL.RawQuery = p.query(r.body).Encode()
	return r, nil
}

func (p *Platform) query(box string) url.Values {
	ts, nonce := strconv.FormatInt(p.now().Unix(), 10), strconv.FormatInt(p.now().UnixNano()%1e9, 10)
	q := url.Values{"timestamp": {ts}, "nonce": {nonce}, "signature": {Sign(p.o.Token, ts, nonce)}}
	if box != "" {
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", Sign(p.o.Token, ts, nonce, box))
	}
	return q
}

// XML is the document as the platform writes it.
func (d Doc) XML() string {
	var b strings.Builder
	b.WriteString("<xml>")
	for _, e := range d {
		fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", e[0], strings.ReplaceAll(e[1], "]]>", "]]]]><![CDATA[>"), e[0])
	}
	b.WriteString("</xml>")
	return b.String()
}

func (d Doc) json() []byte {
	m := map[string]any{}
	for _, e := range d {
		m[e[0]] = e[1]
		if e[0] == "CreateTime" || e[0] == "MsgId" {
			m[e[0]] = json.Number(e[1])
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings only
	}
	return b
}

// attempt makes one request of a push. It reports false if the platform has to
// repeat it.
func (p *Platform) attempt(ctx context.Context, r *Request) ([]byte, bool) {
	p.mu.Lock()
	hook := p.hook
	p.mu.Unlock()
	if hook == nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	w := &answer{head: http.Header{}}
	done := make(chan bool, 1)
	target := r.URL.String()
	go func() {
		defer func() { done <- recover() == nil }()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(r.Body))
		if err != nil {
			panic(err)
		}
		req.Header.Set("Content-Type", r.Type)
		hook.ServeHTTP(w, req)
	}()
	select {
	case ok := <-done:
		return w.body.Bytes(), ok && ctx.Err() == nil && (w.code == 0 || w.code == http.StatusOK)
	case <-ctx.Done():
		return nil, false
	}
}

// answer is the response of our webhook.
type answer struct {
	head http.Header
	code int
	body bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.head }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Flush()                      {}

// passive is a passive reply as the platform reads it.
type passive struct {
	ToUserName, FromUserName, MsgType, Content, Encrypt, MsgSignature, Nonce string
	TimeStamp, CreateTime                                                    json.Number
	Image, Voice                                                             struct{ MediaId string }
	Video                                                                    struct{ MediaId, Title string }
	Music                                                                    struct{ Title, MusicUrl, ThumbMediaId string }
	Articles                                                                 struct {
		Item []article `xml:"item"`
	}
	TransInfo struct{ KfAccount string }
}

type article struct{ Title, Description, PicUrl, Url string }

// show shows a passive reply on the phone.
func (p *Platform) show(openid string, body []byte, took time.Duration) error {
	if s := string(body); s == "success" || s == "" {
		return nil
	}
	r, err := p.read(body)
	if err != nil || r.ToUserName != openid || r.FromUserName != p.o.Origin || r.CreateTime == "" {
		p.notice(openid)
		return errors.Join(ErrFailing, err)
	}
	m, ok := r.message()
	if !ok {
		p.notice(openid)
		return ErrFailing
	}
	m.Took = max(1, took.Milliseconds())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reveal(p.person(openid), m)
	return nil
}

// message is what a passive reply shows, if it is one that may be given to a
// message.
func (r passive) message() (m Message, ok bool) {
	m = Message{How: "passive", Type: r.MsgType}
	switch r.MsgType {
	case "text":
		m.Text, ok = r.Content, r.Content != "" && len(r.Content) < maxText
	case "image", "voice", "video":
		m.Text, m.Media = r.Video.Title, r.Image.MediaId+r.Voice.MediaId+r.Video.MediaId
		ok = m.Media != ""
	case "music":
		m.Text, m.URL, ok = r.Music.Title, r.Music.MusicUrl, r.Music.ThumbMediaId != ""
	case "news":
		for _, a := range r.Articles.Item {
			m.Text, m.URL = a.Title, a.Url
		}
		ok = len(r.Articles.Item) == 1
	case "transfer_customer_service":
		m.Agent, ok = r.TransInfo.KfAccount, true
	}
	return m, ok
}

func (p *Platform) read(body []byte) (passive, error) {
	var r passive
	if err := p.unmarshal(body, &r); err != nil || p.o.Plain {
		return r, err
	}
	if Sign(p.o.Token, r.TimeStamp.String(), r.Nonce, r.Encrypt) != r.MsgSignature {
		return r, errors.New("fake: the answer is not signed")
	}
	plain, err := Decrypt(p.o.Key, p.o.AppID, r.Encrypt)
	if err != nil {
		return r, err
	}
	r = passive{}
	return r, p.unmarshal(plain, &r)
}

func (p *Platform) unmarshal(b []byte, r *passive) error {
	if !p.o.JSON {
		return xml.Unmarshal(b, r)
	}
	var j struct {
		*passive
		Articles []article
	}
	j.passive = r
	err := json.Unmarshal(b, &j)
	r.Articles.Item = j.Articles
	return err
}

func (p *Platform) notice(openid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.person(openid)
	f.Screen = append(f.Screen, Message{At: p.now(), How: "notice", Type: "notice", Text: ErrFailing.Error()})
}

// show puts a message of ours on the phone.
func (f *Follower) show(m Message, now time.Time) {
	m.At = now
	f.Screen = append(f.Screen, m)
	f.exchange, f.Typing = now, time.Time{}
}

// reveal is show for what we say. p.mu must be held.
func (p *Platform) reveal(f *Follower, m Message) {
	f.show(m, p.now())
	if p.Watch != nil {
		p.Watch(f.OpenID, m)
	}
}

// Wrote opens a follower's window as if they had written, without a push.
func (p *Platform) Wrote(openid string) { p.did(openid, Message{Type: "text"}, 5, 48*time.Hour) }
