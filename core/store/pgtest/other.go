//go:build !linux

package pgtest

import (
	"errors"
	"os/exec"
)

var errElsewhere = errors.New("these tests start PostgreSQL on Linux only")

func hand(string) error { return errElsewhere }

func command(string, ...string) (*exec.Cmd, error) { return nil, errElsewhere }

func end(*exec.Cmd) error { return nil }
