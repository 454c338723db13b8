package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

const secret = "sec-88-sec-88-sec"

func TestAdapter(t *testing.T) {
	coretest.Adapter(t, coretest.Platform{
		Open: func(t *testing.T, url string, d core.Deps) core.Adapter {
			return coretest.Open(t, New, Config{URL: url + "/messages", Secret: secret}, d)
		},
		Sign: func(r *http.Request, body []byte) {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			r.Header.Set("Hook-Signature", hex.EncodeToString(mac.Sum(nil)))
		},
		Secrets: []string{secret},
		Accepts: func(r *http.Request, body []byte) error {
			var m message
			if err := json.Unmarshal(body, &m); err != nil || m.To != "u7" {
				return errors.New("not a message to u7")
			}
			if len([]rune(m.Text)) > 4000 || len(m.Buttons) > 10 {
				return errors.New("over the limits that the package promises")
			}
			return nil
		},
	})
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{{}, {URL: "ftp://x", Secret: secret}, {URL: "https://x", Secret: "short"}} {
		if c.Validate() == nil {
			t.Errorf("%s was taken", c.URL)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"1","from":"a","text":"hi"}`))
	f.Add([]byte(`{"id":"1","from":"a","media":{"type":"image/png","url":"https://x"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		env, err := (&Channel{}).read(b)
		if err == nil && (env.Ref == "" || env.Peer.ID == "" || len(env.Parts) != 1) {
			t.Errorf("read as %+v", env)
		}
	})
}

// D-01: the guide shows the whole adapter, as it is.
func TestGuide(t *testing.T) {
	src, err := os.ReadFile("hook.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "```go\n"+string(src)+"```\n") {
		t.Error("adapters/README.md does not show hook.go as it is; copy it there")
	}
	if n := strings.Count(string(src), "\n"); n > 200 {
		t.Errorf("hook.go has %d lines; the example must stay within 200", n)
	}
}
