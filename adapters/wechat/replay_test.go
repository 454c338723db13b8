package wechat

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var cases = flag.String("cases", "testdata/vectors", "folder with recorded requests in the form of http-replay.json")

// recorded is a file of requests as the platform makes them, for one account.
type recorded struct {
	Account struct {
		AppID    string `json:"appid"`
		Key      string `json:"encoding_aes_key"`
		Previous string `json:"previous_encoding_aes_key"`
		Token    string `json:"token"`
	} `json:"account"`
	Plaintexts map[string]string `json:"plaintexts"`
	Cases      []recordedCase    `json:"cases"`
}

type recordedCase struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Target string `json:"path_and_query"`
	Type   string `json:"content_type"`
	Body   said   `json:"body"`
	Mode   Mode   `json:"mode"` // only for an account in this mode; empty: for all
	Expect struct {
		HTTP   said   `json:"http"` // has the statuses that are right
		Body   said   `json:"body"`
		As     string `json:"decoded_as"` // one of Plaintexts
		Dedupe string `json:"dedupe"`     // names the case that it repeats
	} `json:"expect"`

	query url.Values
}

// said is a text, or another JSON value as it stands.
type said string

// UnmarshalJSON implements json.Unmarshaler.
func (s *said) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	*s = said(text)
	return nil
}

// TestReplay plays every recorded request in every mode that the account can
// have, with the key as the current and as the previous one.
//
//	go test ./adapters/wechat -run Replay -args -cases DIR
func TestReplay(t *testing.T) {
	played := 0
	for _, file := range recordings(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var form struct{ Account, Cases json.RawMessage }
		if json.Unmarshal(b, &form) == nil && (form.Account == nil || form.Cases == nil) {
			continue // another kind of vectors
		}
		var rec recorded
		if err := json.Unmarshal(b, &rec); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range rec.Cases {
			u, err := url.Parse(rec.Cases[i].Target)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, rec.Cases[i].Name, err)
			}
			rec.Cases[i].query = u.Query()
		}
		for i, c := range rec.Cases {
			played++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+c.Name, func(t *testing.T) { rec.play(t, i) })
		}
	}
	if played == 0 {
		t.Fatalf("no file in %s has the form of http-replay.json", *cases)
	}
}

// recordings are the files in the folder that was asked for. A test runs in its
// package's folder; the path may be meant from the repository's.
func recordings(t *testing.T) (files []string) {
	t.Helper()
	for _, dir := range []string{*cases, filepath.Join("../..", *cases)} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".json") {
				files = append(files, filepath.Join(dir, e.Name()))
			}
		}
		if len(files) > 0 {
			return files
		}
	}
	t.Fatalf("no *.json in %s", *cases)
	return nil
}

func (rec recorded) play(t *testing.T, i int) {
	c := rec.Cases[i]
	for _, mode := range []Mode{Safe, Compatible, Plain} {
		if c.Mode == "" || c.Mode == mode {
			rec.playIn(t, i, mode, rec.Account.Key, rec.Account.Previous)
		}
	}
	if doc, err := parse([]byte(c.Body)); err == nil && c.Mode != Plain {
		if _, err := fake.Decrypt(rec.Account.Key, rec.Account.AppID, doc.get("Encrypt")); err == nil {
			rec.playIn(t, i, Safe, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", rec.Account.Key) // while the key is being changed
		}
	}
}

// account is the recorded one at a time.
func (rec recorded) account(t *testing.T, at time.Time, mode Mode, keys ...string) (*Account, *coretest.Inbox) {
	t.Helper()
	conf := Config{AppID: rec.Account.AppID, Secret: "unused-secret", Token: core.Secret(rec.Account.Token), Mode: mode, Hold: time.Millisecond}
	for _, k := range keys {
		if k != "" {
			conf.Keys = append(conf.Keys, core.Secret(k))
		}
	}
	box := &coretest.Inbox{Once: true}
	d := deps(box, &coretest.Log{}, nobody)
	d.Now = func() time.Time { return at }
	return coretest.Open(t, New, conf, d), box
}

func (c recordedCase) method() string {
	if c.Method == "" {
		return http.MethodPost
	}
	return strings.ToUpper(c.Method)
}

func (c recordedCase) post(t *testing.T, a *Account) *httptest.ResponseRecorder {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.method(), c.Target, strings.NewReader(string(c.Body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", c.Type)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	return w
}

var statusForm = regexp.MustCompile(`\b[1-5](\d\d|xx)\b`)

// statuses are those that the case takes for right.
func (c recordedCase) statuses() []string {
	if l := statusForm.FindAllString(string(c.Expect.HTTP), -1); len(l) > 0 {
		return l
	}
	return []string{"200"}
}

func (c recordedCase) right(status int) bool {
	is := func(s string) bool {
		return s == strconv.Itoa(status) || s == fmt.Sprintf("%dxx", status/100)
	}
	// What is too large is refused as that, before it is known whose it is.
	tooLarge := status == http.StatusRequestEntityTooLarge && len(c.Body) > maxPush && c.refused()
	return slices.ContainsFunc(c.statuses(), is) || tooLarge
}

// refused reports whether no answer but an error is right.
func (c recordedCase) refused() bool {
	return !slices.ContainsFunc(c.statuses(), func(s string) bool { return s[0] == '2' })
}

// clear reports whether the case is a push that is not encrypted.
func (c recordedCase) clear() bool {
	return c.method() == http.MethodPost && c.query.Get("encrypt_type") != "aes"
}

// clock is the time at which a request is played: a second after it was made.
// One that is to be refused may be so for its age: it is played when most of the
// others are.
func (rec recorded) clock(c recordedCase) time.Time {
	sec, err := strconv.ParseInt(c.query.Get("timestamp"), 10, 64)
	if err != nil || c.refused() {
		seen := map[int64]int{}
		sec = 0
		for _, other := range rec.Cases {
			at, err := strconv.ParseInt(other.query.Get("timestamp"), 10, 64)
			if err != nil || other.refused() {
				continue
			}
			if seen[at]++; seen[at] > seen[sec] || seen[at] == seen[sec] && at > sec {
				sec = at
			}
		}
	}
	return time.Unix(sec+1, 0)
}

func (rec recorded) playIn(t *testing.T, i int, mode Mode, keys ...string) {
	t.Helper()
	c := rec.Cases[i]
	if mode != Plain && strings.Join(keys, "") == "" {
		return // the account cannot have this mode
	}
	a, box := rec.account(t, rec.clock(c), mode, keys...)
	if q := c.query; c.Mode == "" && mode == Plain && c.clear() && c.refused() && len(c.Body) <= maxPush &&
		a.gate.signed(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) && a.gate.fresh(q.Get("timestamp")) {
		return // a downgrade: refused where the account encrypts
	}
	if c.Expect.Dedupe != "" {
		rec.original(i).post(t, a)
	}
	w := c.post(t, a)
	answer, filed := w.Body.String(), len(box.Got())+len(box.Told())
	wrong := func(want string) {
		t.Helper()
		t.Errorf("%s: answered %d %.80q, %d filed: want %s", mode, w.Code, answer, filed, want)
	}
	if mode != Plain && c.clear() {
		if w.Code != http.StatusForbidden && w.Code != http.StatusRequestEntityTooLarge || filed > 0 {
			wrong("a push in the clear refused")
		}
		return
	}
	echo := c.query.Get("echostr")
	switch want := c.Expect; {
	case !c.right(w.Code):
		wrong(strings.Join(c.statuses(), " or "))
	case w.Code != http.StatusOK || strings.Contains(string(want.HTTP), "nothing"):
		if filed > 0 || c.method() == http.MethodGet && echo != "" && answer == echo {
			wrong("nothing filed and nothing echoed")
		}
	case want.Body != "" && answer != string(want.Body), c.method() == http.MethodPost && answer != "success":
		wrong("success, or " + string(want.Body))
	case !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain"):
		wrong("plain text, not " + w.Header().Get("Content-Type"))
	case c.method() == http.MethodPost:
		rec.filed(t, a, c, box)
	}
}

// original is the earlier case that case i repeats: one with the same body, the
// one that it names, or itself.
func (rec recorded) original(i int) recordedCase {
	c, name := rec.Cases[i], ""
	found := c
	for _, other := range rec.Cases[:i] {
		if other.Body == c.Body {
			return other
		}
		if strings.Contains(c.Expect.Dedupe, other.Name) && len(other.Name) > len(name) {
			found, name = other, other.Name
		}
	}
	return found
}

// filed checks what a push became, against its document read in the clear.
func (rec recorded) filed(t *testing.T, a *Account, c recordedCase, box *coretest.Inbox) {
	t.Helper()
	if n := len(box.Got()); n > 1 || n == 1 != (len(box.Told()) == 0) {
		t.Fatalf("filed %d envelopes and %d receipts, want one or the other", n, len(box.Told()))
	}
	p, err := a.gate.open(c.query, []byte(c.Body))
	if err != nil {
		t.Fatal(err)
	}
	plain, ok := rec.Plaintexts[c.Expect.As]
	if !ok {
		if as := strings.ToLower(c.Expect.As); as != "" && !strings.Contains(as, p.kind()) {
			t.Errorf("it is a %s, not a %s", p.kind(), as)
		}
		return
	}
	if p.key != "" && !p.json && string(p.raw) != plain {
		t.Errorf("decrypted %s, want %s", p.raw, plain)
	}
	doc, err := opened([]byte(plain), "")
	if err != nil {
		t.Fatal(err)
	}
	want, err := read(doc, "wx")
	if err != nil {
		t.Fatal(err)
	}
	if p.kind() != doc.kind() {
		t.Errorf("it is a %s, not a %s", p.kind(), doc.kind())
	}
	if len(want.receipts) > 0 {
		if !reflect.DeepEqual(box.Told(), want.receipts) {
			t.Errorf("got %+v, want %+v", box.Told(), want.receipts)
		}
		return
	}
	got := box.Got()[0]
	if m, ok := want.env.Parts[0].(core.Media); ok { // nobody was there to copy it from
		m.Handle = handlePrefix + m.Handle
		want.env.Parts[0] = m
	}
	if reflect.TypeOf(got.Parts[0]) != reflect.TypeOf(want.env.Parts[0]) || got.Cause != want.env.Cause || got.Peer.ID != want.env.Peer.ID {
		t.Errorf("got %+v, want %+v", got, want.env)
	}
	if p.json {
		got.Raw, want.env.Raw = nil, nil
	}
	if got.Ref == want.env.Ref && !reflect.DeepEqual(got, want.env) {
		t.Errorf("got %+v, want %+v", got, want.env)
	}
}

// kind is what the platform calls a push.
func (p push) kind() string {
	if e := p.doc.get("Event"); p.doc.get("MsgType") == "event" {
		return strings.ToLower(e)
	}
	return strings.ToLower(p.doc.get("MsgType"))
}

func load(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
