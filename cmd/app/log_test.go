package app

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// Whatever is logged, credentials in it are covered and the rest is not.
func TestLogCovers(t *testing.T) {
	const s = "S3cr3tS3cr3tS3cr3t"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		log := newLog(&b, config.Log{Level: "info", Format: format})
		log = log.With("api_key", s).WithGroup("call")
		u, _ := url.Parse("https://api.example/cgi-bin/token?grant_type=x&access_token=" + s + "&next=1")
		log.Info("called https://api.example/?access_token="+s+"&lang=zh",
			"conversation", "web/v1",
			"err", errors.New(`Get "https://bot.example/bot123456789:`+s+s+`/getMe": refused`),
			"url", u,
			"body", `{"access_token":"`+s+`","expires_in":7200}`,
			"header", "Authorization: Bearer "+s,
			"password", s,
			"dsn", "postgres://user:"+s+"@db/frontdesk",
			"slack", "xoxb-1-"+s,
			slog.Group("g", "token", s, "n", 1),
			"kept", core.Secret(s))
		got := b.String()
		if strings.Contains(got, s) {
			t.Errorf("%s: a credential got through:\n%s", format, got)
		}
		for _, want := range []string{"web/v1", "lang=zh", "next=1", "expires_in", "7200", "getMe", "db/frontdesk", "refused"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is gone:\n%s", format, want, got)
			}
		}
	}
}

// Ordinary records are left as they are.
func TestLogLeavesWords(t *testing.T) {
	for _, s := range []string{
		"scripts reloaded", "an account's connection ended; it is made again", "路径 /hook/wx/?msg=1: 好",
		"tokens are bound to the site", "cannot listen on 127.0.0.1:8080: address already in use",
		"conversation web/visitor-1 took 3 turns", "the session ended", "basic auth is off",
	} {
		if got := Cover(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestLogLevel(t *testing.T) {
	var b bytes.Buffer
	log := newLog(&b, config.Log{Level: "warn", Format: "text"})
	log.Info("quiet")
	log.Warn("loud")
	if s := b.String(); strings.Contains(s, "quiet") || !strings.Contains(s, "loud") {
		t.Errorf("level warn wrote %q", s)
	}
}
