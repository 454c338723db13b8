package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The test binary is the program as well, for the scripts under testdata.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"frontdesk": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
