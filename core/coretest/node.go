package coretest

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A Peer is a program in Node that somebody else wrote, with its two ends.
type Peer struct {
	*testing.T
	In  io.WriteCloser
	Out *bufio.Scanner
}

// Node starts a script of testdata/peers with program, which is a Node. If module
// is not installed there, the test says how and is skipped, or fails where
// FRONTDESK_REQUIRE_PEERS is 1. At the end of the test In is closed, and the
// script must end without an error.
func Node(t *testing.T, module, program, script string, args ...string) *Peer {
	t.Helper()
	dir := filepath.Join("testdata", "peers")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", module)); err != nil {
		const how = "install the peers with: npm ci --prefix testdata/peers (Node 20), in the adapter's folder"
		if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	cmd := exec.Command(program, append([]string{script}, args...)...)
	cmd.Dir = dir
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, &wrong)
		}
	})
	return &Peer{t, in, bufio.NewScanner(out)}
}
