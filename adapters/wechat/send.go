package wechat

import (
	"context"
	"encoding/json"
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

// Send implements core.Adapter. If a push of the peer is held open it is
// answered with env; the ref starts with core.Free then, as it does for template
// and subscription messages. Otherwise env goes out as a customer service message.
func (a *Account) Send(ctx context.Context, env core.Envelope) (string, error) {
	m, err := a.compose(ctx, env)
	if err != nil {
		return "", err
	}
	if m.reply != nil {
		b, err := json.Marshal(m.reply)
		if err != nil {
			return "", rejected("%w", err)
		}
		if ref, err := a.holds.Answer(ctx, env.Peer.ID, env.ID, b); ref != "" || err != nil {
			a.handed(ctx, env, m, err)
			return ref, err
		}
	}
	if a.conf.PassiveOnly {
		return "", &core.SendError{Kind: core.Closed, Err: errors.New("此公众号只能在客户来信时回复，客户下次来信时发送 / the account can only answer when the customer writes: it goes out then")}
	}
	if m.path == "" {
		return "", rejected("this can only be sent in answer to a message")
	}
	if _, err := a.tokens.get(ctx, ""); err != nil { // before Begin: nothing can have left until there is one
		return "", err
	}
	if env.ID != "" {
		if err := a.holds.Begin(ctx, env.ID); err != nil {
			return "", &core.SendError{Kind: core.Transient, Err: a.hide(err)}
		}
	}
	ref, err := a.deliver(ctx, env, m)
	if err != nil && core.KindOf(err) != core.Unknown && env.ID != "" {
		_ = a.holds.Undo(context.WithoutCancel(ctx), env.ID) // if this fails, Recall says that it may have been sent
	}
	a.handed(ctx, env, m, err)
	return ref, err
}

// handed notes that a hand-over to WeChat's own desk has succeeded. If that
// fails, the platform's own event that the session began says it again.
func (a *Account) handed(ctx context.Context, env core.Envelope, m outgoing, err error) {
	if err != nil || m.reply == nil || m.reply.Type != "transfer_customer_service" {
		return
	}
	if err := a.leave(ctx, env.Peer.ID, m.reply.Kf); err != nil {
		a.deps.Log.Warn("a hand-over to WeChat's own desk is not remembered", "channel", a.deps.Name, "err", a.clean(err.Error()))
	}
}

// deliver calls the API. What is certainly wrong with a detail is mended once:
// media that has expired, an agent's account that does not exist.
func (a *Account) deliver(ctx context.Context, env core.Envelope, m outgoing) (string, error) {
	ref, err := a.attempt(ctx, env, m)
	switch {
	case code(err) == expiredMedia && m.media != "":
		if err := a.forgetMedia(ctx, m.media); err != nil {
			return "", err
		}
		if m, err = a.compose(ctx, env); err != nil {
			return "", err
		}
		return a.attempt(ctx, env, m)
	case m.name != "" && kfTrouble(err):
		a.deps.Log.Warn("sent without the agent's name: WeChat does not know the account", "channel", a.deps.Name, "kf_account", m.name, "code", code(err))
		m.body = m.nameless
		return a.attempt(ctx, env, m)
	}
	return ref, err
}

func (a *Account) attempt(ctx context.Context, env core.Envelope, m outgoing) (string, error) {
	var out struct {
		MsgID json.Number `json:"msgid"`
	}
	if err := a.call(ctx, request{path: m.path, in: m.body, out: &out, sure: true}); err != nil {
		return "", err
	}
	switch {
	case m.free && out.MsgID != "":
		return core.Free + "template/" + out.MsgID.String(), nil
	case m.free:
		return core.Free + or(env.ID, "sent"), nil
	}
	return or(env.ID, "sent"), nil // the platform has no name for customer service messages
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// compose turns env into what the platform takes. It uploads media.
func (a *Account) compose(ctx context.Context, env core.Envelope) (outgoing, error) {
	if env.Peer.ID == "" || len(env.Parts) != 1 {
		return outgoing{}, rejected("an envelope needs a peer and one part, fitted to Limits; it has %d", len(env.Parts))
	}
	c := custom{CustomerMessage: &message.CustomerMessage{ToUser: env.Peer.ID}}
	m := outgoing{path: customPath}
	switch {
	case env.By.Kind == core.ByBot && !a.conf.Unmarked:
		c.AI = &ai{1}
	case env.By.Kind == core.ByAgent && a.conf.Agents[env.By.ID] != "":
		m.name = a.conf.Agents[env.By.ID]
		c.Service = &service{m.name}
	}
	var err error
	switch p := env.Parts[0].(type) {
	case core.Text:
		m.reply, err = a.text(&c, p.Body)
	case core.Choice:
		m.reply, err = a.choice(&c, p)
	case core.Card:
		m.reply, err = a.card(ctx, &c, p)
	case core.Media:
		m.reply, err = a.mediaPart(ctx, &c, p)
		m.media = p.Handle
	case core.Form:
		if ok, err := a.form(env, p, &m); ok || err != nil {
			return m, err
		}
		m.reply, err = a.text(&c, p.String())
	default:
		err = rejected("cannot carry %T", p)
	}
	m.body = c
	c.Service = nil
	m.nameless = c
	return m, err
}

func (a *Account) text(c *custom, s string) (*reply, error) {
	if strings.TrimSpace(s) == "" {
		return nil, &core.SendError{Kind: core.Rejected, Code: "44004", Err: errors.New(fates[44004].words)}
	}
	if len(s) > 2048 {
		return nil, &core.SendError{Kind: core.Rejected, Code: "45002", Err: errors.New(fates[45002].words)}
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	c.Msgtype, c.Text = message.MsgTypeText, &message.MediaText{Content: s}
	if len(s) > maxReply {
		return nil, nil
	}
	return &reply{Type: "text", Content: s}, nil
}

// choice is a menu (msgmenu). A passive reply has no menus: there it is a list.
func (a *Account) choice(c *custom, p core.Choice) (*reply, error) {
	menu := &message.MediaMsgmenu{HeadContent: p.Prompt}
	for _, o := range p.Options {
		menu.List = append(menu.List, message.MsgmenuItem{ID: o.ID, Content: o.Label})
	}
	c.Msgtype, c.Msgmenu = "msgmenu", menu
	list := p.Numbered()
	if len(list) > maxReply || a.conf.Menus == MenusFirst && !a.conf.PassiveOnly {
		return nil, nil
	}
	return &reply{Type: "text", Content: list}, nil
}

// card is an article, or a mini-program's page.
func (a *Account) card(ctx context.Context, c *custom, p core.Card) (*reply, error) {
	if page, ok := strings.CutPrefix(p.URL, SchemeMini); ok {
		return nil, a.mini(ctx, c, p, page)
	}
	c.Msgtype = message.MsgTypeNews
	c.News = &message.MediaNews{Articles: []message.MediaArticles{{Title: p.Title, Description: p.Body, URL: p.URL, Picurl: p.Image}}}
	return &reply{Type: "news", Title: p.Title, Body: p.Body, URL: p.URL, Picture: p.Image}, nil
}

// mini is a card of a mini-program. Its picture must be at the platform: the
// image is a handle of ours or a permanent media_id.
func (a *Account) mini(ctx context.Context, c *custom, p core.Card, page string) error {
	id, path, _ := strings.Cut(page, "/")
	if a.conf.PassiveOnly || id == "" || p.Image == "" {
		return rejected("a mini-program's card needs an appid, a picture and an account that may send customer service messages")
	}
	thumb, err := a.upload(ctx, core.Media{Handle: p.Image, Type: "image/jpeg"}, "thumb")
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
func (a *Account) form(env core.Envelope, p core.Form, m *outgoing) (bool, error) {
	switch {
	case p.ID == FormDesk:
		if !a.conf.Desk {
			return true, rejected("the hand-over to WeChat's own desk is off; set desk: true in the configuration")
		}
		m.reply = &reply{Type: "transfer_customer_service", Kf: p.Values["kf_account"]}
		m.path, m.free = "", true
		if m.reply.Kf != "" {
			m.path = "/customservice/kfsession/create"
			m.body = map[string]string{"kf_account": m.reply.Kf, "openid": env.Peer.ID}
		}
	case strings.HasPrefix(p.ID, FormTemplate):
		m.path, m.body, m.free = "/cgi-bin/message/template/send", a.template(env, p, FormTemplate), true
	case strings.HasPrefix(p.ID, FormSubscribe):
		m.path, m.body, m.free = "/cgi-bin/message/subscribe/bizsend", a.template(env, p, FormSubscribe), true
	default:
		return false, nil
	}
	return true, nil
}

// template is a template or subscription message. The values url, page, appid
// and pagepath say what opens; the others fill the template. The SDK's types are
// not used: they always send an empty mini-program.
func (a *Account) template(env core.Envelope, p core.Form, kind string) map[string]any {
	id := strings.TrimPrefix(p.ID, kind)
	if named, ok := a.conf.Templates[id]; ok {
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
