package app

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/core"
)

// selfCheck is a platform that can be asked whether the account works. It must be
// sent nothing.
type selfCheck struct {
	t    *testing.T
	says func() error
}

func (selfCheck) Limits() core.Limits { return core.Limits{} }

func (c selfCheck) Send(context.Context, core.Envelope) (string, error) {
	c.t.Error("the doctor has sent something")
	return "", nil
}

func (c selfCheck) Check(context.Context) error { return c.says() }

// The doctor asks every account that can check itself, and says what to do.
func TestDoctorAsks(t *testing.T) {
	makers := maps.Clone(adapters.All)
	for kind, says := range map[string]func() error{
		"good": func() error { return nil },
		"bad": func() error {
			return errors.New("the token xoxb-123-456 was revoked; install the app again and write its new token")
		},
		"bare":   func() error { return errors.New("refused") },
		"panics": func() error { panic("boom") },
	} {
		makers[kind] = core.Make(func(struct{}, core.Deps) (selfCheck, error) { return selfCheck{t, says}, nil })
	}
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte("listen: 127.0.0.1:0\nchannels:\n  a: {type: good}\n  b: {type: bad}\n  c: {type: bare}\n  d: {type: panics}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := Doctor(t.Context(), &out, Settings{Config: conf, Data: t.TempDir(), Makers: makers})
	if !errors.Is(err, ErrSaid) {
		t.Errorf("the error is %v", err)
	}
	words := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"ok a good, its platform has accepted us",
		"the token [secret] was revoked fix: install the app again and write its new token",
		"refused fix: see the keys of c in the configuration",
		"panics: the adapter panicked: boom",
		"3 to mend",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
}
