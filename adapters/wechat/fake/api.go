package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// texts of errcodes, as the platform writes them.
var texts = map[int]string{
	0: "ok", -1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40007: "invalid media_id",
	40013: "invalid appid", 40125: "invalid appsecret", 42001: "access_token expired", 43004: "require subscribe", 44004: "empty content",
	45002: "content size out of limit", 45008: "article size out of limit", 45009: "reach max api daily quota limit",
	45011: "api minute-quota reach limit, must slower, retry next minute", 45015: "response out of time limit or subscription is canceled",
	45047: "out of response count limit", 45080: "no message exchange in 30 seconds", 45081: "already typing", 48001: "api unauthorized",
	40037: "invalid template_id", 43101: "user refuse to accept the msg", 47001: "data format error", 65401: "invalid custom service account",
}

// ServeHTTP is the API. Every answer has status 200, errors too.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 20<<20))
	if err != nil {
		return
	}
	if p.Think != nil && strings.HasSuffix(r.URL.Path, "/send") && !p.Think() {
		defer panic(http.ErrAbortHandler) // taken, but nobody is told
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Status != 0 {
		w.WriteHeader(p.Status)
		return
	}
	out := p.serve(w, r, body)
	code, _ := out["errcode"].(int)
	p.calls = append(p.calls, Call{r.URL.Path, string(body), code})
	if out["raw"] != nil {
		return
	}
	if code != 0 {
		out["errmsg"] = fmt.Sprintf("%s rid: 65a0-%d", texts[code], p.next())
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_ = json.NewEncoder(w).Encode(out) // if nobody reads it, nobody misses it
}

type object = map[string]any

func fail(code int) object { return object{"errcode": code} }

var ok = object{"errcode": 0, "errmsg": "ok"}

func (p *Platform) serve(w http.ResponseWriter, r *http.Request, body []byte) object {
	if r.URL.Path == "/cgi-bin/stable_token" {
		return p.stable(body)
	}
	switch tok := r.URL.Query().Get("access_token"); {
	case tok == "":
		return fail(41001)
	case tok != p.token || p.revoked:
		return fail(40001)
	case !p.now().Before(p.until):
		return fail(42001)
	}
	switch r.URL.Path {
	case "/cgi-bin/message/custom/send":
		return p.send(body)
	case "/cgi-bin/message/custom/typing":
		return p.typing(body)
	case "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend":
		return p.template(r.URL.Path, body)
	case "/cgi-bin/media/upload":
		return p.upload(r, body)
	case "/cgi-bin/media/get":
		return p.download(w, r.URL.Query().Get("media_id"))
	case "/cgi-bin/user/info":
		id := r.URL.Query().Get("openid")
		return object{"subscribe": 1, "openid": id, "unionid": "union-" + id, "language": "zh_CN"}
	case "/cgi-bin/qrcode/create":
		return object{"ticket": "gQTICKET==", "expire_seconds": 1800, "url": "https://weixin.qq.com/q/fake"}
	case "/customservice/kfsession/create", "/customservice/kfsession/close":
		return ok
	}
	return fail(43003)
}

// stable is stable_token: the same token until shortly before its end.
func (p *Platform) stable(body []byte) object {
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	now := p.now()
	switch err := json.Unmarshal(body, &in); {
	case err != nil || in.Grant != "client_credential":
		return fail(40002)
	case in.AppID != p.o.AppID:
		return fail(40013)
	case in.Secret != p.o.Secret:
		return fail(40125)
	case in.Force && now.Sub(p.forced) < 30*time.Second:
		return fail(45011)
	}
	if in.Force {
		p.forced = now
	}
	if in.Force || p.token == "" || p.revoked || p.until.Sub(now) < early {
		p.token, p.until, p.revoked = fmt.Sprintf("TOKEN_%d_%s", p.next(), strings.Repeat("x", 100)), now.Add(TokenLife), false
		p.renewals++
	}
	return object{"access_token": p.token, "expires_in": int(p.until.Sub(now).Seconds())}
}

// outgoing is the body of message/custom/send.
type outgoing struct {
	To    string                           `json:"touser"`
	Type  string                           `json:"msgtype"`
	Text  struct{ Content string }         `json:"text"`
	Image struct{ Media_ID string }        `json:"image"`
	Voice struct{ Media_ID string }        `json:"voice"`
	Video struct{ Media_ID string }        `json:"video"`
	Music struct{ Title, MusicURL string } `json:"music"`
	Story struct{ Article_ID string }      `json:"mpnewsarticle"`
	Mini  struct{ Title, AppID string }    `json:"miniprogrampage"`
	AI    struct{ Is_AI_Msg int }          `json:"aimsgcontext"`
	Agent struct{ KF_Account string }      `json:"customservice"`
	News  struct{ Articles []newsStory }   `json:"news"`
	Menu  struct {
		Head string  `json:"head_content"`
		List []Entry `json:"list"`
	} `json:"msgmenu"`
}

type newsStory struct{ Title, URL string }

func (p *Platform) send(body []byte) object {
	var in outgoing
	if !utf8.Valid(body) || json.Unmarshal(body, &in) != nil {
		return fail(47001)
	}
	if len(p.faults) > 0 {
		code := p.faults[0]
		p.faults = p.faults[1:]
		return fail(code)
	}
	f := p.people[in.To]
	m := Message{How: "active", Type: in.Type, AI: in.AI.Is_AI_Msg == 1, Agent: in.Agent.KF_Account}
	switch in.Type {
	case "text":
		m.Text = in.Text.Content
	case "image", "voice", "video":
		m.Media = in.Image.Media_ID + in.Voice.Media_ID + in.Video.Media_ID
	case "news":
		if len(in.News.Articles) == 1 {
			m.Text, m.URL = in.News.Articles[0].Title, in.News.Articles[0].URL
		}
	case "msgmenu":
		m.Text, m.Menu = in.Menu.Head, in.Menu.List
	case "miniprogrampage":
		m.Text = in.Mini.Title
	case "music":
		m.Text, m.URL = in.Music.Title, in.Music.MusicURL
	case "mpnewsarticle":
		m.Text = in.Story.Article_ID
	default:
		return fail(40008)
	}
	switch {
	case p.o.Unverified:
		return fail(48001)
	case f == nil:
		return fail(40003)
	case m.Agent != "" && !strings.Contains(m.Agent, "@"):
		return fail(65401)
	case in.Type == "text" && m.Text == "":
		return fail(44004)
	case len(m.Text) > maxText:
		return fail(45002)
	case in.Type == "news" && len(in.News.Articles) != 1:
		return fail(45008)
	case m.Media != "" && p.live(m.Media) == nil:
		return fail(40007)
	}
	if code := f.spend(p.now()); code != 0 {
		return fail(code)
	}
	p.reveal(f, m)
	return object{"errcode": 0, "errmsg": "ok"}
}

func (p *Platform) typing(body []byte) object {
	var in struct {
		To string `json:"touser"`
	}
	if json.Unmarshal(body, &in) != nil || p.people[in.To] == nil {
		return fail(40003)
	}
	f, now := p.people[in.To], p.now()
	switch {
	case now.Sub(f.exchange) > 30*time.Second:
		return fail(45080)
	case now.Sub(f.Typing) < 15*time.Second:
		return fail(45081)
	}
	f.Typing = now
	return object{"errcode": 0, "errmsg": "ok"}
}

func (p *Platform) template(path string, body []byte) object {
	var in struct {
		To   string `json:"touser"`
		ID   string `json:"template_id"`
		Data map[string]struct{ Value string }
	}
	if json.Unmarshal(body, &in) != nil || in.ID == "" {
		return fail(40037)
	}
	f := p.people[in.To]
	if f == nil || !f.Follows {
		return fail(43004)
	}
	if strings.HasSuffix(path, "bizsend") {
		if !f.consent[in.ID] {
			return fail(43101)
		}
		delete(f.consent, in.ID)
	}
	var words []string
	for k, v := range in.Data {
		words = append(words, k+": "+v.Value)
	}
	slices.Sort(words)
	p.reveal(f, Message{How: "template", Type: "template", Text: strings.Join(words, "\n")})
	return object{"errcode": 0, "errmsg": "ok", "msgid": p.next()}
}

// live is media that is not deleted yet, nil if there is none.
func (p *Platform) live(id string) *medium {
	if m, ok := p.media[id]; ok && p.now().Before(m.until) {
		return &m
	}
	return nil
}

func (p *Platform) upload(r *http.Request, body []byte) object {
	r.Body = io.NopCloser(bytes.NewReader(body))
	f, h, err := r.FormFile("media")
	if err != nil || h.Filename == "" {
		return fail(41005)
	}
	b, err := io.ReadAll(f)
	if err != nil || len(b) == 0 {
		return fail(44001)
	}
	kind := r.URL.Query().Get("type")
	id := fmt.Sprintf("UP-%d", p.next())
	p.media[id] = medium{kind, h.Header.Get("Content-Type"), b, p.now().Add(mediaLife), ""}
	if kind == "thumb" {
		return object{"type": kind, "thumb_media_id": id, "created_at": p.now().Unix()}
	}
	return object{"type": kind, "media_id": id, "created_at": p.now().Unix()}
}

func (p *Platform) download(w http.ResponseWriter, id string) object {
	m := p.live(id)
	switch {
	case m == nil:
		return fail(40007)
	case m.kind == "video":
		return object{"video_url": m.video}
	}
	w.Header().Set("Content-Type", m.mime)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": id}))
	w.Write(m.body)
	return object{"raw": true}
}
