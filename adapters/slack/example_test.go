package slack

import (
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestExample(t *testing.T) {
	strict := func(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }
	coretest.Example(t, strict, Config{Token: "xoxb-1", App: "xapp-1", Channel: "C01"}, "token", "app_token", "secret", "channel", "rooms")
}
