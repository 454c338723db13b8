package wechat

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/frontdesk-im/frontdesk/core"
)

// Kinds of Form that are not shown as text: its values fill a template message
// or a subscription message, or the customer is handed over to WeChat's own
// desk. What stands behind the colon is an id or a name from Config.Templates.
const (
	FormTemplate  = "template:"
	FormSubscribe = "subscribe:"
	FormDesk      = "wechat_desk"
)

// An outgoing is an envelope as the platform takes it: as a call of the API and,
// if that is possible, as a passive reply.
type outgoing struct {
	path  string
	body  any
	reply *reply
	free  bool   // it does not count against the allowance
	name  string // the agent's account at the platform
	media string // handle of what was uploaded for it

	nameless any // body without name, for when the platform does not know it
}

// custom is a customer service message with what the SDK's type lacks.
// https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
type custom struct {
	*message.CustomerMessage
	Service *service `json:"customservice,omitempty"`
	AI      *ai      `json:"aimsgcontext,omitempty"`
}

type service struct {
	Account string `json:"kf_account"`
}

type ai struct {
	Is int `json:"is_ai_msg"`
}

const customPath = "/cgi-bin/message/custom/send"

// A composer turns envelopes into what the platform takes.
type composer struct {
	conf  Config
	files files
}

// compose turns env into what the platform takes. It uploads media.
func (w composer) compose(ctx context.Context, env core.Envelope) (outgoing, error) {
	if env.Peer.ID == "" || len(env.Parts) != 1 {
		return outgoing{}, rejected("an envelope needs a peer and one part, fitted to Limits; it has %d", len(env.Parts))
	}
	c := custom{CustomerMessage: &message.CustomerMessage{ToUser: env.Peer.ID}}
	m := outgoing{path: customPath}
	switch {
	case env.By.Kind == core.ByBot && !w.conf.Unmarked:
		c.AI = &ai{1}
	case env.By.Kind == core.ByAgent && w.conf.Agents[env.By.ID] != "":
		m.name = w.conf.Agents[env.By.ID]
		c.Service = &service{m.name}
	}
	var err error
	switch p := env.Parts[0].(type) {
	case core.Text:
		m.reply, err = plainText(&c, p.Body)
	case core.Choice:
		m.reply, err = w.choice(&c, p)
	case core.Card:
		m.reply, err = w.card(ctx, &c, p)
	case core.Media:
		m.reply, err = w.mediaPart(ctx, &c, p)
		m.media = p.Handle
	case core.Form:
		if ok, err := w.form(env, p, &m); ok || err != nil {
			return m, err
		}
		m.reply, err = plainText(&c, p.String())
	default:
		err = rejected("cannot carry %T", p)
	}
	m.body = c
	c.Service = nil
	m.nameless = c
	return m, err
}

func plainText(c *custom, s string) (*reply, error) {
	if strings.TrimSpace(s) == "" {
		return nil, &core.SendError{Kind: core.KindRejected, Code: "44004", Err: errors.New(fates[44004].words)}
	}
	if len(s) > 2048 {
		return nil, &core.SendError{Kind: core.KindRejected, Code: "45002", Err: errors.New(fates[45002].words)}
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	c.Msgtype, c.Text = message.MsgTypeText, &message.MediaText{Content: s}
	if len(s) > maxReply {
		return nil, nil
	}
	return &reply{Type: "text", Content: s}, nil
}

// choice is a menu (msgmenu). A passive reply has no menus: there it is a list.
func (w composer) choice(c *custom, p core.Choice) (*reply, error) {
	menu := &message.MediaMsgmenu{HeadContent: p.Prompt}
	for _, o := range p.Options {
		menu.List = append(menu.List, message.MsgmenuItem{ID: o.ID, Content: o.Label})
	}
	c.Msgtype, c.Msgmenu = "msgmenu", menu
	list := p.Numbered()
	if len(list) > maxReply || w.conf.Menus == MenusFirst && !w.conf.PassiveOnly {
		return nil, nil
	}
	return &reply{Type: "text", Content: list}, nil
}

// card is an article, or a mini-program's page.
func (w composer) card(ctx context.Context, c *custom, p core.Card) (*reply, error) {
	if page, ok := strings.CutPrefix(p.URL, SchemeMini); ok {
		return nil, w.mini(ctx, c, p, page)
	}
	c.Msgtype = message.MsgTypeNews
	c.News = &message.MediaNews{Articles: []message.MediaArticles{{Title: p.Title, Description: p.Body, URL: p.URL, Picurl: p.Image}}}
	return &reply{Type: "news", Title: p.Title, Body: p.Body, URL: p.URL, Picture: p.Image}, nil
}

// mini is a card of a mini-program. Its picture must be at the platform: the
// image is a handle of ours or a permanent media_id.
func (w composer) mini(ctx context.Context, c *custom, p core.Card, page string) error {
	id, path, _ := strings.Cut(page, "/")
	if w.conf.PassiveOnly || id == "" || p.Image == "" {
		return rejected("a mini-program's card needs an appid, a picture and an account that may send customer service messages")
	}
	thumb, err := w.files.upload(ctx, core.Media{Handle: p.Image, Type: "image/jpeg"}, "thumb")
	if errors.Is(err, core.ErrNotFound) {
		thumb, err = p.Image, nil
	}
	if err != nil {
		return err
	}
	c.CustomerMessage = message.NewCustomerMiniprogrampageMessage(c.ToUser, p.Title, id, path, thumb)
	return nil
}

// form fills m for the forms that mean something to the platform.
func (w composer) form(env core.Envelope, p core.Form, m *outgoing) (bool, error) {
	switch {
	case p.ID == FormDesk:
		if !w.conf.Desk {
			return true, rejected("the hand-over to WeChat's own desk is off; set desk: true in the configuration")
		}
		m.reply = &reply{Type: "transfer_customer_service", Kf: p.Values["kf_account"]}
		m.path, m.free = "", true
		if m.reply.Kf != "" {
			m.path = "/customservice/kfsession/create"
			m.body = map[string]string{"kf_account": m.reply.Kf, "openid": env.Peer.ID}
		}
	case strings.HasPrefix(p.ID, FormTemplate):
		m.path, m.body, m.free = "/cgi-bin/message/template/send", w.template(env, p, FormTemplate), true
	case strings.HasPrefix(p.ID, FormSubscribe):
		m.path, m.body, m.free = "/cgi-bin/message/subscribe/bizsend", w.template(env, p, FormSubscribe), true
	default:
		return false, nil
	}
	return true, nil
}

// template is a template or subscription message. The values url, page, appid
// and pagepath say what opens; the others fill the template. The SDK's types are
// not used: they always send an empty mini-program.
func (w composer) template(env core.Envelope, p core.Form, kind string) map[string]any {
	id := strings.TrimPrefix(p.ID, kind)
	if named, ok := w.conf.Templates[id]; ok {
		id = named
	}
	data := map[string]message.TemplateDataItem{}
	out := map[string]any{"touser": env.Peer.ID, "template_id": id, "data": data}
	for k, v := range p.Values {
		switch {
		case k == "appid" || k == "pagepath":
			out["miniprogram"] = map[string]string{"appid": p.Values["appid"], "pagepath": p.Values["pagepath"]}
		case k == "url" && kind == FormTemplate, k == "page" && kind == FormSubscribe:
			out[k] = v
		default:
			data[k] = message.TemplateDataItem{Value: v}
		}
	}
	if kind == FormTemplate && env.ID != "" {
		out["client_msg_id"] = env.ID[max(0, len(env.ID)-32):] // drops repeats for 10 minutes
	}
	return out
}

// mediaPart is a picture, a recording or a video. What we do not have ourselves
// is sent as a link: fetching an address that somebody wrote is not our business.
func (w composer) mediaPart(ctx context.Context, c *custom, p core.Media) (*reply, error) {
	kind, _, _ := strings.Cut(p.Type, "/")
	switch {
	case p.Handle == "" && p.URL == "":
		return nil, rejected("media without a file")
	case p.Handle == "" && kind == "image":
		return w.card(ctx, c, core.Card{Title: or(p.Words, p.Name), URL: p.URL, Image: p.URL})
	case p.Handle == "" || kind == "audio" && p.Size > maxVoice && p.URL != "":
		return plainText(c, strings.TrimSpace(or(p.Name, "["+p.Type+"]")+"\n"+p.Words+"\n"+p.URL))
	case kind == "audio" && p.Size > maxVoice:
		return nil, &core.SendError{Kind: core.KindRejected, Code: "40010", Err: errors.New(fates[40010].words)}
	case kind == "audio":
		kind = "voice"
	}
	id, err := w.files.upload(ctx, p, kind)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "image":
		c.Msgtype, c.Image = "image", &message.MediaResource{MediaID: id}
	case "voice":
		c.Msgtype, c.Voice = "voice", &message.MediaResource{MediaID: id}
	case "video":
		c.Msgtype, c.Video = "video", &message.MediaVideo{MediaID: id, ThumbMediaID: id, Title: p.Name, Description: p.Words}
		return nil, nil // a passive video must have been approved
	default:
		return nil, rejected("cannot carry %s", p.Type)
	}
	return &reply{Type: kind, Media: id}, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
