package weibo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/passive"
)

// A message is what a reply carries, passive or active: a type and its data.
type message struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

type article struct {
	Name    string `json:"display_name"`
	Summary string `json:"summary"`
	Image   string `json:"image"`
	URL     string `json:"url"`
}

type textData struct {
	Text string `json:"text"`
}

type articlesData struct {
	Articles []article `json:"articles"`
}

type positionData struct {
	Longitude string `json:"longitude"`
	Latitude  string `json:"latitude"`
}

func textMessage(s string) message {
	return message{"text", plainJSON(textData{strings.ToValidUTF8(s, string(utf8.RuneError))})}
}

// plainJSON writes JSON with <, > and Chinese as they are.
func plainJSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings only
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// percent is RFC 3986: everything but letters, digits and -._~ is escaped.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// passive writes m as the answer to p. In the platform's own format the data is
// JSON, percent-encoded, in a JSON string.
func (m message) passive(p push, unix int64) (passive.Document, error) {
	if p.xml {
		b, err := m.compatible(p, unix)
		return passive.Document{Type: "text/xml; charset=utf-8", Body: b}, err
	}
	return passive.Document{Type: "application/json; charset=utf-8", Body: plainJSON(struct {
		Result   bool   `json:"result"`
		Sender   string `json:"sender_id"`
		Receiver string `json:"receiver_id"`
		Type     string `json:"type"`
		Data     string `json:"data"`
	}{true, string(p.Receiver), string(p.Sender), m.Type, percent(string(m.Data))})}, nil
}

// compatible writes m as WeChat's passive replies are written.
func (m message) compatible(p push, unix int64) ([]byte, error) {
	var b strings.Builder
	head := func(kind string) {
		fmt.Fprintf(&b, "<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType>",
			cdata(string(p.Sender)), cdata(string(p.Receiver)), unix, cdata(kind))
	}
	switch m.Type {
	case "articles":
		var d articlesData
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return nil, err
		}
		head("news")
		fmt.Fprintf(&b, "<ArticleCount>%d</ArticleCount><Articles>", len(d.Articles))
		for _, a := range d.Articles {
			fmt.Fprintf(&b, "<item><Title>%s</Title><Description>%s</Description><PicUrl>%s</PicUrl><Url>%s</Url></item>", cdata(a.Name), cdata(a.Summary), cdata(a.Image), cdata(a.URL))
		}
		b.WriteString("</Articles>")
	case "position":
		var d positionData
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return nil, err
		}
		head("text") // that format has no positions in replies
		fmt.Fprintf(&b, "<Content>%s</Content>", cdata(d.Latitude+","+d.Longitude))
	default:
		var d textData
		if err := json.Unmarshal(m.Data, &d); err != nil {
			return nil, err
		}
		head("text")
		fmt.Fprintf(&b, "<Content>%s</Content>", cdata(d.Text))
	}
	b.WriteString("</xml>")
	return []byte(b.String()), nil
}

func cdata(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, s)
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// Reply implements core.Replier.
func (a *Account) Reply(ctx context.Context, env core.Envelope) (string, error) {
	m, err := a.compose(env)
	if err != nil {
		return "", nil // Send says what is wrong with it
	}
	return a.holds.Answer(ctx, env.Peer.ID, env.ID, plainJSON(m))
}

// Send implements core.Adapter. If a push of the peer is held open it is
// answered with env; the ref starts with core.FreeRef then. Otherwise env goes out
// as an active reply.
func (a *Account) Send(ctx context.Context, env core.Envelope) (string, error) {
	m, err := a.compose(env)
	if err != nil {
		return "", err
	}
	if ref, err := a.holds.Answer(ctx, env.Peer.ID, env.ID, plainJSON(m)); ref != "" || err != nil {
		return ref, err
	}
	if a.conf.Token == "" {
		return "", &core.SendError{Kind: core.KindClosed, Err: errors.New("此微博账号未配置 token，只能在客户来信时回复，客户下次来信时发送 / the account has no token and can only answer when the customer writes: it goes out then")}
	}
	if _, left, err := a.deps.Values.Get(ctx, a.key("left/"+env.Peer.ID)); err != nil {
		return "", &core.SendError{Kind: core.KindTransient, Err: a.hide(err)}
	} else if left {
		return "", &core.SendError{Kind: core.KindGone, Err: errors.New("客户已取消关注，微博不允许发送 / the customer no longer follows the account, nothing may be sent")}
	}
	if env.ID != "" {
		if err := a.holds.BeginOther(ctx, env.Peer.ID, env.ID); err != nil {
			return "", &core.SendError{Kind: core.KindTransient, Err: a.hide(err)}
		}
	}
	err = a.reply(ctx, env.Peer.ID, m)
	if err == nil {
		return or(env.ID, "sent"), nil // the platform gives replies no name
	}
	if core.KindOf(err) != core.KindUnknown && env.ID != "" {
		_ = a.holds.CancelOther(context.WithoutCancel(ctx), env.ID) // if this fails, Recall says that it may have been sent
	}
	return "", err
}

func (a *Account) compose(env core.Envelope) (message, error) {
	if env.Peer.ID == "" || len(env.Parts) != 1 {
		return message{}, rejected("an envelope needs a peer and one part, fitted to Limits; it has %d", len(env.Parts))
	}
	switch p := env.Parts[0].(type) {
	case core.Text:
		if strings.TrimSpace(p.Body) == "" {
			return message{}, rejected("消息内容为空 / the message is empty")
		}
		if utf8.RuneCountInString(p.Body) > a.conf.Text {
			return message{}, rejected("消息太长，请分成几条 / the message is too long, send it in parts")
		}
		return textMessage(p.Body), nil
	case core.Card:
		return message{"articles", plainJSON(articlesData{[]article{{p.Title, p.Body, p.Image, p.URL}}})}, nil
	case core.Place:
		coord := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
		return message{"position", plainJSON(positionData{coord(p.Lon), coord(p.Lat)})}, nil
	case core.Media:
		if p.URL == "" {
			return message{}, rejected("微博接口不能发送图片文件，请改发链接或文字 / Weibo takes no pictures by its interface, send a link or words instead")
		}
		return message{"articles", plainJSON(articlesData{[]article{{or(p.Words, or(p.Name, "图片")), p.Words, p.URL, p.URL}}})}, nil
	}
	return message{}, rejected("cannot carry %T", env.Parts[0])
}

// reply is the active reply.
func (a *Account) reply(ctx context.Context, to string, m message) error {
	path := "/2/messages/reply.json"
	if a.conf.Biz {
		path = "/2/messages/reply/biz.json"
	}
	box := "0"
	if a.conf.SaveSent {
		box = "1"
	}
	form := url.Values{"access_token": {string(a.conf.Token)}, "type": {m.Type}, "data": {string(m.Data)}, "receiver_id": {to}, "save_sender_box": {box}}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.conf.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return rejected("%w", a.hide(err))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := a.deps.HTTP.Do(req)
	if err != nil {
		kind := core.KindUnknown
		if !sent.Load() {
			kind = core.KindTransient
		}
		return &core.SendError{Kind: kind, Err: fmt.Errorf("weibo: %s: %w", path, a.hide(err))}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("weibo: %s: the answer broke off: %w", path, a.hide(err))}
	}
	return a.outcome(resp, b)
}

// outcome reads the answer to an active reply.
func (a *Account) outcome(resp *http.Response, b []byte) error {
	var out struct {
		Result bool   `json:"result"`
		Code   int    `json:"error_code"`
		Error  string `json:"error"`
	}
	err := json.Unmarshal(b, &out)
	if err == nil && out.Code != 0 {
		f := fateOf(out.Code)
		return &core.SendError{Kind: f.kind, Code: strconv.Itoa(out.Code), After: f.after, Err: fmt.Errorf("%s [%s]", f.words, a.clean(out.Error))}
	}
	if err == nil && out.Result && resp.StatusCode == http.StatusOK {
		return nil
	}
	e := &core.SendError{Kind: core.KindUnknown, Code: strconv.Itoa(resp.StatusCode), Err: errors.New("weibo: the answer is not the platform's: " + resp.Status)}
	switch c := resp.StatusCode; {
	case c == http.StatusTooManyRequests:
		e.Kind = core.KindThrottled
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			e.After = time.Duration(s) * time.Second
		}
	case c == http.StatusServiceUnavailable:
		e.Kind = core.KindTransient
	case c == http.StatusUnauthorized:
		e.Kind = core.KindDenied
	case c >= 400 && c < 500:
		e.Kind = core.KindRejected
	}
	return e
}

// A fate is what a code of the API means for a message.
type fate struct {
	kind  core.Kind
	words string
	after time.Duration
}

// badToken reports whether a code means that the token must be renewed.
func badToken(code int) bool { return code >= 21301 && code <= 21332 }

// fateOf is https://open.weibo.com/wiki/Error_code and the fans service's page.
func fateOf(code int) fate {
	switch {
	case code == 10001 || code == 10002 || code == 10003 || code == 10009 || code == 10010:
		return fate{core.KindTransient, "微博系统繁忙，稍后自动重试 / Weibo is busy, it is tried again", 0}
	case code == 10022:
		return fate{core.KindThrottled, "接口次数已用完，一小时内重试 / the account's quota is used up, it is tried again within an hour", 10 * time.Minute}
	case code == 10023 || code == 10024:
		return fate{core.KindThrottled, "发送太频繁，稍后重试 / too many calls, it is tried again", time.Minute}
	case badToken(code):
		return fate{core.KindDenied, "token 已失效或过期，请在 open.weibo.com 重新获取并更新配置 / the token is refused or has expired, renew it at open.weibo.com and set it in the configuration", 0}
	case code == 10014 || code == 10004 || code == 10005 || code == 10006 || code == 10013 || code == 26406:
		return fate{core.KindDenied, "账号没有该权限或未开启开发者模式 / the account may not do this, or its developer mode is off", 0}
	case code == 26403:
		return fate{core.KindClosed, "已回复过或超过 48 小时，微博不允许发送，可等客户再次来信 / answered already or after 48 hours, wait until the customer writes", 0}
	case code == 20003:
		return fate{core.KindGone, "客户账号不存在 / there is no such customer", 0}
	}
	return fate{core.KindRejected, "微博拒绝了这条消息 / Weibo refused this message", 0}
}
