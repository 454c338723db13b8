// Package signed proves who sent a message over HTTP, as Standard Webhooks says
// (https://www.standardwebhooks.com): three headers, webhook-id,
// webhook-timestamp and webhook-signature, of which the last is "v1," and the
// base64 of HMAC-SHA256(key, id + "." + timestamp + "." + body).
//
// A message is taken if one of its signatures, which blanks separate, is made by
// one of our keys, and its time is within Tolerance of ours. So a secret is
// renewed without a pause: both sides sign with the new one and the one before
// for as long as the other may still know only the one before. Whoever repeats a
// message within the tolerance repeats its id, and that is dropped elsewhere.
package signed

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The headers.
const (
	HeaderID   = "Webhook-Id"
	HeaderTime = "Webhook-Timestamp"
	HeaderSign = "Webhook-Signature"
)

// Tolerance is how far a message's time may be from ours.
const Tolerance = 5 * time.Minute

// Secrets are an account's part of the configuration.
type Secrets struct {
	Secret   core.Secret // base64 of 24 to 64 bytes, with or without whsec_ before it
	Previous core.Secret // the one before it, while the other side may still use that; empty: none
	Old      string      // a header of before Standard Webhooks that is sent and taken as well; empty: none
}

// A Ring signs and checks the messages of one account. The zero value takes
// nothing.
type Ring struct {
	keys []key
	old  string
	text key // the secret as it is written, which signs the old header
}

// A key signs. What it has made ready is used again: that is half of the work for a short message.
type key struct{ ready *sync.Pool }

func newKey(secret []byte) key {
	return key{&sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}}
}

func (k key) mac(parts ...[]byte) []byte {
	m := k.ready.Get().(hash.Hash)
	defer k.ready.Put(m)
	m.Reset()
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// New returns the ring of s.
func New(s Secrets) (Ring, error) {
	r := Ring{old: s.Old, text: newKey([]byte(s.Secret))}
	for i, text := range []core.Secret{s.Secret, s.Previous} {
		if i > 0 && text == "" {
			break
		}
		secret, err := base64.StdEncoding.DecodeString(padded(strings.TrimPrefix(string(text), "whsec_")))
		if err != nil || len(secret) < 24 || len(secret) > 64 {
			return Ring{}, errors.New([]string{"secret", "previous"}[i] + " must be the base64 of 24 to 64 bytes, with or without whsec_ before it; make one with: openssl rand -base64 24")
		}
		r.keys = append(r.keys, newKey(secret))
	}
	return r, nil
}

// Open is New for an account that starts: it warns of what should not stay.
func Open(s Secrets, d core.Deps) (Ring, error) {
	if s.Old != "" {
		d.Log.Warn("legacy_signature takes messages of which nobody can tell how old they are; take it out once the other side signs as Standard Webhooks says", "channel", d.Name, "header", s.Old)
	}
	return New(s)
}

// padded completes base64 that was written without its end.
func padded(s string) string {
	s = strings.TrimRight(s, "=")
	return s + "==="[:(4-len(s)%4)%4]
}

// Sign sets the headers of a message.
func (r Ring) Sign(h http.Header, id string, at time.Time, body []byte) {
	unix := strconv.FormatInt(at.Unix(), 10)
	var signs []byte
	for i, k := range r.keys {
		if i > 0 {
			signs = append(signs, ' ')
		}
		signs = base64.StdEncoding.AppendEncode(append(signs, "v1,"...), k.mac([]byte(id+"."+unix+"."), body))
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTime, unix)
	h.Set(HeaderSign, string(signs))
	if r.old != "" {
		h.Set(r.old, hex.EncodeToString(r.text.mac(body)))
	}
}

// A Message is what is sent.
type Message struct {
	ID   string // the same when it is repeated
	At   time.Time
	Body any // becomes JSON
}

// Post is the signed request that takes m to url.
func (r Ring) Post(ctx context.Context, url string, m Message) (*http.Request, error) {
	body, err := json.Marshal(m.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("url is no address") // what it is may be a secret
	}
	req.Header.Set("Content-Type", "application/json")
	r.Sign(req.Header, m.ID, m.At, body)
	return req, nil
}

// Check reports why a message cannot be taken for genuine at the time now, in
// words for whoever sends it.
func (r Ring) Check(h http.Header, body []byte, now time.Time) error {
	if got, err := hex.DecodeString(h.Get(r.old)); r.old != "" && h.Get(HeaderSign) == "" && err == nil && hmac.Equal(got, r.text.mac(body)) {
		return nil
	}
	id, unix := h.Get(HeaderID), h.Get(HeaderTime)
	if id == "" || unix == "" || h.Get(HeaderSign) == "" {
		return errors.New("webhook-id, webhook-timestamp and webhook-signature are required")
	}
	at, err := strconv.ParseInt(unix, 10, 64)
	if err != nil || at < now.Add(-Tolerance).Unix() || at > now.Add(Tolerance).Unix() {
		return errors.New("webhook-timestamp is not within 5 minutes of our clock")
	}
	for _, s := range strings.Fields(h.Get(HeaderSign)) {
		version, text, _ := strings.Cut(s, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		if version != "v1" || err != nil {
			continue // another version's, which we need not know
		}
		for _, k := range r.keys {
			if hmac.Equal(got, k.mac([]byte(id+"."+unix+"."), body)) {
				return nil
			}
		}
	}
	return errors.New("webhook-signature does not match the message")
}

// DescribedAt is where an adapter shows what its messages look like.
const DescribedAt = "/openapi.json"

// Describe answers a request for an adapter's OpenAPI document, and refuses one
// by a method that no message comes by. It reports whether it did either.
func Describe(w http.ResponseWriter, r *http.Request, document []byte) bool {
	switch {
	case r.Method == http.MethodPost:
		return false
	case r.URL.Path == DescribedAt && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
	default:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "messages come by POST; GET "+strings.TrimPrefix(DescribedAt, "/")+" says what they look like", http.StatusMethodNotAllowed)
	}
	return true
}
