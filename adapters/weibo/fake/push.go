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

// A Push is what the platform tells us, less who and when.
type Push struct {
	Type, Text string
	Data       map[string]any
}

// Say lets a fan write a text, and returns when the platform is done with
// pushing it.
func (p *Platform) Say(ctx context.Context, uid, text string) error {
	p.did(uid, Message{Type: "text", Text: text}, false)
	return p.Push(ctx, uid, Push{Type: "text", Text: text, Data: map[string]any{}})
}

// SendMedia lets a fan send a picture (image) or a recording (voice).
func (p *Platform) SendMedia(ctx context.Context, uid, kind string, fid int64) error {
	p.did(uid, Message{Type: kind}, false)
	return p.Push(ctx, uid, Push{Type: kind, Text: "发了一张图片", Data: map[string]any{"vfid": fid - 10, "tovfid": fid}})
}

// Follow lets somebody follow the account.
func (p *Platform) Follow(ctx context.Context, uid string) error {
	p.mu.Lock()
	p.person(uid).Follows = true
	p.mu.Unlock()
	p.did(uid, Message{Type: "follow"}, false)
	return p.Event(ctx, uid, "follow", nil)
}

// Unfollow ends it. Nothing may be sent to them from then on.
func (p *Platform) Unfollow(ctx context.Context, uid string) error {
	p.mu.Lock()
	f := p.person(uid)
	f.Follows = false
	f.Screen = append(f.Screen, Message{At: p.now(), Mine: true, How: "fan", Type: "unfollow"})
	p.mu.Unlock()
	return p.Event(ctx, uid, "unfollow", nil)
}

// Mention lets somebody mention the account in public. It may write to them once.
func (p *Platform) Mention(ctx context.Context, uid, text string) error {
	p.did(uid, Message{Type: "mention", Text: text}, true)
	return p.Push(ctx, uid, Push{Type: "mention", Text: text, Data: map[string]any{"subtype": "status", "key": int64(5099999999999999)}})
}

// Scan lets a fan scan the QR code of key.
func (p *Platform) Scan(ctx context.Context, uid, key string) error {
	p.did(uid, Message{Type: "scan", Text: key}, false)
	return p.Event(ctx, uid, "scan", map[string]any{"key": key, "ticket": "TICKET"})
}

// Click lets a fan press an entry of the account's menu.
func (p *Platform) Click(ctx context.Context, uid, key string) error {
	p.did(uid, Message{Type: "click", Text: key}, false)
	return p.Event(ctx, uid, "click", map[string]any{"key": key})
}

// Event pushes an event.
func (p *Platform) Event(ctx context.Context, uid, subtype string, more map[string]any) error {
	d := map[string]any{"subtype": subtype}
	for k, v := range more {
		d[k] = v
	}
	return p.Push(ctx, uid, Push{Type: "event", Text: "事件消息", Data: d})
}

func (p *Platform) did(uid string, m Message, once bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.person(uid)
	m.At, m.Mine, m.How = p.now(), true, "fan"
	f.Screen = append(f.Screen, m)
	f.until, f.once = m.At.Add(Window), once
}

// ErrFailing is that the platform gave a push up.
var ErrFailing = errors.New("fake: the push was not answered")

// Request is a push as the platform makes it.
func (p *Platform) Request(uid string, m Push) (target, contentType string, body []byte, err error) {
	now := p.now()
	ts, nonce := strconv.FormatInt(now.UnixMilli(), 10), strconv.FormatInt(now.UnixNano()%1e8, 10)
	q := url.Values{"timestamp": {ts}, "nonce": {nonce}, "signature": {Sign(p.o.AppSecret, ts, nonce)}}
	target = "/?" + q.Encode()
	if p.o.XML {
		return target, "text/xml", []byte(p.compatible(uid, m, now)), nil
	}
	body, err = json.Marshal(map[string]any{
		"type": m.Type, "receiver_id": json.Number(p.o.UID), "sender_id": json.Number(uid),
		"created_at": now.Format(time.RubyDate), "text": m.Text, "data": m.Data,
	})
	return target, "application/json", body, err
}

func (p *Platform) compatible(uid string, m Push, now time.Time) string {
	var b strings.Builder
	add := func(k, v string) { fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>", k, v, k) }
	add("ToUserName", p.o.UID)
	add("FromUserName", uid)
	fmt.Fprintf(&b, "<CreateTime>%d</CreateTime><MsgId></MsgId>", now.Unix())
	kind := m.Type
	if kind == "position" {
		kind = "location"
		add("Location_X", fmt.Sprint(m.Data["latitude"]))
		add("Location_Y", fmt.Sprint(m.Data["longitude"]))
	}
	add("MsgType", kind)
	add("Content", m.Text)
	if id, ok := m.Data["tovfid"]; ok {
		add("MediaId", fmt.Sprint(id))
		add("PicUrl", "")
	}
	if s, ok := m.Data["subtype"]; ok {
		add("Event", fmt.Sprint(s))
	}
	if k, ok := m.Data["key"]; ok {
		add("EventKey", fmt.Sprint(k))
	}
	return "<xml>" + b.String() + "</xml>"
}

// Push pushes up to three times, 5 s apart, until it is answered, and shows the
// answer.
func (p *Platform) Push(ctx context.Context, uid string, m Push) error {
	_, typ, body, err := p.Request(uid, m)
	if err != nil {
		return err
	}
	for try := range Tries {
		if try > 0 {
			p.mu.Lock()
			p.repeats++
			p.mu.Unlock()
		}
		target, _, _, err := p.Request(uid, m) // a repeat is signed anew
		if err != nil {
			return err
		}
		start := p.now()
		if answer, ok := p.attempt(ctx, target, typ, body); ok {
			return p.show(uid, answer, p.now().Sub(start))
		}
		if left := Deadline - p.now().Sub(start); left > 0 {
			t := time.NewTimer(left)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return ctx.Err()
			}
		}
	}
	return ErrFailing
}

func (p *Platform) attempt(ctx context.Context, target, typ string, body []byte) ([]byte, bool) {
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
	go func() {
		defer func() { done <- recover() == nil }()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header.Set("Content-Type", typ)
		hook.ServeHTTP(w, req)
	}()
	select {
	case ok := <-done:
		return w.body.Bytes(), ok && ctx.Err() == nil && (w.code == 0 || w.code == http.StatusOK)
	case <-ctx.Done():
		return nil, false
	}
}

type answer struct {
	head http.Header
	code int
	body bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.head }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Flush()                      {}

// show shows a passive reply on the phone.
func (p *Platform) show(uid string, b []byte, took time.Duration) error {
	if len(b) == 0 {
		return nil
	}
	m, err := p.passive(uid, b)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.How, m.At, m.Took = "passive", p.now(), max(1, took.Milliseconds())
	f := p.person(uid)
	f.Screen = append(f.Screen, m)
	return nil
}

func (p *Platform) passive(uid string, b []byte) (Message, error) {
	wrong := fmt.Errorf("fake: not a passive reply to %s: %s", uid, b)
	if p.o.XML {
		var r struct {
			ToUserName, FromUserName, MsgType, Content string
			Articles                                   struct {
				Item []struct{ Title, Url string } `xml:"item"`
			}
		}
		if err := xml.Unmarshal(b, &r); err != nil || r.ToUserName != uid || r.FromUserName != p.o.UID {
			return Message{}, wrong
		}
		m := Message{Type: r.MsgType, Text: r.Content}
		for _, a := range r.Articles.Item {
			m.Text, m.URL = a.Title, a.Url
		}
		return m, nil
	}
	var r struct {
		Result           bool
		Sender, Receiver string
		Type, Data       string
	}
	var names struct {
		Sender   string `json:"sender_id"`
		Receiver string `json:"receiver_id"`
	}
	if json.Unmarshal(b, &r) != nil || json.Unmarshal(b, &names) != nil || !r.Result || names.Sender != p.o.UID || names.Receiver != uid {
		return Message{}, wrong
	}
	data, err := url.PathUnescape(r.Data)
	if err != nil || strings.Contains(r.Data, "+") {
		return Message{}, wrong
	}
	return read(r.Type, data)
}
