package wechat

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A reply is a passive reply (被动回复), before it is addressed and written in
// the data format of the push that it answers. It is what passive.Holds keeps.
type reply struct {
	Type    string `json:"type"`
	Content string `json:"content,omitempty"`  // text
	Media   string `json:"media_id,omitempty"` // image, voice
	Title   string `json:"title,omitempty"`    // news, and the rest
	Body    string `json:"body,omitempty"`
	Picture string `json:"picture,omitempty"`
	URL     string `json:"url,omitempty"`
	Kf      string `json:"kf_account,omitempty"` // transfer_customer_service
}

// maxReply is the longest text of a passive reply in bytes.
const maxReply = 2047

// cdata quotes s for XML; what would end the quotation is split.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(string(legal([]byte(s))), "]]>", "]]]]><![CDATA[>") + "]]>"
}

// to writes the reply in answer to p.
func (r reply) to(p push, unix int64) ([]byte, error) {
	if p.json {
		return r.json(p, unix)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType>",
		cdata(p.doc.get("FromUserName")), cdata(p.doc.get("ToUserName")), unix, cdata(r.Type))
	switch r.Type {
	case "text":
		fmt.Fprintf(&b, "<Content>%s</Content>", cdata(r.Content))
	case "image":
		fmt.Fprintf(&b, "<Image><MediaId>%s</MediaId></Image>", cdata(r.Media))
	case "voice":
		fmt.Fprintf(&b, "<Voice><MediaId>%s</MediaId></Voice>", cdata(r.Media))
	case "news":
		fmt.Fprintf(&b, "<ArticleCount>1</ArticleCount><Articles><item><Title>%s</Title><Description>%s</Description><PicUrl>%s</PicUrl><Url>%s</Url></item></Articles>",
			cdata(r.Title), cdata(r.Body), cdata(r.Picture), cdata(r.URL))
	case "transfer_customer_service":
		if r.Kf != "" {
			fmt.Fprintf(&b, "<TransInfo><KfAccount>%s</KfAccount></TransInfo>", cdata(r.Kf))
		}
	}
	b.WriteString("</xml>")
	return []byte(b.String()), nil
}

func (r reply) json(p push, unix int64) ([]byte, error) {
	m := map[string]any{
		"ToUserName": p.doc.get("FromUserName"), "FromUserName": p.doc.get("ToUserName"), "CreateTime": unix, "MsgType": r.Type,
	}
	switch r.Type {
	case "text":
		m["Content"] = r.Content
	case "image":
		m["Image"] = map[string]string{"MediaId": r.Media}
	case "voice":
		m["Voice"] = map[string]string{"MediaId": r.Media}
	case "news":
		m["ArticleCount"] = 1
		m["Articles"] = []map[string]string{{"Title": r.Title, "Description": r.Body, "PicUrl": r.Picture, "Url": r.URL}}
	case "transfer_customer_service":
		if r.Kf != "" {
			m["TransInfo"] = map[string]string{"KfAccount": r.Kf}
		}
	}
	return json.Marshal(m)
}
