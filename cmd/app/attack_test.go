package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Bodies that trickle in are cut off after their time, and meanwhile others are
// served, and who sends a file may take longer: 1,500 of them and the real time if
// Long.
func TestSlowBodies(t *testing.T) {
	n, most := 60, 300*time.Millisecond
	if coretest.Long() {
		n, most = 1500, bodyTime
	}
	l := slog.New(slog.DiscardHandler)
	w := newWeb(config.Default(), l, newMeter(l), nil)
	w.slow = most
	if err := w.mount("web", site{prefix: "/chat/"}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = server(context.Background(), w, l)
	srv.Start()
	defer srv.Close()

	file, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprint(file, "POST /chat/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst")

	addr, start := srv.Listener.Addr().String(), time.Now()
	var slow sync.WaitGroup
	for range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "POST /chat/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
		slow.Go(func() {
			for { // a byte now and then, until the server has had enough
				if err := c.SetReadDeadline(time.Now().Add(most / 10)); err != nil {
					return
				}
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, c); err == nil {
					return
				} else if e, ok := err.(net.Error); !ok || !e.Timeout() {
					return
				}
			}
		})
	}
	res, err := http.Post(srv.URL+"/chat/echo", "text/plain", strings.NewReader("quick"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if res.Body.Close(); err != nil || string(b) != "quick" {
		t.Errorf("meanwhile: %q %v", b, err)
	}
	slow.Wait()               // for ever, were they not cut off
	fmt.Fprint(file, "later") // a file may take longer than they did
	if res, err = http.ReadResponse(bufio.NewReader(file), nil); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != "firstlater" || res.Body.Close() != nil {
		t.Errorf("a slow upload: %q %v", b, err)
	}
	if d := time.Since(start); coretest.Long() && d > 15*time.Second {
		t.Errorf("they were gone after %v", d)
	}
}

// Who asks for much and does not read it is cut off after its time and costs little
// memory, and meanwhile others are served.
func TestSlowReaders(t *testing.T) {
	n := 20
	if coretest.Long() {
		n = 500
	}
	l := slog.New(slog.DiscardHandler)
	w := newWeb(config.Default(), l, newMeter(l), nil)
	block := bytes.Repeat([]byte("x"), 1<<20)
	cut := make(chan error, n)
	w.handle("/large", "large", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		for range 64 {
			if _, err := rw.Write(block); err != nil {
				cut <- err
				return
			}
		}
		cut <- nil
	}))
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = server(context.Background(), w, l)
	if srv.Config.WriteTimeout <= 0 || srv.Config.WriteTimeout > 2*time.Minute {
		t.Errorf("an answer may take %v to be read", srv.Config.WriteTimeout)
	}
	srv.Config.WriteTimeout = 300 * time.Millisecond
	srv.Start()
	defer srv.Close()
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	for range n {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if code, _, body := get(t, srv.URL+"/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("meanwhile: %d %s", code, body)
	}
	if kb := (live() - before) >> 10; kb > int64(n)*100 {
		t.Errorf("%d who do not read cost %d kB", n, kb)
	}
	for range n { // for ever, were they not cut off
		if err := <-cut; err == nil {
			t.Error("64 MB were sent to somebody who does not read")
		}
	}
}

// One address stores at most its allowance on the program as it is set up by
// default, with as many visitors as it gets.
func TestOneAddressStores(t *testing.T) {
	p := launch(t, Options{Settings: Settings{Data: t.TempDir()}, Quick: true})
	body := append([]byte("hello "), bytes.Repeat([]byte("x"), 2<<20)...)
	kept, files := 0, 0
	for range 12 {
		v := p.visit()
		for range 5 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base+"/chat/v1/files", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+v.token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			if res.Body.Close(); res.StatusCode == http.StatusOK {
				kept, files = kept+len(body), files+1
			} else if res.StatusCode != http.StatusTooManyRequests {
				t.Fatalf("status %d", res.StatusCode)
			}
		}
	}
	if kept > 50<<20 || files > 30 || kept < 40<<20 {
		t.Errorf("%d bytes in %d files were kept", kept, files)
	}
}

// No token stands in the log, however much is logged and however it is asked with:
// visitors', those of files' addresses, that of the figures.
func TestNoTokenInLog(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte("log: {level: debug}\nchannels:\n  web: {type: webchat}\ndesks:\n  inbox: {type: console}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, Options{Settings: Settings{Config: conf, Data: t.TempDir()}, Quick: true})
	v := p.visit()
	v.until("人工")
	var kept struct {
		Media struct {
			URL string `json:"url"`
		} `json:"media"`
	}
	send := func(method, path, token, body string, into any) {
		r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if into != nil {
			if err := json.Unmarshal(b, into); err != nil {
				t.Fatalf("%s %s: %v", path, b, err)
			}
		}
	}
	send("POST", "/chat/v1/files", v.token, "hello", &kept)
	_, key, ok := strings.Cut(kept.Media.URL, "k=")
	if !ok {
		t.Fatalf("a file without an address: %+v", kept)
	}
	send("GET", "/chat/v1/file?k="+key, "", "", nil)
	send("GET", "/chat/v1/file?k="+key+"x", "", "", nil)
	send("GET", "/chat/v1/events?k="+v.token, v.token+"x", "", nil)
	send("GET", "/console/link/"+v.token, "", "", nil)
	send("GET", "/metrics", "figures-token", "", nil)
	for name, token := range map[string]string{"a visitor's": v.token, "a file's": key, "the figures'": "figures-token"} {
		if strings.Contains(p.err.String(), token) {
			t.Errorf("%s token is in the log", name)
		}
	}
	if !strings.Contains(p.out.String(), "http") {
		t.Error("the banner, which shows the first account's link to whoever starts the program, is gone")
	}
	for _, word := range strings.Fields(p.out.String()) {
		if _, link, ok := strings.Cut(word, "/console/"); ok && len(link) > 16 && strings.Contains(p.err.String(), link) {
			t.Error("the link for the first account is in the log")
		}
	}
}
