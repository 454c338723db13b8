package console

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/goccy/go-yaml"
)

func TestExample(t *testing.T) {
	strict := func(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }
	coretest.Example(t, strict, Config{}, "title", "url", "proxies", "topics")
}

func TestConfig(t *testing.T) {
	for _, bad := range []Config{{URL: "desk.example.com"}, {URL: "https://a/b"}, {Proxies: []string{"10.0.0.1"}}, {Idle: time.Second}, {Idle: time.Hour, Life: time.Minute}, {Upload: -1}} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	c := Config{}
	if err := c.Validate(); err != nil || c.Title != "Frontdesk" || c.Idle != 12*time.Hour {
		t.Errorf("%+v %v", c, err)
	}
}
