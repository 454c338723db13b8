package core

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

func TestReason(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"no such user":               "no such user",
		"  two\r\n\tlines \x00\n":    "two lines",
		"a\x00b\x1b[31mred":          "a b [31mred",
		"br\xffken, 用户\xe5不存在":       "br�ken, 用户�不存在",
		"\u202eevil\u202c, 👩\u200d🔧": "evil, 👩🔧",
		strings.Repeat("长", 500):     strings.Repeat("长", 500),
		strings.Repeat("长", 501):     strings.Repeat("长", 500) + "…",
		strings.Repeat("ab ", 1<<20): strings.Repeat("ab ", 166) + "ab…",
	} {
		got := Reason(in)
		if got != want || Reason(got) != got && utf8.RuneCountInString(got) <= 500 {
			t.Errorf("%.40q: %.60q (%d), want %.60q", in, got, utf8.RuneCountInString(got), want)
		}
	}
}

// Of what a transport says no word goes on that could be an address or a secret.
func TestUnreached(t *testing.T) {
	const key = "key-7"
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		err  error
		kind Kind
		is   error
		says string
	}{
		{dial(syscall.ECONNREFUSED), KindTransient, syscall.ECONNREFUSED, "refused"},
		{dial(&net.DNSError{Name: key, Err: "no such host"}), KindTransient, nil, "name cannot be resolved"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET, Addr: &net.UnixAddr{Name: key}}, KindUnknown, syscall.ECONNRESET, "reset"},
		{context.Canceled, KindUnknown, context.Canceled, "canceled"},
		{context.DeadlineExceeded, KindUnknown, context.DeadlineExceeded, "deadline"},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, KindUnknown, os.ErrDeadlineExceeded, "timeout"},
		{io.EOF, KindUnknown, io.EOF, "EOF"},
		{&tls.CertificateVerificationError{Err: errors.New(key)}, KindUnknown, nil, "certificate"},
		{errors.New("proxy: " + key), KindUnknown, nil, "the connection failed"},
	}
	for _, x := range tests {
		got := Unreached("hook", &url.Error{Op: "Post", URL: "https://" + key, Err: x.err})
		if got.Kind != x.kind || x.is != nil && !errors.Is(got, x.is) || !strings.Contains(got.Error(), x.says) || strings.Contains(got.Error(), key) {
			t.Errorf("%v: got %v", x.err, got)
		}
	}
}

func TestUnix(t *testing.T) {
	for s, want := range map[int64]time.Time{0: {}, -1: {}, 1 << 62: {}, 1767225600000: {}, 1767225600: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got := Unix(s); !got.Equal(want) {
			t.Errorf("%d is %v", s, got)
		}
	}
}
