package coretest

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// An S3Server is a real object store of a test's own, with one empty bucket.
type S3Server struct {
	URL    string // of the bucket
	Key    string
	Secret string
	cmd    *exec.Cmd
}

// S3 starts a server. Where none is installed the test says how and is skipped,
// or fails where FRONTDESK_REQUIRE_PEERS is 1.
func S3(t testing.TB) *S3Server {
	t.Helper()
	exe, err := exec.LookPath("versitygw")
	if home, e := os.UserCacheDir(); err != nil && e == nil {
		exe, err = exec.LookPath(filepath.Join(home, "frontdesk-peers", "versitygw"))
	}
	if err != nil {
		const how = `install the object store: GOBIN="${XDG_CACHE_HOME:-$HOME/.cache}/frontdesk-peers" go install github.com/versity/versitygw/cmd/versitygw@v1.2.0`
		if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	dir := t.TempDir()
	for _, d := range []string{"meta", "data/files"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // a port may be taken in between
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := ln.Addr().String()
		ln.Close()
		s := &S3Server{URL: "http://" + addr + "/files", Key: "key-of-this-test", Secret: "secret-of-this-test"}
		s.cmd = exec.Command(exe, "--quiet", "--port", addr, "--access", s.Key, "--secret", s.Secret, "posix", "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "data"))
		if s.start(end) {
			t.Cleanup(s.Kill)
			return s
		}
	}
	t.Fatal("the object store does not answer after a minute")
	return nil
}

// start reports whether it answers before its process or the time has ended.
func (s *S3Server) start(end time.Time) bool {
	if s.cmd.Start() != nil {
		return false
	}
	gone := make(chan struct{})
	go func() { s.cmd.Wait(); close(gone) }()
	for ; time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case <-gone:
			return false
		default:
		}
		if res, err := http.Get(s.URL); err == nil {
			res.Body.Close()
			return true
		}
	}
	s.cmd.Process.Kill()
	<-gone
	return false
}

// Kill ends it at once.
func (s *S3Server) Kill() { s.cmd.Process.Kill() }
