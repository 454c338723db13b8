package console

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestFirstLinkWorksOnce(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	path, needed, err := s.FirstLink(t.Context())
	if err != nil || !needed || !strings.HasPrefix(path, Prefix+"join/") {
		t.Fatal(path, needed, err)
	}
	other, _, _ := s.FirstLink(t.Context()) // another process prints its own
	a, b := newBrowser(t, srv), newBrowser(t, srv)
	a.get(path).want(t, 200, "创建第一个账号")
	a.get(path).want(t, 200) // looking does not use it up
	a.form(path, "name", "王敏", "account", "min", "password", "short", "again", "short").want(t, http.StatusUnprocessableEntity, "密码太短")
	a.form(path, "name", "王敏", "account", "min", "password", secret, "again", secret+"!").want(t, http.StatusUnprocessableEntity, "不一样")
	a.form(path, "name", "王敏", "account", "m n", "password", secret, "again", secret).want(t, http.StatusUnprocessableEntity, "账号需为")
	a.form(path, "name", "王敏", "account", " Min ", "password", secret, "again", secret).want(t, http.StatusSeeOther)
	b.get(path).want(t, http.StatusGone)
	b.form(path, "name", "X", "account", "evil", "password", secret, "again", secret).want(t, http.StatusGone)
	b.form(other, "name", "X", "account", "evil", "password", secret, "again", secret).want(t, http.StatusGone)
	if _, needed, err := s.FirstLink(t.Context()); needed || err != nil {
		t.Error("another first account is wanted", err)
	}
	min, err := s.admin.accounts.find(t.Context(), "min")
	if err != nil || min.Role != roleAdmin || !strings.HasPrefix(min.Hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%+v %v", min, err)
	}
	if strings.Contains(s.logs.String(), strings.TrimPrefix(path, Prefix+"join/")) || strings.Contains(s.logs.String(), secret) {
		t.Error("a link or a password is in the log")
	}
}

// A link that fails because of us is not given away in the log.
func TestNoTokenInTheLog(t *testing.T) {
	s := newStage(t, Config{})
	b := newBrowser(t, s.open(t))
	path, _, err := s.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	b.get(path).want(t, http.StatusServiceUnavailable)
	if log := s.logs.String(); strings.Contains(log, strings.TrimPrefix(path, Prefix+"join/")) || !strings.Contains(log, "join/{token}") {
		t.Errorf("the log says %s", log)
	}
}

func TestFirstLinkExpires(t *testing.T) {
	s := newStage(t, Config{})
	b := newBrowser(t, s.open(t))
	path, _, err := s.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Pass(firstLife)
	b.get(path).want(t, http.StatusGone)
	b.form(path, "name", "X", "account", "late", "password", secret, "again", secret).want(t, http.StatusGone)
	b.get(Prefix+"join/"+token()).want(t, http.StatusGone)
}

func TestOneOfManyUsesALink(t *testing.T) {
	s := newStage(t, Config{})
	path, _, err := s.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tok := strings.TrimPrefix(path, Prefix+"join/")
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for _, id := range []string{"aa", "bb", "cc", "dd", "ee", "ff"} {
		wg.Go(func() {
			if _, err := s.links.use(t.Context(), tok, join{id, id, secret}); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if as, err := s.admin.accounts.all(t.Context()); won != 1 || len(as) != 1 || err != nil {
		t.Errorf("%d won, %d accounts, %v", won, len(as), err)
	}
}

func TestInvitations(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	boss := s.hire(t, srv, "min", roleAdmin)
	res := boss.json(http.MethodPost, Prefix+"api/invitations", map[string]any{"name": "小林", "role": "agent", "topics": []string{"售后"}, "max": 4}).want(t, 200, Prefix+"join/")
	path := res.body[strings.Index(res.body, Prefix):strings.LastIndex(res.body, `"`)]
	lin := newBrowser(t, srv)
	lin.get(path).want(t, 200, "加入团队", "小林")
	lin.form(path, "name", "小林", "account", "min", "password", secret, "again", secret).want(t, http.StatusUnprocessableEntity, "已有人使用")
	lin.form(path, "name", "小林", "account", "lin", "password", secret, "again", secret).want(t, http.StatusSeeOther) // the link outlived the attempt
	lin.get(path).want(t, http.StatusGone)
	if a, err := s.admin.accounts.find(t.Context(), "lin"); err != nil || a.Role != roleAgent || a.Max != 4 || a.Topics[0] != "售后" || a.By != "min" {
		t.Errorf("%+v %v", a, err)
	}
	for _, bad := range []map[string]any{{"role": "god"}, {}, {"role": "agent", "max": -1}, {"role": "agent", "topics": []string{"a,b"}}, {"role": "agent", "x": 1}} {
		boss.json(http.MethodPost, Prefix+"api/invitations", bad).want(t, http.StatusBadRequest)
	}
	boss.json(http.MethodPost, Prefix+"api/invitations", map[string]any{"role": "lead"}).want(t, 200)
	ls, err := s.links.invitations(t.Context())
	if err != nil || len(ls) != 1 {
		t.Fatal(ls, err)
	}
	boss.json(http.MethodDelete, Prefix+"api/invitations/"+ls[0].Hash, nil).want(t, http.StatusNoContent)
	boss.json(http.MethodDelete, Prefix+"api/invitations/"+ls[0].Hash, nil).want(t, http.StatusNotFound)
	if !strings.Contains(s.logs.String(), `did=invited`) {
		t.Error("nobody can see who invited whom")
	}
}

func TestOnlyAdminsRule(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	boss := s.hire(t, srv, "min", roleAdmin)
	for id, as := range map[string]role{"lin": roleAgent, "chen": roleLead} {
		b := s.hire(t, srv, id, as)
		b.get(Prefix+"api/accounts").want(t, http.StatusForbidden)
		b.json(http.MethodPost, Prefix+"api/invitations", map[string]any{"role": "admin"}).want(t, http.StatusForbidden)
		b.json(http.MethodPatch, Prefix+"api/accounts/"+id, map[string]any{"role": "admin"}).want(t, http.StatusForbidden)
		b.json(http.MethodPost, Prefix+"api/accounts/min/reset", nil).want(t, http.StatusForbidden)
	}
	boss.json(http.MethodPatch, Prefix+"api/accounts/min", map[string]any{"role": "agent"}).want(t, http.StatusConflict, "last_admin")
	boss.json(http.MethodPatch, Prefix+"api/accounts/min", map[string]any{"off": true}).want(t, http.StatusConflict, "last_admin")
	boss.json(http.MethodPatch, Prefix+"api/accounts/chen", map[string]any{"role": "admin"}).want(t, 200)
	boss.json(http.MethodPatch, Prefix+"api/accounts/min", map[string]any{"role": "agent"}).want(t, 200)
	boss.get(Prefix+"api/accounts").want(t, http.StatusForbidden) // from the next request on
	if res := boss.get(Prefix + "api/accounts"); strings.Contains(res.body, "argon2") {
		t.Error("hashes leave the house")
	}
}

func TestSwitchedOff(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	boss := s.hire(t, srv, "min", roleAdmin)
	lin := s.hire(t, srv, "lin", roleAgent)
	lin.get(Prefix+"api/me").want(t, 200)
	boss.json(http.MethodPatch, Prefix+"api/accounts/lin", map[string]any{"off": true}).want(t, 200)
	lin.get(Prefix+"api/me").want(t, http.StatusUnauthorized)
	newBrowser(t, srv).form(Prefix+"sign-in", "account", "lin", "password", secret).want(t, http.StatusUnauthorized, "账号或密码不对")
	last := s.inbox.got[len(s.inbox.got)-1]
	if f, ok := last.Parts[0].(core.Form); !ok || last.Peer.ID != "lin" || f.ID != "off" || f.Values["force"] != "yes" {
		t.Errorf("their customers are not given back: %+v", last)
	}
	boss.json(http.MethodPatch, Prefix+"api/accounts/lin", map[string]any{"off": false}).want(t, 200)
	lin.get(Prefix+"api/me").want(t, http.StatusUnauthorized) // the old session stays dead
	lin.form(Prefix+"sign-in", "account", "lin", "password", secret).want(t, http.StatusSeeOther)
}

func TestSignIn(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	s.hire(t, srv, "min", roleAdmin)
	b := newBrowser(t, srv)
	wrong := b.form(Prefix+"sign-in", "account", "min", "password", "not the password").want(t, http.StatusUnauthorized)
	nobody := b.form(Prefix+"sign-in", "account", "ghost", "password", "not the password").want(t, http.StatusUnauthorized)
	if strip := func(p answered, id string) string {
		return strings.ReplaceAll(strings.ReplaceAll(p.body, nonceIn(p), ""), `"`+id+`"`, "")
	}; strip(wrong, "min") != strip(nobody, "ghost") {
		t.Error("the answer tells whether there is such an account")
	}
	b.form(Prefix+"sign-in", "account", "<script>", "password", "x").want(t, http.StatusUnauthorized, "&lt;script&gt;")
	b.form(Prefix+"sign-in", "account", "MIN", "password", secret).want(t, http.StatusSeeOther)
	first := b.cookie()
	b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusSeeOther)
	if b.cookie() == first {
		t.Error("the token did not change")
	}
	if _, ok, err := s.gate.sessions.resume(t.Context(), first); ok || err != nil {
		t.Error("the old session lives on", err)
	}
	token := b.cookie()
	b.form(Prefix+"sign-out").want(t, http.StatusSeeOther)
	if _, ok, _ := s.gate.sessions.resume(t.Context(), token); ok || b.cookie() != "" {
		t.Error("signing out left a session")
	}
	vs, err := s.store.List(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		if strings.Contains(v.Key+v.Value, token) || strings.Contains(v.Key+v.Value, secret) {
			t.Error("a token or a password is kept as it is:", v.Key)
		}
	}
}

func nonceIn(p answered) string {
	_, n, _ := strings.Cut(p.Header.Get("Content-Security-Policy"), "'nonce-")
	n, _, _ = strings.Cut(n, "'")
	return n
}

func TestCookie(t *testing.T) {
	for _, test := range []struct {
		url    string
		secure bool
	}{{"", false}, {"https://desk.example.com", true}} {
		s := newStage(t, Config{URL: test.url})
		srv := s.open(t)
		b := newBrowser(t, srv)
		path, _, _ := s.FirstLink(t.Context())
		res := b.form(path, "name", "M", "account", "min", "password", secret, "again", secret).want(t, http.StatusSeeOther)
		for _, k := range res.Cookies() {
			if k.Name == cookieName && (!k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Secure != test.secure || k.Path != Prefix) {
				t.Errorf("%+v", k)
			}
		}
		if hsts := res.Header.Get("Strict-Transport-Security") != ""; hsts != test.secure {
			t.Error("HSTS:", hsts)
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	s.hire(t, srv, "min", roleAdmin)
	b := newBrowser(t, srv)
	for i := range freePair + 1 {
		if res := b.form(Prefix+"sign-in", "account", "min", "password", "guess number x"); res.StatusCode != http.StatusUnauthorized {
			t.Fatal(i, res.StatusCode)
		}
	}
	res := b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusTooManyRequests, "请等 2 秒")
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	// an account that does not exist is treated alike
	for range freePair + 1 {
		b.form(Prefix+"sign-in", "account", "ghost", "password", "guess number x").want(t, http.StatusUnauthorized)
	}
	b.form(Prefix+"sign-in", "account", "ghost", "password", "guess number x").want(t, http.StatusTooManyRequests)
	s.clock.Pass(2 * time.Second)
	b.form(Prefix+"sign-in", "account", "min", "password", "guess number x").want(t, http.StatusUnauthorized)
	s.clock.Pass(3 * time.Second)
	b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusTooManyRequests) // 4 s by now
	s.clock.Pass(time.Second)
	b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusSeeOther)
	b.form(Prefix+"sign-in", "account", "min", "password", "x").want(t, http.StatusUnauthorized) // counted from nothing again
}

func TestPenalty(t *testing.T) {
	for _, test := range []struct {
		n    int
		want time.Duration
	}{{0, 0}, {4, 0}, {5, 2 * time.Second}, {6, 4 * time.Second}, {9, 32 * time.Second}, {14, 15 * time.Minute}, {1 << 40, 15 * time.Minute}} {
		if got := penalty(test.n, 4); got != test.want {
			t.Errorf("%d failures: %v, want %v", test.n, got, test.want)
		}
	}
}

func TestAStrangerLocksNobodyOut(t *testing.T) {
	s := newStage(t, Config{Proxies: []string{"127.0.0.1/32", "::1/128"}})
	srv := s.open(t)
	s.hire(t, srv, "min", roleAdmin)
	try := func(from, password string) int {
		b := newBrowser(t, srv)
		b.http.Transport = forwarded{from, srv.Client().Transport}
		return b.form(Prefix+"sign-in", "account", "min", "password", password).StatusCode
	}
	for range freePair + 1 {
		try("203.0.113.9", "guess")
	}
	if got := try("203.0.113.9", secret); got != http.StatusTooManyRequests {
		t.Error("the guesser may go on:", got)
	}
	if got := try("198.51.100.1", secret); got != http.StatusSeeOther {
		t.Error("the member of staff is locked out:", got)
	}
	if got := try("evil, 203.0.113.9", secret); got != http.StatusTooManyRequests {
		t.Error("a forged first hop helps:", got)
	}
}

// Guesses from everywhere slow everybody down who comes from a new place, but not
// a device that has signed in before; its own guesses count.
func TestAKnownDevice(t *testing.T) {
	s := newStage(t, Config{Proxies: []string{"127.0.0.1/32", "::1/128"}})
	srv := s.open(t)
	known := s.hire(t, srv, "min", roleAdmin)
	other := s.hire(t, srv, "lin", roleAgent)
	for i := range freeAccount + 1 {
		if _, err := s.entrance.lock.throttle.begin(t.Context(), source{account: "min", address: fmt.Sprint("2001:db8:", i)}); err != nil {
			t.Fatal(err)
		}
	}
	try := func(b *browser, password string) int {
		b.http.Transport = forwarded{"198.51.100.1", srv.Client().Transport}
		return b.form(Prefix+"sign-in", "account", "min", "password", password).StatusCode
	}
	for _, b := range []*browser{newBrowser(t, srv), other} { // lin's device is not known for min
		if got := try(b, secret); got != http.StatusTooManyRequests {
			t.Error("a new place goes on:", got)
		}
	}
	for range freePair {
		if got := try(known, "guess"); got != http.StatusUnauthorized {
			t.Error("the known device has to wait:", got)
		}
	}
	if got := try(known, secret); got != http.StatusSeeOther {
		t.Error("the member of staff is locked out:", got)
	}
	for range freePair + 1 {
		try(known, "guess")
	}
	if got := try(known, secret); got != http.StatusTooManyRequests {
		t.Error("a known device guesses without end:", got)
	}
}

type forwarded struct {
	from string
	next http.RoundTripper
}

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.from)
	return f.next.RoundTrip(r)
}

func TestManyAtOnceGuessNoMore(t *testing.T) {
	s := newStage(t, Config{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	through := 0
	for range 40 {
		wg.Go(func() {
			if wait, err := s.entrance.lock.throttle.begin(t.Context(), source{account: "min", address: "203.0.113.9"}); err == nil && wait == 0 {
				mu.Lock()
				through++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if through != freePair+1 {
		t.Errorf("%d guesses went through at the same moment, want %d", through, freePair+1)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := newStage(t, Config{Idle: time.Hour, Life: 5 * time.Hour})
	srv := s.open(t)
	b := s.hire(t, srv, "min", roleAdmin)
	for range 4 { // used, it lives on
		s.clock.Pass(59 * time.Minute)
		b.get(Prefix+"api/me").want(t, 200)
	}
	s.clock.Pass(59 * time.Minute)
	b.get(Prefix+"api/me").want(t, 200)
	s.clock.Pass(10 * time.Minute) // 5 h 5 min old
	b.get(Prefix+"api/me").want(t, http.StatusUnauthorized)
	b.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusSeeOther)
	s.clock.Pass(time.Hour)
	b.get(Prefix+"api/me").want(t, http.StatusUnauthorized)
}

func TestTokensAreReplaced(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	b := s.hire(t, srv, "min", roleAdmin)
	first := b.cookie()
	s.clock.Pass(renewEvery)
	b.get(Prefix+"api/me").want(t, 200)
	if b.cookie() == first {
		t.Fatal("the token is still the same")
	}
	if _, ok, _ := s.gate.sessions.resume(t.Context(), first); !ok {
		t.Error("requests under way are cut off")
	}
	s.clock.Pass(renewGrace)
	if _, ok, _ := s.gate.sessions.resume(t.Context(), first); ok {
		t.Error("the old token works on")
	}
	b.get(Prefix+"api/me").want(t, 200)
}

func TestChangePassword(t *testing.T) {
	s := newStage(t, Config{})
	srv := s.open(t)
	b := s.hire(t, srv, "min", roleAdmin)
	other := newBrowser(t, srv)
	other.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusSeeOther)
	const fresh = "a quite different one"
	b.form(Prefix+"password", "old", "wrong wrong", "password", fresh, "again", fresh).want(t, http.StatusUnprocessableEntity, "当前密码不对")
	b.form(Prefix+"password", "old", secret, "password", "password123", "again", "password123").want(t, http.StatusUnprocessableEntity)
	b.form(Prefix+"password", "old", secret, "password", fresh, "again", fresh).want(t, 200, "密码已修改")
	b.get(Prefix+"api/me").want(t, 200)
	other.get(Prefix+"api/me").want(t, http.StatusUnauthorized)
	other.form(Prefix+"sign-in", "account", "min", "password", secret).want(t, http.StatusUnauthorized)
	path, err := s.ResetLink(t.Context(), "MIN")
	if err != nil {
		t.Fatal(err)
	}
	other.get(path).want(t, 200, "重设密码", "min")
	other.form(path, "account", "somebody-else", "password", secret, "again", secret).want(t, http.StatusSeeOther)
	b.get(Prefix+"api/me").want(t, http.StatusUnauthorized)
	other.get(path).want(t, http.StatusGone)
	if _, err := s.ResetLink(t.Context(), "ghost"); err == nil {
		t.Error("a link for nobody")
	}
}

func TestPasswords(t *testing.T) {
	for password, good := range map[string]bool{
		"correct horse": true, "今天天气真不错我们去公园": true, "short": false, "aaaaaaaaaaaaaa": false, "1234567890": false,
		"Password123": false, "xiaolin123": false, "frontdesk2026": false, strings.Repeat("长密码够多样", 30): false, "tr0ub4dor&3x": true,
	} {
		if err := strong(password, "xiaolin"); (err == nil) != good {
			t.Errorf("%.20s…: %v", password, err)
		}
	}
	s := make(hasher, 1)
	h := s.hash(secret)
	if !s.matches(secret, h) || s.matches(secret+" ", h) || s.matches("", nobody) || s.matches("x", "") || s.matches("x", "$argon2id$v=19$m=99999999,t=2,p=1$YQ$YQ") {
		t.Error("hashes do not compare")
	}
	if s.hash(secret) == h {
		t.Error("no salt")
	}
}

func TestLogins(t *testing.T) {
	for in, want := range map[string]string{
		" XiaoLin ": "xiaolin", "小林": "小林", "a@b.cn": "a@b.cn", "ｌｉｎ": "lin", "l": "", "a b": "", "a/b": "", "a@b@c": "", "../x": "", "x\x00y": "", strings.Repeat("x", 65): "",
	} {
		if got, err := login(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
}
