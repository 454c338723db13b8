package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

// A seed is a machine or a configuration with one fault.
type seed struct {
	name string
	conf string // of the configuration, beside listen
	do   func(*sick)
	want string // a regular expression for what is found
	fix  string // part of the fix
}

// A sick has what a seed may change.
type sick struct {
	*testing.T
	d   *doctor
	s   *Settings
	out bytes.Buffer
}

// answering answers API methods, by the end of their path, with a status of 200.
func answering(t *testing.T, head http.Header, answers map[string]string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range head {
			w.Header()[k] = v
		}
		for end, body := range answers {
			if strings.HasSuffix(r.URL.Path, end) {
				_, _ = w.Write([]byte(body))
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func telegram(t *testing.T, me, hook, member string) string {
	return answering(t, nil, map[string]string{"/getMe": me, "/getWebhookInfo": hook, "/getChatMember": member})
}

const (
	isBot     = `{"ok":true,"result":{"id":5,"is_bot":true}}`
	noHook    = `{"ok":true,"result":{"url":""}}`
	isMember  = `{"ok":true,"result":{"status":"administrator"}}`
	plainSite = "channels:\n  web: {type: webchat}\ndesks:\n  inbox: {type: console}\n"
)

// shopFiles makes a folder of scripts.
func shopFiles(t *testing.T, greeting, hours string) string {
	dir := t.TempDir()
	text := "settings: {languages: [zh]}\n" + hours + "greeting: {text: {zh: " + greeting + "我是机器人，说“人工”找人。}, short: {zh: 我是机器人，说“人工”找人。}}\n" +
		"entries:\n  - {id: a, title: {zh: 退款}, samples: {zh: [退款几天]}, answer: {zh: 三天。}}\n"
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ending is a site whose certificate ends so soon.
func ending(s *sick, in time.Duration) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(in),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		s.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	srv.StartTLS()
	s.Cleanup(srv.Close)
	s.more("base_url: " + srv.URL + "\nproxies: [127.0.0.1]\n")
	s.d.call = srv.Client().Do
}

// more adds to the configuration.
func (s *sick) more(text string) {
	s.Helper()
	b, err := os.ReadFile(s.s.Config)
	if err == nil {
		err = os.WriteFile(s.s.Config, append(b, text...), 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// taken is an address on which something else listens.
func taken(s *sick) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = ln.Close() })
	return ln.Addr().String()
}

// free is an address on which nothing listens.
func free(s *sick) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	_ = ln.Close()
	return ln.Addr().String()
}

var seeds = []seed{
	{"port taken", plainSite, func(s *sick) { s.s.Listen = taken(s) }, `FAIL address .* cannot be listened on`, "choose another with --listen"},
	{"data cannot be written", plainSite, func(s *sick) { s.s.Data = "/dev/null/data" }, `FAIL data `, "--data"},
	{"disk nearly full", plainSite, func(s *sick) { s.d.free = func(string) (uint64, error) { return 900 << 20, nil } }, `warn disk 900 MB`, "make room"},
	{"clock off", plainSite, func(s *sick) {
		at := time.Now().Add(-2 * time.Minute).UTC().Format(http.TimeFormat)
		s.more("systems:\n  erp: {type: action, secret: \"${ERP}\", url: \"" + answering(s.T, http.Header{"Date": {at}}, nil) + "\"}\n")
	}, `FAIL clock it is 2m.* off the clock of 127`, "set-ntp"},
	{"zone unknown", plainSite, func(s *sick) { s.more("zone: Mars/Olympus\n") }, `FAIL configuration .*"Mars/Olympus" is not a time zone`, "Asia/Shanghai"},
	{"base_url not reached", plainSite, func(s *sick) { s.more("base_url: http://" + free(s) + "\n") }, `FAIL base_url .* is not reached from here`, "DNS"},
	{"no PostgreSQL", plainSite, func(s *sick) {
		s.T.Setenv("PG", "postgres://a:hush@"+free(s)+"/x")
		s.more("store: ${PG}\n")
	}, `FAIL database .*a@127.0.0.1`, "is the server up"},
	{"wrong PostgreSQL password", plainSite, func(s *sick) {
		url := pgtest.New(s.T)
		pgtest.Exec(s.T, url, "CREATE USER secret PASSWORD 'another'")
		s.T.Setenv("PG", pgtest.As(s.T, url, "secret", "hush"))
		s.more("store: ${PG}\n")
	}, `FAIL database .*password`, "DATABASE_URL"},
	{"one database for many, and no bus", plainSite, func(s *sick) { s.T.Setenv("PG", pgtest.New(s.T)); s.more("store: ${PG}\n") }, `warn bus without bus only one process`, "REDIS_URL"},
	{"no Redis", plainSite, func(s *sick) { s.T.Setenv("RED", "redis://:hush@"+free(s)); s.more("bus: ${RED}\n") }, `FAIL bus the Redis cannot be reached`, "start it"},
	{"no address of a Redis", plainSite, func(s *sick) { s.T.Setenv("RED", "localhost:6379"); s.more("bus: ${RED}\n") }, `FAIL configuration .*bus: this is not the address of a Redis`, "redis://"},
	{"wrong Redis password", plainSite, func(s *sick) {
		s.T.Setenv("RED", strings.Replace(coretest.Redis(s.T).URL(), "pass-of", "fail-of", 1))
		s.more("bus: ${RED}\n")
	}, `FAIL bus .* the server refuses us`, "password"},
	{"no bucket", plainSite, func(s *sick) {
		o := coretest.S3(s.T)
		s.T.Setenv("S3K", o.Key)
		s.T.Setenv("S3S", o.Secret)
		s.more("files: {s3: " + o.URL + "-of-nobody, key: \"${S3K}\", secret: \"${S3S}\"}\n")
	}, `FAIL files .*bucket does not exist`, "make the bucket"},
	{"files' folder cannot be written", plainSite, func(s *sick) { s.more("files: {folder: /dev/null/files}\n") }, `FAIL files .* cannot be written`, "files.folder"},
	{"a bucket without a key", plainSite, func(s *sick) { s.more("files: {s3: https://s3.example.com/x}\n") }, `FAIL configuration .*the bucket needs a key`, "S3_KEY"},
	{"certificate ends soon", plainSite, func(s *sick) { ending(s, 5*24*time.Hour+time.Hour) }, `warn base_url .* ends in 5 days`, "renew"},
	{"certificate ended", plainSite, func(s *sick) { ending(s, -time.Minute) }, `FAIL base_url browsers and platforms refuse the certificate`, "renew"},
	{"wrong token", "", func(s *sick) {
		s.more(plainSite + "  tg: {type: telegram, group: -1001, token: \"${TG}\", api: \"" + telegram(s.T, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, noHook, isMember) + "\"}\n")
	}, `FAIL tg .*Unauthorized`, "@BotFather"},
	{"wrong AES key", "channels:\n  wx: {type: wechat, appid: wx0123456789abcdef, token: \"${WXT}\", secret: \"${WX}\", keys: [\"${TG}\"]}\n", nil, `FAIL configuration .*EncodingAESKey must be 43`, "example.yaml"},
	{"IP not on the list", "", func(s *sick) {
		u := answering(s.T, nil, map[string]string{"token": `{"errcode":40164,"errmsg":"invalid ip 203.0.113.5, not in whitelist"}`})
		s.more("channels:\n  wx: {type: wechat, appid: wx0123456789abcdef, token: \"${WXT}\", secret: \"${WX}\", keys: [\"${AES}\"], url: \"" + u + "\"}\n")
	}, `FAIL wx .*203.0.113.5`, "whitelist"},
	{"webhook not set", "", func(s *sick) {
		s.more("channels:\n  tg: {type: telegram, token: \"${TG}\", secret: \"${ERP}\", webhook: https://desk.example/hook/tg/, api: \"" + telegram(s.T, isBot, noHook, isMember) + "\"}\n")
	}, `FAIL tg .*the webhook is not set`, "start frontdesk"},
	{"bot not in the group", "", func(s *sick) {
		s.more(plainSite + "  tg: {type: telegram, group: -1001, token: \"${TG}\", api: \"" + telegram(s.T, isBot, noHook, `{"ok":true,"result":{"status":"left"}}`) + "\"}\n")
	}, `FAIL tg .*not in the staff's group`, "add it there"},
	{"scope missing", "", func(s *sick) {
		u := answering(s.T, http.Header{"X-Oauth-Scopes": {"chat:write"}}, map[string]string{"auth.test": `{"ok":true,"user_id":"U1"}`})
		s.more(plainSite + "  sl: {type: slack, token: \"${SL}\", app_token: \"${SLAPP}\", channel: C0123ABCDEF, api: \"" + u + "\"}\n")
	}, `FAIL sl .*lacks the scopes .*channels:history`, "App Manifest"},
	{"desk without agents", plainSite, nil, `warn desks nobody has worked at the desk inbox`, "go on duty"},
	{"topic without desk", "channels:\n  web: {type: webchat}\ndesks:\n  inbox: {type: console, topics: [presale]}\n", nil, `warn topics no desk takes the topic aftersale`, "add it to the topics"},
	{"demo scripts before others", "channels:\n  web: {type: webchat, origins: [\"https://www.example.com\"]}\n", nil, `warn demo the demo shop's scripts answer on https://www.example.com`, "frontdesk init"},
	{"demo's name", "channels:\n  web: {type: webchat, origins: [\"https://www.example.com\"]}\n", func(s *sick) { s.s.Flows = shopFiles(s.T, "小禾，", "") }, `warn demo the demo shop's name is said .*shop.yaml:2`, "your own name"},
	{"demo's orders", "flows: {dir: x}\nchannels:\n  web: {type: webchat, origins: [\"https://www.example.com\"]}\nsystems:\n  orders: {type: action}\n",
		func(s *sick) { s.flowsAt("x") }, `warn demo system orders tells of the demo shop's orders`, "a url or a table"},
	{"hours without an open day", plainSite, func(s *sick) { s.s.Flows = shopFiles(s.T, "", "hours: {default: {week: {}}}\n") }, `warn hours .*have no open day`, "mon-fri"},
	{"a second process on the data", plainSite, func(s *sick) {
		p := launch(s.T, Options{Settings: Settings{Data: s.s.Data}, Quick: true})
		s.Cleanup(func() { _ = p.stop() })
		s.s.Listen = free(s)
	}, `FAIL data another process has`, "stop it"},
	{"a business system that does not answer", plainSite, func(s *sick) {
		s.more("systems:\n  orders: {type: action, secret: \"${ERP}\", url: \"http://" + free(s) + "\"}\n")
	}, `FAIL orders .*action: .*refused`, "see whether the business system runs"},
}

// flowsAt makes the folder of scripts that the configuration names.
func (s *sick) flowsAt(name string) {
	if err := os.Rename(shopFiles(s.T, "", ""), filepath.Join(filepath.Dir(s.s.Config), name)); err != nil {
		s.Fatal(err)
	}
}

// Each fault is found, with one line that says what to do.
func TestDoctorFinds(t *testing.T) {
	for k, v := range map[string]string{"TG": "123:" + strings.Repeat("A", 35), "WX": "0123456789abcdef0123456789abcdef", "AES": strings.Repeat("a", 42) + "A",
		"WXT": "abc123", "ERP": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "SL": "xoxb-1-2-abc", "SLAPP": "xapp-1-abc"} {
		t.Setenv(k, v)
	}
	for _, x := range seeds {
		t.Run(x.name, func(t *testing.T) {
			dir := t.TempDir()
			s := &sick{T: t, s: &Settings{Config: filepath.Join(dir, "frontdesk.yaml"), Data: filepath.Join(dir, "data"), Makers: adapters.All}}
			s.d = &doctor{out: &s.out, makers: adapters.All, call: client().Do, free: func(string) (uint64, error) { return 1 << 40, nil }, now: time.Now}
			if err := os.WriteFile(s.s.Config, []byte("listen: 127.0.0.1:0\n"+x.conf), 0o600); err != nil {
				t.Fatal(err)
			}
			if x.do != nil {
				x.do(s)
			}
			err := s.d.look(t.Context(), *s.s)
			lines := strings.Split(s.out.String(), "\n")
			found := -1
			for i, l := range lines {
				if regexp.MustCompile(x.want).MatchString(strings.Join(strings.Fields(l), " ")) {
					found = i
				}
			}
			if found < 0 || found+1 == len(lines) || !strings.Contains(lines[found+1], "fix: ") || !strings.Contains(lines[found+1], x.fix) {
				t.Errorf("not found: %s, fix: %s\n%s", x.want, x.fix, s.out.String())
			}
			if (err != nil) != strings.Contains(x.want, "FAIL") {
				t.Errorf("the error is %v\n%s", err, s.out.String())
			}
		})
	}
}
