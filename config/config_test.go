package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-im/frontdesk/core"
)

var update = flag.Bool("update", false, "rewrite testdata")

// chat stands in for an adapter's part.
type chat struct {
	Key     core.Secret
	Origins []string      `json:"origins"`
	Wait    time.Duration `yaml:"wait"`
	Most    int
	Many    bool
	Count   int64
	Inner   struct{ BaseURL string }
	Table   map[string]map[string]string
}

func (c *chat) Validate() error {
	var errs []error
	if c.Count > 100 {
		errs = append(errs, errors.New("count: is more than 100"))
	}
	for _, o := range c.Origins {
		if !strings.Contains(o, "://") {
			errs = append(errs, fmt.Errorf("origins: %q has no scheme; write https://%s", o, o))
		}
	}
	if c.Most < 0 {
		errs = append(errs, errors.New("most is negative"))
	}
	return errors.Join(errs...)
}

func makers(t *testing.T) map[string]core.Maker {
	open := core.Make(func(chat, core.Deps) (core.Adapter, error) {
		t.Error("an adapter was made while the file was only checked")
		return nil, nil
	})
	return map[string]core.Maker{"webchat": open, "console": open, "action": open}
}

func env(vars map[string]string) Sources {
	return Sources{Env: func(k string) (string, bool) { v, ok := vars[k]; return v, ok }}
}

// Every bad file has its message beside it.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yaml"), func(t *testing.T) {
			c, err := Load(f, Options{Sources: env(nil), Makers: makers(t)})
			if err == nil {
				t.Fatalf("accepted: %+v", c)
			}
			got := strings.ReplaceAll(err.Error(), "testdata/bad/", "") + "\n"
			if strings.Contains(got, "hunter2") || strings.Contains(got, "123456") {
				t.Errorf("a secret stands in the error: %s", got)
			}
			gold := strings.TrimSuffix(f, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(gold, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(gold)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestParse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"key": "s3cret\n", "flows/a.yaml": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Parse(filepath.Join(dir, "frontdesk.yaml"), []byte(`
base_url: https://${HOST:-chat.example}/
flows: {dir: flows}
limits: {body: 10MB, stop: 1m30s}
metrics: {token: "${TOKEN}"}
channels:
  web:
    type: webchat
    key: ${file:key}
    origins: ["https://${HOST:-shop.example}", "$${HOST}"]
    wait: 1d12h
    count: 64KiB
    inner: {base_url: "x"}
    table:
      "1001": {state: "on its way"}
`), Options{Sources: env(map[string]string{"TOKEN": "abc"}), Makers: nil})
	if err != nil {
		t.Fatal(err)
	}
	var got chat
	if err := c.Channels["web"].Part.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := chat{Key: "s3cret", Origins: []string{"https://shop.example", "${HOST}"}, Wait: 36 * time.Hour, Count: 64 << 10,
		Table: map[string]map[string]string{"1001": {"state": "on its way"}}}
	want.Inner.BaseURL = "x"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
	if c.BaseURL != "https://chat.example" || c.Limits.Body != 10e6 || c.Limits.Stop != 90*time.Second || c.Metrics.Token != "abc" {
		t.Errorf("%+v", c)
	}
	if c.Data != filepath.Join(dir, "data") || c.Flows.Dir != filepath.Join(dir, "flows") {
		t.Errorf("paths are not beside the file: %s, %s", c.Data, c.Flows.Dir)
	}
}

func TestDefault(t *testing.T) {
	c := Default()
	if c.Channels["web"].Type != "webchat" || c.Desks["inbox"].Type != "console" || c.Systems["orders"].Type != "action" {
		t.Errorf("%+v", c)
	}
	if c.Listen != "127.0.0.1:8080" || c.Data != "data" {
		t.Errorf("listen %s, data %s", c.Listen, c.Data)
	}
}

// What an adapter finds out later gets a place too.
func TestExplain(t *testing.T) {
	c, err := Parse("f.yaml", []byte("channels:\n  web:\n    type: webchat\n    count: 5\n    inner: {base_url: x}\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Channels["web"].Part.Explain(errors.Join(errors.New("count: too few"), errors.New("no network"), errors.New("webchat: inner: base_url is short"))).Error()
	want := "f.yaml:3:5: channels.web: no network\nf.yaml:4:12: channels.web.count: count: too few\nf.yaml:5:23: channels.web.inner.base_url: webchat: inner: base_url is short"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{"BaseURL": "base_url", "URL": "url", "Listen": "listen", "AppID": "app_id", "HTTPPort": "http_port"} {
		if got := snake(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// However broken the file, reading it ends with a configuration or with
// problems that have a place and no secret.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, name := range append(files, "example.yaml", "minimal.yaml") {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	o := Options{Sources: Sources{
		Env:  func(string) (string, bool) { return "hunter2hunter2", true },
		File: func(string) ([]byte, error) { return []byte("hunter2hunter2"), nil },
	}}
	f.Fuzz(func(t *testing.T, b []byte) {
		if strings.Contains(string(b), "hunter2") {
			t.Skip()
		}
		c, err := Parse("", b, o)
		if err == nil {
			if len(c.Channels) == 0 && !c.Playground {
				t.Error("accepted without a channel")
			}
			for _, a := range c.Channels {
				var v chat
				err = errors.Join(err, a.Part.Decode(&v))
			}
		}
		if err == nil {
			return
		}
		if strings.Contains(err.Error(), "hunter2hunter2") {
			t.Errorf("a secret stands in the error: %s", err)
		}
		var ps *Problems
		if errors.As(err, &ps) {
			for _, p := range ps.List {
				if p.Line < 1 || p.Col < 1 || p.What == "" {
					t.Errorf("no place or nothing said: %+v", p)
				}
			}
		}
	})
}

// The accounts that the playground makes can be named like any other.
func TestPlaygroundChannels(t *testing.T) {
	for playground, want := range map[string]int{"true": 0, "false": 2} {
		_, err := Parse("frontdesk.yaml", []byte(`
playground: `+playground+`
channels: {web: {type: webchat}}
desks: {inbox: {type: console, channels: [web, weibo]}}
staff: {templates: [{id: reply, form: template:reply, channels: [wechat]}]}
`), Options{Sources: env(nil)})
		if n := strings.Count(fmt.Sprint(err), "there is no channel"); n != want {
			t.Errorf("playground %s: %v", playground, err)
		}
	}
}
