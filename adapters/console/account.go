package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
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

// rules reports whether the account can manage the others.
func (a account) rules() bool { return a.Role == roleAdmin && !a.Off }

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

// accounts are those who may sign in.
type accounts struct {
	shelf shelf
	ended func(ctx context.Context, id string) // is told whose sessions have ended

	mu sync.Mutex // held from reading an account to writing it back
}

const (
	accountFront = "account/"
	mostAccounts = 10000
)

// find returns the account with this sign-in name; ErrNotFound if none has it.
func (as *accounts) find(ctx context.Context, id string) (account, error) {
	var a account
	ok, err := as.shelf.get(ctx, accountFront+id, &a)
	if err == nil && !ok {
		err = core.ErrNotFound
	}
	return a, err
}

// all returns all accounts, by ID.
func (as *accounts) all(ctx context.Context) ([]account, error) {
	return list[account](ctx, as.shelf, accountFront, mostAccounts)
}

// none reports whether there is no account yet.
func (as *accounts) none(ctx context.Context) (bool, error) {
	one, err := list[account](ctx, as.shelf, accountFront, 1)
	return len(one) == 0, err
}

// add keeps a new account; errTaken if somebody has its name.
func (as *accounts) add(ctx context.Context, a account) error {
	added, err := as.shelf.add(ctx, accountFront+a.ID, a, 0)
	if err == nil && !added {
		err = errTaken
	}
	return err
}

// change reads an account, lets f change it and keeps it. Sessions end if f
// clears the stamp.
func (as *accounts) change(ctx context.Context, id string, f func(*account) error) (account, error) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a, err := as.find(ctx, id)
	if err != nil {
		return a, err
	}
	ruled := a.rules()
	if err := f(&a); err != nil {
		return a, err
	}
	if ruled && !a.rules() {
		all, err := as.all(ctx)
		if err != nil {
			return a, err
		}
		if !slices.ContainsFunc(all, func(o account) bool { return o.ID != id && o.rules() }) {
			return a, errLastOne
		}
	}
	ended := a.Stamp == ""
	if ended {
		a.Stamp = token()
	}
	if err := as.shelf.put(ctx, accountFront+id, a, 0); err != nil {
		return a, err
	}
	if ended {
		as.ended(ctx, id)
	}
	return a, nil
}
