package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A link lets its holder set a password once: for the first account, for an
// invited one, or for one whose password is lost.
type link struct {
	Kind   linkKind  `json:"kind"`
	Hash   string    `json:"hash"` // names it; the token itself is not kept
	For    string    `json:"for,omitempty"`
	Name   string    `json:"name,omitempty"`
	Role   role      `json:"role"`
	Topics []string  `json:"topics,omitempty"`
	Langs  []string  `json:"langs,omitempty"`
	Max    int       `json:"max,omitempty"`
	By     string    `json:"by,omitempty"`
	Until  time.Time `json:"until"`
}

type linkKind string

const (
	linkFirst  linkKind = "first"
	linkInvite linkKind = "invite"
	linkReset  linkKind = "reset"
)

const (
	firstLife  = 24 * time.Hour
	inviteLife = 7 * 24 * time.Hour
	resetLife  = 24 * time.Hour
)

// links are the links that wait to be used.
type links struct {
	shelf    shelf
	accounts *accounts
	hasher   hasher
	now      func() time.Time
	log      *slog.Logger
}

const (
	linkFront = "link/"
	founded   = "founded" // the first account was made
)

// first is the path of a link that makes the first account; needed is false
// once there is an account.
func (ls *links) first(ctx context.Context) (path string, needed bool, err error) {
	none, err := ls.accounts.none(ctx)
	if err != nil || !none {
		return "", false, err
	}
	path, err = ls.add(ctx, link{Kind: linkFirst, Role: roleAdmin}, firstLife)
	return path, err == nil, err
}

// reset is the path of a link that sets the password of an account anew.
func (ls *links) reset(ctx context.Context, signIn string) (path string, err error) {
	id, err := login(signIn)
	if err != nil {
		return "", err
	}
	a, err := ls.accounts.find(ctx, id)
	if err != nil {
		return "", err
	}
	return ls.add(ctx, link{Kind: linkReset, For: a.ID, Name: a.Name, Role: a.Role}, resetLife)
}

// add keeps a new link and returns the path of its page.
func (ls *links) add(ctx context.Context, l link, life time.Duration) (path string, err error) {
	t := token()
	l.Hash, l.Until = digest(t), ls.now().Add(life)
	if err := ls.shelf.put(ctx, linkFront+l.Hash, l, life); err != nil {
		return "", fmt.Errorf("console: keeping a link: %w", err)
	}
	return Prefix + "join/" + t, nil
}

// open finds a link that can still be used; errUsed if it cannot.
func (ls *links) open(ctx context.Context, token string) (link, error) {
	var l link
	ok, err := ls.shelf.get(ctx, linkFront+digest(token), &l)
	switch {
	case err != nil:
		return l, err
	case !ok || !ls.now().Before(l.Until):
		return l, errUsed
	case l.Kind == linkFirst:
		if there, err := ls.shelf.has(ctx, founded); err != nil || there {
			return l, orErr(err, errUsed)
		}
	case l.Kind == linkReset:
		if a, err := ls.accounts.find(ctx, l.For); err != nil || a.Off {
			return l, errUsed
		}
	}
	return l, nil
}

// invitations returns the links that wait to be used, those for resets left out.
func (ls *links) invitations(ctx context.Context) ([]link, error) {
	all, err := list[link](ctx, ls.shelf, linkFront, mostAccounts)
	if err != nil {
		return nil, err
	}
	out := []link{}
	for _, l := range all {
		if l.Kind == linkInvite && ls.now().Before(l.Until) {
			out = append(out, l)
		}
	}
	return out, nil
}

// withdraw takes back the invitation of this hash and returns it; ErrNotFound if
// there is none.
func (ls *links) withdraw(ctx context.Context, hash string) (link, error) {
	all, err := ls.invitations(ctx)
	if err != nil {
		return link{}, err
	}
	i := slices.IndexFunc(all, func(l link) bool { return l.Hash == hash })
	if i < 0 {
		return link{}, core.ErrNotFound
	}
	return all[i], ls.shelf.delete(ctx, linkFront+hash)
}

// A join is what somebody typed on the page of a link.
type join struct{ account, name, password string }

// use turns a link into an account, or gives its account a new password. Of
// many who try at once one succeeds.
func (ls *links) use(ctx context.Context, token string, in join) (account, error) {
	l, err := ls.open(ctx, token)
	if err != nil {
		return account{}, err
	}
	if l.Kind == linkReset {
		in.account = l.For
	}
	id, err := login(in.account)
	if err != nil {
		return account{}, err
	}
	if err := strong(in.password, id); err != nil {
		return account{}, err
	}
	hash := ls.hasher.hash(in.password)
	gate, life := "used/"+l.Hash, inviteLife
	if l.Kind == linkFirst {
		gate, life = founded, 0
	}
	if first, err := ls.shelf.add(ctx, gate, id, life); err != nil || !first {
		return account{}, orErr(err, errUsed)
	}
	a, err := ls.enter(ctx, l, account{ID: id, Name: in.name, Hash: hash})
	if err != nil { // let the next attempt with this link succeed
		return account{}, errors.Join(err, ls.shelf.delete(context.WithoutCancel(ctx), gate))
	}
	if err := ls.shelf.delete(ctx, linkFront+l.Hash); err != nil {
		ls.log.Warn("console: a used link stays in the list until it expires", "err", err)
	}
	return a, nil
}

// enter writes the account that a link stands for.
func (ls *links) enter(ctx context.Context, l link, a account) (account, error) {
	if l.Kind == linkReset {
		return ls.accounts.change(ctx, a.ID, func(old *account) error {
			if old.Off {
				return errUsed
			}
			old.Hash, old.Stamp = a.Hash, ""
			return nil
		})
	}
	a.Role, a.Topics, a.Langs, a.Max, a.By = l.Role, l.Topics, l.Langs, l.Max, l.By
	a.Stamp, a.Made = token(), ls.now()
	if a.Name = clip(a.Name, 40); a.Name == "" {
		a.Name = a.ID
	}
	return a, ls.accounts.add(ctx, a)
}

// orErr is err, or other if there is none.
func orErr(err, other error) error {
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	return other
}
