package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Variables may stand in a file beside the configuration; the environment counts
// before it.
func TestEnvFile(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "frontdesk.yaml")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(conf, "zone: ${FD_TEST_ZONE}\nlisten: ${FD_TEST_LISTEN}\ndata: ${FD_TEST_DATA}\nchannels:\n  web: {type: webchat}\n")
	write(EnvFile(conf), "# secrets\n\nFD_TEST_ZONE='Europe/Paris'\nexport FD_TEST_LISTEN=\"127.0.0.1:9\"\nFD_TEST_DATA=here\r\n")
	t.Setenv("FD_TEST_DATA", "there")
	t.Setenv("FD_TEST_ZONE", "")
	c, err := Load(conf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Zone != "Europe/Paris" || c.Listen != "127.0.0.1:9" || filepath.Base(c.Data) != "there" {
		t.Errorf("zone %s, listen %s, data %s", c.Zone, c.Listen, c.Data)
	}
	write(EnvFile(conf), "A=1\nhunter2\n")
	if _, err := Load(conf, Options{}); err == nil || !strings.HasPrefix(err.Error(), EnvFile(conf)+":2:1: this is not a variable") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a line that is no variable: %v", err)
	}
}
