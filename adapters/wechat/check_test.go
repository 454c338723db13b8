package wechat

import (
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Check asks for nothing but a token, and says what to do if there is none.
func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(c *Config)
		net    http.RoundTripper
		want   []string // empty: it works
	}{
		"works":         {},
		"wrong secret":  {change: func(c *Config) { c.Secret = "ANOTHERSECRETANOTHERSECRET000000" }, want: []string{"40125", "开发接口管理"}},
		"wrong appid":   {change: func(c *Config) { c.AppID = "wx00000000000000bb" }, want: []string{"40013", "开发接口管理"}},
		"not reached":   {net: coretest.Wire{Err: http.ErrServerClosed}, want: []string{"; see whether this machine reaches https://api.weixin.qq.com"}},
		"busy":          {net: coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"errcode":45011}`)) })}, want: []string{"check again later"}},
		"has no secret": {change: func(c *Config) { c.Secret, c.PassiveOnly = "", true }, net: coretest.Wire{Err: http.ErrServerClosed}},
	} {
		conf := config()
		if tt.change != nil {
			tt.change(&conf)
		}
		r := newRig(t, conf, registered)
		if tt.net != nil {
			r.deps.HTTP.Transport = tt.net
		}
		err := r.Check(t.Context())
		if (err == nil) != (len(tt.want) == 0) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), string(conf.Secret)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, c := range r.platform.Calls("") {
			if c.Path != "/cgi-bin/stable_token" {
				t.Errorf("%s: asked %s", name, c.Path)
			}
		}
	}
}
