package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"golang.org/x/crypto/argon2"
)

const (
	shortestPassword = 10  // runes
	longestPassword  = 400 // bytes
)

// strong reports whether a password is worth keeping. Length is what counts;
// beside it only what everybody tries first is refused.
func strong(password, id string) error {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case n < shortestPassword || len(password) > longestPassword || !utf8.ValidString(password):
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

// A hasher makes and compares hashes, at most so many at a time as it has room
// for: each takes 19 MiB.
type hasher chan struct{}

// hash is argon2id in the usual notation.
func (h hasher) hash(password string) string {
	h <- struct{}{}
	defer func() { <-h }()
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
func (h hasher) matches(password, hash string) bool {
	h <- struct{}{}
	defer func() { <-h }()
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

// A lock is what somebody's password must open.
type lock struct {
	accounts *accounts
	throttle *throttle
	devices  devices
	hasher   hasher
	log      *slog.Logger
	meter    core.Meter
}

// An attempt is what somebody typed, and from where.
type attempt struct{ account, password, address, device string }

// try compares a password. Whether the account does not exist, is switched
// off or has another password cannot be told from the answer or its time.
func (l lock) try(ctx context.Context, in attempt) (a account, wait time.Duration, err error) {
	id, err := login(in.account)
	if err != nil {
		id = "?" // no account has this name
	}
	from := source{account: id, address: in.address}
	known, err := l.devices.knows(ctx, id, in.device)
	if err != nil {
		return a, 0, err
	}
	if known {
		from.device = in.device
	}
	if wait, err = l.throttle.begin(ctx, from); err != nil || wait > 0 {
		return a, wait, err
	}
	a, err = l.accounts.find(ctx, id)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return a, 0, err
	}
	hash, real := a.Hash, err == nil && !a.Off
	if !real {
		hash = nobody
	}
	if good := l.hasher.matches(in.password[:min(len(in.password), longestPassword)], hash); !good || !real {
		l.log.Info("console: a sign-in failed", "address", in.address)
		l.meter.Count("frontdesk_console_sign_in_failed_total", 1)
		return account{}, 0, errPassword
	}
	return a, 0, l.throttle.passed(ctx, from)
}
