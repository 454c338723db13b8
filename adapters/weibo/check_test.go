package weibo

import (
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Check asks whose the token is, and says what to do if it does not work.
func TestCheck(t *testing.T) {
	reg := fake.Demo()
	answer := func(s string) http.RoundTripper {
		return coretest.Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(s))
		})}
	}
	for name, tt := range map[string]struct {
		uid, token string
		net        http.RoundTripper
		want       string // empty: it works
	}{
		"works":                {uid: reg.UID, token: reg.Token},
		"refused":              {uid: reg.UID, token: "old-token", want: "; renew it at open.weibo.com and set token"},
		"another account's":    {uid: "1902538057", token: reg.Token, want: "is account " + reg.UID + "'s; set the token of 1902538057"},
		"may not ask":          {uid: reg.UID, token: reg.Token, net: answer(`{"error_code":10014,"error":"no permission"}`)},
		"not reached":          {uid: reg.UID, token: reg.Token, net: coretest.Wire{Err: http.ErrServerClosed}, want: "; see whether this machine reaches https://api.weibo.com"},
		"not the platform":     {uid: reg.UID, token: reg.Token, net: answer(`{"uid":"x"}`), want: "info_url"},
		"only passive replies": {uid: reg.UID, net: coretest.Wire{Err: http.ErrServerClosed}},
	} {
		r := newRig(t, Config{UID: tt.uid, AppSecret: core.Secret(reg.AppSecret), Token: core.Secret(tt.token)}, reg)
		if tt.net != nil {
			r.deps.HTTP.Transport = tt.net
		}
		err := r.Check(t.Context())
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), reg.Token)) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}
