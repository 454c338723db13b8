package signed

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The example of the specification's own test suites.
const (
	vectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorBody   = `{"test": 2432232314}`
	vectorSign   = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var vectorAt = time.Unix(1614265330, 0)

func ring(t *testing.T, s Secrets) Ring {
	t.Helper()
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVector(t *testing.T) {
	for _, secret := range []core.Secret{vectorSecret, core.Secret(vectorSecret[6:])} {
		h := http.Header{}
		r := ring(t, Secrets{Secret: secret})
		r.Sign(h, vectorID, vectorAt, []byte(vectorBody))
		if got := h.Get("webhook-signature"); got != vectorSign || h.Get("webhook-id") != vectorID || h.Get("webhook-timestamp") != "1614265330" {
			t.Errorf("signed %v", h)
		}
		if err := r.Check(h, []byte(vectorBody), vectorAt); err != nil {
			t.Error(err)
		}
	}
}

func TestCheck(t *testing.T) {
	const other = core.Secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	tests := []struct {
		name string
		ring Secrets
		set  map[string]string // headers that differ from the vector's
		now  time.Duration     // after it
		ok   bool
	}{
		{name: "as it is", ok: true},
		{name: "no id", set: map[string]string{HeaderID: ""}},
		{name: "no time", set: map[string]string{HeaderTime: ""}},
		{name: "no signature", set: map[string]string{HeaderSign: ""}},
		{name: "another id", set: map[string]string{HeaderID: "msg_x"}},
		{name: "another time", set: map[string]string{HeaderTime: "1614265331"}},
		{name: "a time that is none", set: map[string]string{HeaderTime: "soon"}},
		{name: "a time beyond time", set: map[string]string{HeaderTime: "99999999999999999999"}},
		{name: "five minutes late", now: 5 * time.Minute, ok: true},
		{name: "older", now: 5*time.Minute + time.Second},
		{name: "five minutes early", now: -5 * time.Minute, ok: true},
		{name: "earlier", now: -5*time.Minute - time.Second},
		{name: "among others", set: map[string]string{HeaderSign: "v1,AAAA v1a,zzzz  " + vectorSign + " v1,BBBB"}, ok: true},
		{name: "of another version", set: map[string]string{HeaderSign: "v2" + vectorSign[2:]}},
		{name: "without a version", set: map[string]string{HeaderSign: vectorSign[3:]}},
		{name: "another secret", ring: Secrets{Secret: other}},
		{name: "the secret before", ring: Secrets{Secret: other, Previous: vectorSecret}, ok: true},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			if x.ring.Secret == "" {
				x.ring.Secret = vectorSecret
			}
			h := http.Header{}
			ring(t, Secrets{Secret: vectorSecret}).Sign(h, vectorID, vectorAt, []byte(vectorBody))
			for k, v := range x.set {
				h.Set(k, v)
			}
			r := ring(t, x.ring)
			if err := r.Check(h, []byte(vectorBody), vectorAt.Add(x.now)); (err == nil) != x.ok {
				t.Errorf("got %v", err)
			}
			if err := r.Check(h, []byte(vectorBody+" "), vectorAt.Add(x.now)); err == nil {
				t.Error("another body was taken")
			}
		})
	}
	if (Ring{}).Check(http.Header{}, nil, vectorAt) == nil {
		t.Error("a ring without keys takes something")
	}
}

// While a secret is renewed, whoever knows either of the two can check.
func TestRenewed(t *testing.T) {
	now, before := core.Secret("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"), core.Secret(vectorSecret)
	h := http.Header{}
	ring(t, Secrets{Secret: now, Previous: before}).Sign(h, "m", vectorAt, []byte("{}"))
	if n := len(strings.Fields(h.Get(HeaderSign))); n != 2 {
		t.Errorf("%d signatures", n)
	}
	for _, s := range []core.Secret{now, before} {
		if err := ring(t, Secrets{Secret: s}).Check(h, []byte("{}"), vectorAt); err != nil {
			t.Error(err)
		}
	}
}

func TestOldHeader(t *testing.T) {
	h := http.Header{}
	both := ring(t, Secrets{Secret: vectorSecret, Old: "Hook-Signature"})
	both.Sign(h, "m", vectorAt, []byte("{}"))
	if h.Get("Hook-Signature") == "" || h.Get(HeaderSign) == "" {
		t.Fatalf("signed %v", h)
	}
	only := http.Header{"Hook-Signature": h["Hook-Signature"]}
	if err := both.Check(only, []byte("{}"), vectorAt); err != nil {
		t.Error(err)
	}
	if both.Check(only, []byte("{ }"), vectorAt) == nil {
		t.Error("another body was taken")
	}
	if ring(t, Secrets{Secret: vectorSecret}).Check(only, []byte("{}"), vectorAt) == nil {
		t.Error("the old header was taken by an account that does not have it")
	}
	h.Set(HeaderTime, "1") // whoever sends the new headers is held to them
	if both.Check(h, []byte("{}"), vectorAt) == nil {
		t.Error("the old header excused an old message")
	}
}

func TestSecrets(t *testing.T) {
	for _, s := range []Secrets{
		{}, {Secret: "whsec_"}, {Secret: "short"}, {Secret: "sec-88-sec-88-sec-88-sec-88-sec-88"}, {Secret: vectorSecret, Previous: "x"},
		{Secret: core.Secret(strings.Repeat("AAAA", 30))},
	} {
		if _, err := New(s); err == nil {
			t.Errorf("%+v was taken", s)
		} else if len(s.Secret) > 6 && strings.Contains(err.Error(), string(s.Secret)) {
			t.Errorf("the secret is in the error: %v", err)
		}
	}
	for n, ok := range map[int]bool{0: false, 23: false, 24: true, 64: true, 65: false} {
		secret := core.Secret(base64.StdEncoding.EncodeToString(make([]byte, n)))
		if _, err := New(Secrets{Secret: secret}); (err == nil) != ok {
			t.Errorf("a secret of %d bytes: %v", n, err)
		}
	}
	if _, err := New(Secrets{Secret: "0123456789abcdef0123456789abcdef"}); err != nil { // openssl rand -hex 16, as it was asked for once
		t.Error(err)
	}
}

func FuzzCheck(f *testing.F) {
	r, err := New(Secrets{Secret: vectorSecret})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(vectorID, "1614265330", vectorSign, vectorBody)
	f.Add("", "0", "v1, v1", "")
	f.Fuzz(func(t *testing.T, id, unix, sign, body string) {
		h := http.Header{HeaderID: {id}, HeaderTime: {unix}, HeaderSign: {sign}}
		if err := r.Check(h, []byte(body), vectorAt); err == nil && !(id == vectorID && body == vectorBody) {
			t.Errorf("taken: %q %q %q %q", id, unix, sign, body)
		}
	})
}
