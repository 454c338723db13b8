package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// FirstLink returns the path of a page that makes the first account. needed is
// false, and path empty, once there is one. Each call makes a new link; the
// first that is used ends all. It works once and for a day.
func (c *Console) FirstLink(ctx context.Context) (path string, needed bool, err error) {
	vs, err := c.Values.List(ctx, c.key("account/"), 1)
	if err != nil {
		return "", false, fmt.Errorf("console: accounts: %w", err)
	}
	if len(vs) > 0 {
		return "", false, nil
	}
	path, err = c.newLink(ctx, link{Kind: linkFirst, Role: roleAdmin}, firstLife)
	return path, err == nil, err
}

// ResetLink returns the path of a page on which the account sets a new
// password. It works once and for a day. It is for those who run the program.
func (c *Console) ResetLink(ctx context.Context, signIn string) (path string, err error) {
	id, err := login(signIn)
	if err != nil {
		return "", err
	}
	a, err := c.find(ctx, id)
	if err != nil {
		return "", err
	}
	return c.newLink(ctx, link{Kind: linkReset, For: a.ID, Name: a.Name, Role: a.Role}, resetLife)
}

func (c *Console) newLink(ctx context.Context, l link, life time.Duration) (path string, err error) {
	t := token()
	l.Hash, l.Until = digest(t), c.Now().Add(life)
	if err := c.put(ctx, c.key("link/"+l.Hash), l, life); err != nil {
		return "", fmt.Errorf("console: keeping a link: %w", err)
	}
	return Prefix + "join/" + t, nil
}

// openLink finds a link that can still be used; errUsed if it cannot.
func (c *Console) openLink(ctx context.Context, token string) (link, error) {
	var l link
	ok, err := c.get(ctx, c.key("link/"+digest(token)), &l)
	switch {
	case err != nil:
		return l, err
	case !ok || !c.Now().Before(l.Until):
		return l, errUsed
	case l.Kind == linkFirst:
		if _, founded, err := c.Values.Get(ctx, c.key("founded")); err != nil || founded {
			return l, cmpErr(err, errUsed)
		}
	case l.Kind == linkReset:
		if a, err := c.find(ctx, l.For); err != nil || a.Off {
			return l, errUsed
		}
	}
	return l, nil
}

// invitations returns the links that wait to be used, those for resets left out.
func (c *Console) invitations(ctx context.Context) ([]link, error) {
	vs, err := c.Values.List(ctx, c.key("link/"), 10000)
	if err != nil {
		return nil, fmt.Errorf("console: invitations: %w", err)
	}
	out := []link{}
	for _, v := range vs {
		var l link
		if err := json.Unmarshal([]byte(v.Value), &l); err != nil {
			return nil, fmt.Errorf("console: an invitation cannot be read: %w", err)
		}
		if l.Kind == linkInvite && c.Now().Before(l.Until) {
			out = append(out, l)
		}
	}
	return out, nil
}

// use turns a link into an account, or gives its account a new password. Of
// many who try at once one succeeds.
func (c *Console) use(ctx context.Context, token string, id, name, password string) (account, error) {
	l, err := c.openLink(ctx, token)
	if err != nil {
		return account{}, err
	}
	if l.Kind == linkReset {
		id = l.For
	}
	if id, err = login(id); err != nil {
		return account{}, err
	}
	if err := strong(password, id); err != nil {
		return account{}, err
	}
	hash := c.hash(password)
	gate, life := c.key("used/"+l.Hash), inviteLife
	if l.Kind == linkFirst {
		gate, life = c.key("founded"), 0
	}
	if fresh, err := c.Values.Add(ctx, gate, id, life); err != nil || !fresh {
		return account{}, cmpErr(err, errUsed)
	}
	a, err := c.enter(ctx, l, account{ID: id, Name: name, Hash: hash})
	if err != nil { // let the next attempt with this link succeed
		return account{}, errors.Join(err, c.Values.Delete(context.WithoutCancel(ctx), gate))
	}
	if err := c.Values.Delete(ctx, c.key("link/"+l.Hash)); err != nil {
		c.Log.Warn("console: a used link stays in the list until it expires", "err", err)
	}
	return a, nil
}

// enter writes the account that a link stands for.
func (c *Console) enter(ctx context.Context, l link, a account) (account, error) {
	if l.Kind == linkReset {
		return c.change(ctx, a.ID, func(old *account) error {
			if old.Off {
				return errUsed
			}
			old.Hash, old.Stamp = a.Hash, ""
			return nil
		})
	}
	a.Role, a.Topics, a.Langs, a.Max, a.By = l.Role, l.Topics, l.Langs, l.Max, l.By
	a.Stamp, a.Made = token(), c.Now()
	if a.Name = clip(a.Name, 40); a.Name == "" {
		a.Name = a.ID
	}
	b, err := json.Marshal(a)
	if err != nil {
		return account{}, err
	}
	fresh, err := c.Values.Add(ctx, c.accountKey(a.ID), string(b), 0)
	if err == nil && !fresh {
		err = errTaken
	}
	return a, err
}

// cmpErr is err, or other if there is none.
func cmpErr(err, other error) error {
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	return other
}
