package webchat

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestExample(t *testing.T) {
	strict := func(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }
	coretest.Example(t, strict, Config{}, "origins", "keys", "host_keys", "proxies", "no_demo",
		"look.title", "look.subtitle", "look.launcher", "look.notice", "look.avatar", "look.lang")
}

func TestValidate(t *testing.T) {
	for name, x := range map[string]struct {
		c    Config
		want string
	}{
		"prefix":        {Config{Prefix: "chat"}, "prefix"},
		"prefix dots":   {Config{Prefix: "/../"}, "prefix"},
		"origin path":   {Config{Origins: []string{"https://a.example/x"}}, "without a path"},
		"origin star":   {Config{Origins: []string{"*"}}, "not an origin"},
		"origin scheme": {Config{Origins: []string{"ftp://a.example"}}, "not an origin"},
		"short key":     {Config{Keys: []core.Secret{"hunter2"}}, "at least 32"},
		"three hosts":   {Config{HostKeys: make([]HostKey, 3)}, "two are enough"},
		"short host":    {Config{HostKeys: []HostKey{{Secret: "hunter2"}}}, "at least 16"},
		"proxy":         {Config{Proxies: []string{"localhost"}}, "neither an address nor a network"},
		"negative":      {Config{Limits: Rates{Messages: -1}}, "messages is -1"},
		"body":          {Config{Limits: Rates{Body: 10}}, "between 4096"},
		"file":          {Config{Limits: Rates{File: 1 << 40}}, "between 1 and"},
		"types":         {Config{Limits: Rates{Types: []string{"image/*"}}}, "not a MIME type"},
		"colour":        {Config{Look: Look{Colour: "red"}}, "#rrggbb"},
		"side":          {Config{Look: Look{Side: "top"}}, "right or left"},
		"language":      {Config{Look: Look{Title: map[string]string{"fr": "x"}}}, "zh-CN and en"},
		"lang":          {Config{Look: Look{Lang: "fr"}}, "zh-CN or en"},
		"avatar":        {Config{Look: Look{Avatar: "http://x/y"}}, "https URL"},
	} {
		err := x.c.Validate()
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
	// All faults at once.
	err := (&Config{Prefix: "x", Origins: []string{"*"}, Look: Look{Colour: "red"}}).Validate()
	if n := strings.Count(err.Error(), "\n") + 1; n != 3 {
		t.Errorf("%d faults are reported, want 3: %v", n, err)
	}
}

func TestNewNeedsDeps(t *testing.T) {
	if _, err := New(Config{}, core.Deps{}); err == nil || !strings.Contains(err.Error(), "Deps") {
		t.Errorf("without Deps: %v", err)
	}
}
