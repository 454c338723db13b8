package wechat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			conf := config()
			conf.URL, conf.Hold = url, time.Millisecond
			return coretest.Open(t, New, conf, d)
		},
		Sign: func(r *http.Request, body []byte) {
			posted, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			box, err := fake.Encrypt(registered.Key, registered.AppID, posted)
			if err != nil {
				t.Fatal(err)
			}
			signed := box
			if !bytes.Equal(posted, body) { // the signature of another message
				signed = "x"
			}
			r.Body = io.NopCloser(strings.NewReader("<xml><ToUserName>gh_aaaaaaaaaaaa</ToUserName><Encrypt><![CDATA[" + box + "]]></Encrypt></xml>"))
			r.URL.RawQuery = url.Values{
				"encrypt_type": {"aes"}, "timestamp": {"1767225600"}, "nonce": {"7"},
				"signature":     {fake.Sign(registered.Token, "1767225600", "7")},
				"msg_signature": {fake.Sign(registered.Token, "1767225600", "7", signed)},
			}.Encode()
		},
		Secrets: []string{registered.Secret, registered.Token, registered.Key, "ACCESS-TOKEN-1"},
		Accepts: acceptable,
		Fail: func(w http.ResponseWriter, k core.Kind) {
			code := map[core.Kind]int{core.KindThrottled: 45011, core.KindTransient: -1, core.KindRejected: 45002, core.KindDenied: 48001}[k]
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"why rid: 1-2-3"}`, code)
		},
		Setup: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/cgi-bin/stable_token" {
				io.WriteString(w, `{"access_token":"ACCESS-TOKEN-1","expires_in":7200}`)
			}
			return r.URL.Path == "/cgi-bin/stable_token"
		},
	})
}

// acceptable is what the platform's pages say of a customer service message.
func acceptable(r *http.Request, body []byte) error {
	if r.URL.Query().Get("access_token") == "" {
		return errors.New("no access_token")
	}
	var m struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text struct{ Content string }
		News struct{ Articles []json.RawMessage }
		Menu struct {
			List []struct{ ID, Content string }
		} `json:"msgmenu"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.To == "" || !utf8.Valid(body) || bytes.Contains(body, []byte(`\u`)) {
		return fmt.Errorf("no JSON in plain UTF-8: %s", body)
	}
	switch m.Type {
	case "text":
		if n := len(m.Text.Content); n == 0 || n > 2048 {
			return fmt.Errorf("a text of %d bytes", n)
		}
	case "news":
		if len(m.News.Articles) != 1 {
			return errors.New("more than one article")
		}
	case "msgmenu":
		for _, e := range m.Menu.List {
			if e.ID == "" || e.Content == "" {
				return errors.New("an empty menu entry")
			}
		}
	}
	return nil
}
