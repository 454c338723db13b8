package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// An account is a member of staff who may sign in.
type account struct {
	ID     string    `json:"id"` // what they sign in with; never changes
	Name   string    `json:"name"`
	Role   role      `json:"role"`
	Hash   string    `json:"hash"`
	Stamp  string    `json:"stamp"` // sessions made under another stamp are over
	Off    bool      `json:"off,omitempty"`
	Topics []string  `json:"topics,omitempty"`
	Langs  []string  `json:"langs,omitempty"`
	Max    int       `json:"max,omitempty"`
	Made   time.Time `json:"made"`
	By     string    `json:"by,omitempty"` // who invited them
}

type role string

const (
	roleAgent role = "agent" // answers customers
	roleLead  role = "lead"  // also sees the team and steps in
	roleAdmin role = "admin" // also manages accounts
)

func (r role) valid() bool { return r == roleAgent || r == roleLead || r == roleAdmin }

// leads reports whether the role may look after others' work.
func (r role) leads() bool { return r == roleLead || r == roleAdmin }

// peer is how the account speaks to the hub. The facts are what core/desk
// needs to make an Agent of them.
func (a account) peer() core.Peer {
	p := core.Peer{ID: a.ID, Name: a.Name, Facts: map[string]string{"role": string(a.Role)}}
	if len(a.Topics) > 0 {
		p.Facts["topics"] = strings.Join(a.Topics, ",")
	}
	if len(a.Langs) > 0 {
		p.Facts["langs"] = strings.Join(a.Langs, ",")
	}
	if a.Max > 0 {
		p.Facts["max"] = strconv.Itoa(a.Max)
	}
	return p
}

var (
	errLogin    = errors.New("console: a sign-in name is 2 to 64 letters, digits, dots, dashes, underscores or one @")
	errTaken    = errors.New("console: that sign-in name is taken")
	errWeak     = errors.New("console: the password is too short or too easy to guess")
	errPassword = errors.New("console: sign-in name or password is wrong")
	errLastOne  = errors.New("console: the last administrator cannot be removed")
	errUsed     = errors.New("console: this link has been used or has expired")
)

// login brings what was typed into the form in which accounts are kept.
func login(s string) (string, error) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 64 || strings.Count(s, "@") > 1 {
		return "", errLogin
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune("._-@", r) {
			return "", errLogin
		}
	}
	return s, nil
}

const shortestPassword = 10

// strong reports whether a password is worth keeping. Length is what counts;
// beside it only what everybody tries first is refused.
func strong(password, id string) error {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case n < shortestPassword || len(password) > 400 || !utf8.ValidString(password):
		return errWeak
	case strings.Contains(low, id) && n < len(id)+6:
		return errWeak
	}
	seen := map[rune]bool{}
	for _, r := range low {
		seen[r] = true
	}
	if len(seen) < 5 {
		return errWeak
	}
	for _, common := range []string{"password", "1234567890", "0123456789", "qwertyuiop", "frontdesk", "woaini1314", "iloveyou", "administrator"} {
		if rest := strings.ReplaceAll(low, common, ""); rest != low && len(rest) < 5 {
			return errWeak
		}
	}
	return nil
}

// The cost of a hash: OWASP's second choice for argon2id, which leaves the
// program small (Password Storage Cheat Sheet).
const (
	hashMemory = 19 * 1024 // KiB
	hashTime   = 2
	hashBytes  = 32
)

// hash is argon2id in the usual notation.
func (c *Console) hash(password string) string {
	c.hashing <- struct{}{}
	defer func() { <-c.hashing }()
	salt := make([]byte, 16)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, 1, hashBytes)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, hashMemory, hashTime, b64(salt), b64(sum))
}

// nobody is what the password of an account that does not exist is compared
// with, so that the answer takes as long.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXRoaW5nIHNhbHR5IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// matches compares in constant time. A hash that cannot be read matches
// nothing, and takes no less time.
func (c *Console) matches(password, hash string) bool {
	c.hashing <- struct{}{}
	defer func() { <-c.hashing }()
	var version, memory, rounds, lanes int
	f := strings.Split(hash, "$")
	if len(f) != 6 || f[1] != "argon2id" {
		f = strings.Split(nobody, "$")
	}
	if _, err := fmt.Sscanf(f[2]+" "+f[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &rounds, &lanes); err != nil ||
		version != argon2.Version || memory < 8 || memory > 1<<20 || rounds < 1 || rounds > 20 || lanes < 1 || lanes > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	want, err2 := base64.RawStdEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(want) < 16 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(rounds), uint32(memory), uint8(lanes), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// token is 256 bits that nobody can guess, for URLs and cookies.
func token() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is what is kept of a token.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (c *Console) accountKey(id string) string { return c.key("account/" + id) }

// find returns the account with this sign-in name; ErrNotFound if none has it.
func (c *Console) find(ctx context.Context, id string) (account, error) {
	var a account
	ok, err := c.get(ctx, c.accountKey(id), &a)
	if err == nil && !ok {
		err = core.ErrNotFound
	}
	return a, err
}

// everybody returns all accounts, by ID.
func (c *Console) everybody(ctx context.Context) ([]account, error) {
	vs, err := c.Values.List(ctx, c.key("account/"), 10000)
	if err != nil {
		return nil, fmt.Errorf("console: accounts: %w", err)
	}
	out := make([]account, 0, len(vs))
	for _, v := range vs {
		var a account
		if err := json.Unmarshal([]byte(v.Value), &a); err != nil {
			return nil, fmt.Errorf("console: account %s cannot be read: %w", v.Key, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// change reads an account, lets f change it and keeps it. Sessions end if f
// clears the stamp.
func (c *Console) change(ctx context.Context, id string, f func(*account) error) (account, error) {
	c.accounts.Lock()
	defer c.accounts.Unlock()
	a, err := c.find(ctx, id)
	if err != nil {
		return a, err
	}
	ruled := a.Role == roleAdmin && !a.Off
	if err := f(&a); err != nil {
		return a, err
	}
	if ruled && (a.Role != roleAdmin || a.Off) {
		others, err := c.everybody(ctx)
		if err != nil {
			return a, err
		}
		if !otherAdmin(others, id) {
			return a, errLastOne
		}
	}
	ended := a.Stamp == ""
	if ended {
		a.Stamp = token()
	}
	if err := c.put(ctx, c.accountKey(id), a, 0); err != nil {
		return a, err
	}
	if ended {
		c.hint(ctx, hint{Kind: hintOut, To: id})
	}
	return a, nil
}

func otherAdmin(as []account, id string) bool {
	for _, a := range as {
		if a.ID != id && a.Role == roleAdmin && !a.Off {
			return true
		}
	}
	return false
}

// get reads a value of ours that is JSON.
func (c *Console) get(ctx context.Context, key string, v any) (bool, error) {
	s, ok, err := c.Values.Get(ctx, key)
	if err != nil || !ok {
		return false, err
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return false, fmt.Errorf("console: a value that cannot be read: %w", err)
	}
	return true, nil
}

func (c *Console) put(ctx context.Context, key string, v any, ttl time.Duration) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.Values.Put(ctx, key, string(b), ttl)
}
