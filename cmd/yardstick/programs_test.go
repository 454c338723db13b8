package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core/signed"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

const secret = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"

var account = fake.Account{AppID: "wx0123456789abcdef", Secret: "an-app-secret", Token: "yardstick", Key: "yardstickyardstickyardstickyardstickyardabc", Origin: "gh_yardstick"}

// A program is one under test: Frontdesk, or the yardstick.
type process struct {
	t    testing.TB
	name string
	addr string
	args []string
	cmd  *exec.Cmd
	log  *logged
}

// logged is what a program has said.
type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var built struct {
	sync.Mutex
	dir string
}

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// build builds a command of this module, once.
func build(t testing.TB, name string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		dir, err := os.MkdirTemp("", "yardstick")
		if err != nil {
			t.Fatal(err)
		}
		built.dir = dir
	}
	file := filepath.Join(built.dir, name)
	if name == "frontdesk" && *product != "" {
		return *product
	}
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if out, err := exec.Command("go", "build", "-o", file, "../"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// start runs a program on data until the test ends or kill.
func (p *process) start() {
	p.t.Helper()
	p.log = &logged{}
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + p.addr + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s does not answer: %v\n%s", p.name, err, p.log)
		}
	}
}

// kill ends the program as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// cpu is the time that the program has had of the processors.
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0 // not on this system
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * time.Second / 100
}

// rss is how much of the program is resident, in kB.
func (p *process) rss() int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	n, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return n
}

// free is an address that nobody listens on.
func free(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// yardstick is this package's program.
func yardstick(t testing.TB, far *platform, more ...string) *process {
	addr := free(t)
	return launch(&process{t: t, name: "yardstick", addr: addr, args: append([]string{build(t, "yardstick"), "-listen", addr, "-data", t.TempDir(),
		"-url", far.url() + "/messages", "-secret", secret, "-wechat", strings.Join([]string{account.AppID, account.Token, account.Key, far.url()}, ",")}, more...)})
}

// frontdesk is the product, with the demo's scripts and an account of each kind.
func frontdesk(t testing.TB, far *platform, more string) *process {
	return serve(t, fmt.Sprintf(`channels:
  app: {type: hook, url: "%s/messages", secret: "${SIGNS}"}
  wx: {type: wechat, url: "%s", appid: %s, secret: "${SIGNS}", token: "${TOKEN}", keys: ["${KEY}"]%s}
desks:
  inbox: {type: console}
`, far.url(), far.url(), account.AppID, more))
}

// serve is the product with a configuration.
func serve(t testing.TB, text string) *process {
	addr, dir := free(t), t.TempDir()
	conf := filepath.Join(dir, "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"SIGNS": secret, "TOKEN": account.Token, "KEY": account.Key} {
		t.Setenv(k, v)
	}
	return launch(&process{t: t, name: "frontdesk", addr: addr, args: []string{build(t, "frontdesk"), "serve", "--config", conf, "--data", filepath.Join(dir, "data"), "--listen", addr}})
}

func launch(p *process) *process {
	p.t.Helper()
	p.start()
	p.t.Cleanup(func() {
		p.kill()
		if p.t.Failed() {
			s := p.log.String()
			p.t.Logf("%s said at the end:\n%s", p.name, s[max(0, len(s)-4000):])
		}
	})
	return p
}

// trained waits until the product has made itself as quick as it gets.
func (p *process) trained() {
	for end := time.Now().Add(2 * time.Minute); p.name == "frontdesk" && !strings.Contains(p.log.String(), "is trained") && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
}

// webhook is a customer's message, signed and ready to be sent.
func webhook(t testing.TB, ring signed.Ring, id, from, text string) post {
	body, err := json.Marshal(map[string]any{"id": id, "from": from, "unix": time.Now().Unix(), "text": text})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	ring.Sign(h, id, time.Now(), body)
	return post{"/hook/app/", h, body}
}

// push is a customer's message as WeChat pushes it in safe mode.
func push(t testing.TB, wx *fake.Platform, id, from, text string) post {
	r, err := wx.Request(fake.Doc{{"ToUserName", account.Origin}, {"FromUserName", from}, {"CreateTime", strconv.FormatInt(time.Now().Unix(), 10)},
		{"MsgType", "text"}, {"Content", text}, {"MsgId", id}})
	if err != nil {
		t.Fatal(err)
	}
	return post{"/hook/wx/?" + r.URL.RawQuery, http.Header{"Content-Type": {r.Type}}, r.Body}
}
