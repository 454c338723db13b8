package wechat

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A veil takes everything secret out of texts and errors. It is safe for
// concurrent use.
type veil struct {
	always []string // of the configuration

	mu     sync.Mutex
	tokens []string // the last few
}

// add hides an access token from now on. Of the older ones it keeps three.
func (v *veil) add(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens = append(v.tokens[max(0, len(v.tokens)-3):], token)
}

func (v *veil) recent() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.tokens)
}

var inQuery = regexp.MustCompile(`(?i)\b(access_token|secret|signature|msg_signature|ticket)=[^&\s"']*`)

// clean takes everything secret out of a text.
func (v *veil) clean(s string) string {
	s = inQuery.ReplaceAllString(s, "[secret]") // with its name: a log must not have access_token= to be looked for
	for _, k := range append(v.recent(), v.always...) {
		if k != "" {
			s = strings.ReplaceAll(s, k, "[secret]")
		}
	}
	return s
}

// hide takes everything secret out of an error. What it returns is still what
// err was for errors.Is.
func (v *veil) hide(err error) error {
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[*url.Error](err); ok { // it prints the address, and the token in it
		err = u.Err
	}
	return hidden{v.clean(err.Error()), err}
}

type hidden struct {
	text string
	err  error
}

func (h hidden) Error() string   { return h.text }
func (h hidden) Is(e error) bool { return errors.Is(h.err, e) }
