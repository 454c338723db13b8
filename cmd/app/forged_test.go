package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	slackfake "github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	tgfake "github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
)

const (
	hostSecret = "a secret of the shop's own site"
	hookSecret = "telegram-tells-this-word-0001"
)

// doorways are all that believe a caller by what only the right one can write.
const doorways = `
channels:
  web: {type: webchat, host_keys: [{id: a, secret: "${HOST_SECRET}"}]}
  telegram: {type: telegram, token: "${TELEGRAM_TOKEN}", api: "%s", webhook: https://shop.example/hook/telegram/, secret: "${HOOK_SECRET}"}
desks:
  slack: {type: slack, token: "${SLACK_TOKEN}", secret: "${SLACK_SECRET}", channel: C0DESK, api: "%s/api"}
`

// A siege is the program with a shop's site, Telegram and Slack around it.
type siege struct {
	*program
	data string
}

func besiege(t *testing.T) siege {
	slack, tg := slackfake.New(), tgfake.New(tgfake.Options{})
	api := httptest.NewServer(slack)
	t.Cleanup(api.Close)
	slack.URL = api.URL
	bot := httptest.NewServer(tg)
	t.Cleanup(bot.Close)
	for name, secret := range map[string]string{"SLACK_TOKEN": slackfake.Token, "SLACK_SECRET": slackfake.Secret, "TELEGRAM_TOKEN": tgfake.DemoToken, "HOOK_SECRET": hookSecret, "HOST_SECRET": hostSecret} {
		t.Setenv(name, secret)
	}
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, doorways, bot.URL, api.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	s := siege{data: t.TempDir()}
	s.program = launch(t, Options{Settings: Settings{Config: conf, Data: s.data}, Quick: true})
	return s
}

// filed counts what has come in by a channel or a desk.
func (s siege) filed(channel string) (n int) {
	s.t.Helper()
	err := query(s.t.Context(), filepath.Join(s.data, "frontdesk.db"), patience, func(db *sql.DB) error {
		return db.QueryRowContext(s.t.Context(), "SELECT count(*) FROM log WHERE kind = 'in' AND channel = ?", channel).Scan(&n)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A knock is a request at one of the doors, and what it is answered.
type knock struct {
	what   string
	head   http.Header
	body   string
	status int
	filed  int // more messages than before it
}

// at knocks at a door, one after the other.
func (s siege) at(channel string, knocks []knock) {
	s.t.Helper()
	for _, k := range knocks {
		before := s.filed(channel)
		if k.head.Get("Content-Type") == "" {
			k.head.Set("Content-Type", "application/json")
		}
		res, b := exchange(s.t, http.MethodPost, s.base+"/hook/"+channel+"/", k.head, k.body)
		if n := s.filed(channel) - before; res.StatusCode != k.status || n != k.filed {
			s.t.Errorf("%s, %s: answered %d %s and %d filed, want %d and %d", channel, k.what, res.StatusCode, b, n, k.status, k.filed)
		}
	}
}

// Telegram's updates are believed by the word that Telegram was told, and a repeat
// is filed once.
func TestForgedTelegram(t *testing.T) {
	s := besiege(t)
	with := func(word string) http.Header { return http.Header{"X-Telegram-Bot-Api-Secret-Token": {word}} }
	update := func(n int) string {
		return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%[1]d,"date":%d,"from":{"id":7,"first_name":"W"},"chat":{"id":7,"type":"private"},"text":"在吗"}}`, n, time.Now().Unix())
	}
	s.at("telegram", []knock{
		{"no word", http.Header{}, update(1), 403, 0},
		{"an empty word", with(""), update(1), 403, 0},
		{"another word", with("telegram-tells-this-word-0002"), update(1), 403, 0},
		{"the word and more", with(hookSecret + "x"), update(1), 403, 0},
		{"a part of the word", with(hookSecret[:len(hookSecret)-1]), update(1), 403, 0},
		{"the word in capitals", with(strings.ToUpper(hookSecret)), update(1), 403, 0},
		{"the word in the second of two", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"x", hookSecret}}, update(1), 403, 0},
		{"the bot's token for the word", with(tgfake.DemoToken), update(1), 403, 0},
		{"genuine", with(hookSecret), update(1), 200, 1},
		{"replayed", with(hookSecret), update(1), 200, 0},
		{"replayed under another number", with(hookSecret), strings.Replace(update(1), `"update_id":1`, `"update_id":9`, 1), 200, 0},
		{"not JSON", with(hookSecret), `{"update_id":`, 400, 0},
		{"genuine again", with(hookSecret), update(2), 200, 1},
	})
	for path, status := range map[string]int{"/hook/nosuch/": 404, "/hook/telegrams/": 404, "/hook/slack/telegram/": 401} {
		if res, _ := exchange(t, http.MethodPost, s.base+path, with(hookSecret), update(3)); res.StatusCode != status {
			t.Errorf("%s: answered %d", path, res.StatusCode)
		}
	}
	if n := s.filed("telegram"); n != 2 {
		t.Errorf("%d were filed in the end, want 2", n)
	}
}

// Slack's events are believed if they are signed by Slack within five minutes, and a
// repeat is filed once.
func TestForgedSlack(t *testing.T) {
	s := besiege(t)
	event := func(ts string) string {
		return fmt.Sprintf(`{"type":"event_callback","team_id":"T0FAKE","event_id":"Ev%s","event":{"type":"message","channel":"C0DESK","channel_type":"channel","user":"U0LIN","text":"!队列","ts":"%[1]s"}}`, ts)
	}
	signed := func(body string, age time.Duration) http.Header {
		h := http.Header{}
		slackfake.Sign(h, []byte(body), time.Now().Add(-age))
		return h
	}
	changed := func(h http.Header, name, value string) http.Header {
		if h.Del(name); value != "" {
			h.Set(name, value)
		}
		return h
	}
	const sum, stamp = "X-Slack-Signature", "X-Slack-Request-Timestamp"
	one, two := event(fmt.Sprintf("%d.000100", time.Now().Unix())), event(fmt.Sprintf("%d.000200", time.Now().Unix()))
	now := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }
	s.at("slack", []knock{
		{"nothing", http.Header{}, one, 401, 0},
		{"no signature", changed(signed(one, 0), sum, ""), one, 401, 0},
		{"no time", changed(signed(one, 0), stamp, ""), one, 401, 0},
		{"old", signed(one, 6*time.Minute), one, 401, 0},
		{"of the future", signed(one, -6*time.Minute), one, 401, 0},
		{"old, made new", changed(signed(one, time.Hour), stamp, now(0)), one, 401, 0},
		{"a time that is none", changed(signed(one, 0), stamp, "soon"), one, 401, 0},
		{"a time that is too large", changed(signed(one, 0), stamp, "9223372036854775807"), one, 401, 0},
		{"another's body", signed(one, 0), two, 401, 0},
		{"a blank more", signed(one, 0), one + " ", 401, 0},
		{"an empty signature", changed(signed(one, 0), sum, "v0="), one, 401, 0},
		{"half a signature", changed(signed(one, 0), sum, signed(one, 0).Get(sum)[:20]), one, 401, 0},
		{"a command that nobody signed", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "command=%2Ffrontdesk&text=off&user_id=U0LIN&channel_id=C0DESK&trigger_id=1", 401, 0},
		{"genuine", signed(one, 0), one, 200, 1},
		{"replayed", signed(one, 0), one, 200, 0},
		{"replayed as it was four minutes ago", signed(one, 4*time.Minute), one, 200, 0},
		{"genuine again", signed(two, 0), two, 200, 1},
	})
}

// passport is a host's word for a customer, signed.
func passport(head, claims, key string) string {
	b64 := base64.RawURLEncoding
	s := b64.EncodeToString([]byte(head)) + "." + b64.EncodeToString([]byte(claims))
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(s))
	return s + "." + b64.EncodeToString(m.Sum(nil))
}

// The site's word for who its customer is is believed if it is signed with the
// site's secret and not over, and nobody gets at a customer's talk without it.
func TestForgedCustomers(t *testing.T) {
	s := besiege(t)
	const head = `{"alg":"HS256","typ":"JWT"}`
	until := func(d time.Duration) string {
		return fmt.Sprintf(`{"user_id":"vip","name":"W","exp":%d}`, time.Now().Add(d).Unix())
	}
	good := passport(head, until(time.Minute), hostSecret)
	parts := strings.Split(good, ".")
	session := func(body string) (int, string) {
		res, b := exchange(t, http.MethodPost, s.base+"/chat/v1/session", http.Header{"Content-Type": {"application/json"}, "Origin": {s.base}}, body)
		return res.StatusCode, string(b)
	}
	for what, word := range map[string]string{
		"empty parts": "..", "words": "let me in", "no signature": parts[0] + "." + parts[1] + ".", "half a signature": good[:len(good)-8],
		"another's secret": passport(head, until(time.Minute), "a secret of another site's own"), "no secret": passport(head, until(time.Minute), ""),
		"over": passport(head, until(-2*time.Minute), hostSecret), "no end": passport(head, `{"user_id":"vip"}`, hostSecret),
		"for years": passport(head, until(10000*time.Hour), hostSecret), "from tomorrow": passport(head, fmt.Sprintf(`{"user_id":"vip","exp":%d,"nbf":%d}`, time.Now().Add(time.Hour).Unix(), time.Now().Add(time.Hour/2).Unix()), hostSecret),
		"signed by none": passport(`{"alg":"none"}`, until(time.Minute), ""), "none, in capitals": passport(`{"alg":"NONE"}`, until(time.Minute), hostSecret),
		"another algorithm": passport(`{"alg":"RS256"}`, until(time.Minute), hostSecret), "a key that is not": passport(`{"alg":"HS256","kid":"b"}`, until(time.Minute), hostSecret),
		"a key by its path": passport(`{"alg":"HS256","kid":"../../dev/null"}`, until(time.Minute), ""),
		"another's claims":  parts[0] + "." + strings.Split(passport(head, `{"user_id":"boss","exp":9e9}`, "x"), ".")[1] + "." + parts[2],
		"nobody":            passport(head, fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Minute).Unix()), hostSecret),
		"endless":           good + strings.Repeat("A", 7<<10),
	} {
		if status, b := session(fmt.Sprintf(`{"jwt":%q}`, word)); status != http.StatusUnauthorized && status != http.StatusRequestEntityTooLarge || strings.Contains(b, `"token"`) {
			t.Errorf("%s: answered %d %s", what, status, b)
		}
	}
	for what, body := range map[string]string{"a hash of nothing": `{"user_id":"vip","user_hash":""}`, "another's hash": `{"user_id":"vip","user_hash":"00"}`} {
		if status, b := session(body); status == http.StatusOK && !strings.Contains(b, `"user":""`) {
			t.Errorf("%s: answered %d %s", what, status, b)
		}
	}

	var first, again, stranger struct{ Token, User string }
	s.call("POST", "/chat/v1/session", "", map[string]string{"jwt": good}, &first)
	s.call("POST", "/chat/v1/session", "", map[string]string{"jwt": good}, &again) // another window of theirs
	s.call("POST", "/chat/v1/session", "", map[string]string{}, &stranger)
	if first.User != "vip" || again.User != "vip" || stranger.User != "" {
		t.Errorf("genuine, again, a stranger: %+v %+v %+v", first, again, stranger)
	}
	v := &visitor{program: s.program, token: first.Token}
	v.send("m1", "我的地址是文三路 100 号")
	before := s.filed("web")
	for what, token := range map[string]string{"nothing": "", "the site's word": good, "half the token": first.Token[:len(first.Token)-2], "another's token and this one's sum": strings.Split(stranger.Token, ".")[0] + "." + strings.Split(first.Token, ".")[1]} {
		h := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Origin": {s.base}}
		res, b := exchange(t, http.MethodPost, s.base+"/chat/v1/messages", h, `{"op":"send","id":"m2","text":"x"}`)
		read, lines := exchange(t, http.MethodGet, s.base+"/chat/v1/events", h)
		if res.StatusCode != http.StatusUnauthorized || read.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: answered %d %s, and %d %s", what, res.StatusCode, b, read.StatusCode, lines)
		}
	}
	if _, lines := exchange(t, http.MethodGet, s.base+"/chat/v1/events", http.Header{"Authorization": {"Bearer " + stranger.Token}}); strings.Contains(string(lines), "文三路") {
		t.Error("a stranger reads a customer's talk")
	}
	if n := s.filed("web"); n != before {
		t.Errorf("%d were filed", n-before)
	}
}
