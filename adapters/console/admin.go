package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// staff is an account as administrators see it.
type staff struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Role   role      `json:"role"`
	Off    bool      `json:"off,omitempty"`
	Topics []string  `json:"topics,omitempty"`
	Langs  []string  `json:"langs,omitempty"`
	Max    int       `json:"max,omitempty"`
	Made   time.Time `json:"made"`
	By     string    `json:"by,omitempty"`
}

func (a account) staff() staff {
	return staff{a.ID, a.Name, a.Role, a.Off, a.Topics, a.Langs, a.Max, a.Made, a.By}
}

// An admin serves those who manage accounts.
type admin struct {
	desk     deskName
	accounts *accounts
	links    *links
	live     *live
	inbox    core.Inbox
	audit    audit
	now      func() time.Time
}

func (m admin) serveAccounts(_ http.ResponseWriter, r *http.Request, _ signedIn) (any, error) {
	as, err := m.accounts.all(r.Context())
	if err != nil {
		return nil, err
	}
	ls, err := m.links.invitations(r.Context())
	if err != nil {
		return nil, err
	}
	accounts := []staff{}
	for _, a := range as {
		accounts = append(accounts, a.staff())
	}
	return map[string]any{"accounts": accounts, "invitations": ls}, nil
}

// post is what an administrator decides about somebody. What is nil stays.
type post struct {
	Name   *string   `json:"name"`
	Role   *role     `json:"role"`
	Off    *bool     `json:"off"`
	Topics *[]string `json:"topics"`
	Langs  *[]string `json:"langs"`
	Max    *int      `json:"max"`
}

func (p post) check() error {
	words := func(ss *[]string) bool {
		return ss == nil || len(*ss) <= 30 && !slices.ContainsFunc(*ss, func(s string) bool {
			return s == "" || utf8.RuneCountInString(s) > 40 || strings.ContainsAny(s, ",\n")
		})
	}
	switch {
	case p.Role != nil && !p.Role.valid(),
		p.Name != nil && (strings.TrimSpace(*p.Name) == "" || utf8.RuneCountInString(*p.Name) > 40),
		p.Max != nil && (*p.Max < 0 || *p.Max > 100),
		!words(p.Topics), !words(p.Langs):
		return fmt.Errorf("%w: account", core.ErrInvalid)
	}
	return nil
}

// put applies p to an account.
func (p post) put(a *account) {
	set(&a.Name, p.Name)
	set(&a.Role, p.Role)
	set(&a.Topics, p.Topics)
	set(&a.Langs, p.Langs)
	set(&a.Max, p.Max)
	if p.Off != nil && *p.Off != a.Off {
		a.Off, a.Stamp = *p.Off, ""
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (m admin) invite(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	var p post
	if err := readJSON(w, r, &p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.Off != nil || p.Role == nil {
		return nil, fmt.Errorf("%w: an invitation needs a role", core.ErrInvalid)
	}
	var a account
	p.put(&a)
	path, err := m.links.add(r.Context(), link{
		Kind: linkInvite, Name: a.Name, Role: a.Role, Topics: a.Topics, Langs: a.Langs, Max: a.Max, By: who.account.ID,
	}, inviteLife)
	if err != nil {
		return nil, err
	}
	m.audit.note(r, deed{who.account.ID, "invited", a.Name}, "role", string(a.Role))
	return map[string]string{"path": path}, nil
}

func (m admin) withdraw(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	l, err := m.links.withdraw(r.Context(), r.PathValue("hash"))
	if err != nil {
		return nil, err
	}
	m.audit.note(r, deed{who.account.ID, "withdrew invitation", l.Name})
	w.WriteHeader(http.StatusNoContent)
	return nil, nil
}

func (m admin) editAccount(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	var p post
	if err := readJSON(w, r, &p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	a, err := m.accounts.change(r.Context(), r.PathValue("id"), func(a *account) error { p.put(a); return nil })
	if err != nil {
		return nil, err
	}
	m.audit.note(r, deed{who.account.ID, "changed account", a.ID}, "role", string(a.Role), "off", a.Off)
	if a.Off {
		if err := m.leave(r, a); err != nil {
			return nil, err
		}
	}
	m.live.tell(r.Context(), hint{Kind: hintTeam})
	return a.staff(), nil
}

// leave takes somebody off duty whatever they have in hand, so that their
// customers go back to the front of the line.
func (m admin) leave(r *http.Request, a account) error {
	return m.inbox.Receive(r.Context(), core.Envelope{
		Channel: string(m.desk), Peer: a.peer(), Ref: a.ID + ":left:" + token(), At: m.now(),
		Parts: core.Parts{core.Form{ID: command.ActOff, Values: map[string]string{"force": "yes"}}},
	})
}

func (m admin) resetAccount(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	path, err := m.links.reset(r.Context(), r.PathValue("id"))
	if errors.Is(err, errLogin) {
		err = core.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	m.audit.note(r, deed{who.account.ID, "made a password link for", r.PathValue("id")})
	return map[string]string{"path": path}, nil
}
