package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// A customer is somebody whom the host has vouched for.
type customer struct {
	ID    string            `json:"id"`
	Name  string            `json:"name,omitempty"`
	Lang  string            `json:"lang,omitempty"`
	Facts map[string]string `json:"facts,omitempty"` // email and attributes
}

// errHost wraps every reason for which the host's word is not believed. None
// says more than the host's own developers may read.
var errHost = errors.New("webchat: identity refused")

func refuse(format string, a ...any) error {
	return fmt.Errorf("%w: %s", errHost, fmt.Sprintf(format, a...))
}

// believeJWT checks the host's JWT (RFC 7519, HS256 only) and returns whom it
// names. exp is required and at most hostLife away: a token that does not
// expire is as good as a password.
func (c *Config) believeJWT(token string, now time.Time) (customer, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 6<<10 {
		return customer{}, refuse("this is not a JWT")
	}
	var head struct{ Alg, Kid string }
	if err := segment(parts[0], &head); err != nil {
		return customer{}, err
	}
	if head.Alg != "HS256" {
		return customer{}, refuse("the JWT is signed with %.10q; use HS256", head.Alg)
	}
	sum, err := b64.DecodeString(parts[2])
	if err != nil || !c.signedByHost(parts[0]+"."+parts[1], head.Kid, sum) {
		return customer{}, refuse("the signature fits none of host_keys")
	}
	var claims struct {
		UserID     json.RawMessage `json:"user_id"`
		Sub        json.RawMessage `json:"sub"`
		Name       string          `json:"name"`
		Email      string          `json:"email"`
		Lang       string          `json:"lang"`
		Attributes map[string]any  `json:"attributes"`
		Exp        float64         `json:"exp"`
		Nbf        float64         `json:"nbf"`
	}
	if err := segment(parts[1], &claims); err != nil {
		return customer{}, err
	}
	if claims.Exp <= 0 {
		return customer{}, refuse("the JWT has no exp")
	}
	exp := time.Unix(int64(min(claims.Exp, 1<<40)), 0)
	switch {
	case now.After(exp.Add(leeway)):
		return customer{}, refuse("the JWT has expired")
	case exp.After(now.Add(hostLife + leeway)):
		return customer{}, refuse("the JWT's exp is more than %s away", hostLife)
	case claims.Nbf > 0 && time.Unix(int64(min(claims.Nbf, 1<<40)), 0).After(now.Add(leeway)):
		return customer{}, refuse("the JWT is not valid yet")
	}
	id, err := userID(claims.UserID, claims.Sub)
	if err != nil {
		return customer{}, err
	}
	return customer{ID: id, Name: clip(claims.Name, 80), Lang: clip(claims.Lang, 20), Facts: facts(claims.Email, claims.Attributes)}, nil
}

// believeHash checks the older style: hex HMAC-SHA256 of the user_id.
func (c *Config) believeHash(user, hash string) (customer, error) {
	sum, err := hex.DecodeString(hash)
	var head map[string]any
	if first, _, ok := strings.Cut(user, "."); ok && segment(first, &head) == nil {
		return customer{}, refuse("user_id looks like a JWT") // its hash would be one's signature
	}
	if err != nil || user == "" || len(user) > 200 || !c.signedByHost(user, "", sum) {
		return customer{}, refuse("user_hash is not the HMAC-SHA256 of user_id under any of host_keys")
	}
	return customer{ID: user}, nil
}

// signedByHost compares in constant time, with every key that kid may mean.
func (c *Config) signedByHost(text, kid string, sum []byte) bool {
	ok := false
	for _, k := range c.HostKeys {
		if kid != "" && k.ID != "" && kid != k.ID {
			continue
		}
		h := hmac.New(sha256.New, []byte(k.Secret))
		h.Write([]byte(text))
		ok = hmac.Equal(sum, h.Sum(nil)) || ok
	}
	return ok
}

func segment(s string, v any) error {
	b, err := b64.DecodeString(strings.TrimRight(s, "="))
	if err != nil || json.Unmarshal(b, v) != nil {
		return refuse("this is not a JWT")
	}
	return nil
}

// userID reads user_id, or else sub: a string or a whole number.
func userID(raws ...json.RawMessage) (string, error) {
	for _, raw := range raws {
		var s string
		var n json.Number
		switch {
		case len(raw) == 0:
			continue
		case json.Unmarshal(raw, &s) == nil:
		case json.Unmarshal(raw, &n) == nil:
			s = n.String()
		}
		if s != "" && len(s) <= 200 && utf8.ValidString(s) {
			return s, nil
		}
	}
	return "", refuse("the JWT names no user_id of 1 to 200 bytes")
}

// ours are the facts that the widget or staff say.
var ours = map[string]bool{core.FactPage: true, core.FactTitle: true, core.FactZone: true, core.FactCalled: true}

// facts keeps what fits on a card: 20 attributes of 200 runes.
func facts(email string, attrs map[string]any) map[string]string {
	out := map[string]string{}
	if email != "" {
		out["email"] = clip(email, 200)
	}
	for k, v := range attrs {
		switch v.(type) {
		case string, float64, bool:
			if len(out) < 20 && !ours[k] {
				out[clip(k, 40)] = clip(fmt.Sprint(v), 200)
			}
		}
	}
	return out
}

// clip makes s printable, one line, and at most n runes.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	if rs := []rune(strings.TrimSpace(s)); len(rs) > n {
		return string(rs[:n])
	}
	return strings.TrimSpace(s)
}

// peer is how the customer appears to the program.
func (g guest) peer() core.Peer {
	p := core.Peer{ID: g.Peer, Name: g.Name, Lang: g.Lang, Person: g.User, Facts: g.Facts}
	seen := map[string]string{core.FactPage: g.Page, core.FactTitle: g.Title, core.FactZone: g.Zone}
	maps.DeleteFunc(seen, func(_, v string) bool { return v == "" })
	if len(seen) > 0 {
		maps.Copy(seen, g.Facts)
		p.Facts = seen
	}
	return p
}
