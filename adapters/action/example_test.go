package action

import (
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestExample(t *testing.T) {
	strict := func(b []byte, v any) error { return yaml.UnmarshalWithOptions(b, v, yaml.Strict()) }
	coretest.Example(t, strict, Config{}, "url", "secret", "keys")
}
