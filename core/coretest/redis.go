package coretest

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A RedisServer is a real server of a test's own, on a socket in a folder of its
// own. It keeps nothing on disk.
type RedisServer struct {
	t    testing.TB
	exe  string
	sock string
	pass string
	cmd  *exec.Cmd
}

// Redis starts a server. Where none is installed the test says how and is
// skipped, or fails where FRONTDESK_REQUIRE_PEERS is 1.
func Redis(t testing.TB) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, pass: "pass-of-this-test"}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if exe, err := exec.LookPath(name); err == nil {
			s.exe = exe
			break
		}
	}
	if s.exe == "" {
		const how = "install a Redis or Valkey server: apt-get install redis-server"
		if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	dir, err := os.MkdirTemp("", "redis") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	s.sock = filepath.Join(dir, "s")
	t.Cleanup(func() {
		s.Kill()
		os.RemoveAll(dir)
	})
	s.Start()
	return s
}

// URL is where it is, with its password.
func (s *RedisServer) URL() string { return "unix://:" + s.pass + "@" + s.sock }

// Start starts it, empty, and returns when it answers.
func (s *RedisServer) Start() {
	s.t.Helper()
	dir := filepath.Dir(s.sock)
	s.cmd = exec.Command(s.exe, "--port", "0", "--unixsocket", s.sock, "--save", "", "--appendonly", "no", "--dir", dir, "--requirepass", s.pass)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s.answers() {
			return
		}
	}
	s.t.Fatal("the Redis server does not answer after a minute")
}

func (s *RedisServer) answers() bool {
	conn, err := net.Dial("unix", s.sock)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write([]byte("AUTH " + s.pass + "\r\n"))
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "+OK")
}

// Kill ends it at once; what it knew is gone.
func (s *RedisServer) Kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
	os.Remove(s.sock)
}
