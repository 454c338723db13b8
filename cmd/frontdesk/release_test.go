package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The release script builds a binary that runs and knows its version, and writes
// the sum that the file has.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything anew: not under -short")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a shell script")
	}
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), "../../deploy/release.sh", "v9.8.7", dir)
	c.Env = append(os.Environ(), "TARGETS="+runtime.GOOS+"/"+runtime.GOARCH)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := "frontdesk-v9.8.7-" + runtime.GOOS + "-" + runtime.GOARCH
	file := filepath.Join(dir, name)
	out, err := exec.CommandContext(t.Context(), file, "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "frontdesk v9.8.7 ") {
		t.Errorf("%v %s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	sum := sha256.Sum256(b)
	if err != nil || string(sums) != hex.EncodeToString(sum[:])+"  "+name+"\n" {
		t.Errorf("%v %s", err, sums)
	}
	if out, err := exec.CommandContext(t.Context(), "../../deploy/release.sh", "v1").CombinedOutput(); err == nil || !strings.Contains(string(out), "usage: ") {
		t.Errorf("without a folder: %v %s", err, out)
	}
}
