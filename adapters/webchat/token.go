package webchat

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A ring signs what we hand out and want to believe when it comes back. What
// is signed for one site or purpose is worth nothing for another.
type ring struct {
	site string
	keys [][]byte // the first signs
}

// What a signature is for.
const (
	forVisitor = "visitor"
	forFile    = "file"
	forLink    = "link"
)

var errToken = errors.New("webchat: the token is not ours, or too old")

var b64 = base64.RawURLEncoding

func (r ring) mac(key []byte, purpose, payload string) []byte {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "frontdesk webchat\x00%s\x00%s\x00%s", r.site, purpose, payload)
	return h.Sum(nil)
}

// seal returns v as a signed token.
func (r ring) seal(purpose string, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only our own structs come here
	}
	p := b64.EncodeToString(b)
	return p + "." + b64.EncodeToString(r.mac(r.keys[0], purpose, p))
}

// unseal reads a token into v. It reports whether the key that signed it is no
// longer the first.
func (r ring) unseal(purpose, token string, v any) (old bool, err error) {
	p, sum, ok := strings.Cut(token, ".")
	got, err := b64.DecodeString(sum)
	if !ok || err != nil {
		return false, errToken
	}
	for i, k := range r.keys {
		if !hmac.Equal(got, r.mac(k, purpose, p)) {
			continue
		}
		b, err := b64.DecodeString(p)
		if err != nil || json.Unmarshal(b, v) != nil {
			return false, errToken
		}
		return i > 0, nil
	}
	return false, errToken
}

// A pass is what a visitor's token says.
type pass struct {
	Visitor string `json:"v"`           // random; names the refs of what is written with it
	User    string `json:"u,omitempty"` // verified: the host's name for the customer
	Name    string `json:"n,omitempty"` // what the page says they are called
	At      int64  `json:"t"`           // Unix seconds
}

// pass reads a visitor's token.
func (vs visitors) pass(token string) (p pass, stale bool, err error) {
	old, err := vs.ring.unseal(forVisitor, token, &p)
	if err != nil {
		return pass{}, false, err
	}
	age := vs.now().Sub(time.Unix(p.At, 0))
	life := tokenLife
	if p.User != "" {
		life = loginLife
	}
	if p.Visitor == "" || age > life || age < -24*time.Hour {
		return pass{}, false, errToken
	}
	return p, old || age > tokenRenew, nil
}

// issue returns p as a token of now.
func (vs visitors) issue(p pass) string {
	p.At = vs.now().Unix()
	return vs.ring.seal(forVisitor, p)
}

// An upload is a file that a visitor has brought and may now send.
type upload struct {
	Visitor string     `json:"v"`
	Media   core.Media `json:"m"`
	At      int64      `json:"t"`
}

// name returns 128 random bits, safe in paths and keys.
func name() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return b64.EncodeToString(b[:])
}
