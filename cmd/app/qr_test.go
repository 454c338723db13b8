package app

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
)

func TestQR(t *testing.T) {
	wx := fake.Demo()
	p := fake.New(fake.Options{Account: wx})
	api := httptest.NewServer(p)
	defer api.Close()
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	for name, v := range map[string]string{"QR_SECRET": wx.Secret, "QR_TOKEN": wx.Token, "QR_KEY": wx.Key} {
		t.Setenv(name, v)
	}
	text := fmt.Sprintf(`channels:
  shop: {type: wechat, url: %q, appid: %s, secret: "${QR_SECRET}", token: "${QR_TOKEN}", keys: ["${QR_KEY}"]}
  web: {type: webchat}
`, api.URL, wx.AppID)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		channel, scene string
		life           time.Duration
		want           string // of what is said, or of the mistake
	}{
		{"shop", "window-12", 0, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQTICKET"},
		{"shop", "window-12", 24 * time.Hour, "https://weixin.qq.com/q/fake"},
		{"shop", "window-12", 1000 * time.Hour, "30"}, {"web", "window-12", 0, "webchat"}, {"nobody", "x", 0, "no channel"},
	} {
		var out bytes.Buffer
		err := QR(t.Context(), &out, Settings{Config: conf}, Code{c.channel, c.scene, c.life})
		if said := out.String() + fmt.Sprint(err); !strings.Contains(said, c.want) || (out.Len() > 0) != (err == nil) {
			t.Errorf("%+v: %s", c, said)
		}
	}
	calls := p.Calls("/cgi-bin/qrcode/create")
	if len(calls) != 2 || !strings.Contains(calls[0].Body, "QR_LIMIT_STR_SCENE") || !strings.Contains(calls[1].Body, `"expire_seconds":86400`) || !strings.Contains(calls[1].Body, "window-12") {
		t.Errorf("asked for %+v", calls)
	}
}
