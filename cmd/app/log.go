package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/frontdesk-im/frontdesk/config"
)

// newLog writes to w as c says. Whatever an adapter or a library puts into a
// record, credentials in it are covered: the last defence, behind core.Secret.
func newLog(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // config has checked it
	}
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if c.Format == "json" {
		h = slog.NewJSONHandler(w, o)
	}
	return slog.New(redactor{h})
}

// secretNames are names of values that are credentials, in URLs, headers, JSON and logs.
const secretNames = `access_token|refresh_token|id_token|bot_token|auth_token|corpsecret|appsecret|app_secret|client_secret|api_key|apikey|secret|password|passwd|token|signature|session|authorization|cookie`

var covers = []struct {
	find *regexp.Regexp
	with string
}{
	// name=value, "name":"value", Name: value; the value may have a scheme.
	{regexp.MustCompile(`(?i)\b([a-z0-9_-]*(?:` + secretNames + `))("?\s*[=:]\s*"?)(?:(?:bearer|basic|bot|token)\s+)?[^\s"'&,;}\]]+`), "$1$2[secret]"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}`), "$1 [secret]"},
	{regexp.MustCompile(`\bxox[a-z]-[A-Za-z0-9-]+`), "[secret]"},             // Slack
	{regexp.MustCompile(`\b(bot)?[0-9]{6,}:[A-Za-z0-9_-]{30,}`), "[secret]"}, // Telegram
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@`), "$1[secret]@"},
}

// Cover replaces what looks like a credential in s.
func Cover(s string) string {
	if !strings.ContainsAny(s, "=:- ") {
		return s
	}
	for _, c := range covers {
		s = c.find.ReplaceAllString(s, c.with)
	}
	return s
}

var secretKey = regexp.MustCompile(`(?i)(^|[_.-])(` + secretNames + `)$`)

// A redactor covers credentials in records on their way to a handler.
type redactor struct{ to slog.Handler }

func (r redactor) Enabled(ctx context.Context, l slog.Level) bool { return r.to.Enabled(ctx, l) }

func (r redactor) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, Cover(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(coverAttr(a))
		return true
	})
	return r.to.Handle(ctx, out)
}

func (r redactor) WithAttrs(as []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(as))
	for i, a := range as {
		out[i] = coverAttr(a)
	}
	return redactor{r.to.WithAttrs(out)}
}

func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.to.WithGroup(name)} }

func coverAttr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		group := make([]any, 0, len(v.Group()))
		for _, g := range v.Group() {
			group = append(group, coverAttr(g))
		}
		return slog.Group(a.Key, group...)
	}
	switch v.Kind() {
	case slog.KindString, slog.KindAny:
		if secretKey.MatchString(a.Key) {
			return slog.String(a.Key, "[secret]")
		}
		if v.Kind() == slog.KindString {
			return slog.String(a.Key, Cover(v.String()))
		}
		return slog.String(a.Key, Cover(fmt.Sprint(v.Any())))
	}
	return slog.Attr{Key: a.Key, Value: v}
}
