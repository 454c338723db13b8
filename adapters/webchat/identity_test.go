package webchat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// sign makes a host's JWT; a claim named "alg" or "kid" goes into its head.
func sign(key core.Secret, claims map[string]any) string {
	head := map[string]any{"alg": "HS256", "typ": "JWT"}
	for _, k := range []string{"alg", "kid"} {
		if v, ok := claims[k]; ok {
			head[k] = v
			delete(claims, k)
		}
	}
	h, _ := json.Marshal(head)
	c, _ := json.Marshal(claims)
	s := b64.EncodeToString(h) + "." + b64.EncodeToString(c)
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(s))
	return s + "." + b64.EncodeToString(m.Sum(nil))
}

const host1, host2 = core.Secret("host secret number one"), core.Secret("host secret number two")

func TestHostsWord(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	exp := now.Add(10 * time.Minute).Unix()
	c := Config{HostKeys: []HostKey{{ID: "a", Secret: host1}, {ID: "b", Secret: host2}}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name   string
		key    core.Secret
		claims map[string]any
		id     string // empty: refused
	}{
		{"good", host1, map[string]any{"user_id": "u1", "exp": exp}, "u1"},
		{"second key", host2, map[string]any{"user_id": "u1", "exp": exp, "kid": "b"}, "u1"},
		{"kid of the other key", host2, map[string]any{"user_id": "u1", "exp": exp, "kid": "a"}, ""},
		{"number", host1, map[string]any{"user_id": 12345678901, "exp": exp}, "12345678901"},
		{"sub", host1, map[string]any{"sub": "u2", "exp": exp}, "u2"},
		{"clocks differ a little", host1, map[string]any{"user_id": "u1", "exp": now.Add(-30 * time.Second).Unix()}, "u1"},
		{"expired", host1, map[string]any{"user_id": "u1", "exp": now.Add(-2 * time.Minute).Unix()}, ""},
		{"no exp", host1, map[string]any{"user_id": "u1"}, ""},
		{"exp too far", host1, map[string]any{"user_id": "u1", "exp": now.Add(48 * time.Hour).Unix()}, ""},
		{"exp absurd", host1, map[string]any{"user_id": "u1", "exp": 1e300}, ""},
		{"not yet", host1, map[string]any{"user_id": "u1", "exp": exp, "nbf": now.Add(5 * time.Minute).Unix()}, ""},
		{"wrong key", "some other secret of somebody", map[string]any{"user_id": "u1", "exp": exp}, ""},
		{"alg none", host1, map[string]any{"user_id": "u1", "exp": exp, "alg": "none"}, ""},
		{"alg HS384", host1, map[string]any{"user_id": "u1", "exp": exp, "alg": "HS384"}, ""},
		{"no user", host1, map[string]any{"exp": exp}, ""},
		{"long user", host1, map[string]any{"user_id": strings.Repeat("x", 201), "exp": exp}, ""},
	} {
		who, err := c.believeJWT(sign(x.key, x.claims), now)
		if who.ID != x.id || (err == nil) != (x.id != "") {
			t.Errorf("%s: %q, %v; want %q", x.name, who.ID, err, x.id)
		}
	}
	good := sign(host1, map[string]any{"user_id": "u1", "exp": exp, "name": "王\n梅", "email": "w@x.cn", "attributes": map[string]any{"level": "gold", "orders": 3, "deep": []int{1}}})
	who, err := c.believeJWT(good, now)
	wantEqual(t, "customer", who, customer{ID: "u1", Name: "王 梅", Facts: map[string]string{"email": "w@x.cn", "level": "gold", "orders": "3"}})
	if err != nil {
		t.Error(err)
	}
	// alg none without a signature, and a payload exchanged under a signature.
	p := strings.Split(good, ".")
	none := b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + p[1] + "."
	other := p[0] + "." + strings.Split(sign(host2, map[string]any{"user_id": "u9", "exp": exp}), ".")[1] + "." + p[2]
	for _, s := range []string{none, other, "", "a.b", "a.b.c", good + "x"} {
		if who, err := c.believeJWT(s, now); err == nil {
			t.Errorf("%.40q is believed to be %v", s, who)
		}
	}
	if _, err := (&Config{}).believeJWT(sign("", map[string]any{"user_id": "u1", "exp": exp}), now); err == nil {
		t.Error("a chat without host keys believes a token signed with the empty key")
	}
}

func hash(key core.Secret, user string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(user))
	return hex.EncodeToString(m.Sum(nil))
}

func TestHostsHash(t *testing.T) {
	c := Config{HostKeys: []HostKey{{ID: "a", Secret: host1}, {ID: "b", Secret: host2}}}
	for _, k := range []core.Secret{host1, host2} {
		if who, err := c.believeHash("u1", hash(k, "u1")); err != nil || who.ID != "u1" {
			t.Errorf("%v, %v; want u1", who, err)
		}
	}
	// A hash of something that is the signed part of a JWT would forge one.
	forged := strings.Join(strings.Split(sign(host1, map[string]any{"user_id": "boss", "exp": 1e9}), ".")[:2], ".")
	for _, x := range [][2]string{{"u1", hash(host1, "u2")}, {"u1", ""}, {"", hash(host1, "")}, {"u1", "zz"}, {forged, hash(host1, forged)}} {
		if who, err := c.believeHash(x[0], x[1]); err == nil {
			t.Errorf("%q is believed: %v", x[0], who)
		}
	}
}

func (w *world) login(token, user string) (int, map[string]any) {
	return w.trySession(map[string]string{"token": token, "jwt": sign(host1, map[string]any{"user_id": user, "name": "王梅", "email": "w@x.cn", "exp": time.Now().Add(time.Hour).Unix()})})
}

func TestLoginMerges(t *testing.T) {
	w := newWorld(t, Config{HostKeys: []HostKey{{Secret: host1}}})
	// At home: anonymous, then logged in: the same conversation.
	home := w.tab(w.session(nil)).open()
	home.sendText("h1", "at home")
	home.until("the answer", func() bool { return len(home.lines) == 2 })
	anon := home.token
	_, out := w.login(home.token, "u1")
	home2 := w.tab(out["token"].(string)).open()
	wantEqual(t, "after the login", home2.said(), home.said())
	wantEqual(t, "visitor", w.visitor(home2.token), w.visitor(anon))

	// The anonymous token would now open the customer's conversation.
	wantEqual(t, "the anonymous token", closeCode(w.tab(anon).tryOpen()), closeToken)
	status, _ := w.call(request{method: "GET", path: "v1/events", token: anon})
	wantEqual(t, "the anonymous token, by HTTP", status, 401)
	if fresh := w.session(map[string]string{"token": anon}); w.visitor(fresh) == w.visitor(anon) {
		t.Error("the anonymous token is renewed for the customer's visitor")
	}

	// On the phone: another visitor, who becomes the same customer.
	phone := w.tab(w.session(nil)).open()
	phone.sendText("p1", "on the phone")
	phone.until("the answer", func() bool { return len(phone.lines) == 2 })
	_, out = w.login(phone.token, "u1")
	wantEqual(t, "the window at home", home2.closed(), closeAgain)
	phone2 := w.tab(out["token"].(string))
	phone2.lines, phone2.cursor, phone2.log = phone.lines, phone.cursor, phone.log
	phone2.open()
	both := append(home.said(), phone.said()...)
	wantEqual(t, "both conversations", phone2.said(), both)
	wantEqual(t, "told to start over", phone2.last.Reset, true)
	home2.open()
	wantEqual(t, "at home too", home2.said(), both)

	// New lines go to one conversation, under the customer's name.
	phone2.sendText("p2", "more")
	for _, x := range []*tab{phone2, home2} {
		x.until("the answer", func() bool { return len(x.lines) == 6 })
	}
	conv, err := w.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: w.visitor(anon)})
	wantEqual(t, "person", fmt.Sprint(conv.Peer.Person, conv.Peer.Name, conv.Peer.Facts["email"], err), "u1王梅w@x.cn<nil>")

	// Somebody else at the same browser gets nothing of it.
	_, out = w.login(phone2.token, "u2")
	if b := w.tab(out["token"].(string)).open(); len(b.lines) != 0 {
		t.Errorf("another customer sees %v", b.said())
	}
}

// Where a person is at work on the visitor's conversation, it goes on there.
func TestLoginKeepsOpenTicket(t *testing.T) {
	w := newWorld(t, Config{HostKeys: []HostKey{{Secret: host1}}})
	old := w.tab(w.session(nil)).open()
	old.sendText("a", "old")
	old.until("the answer", func() bool { return len(old.lines) == 2 })
	w.login(old.token, "u1")
	b := w.tab(w.session(nil)).open()
	b.sendText("b", "new")
	b.until("the answer", func() bool { return len(b.lines) == 2 })
	peer := w.visitor(b.token)
	w.turn(core.Key{Channel: "web", Peer: peer}, func(c core.Conversation, _ []core.Envelope) core.Outcome {
		c.State = core.WithAgent
		c.Ticket = &core.Ticket{ID: "T1", Key: c.Key, State: core.TicketActive, Since: time.Now(), Agent: "console/lin"}
		return core.Outcome{Conversation: c, Agents: []core.AgentChange{{Now: core.Agent{ID: "console/lin", Name: "小林", Presence: core.OnDuty}}}}
	})
	_, out := w.login(b.token, "u1")
	c := w.tab(out["token"].(string)).open()
	wantEqual(t, "lines", len(c.lines), 4)
	wantEqual(t, "who", *c.last.Who, who{State: "agent", Name: "小林", Staff: true})
	c.sendText("c", "goes to the agent")
	c.until("the answer", func() bool { return len(c.lines) == 6 })
	if past := w.past(peer); !strings.Contains(strings.Join(past, "\n"), "goes to the agent") {
		t.Errorf("the line is not in the conversation with the ticket: %v", past)
	}
}

func TestUnverifiedNameIsOnlyAName(t *testing.T) {
	w := newWorld(t, Config{HostKeys: []HostKey{{Secret: host1}}})
	token := w.session(map[string]string{"name": "  张\t三 "})
	a := w.tab(token).open()
	a.sendText("c", "x")
	a.until("the answer", func() bool { return len(a.lines) == 2 })
	conv, err := w.store.Conversation(t.Context(), core.Key{Channel: "web", Peer: w.visitor(token)})
	wantEqual(t, "peer", fmt.Sprint(conv.Peer.Name, conv.Peer.Person, err), "张 三<nil>")
	status, out := w.trySession(map[string]string{"user_id": "u1", "user_hash": "00"})
	wantEqual(t, "a wrong hash", []any{status, out["code"]}, []any{401, "identity"})
	status, out = w.trySession(map[string]string{"user_id": "u1"})
	wantEqual(t, "a user without proof", []any{status, out["user"]}, []any{200, ""})
}

func TestTokens(t *testing.T) {
	key := func(c string) core.Secret { return core.Secret(strings.Repeat(c, 32)) }
	w := newWorld(t, Config{Keys: []core.Secret{key("a")}})
	token := w.session(nil)
	other := ring{site: "elsewhere", keys: [][]byte{[]byte(key("a"))}}
	mine := ring{site: "chat", keys: [][]byte{[]byte(key("a"))}}
	wrong := ring{site: "chat", keys: [][]byte{[]byte(key("b"))}}
	p := pass{Visitor: w.visitor(token), At: time.Now().Unix()}
	old := pass{Visitor: p.Visitor, At: time.Now().Add(-181 * 24 * time.Hour).Unix()}
	if err := w.tab(mine.seal(forVisitor, p)).tryOpen(); err != nil {
		t.Fatalf("the test's own token: %v", err)
	}
	body, sum, _ := strings.Cut(token, ".")
	for name, tok := range map[string]string{
		"empty": "", "no signature": body, "empty signature": body + ".", "body changed": body + "A." + sum, "signature changed": body + "." + sum[1:],
		"another key": wrong.seal(forVisitor, p), "another site": other.seal(forVisitor, p), "another purpose": mine.seal(forFile, p),
		"too old": mine.seal(forVisitor, old), "logged in long ago": mine.seal(forVisitor, pass{Visitor: p.Visitor, User: "u1", At: time.Now().Add(-31 * 24 * time.Hour).Unix()}), "nobody": mine.seal(forVisitor, pass{At: p.At}),
	} {
		if code := closeCode(w.tab(tok).tryOpen()); code != closeToken {
			t.Errorf("%s: closed with %d, want %d", name, code, closeToken)
		}
		if status, _ := w.call(request{method: "GET", path: "v1/events", token: tok}); status != 401 {
			t.Errorf("%s: a poll gets %d, want 401", name, status)
		}
	}

	// A new key signs, the old one is still believed, and the token is renewed.
	w.cfg.Keys = []core.Secret{key("b"), key("a")}
	w.restart()
	a := w.tab(token).open()
	if a.last.Token == "" || a.last.Token == token {
		t.Errorf("a token of the old key is not renewed: %q", a.last.Token)
	}
	w.cfg.Keys = []core.Secret{key("b")}
	w.restart()
	if err := w.tab(a.last.Token).tryOpen(); err != nil {
		t.Errorf("the renewed token: %v", err)
	}
	wantEqual(t, "the old key's token once it is gone", closeCode(w.tab(token).tryOpen()), closeToken)
}

// Keys that nobody configured survive a restart.
func TestMadeKeyIsKept(t *testing.T) {
	w := newWorld(t, Config{})
	token := w.session(nil)
	w.restart()
	w.tab(token).open()
}
