package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)
	// Licences that ask more of whoever passes the binary on than to name the authors.
	reciprocal = regexp.MustCompile(`(?i)GNU (AFFERO |LESSER |LIBRARY )?GENERAL PUBLIC LICENSE|MOZILLA PUBLIC LICENSE|Server Side Public License|Business Source License|Commons Clause|European Union Public Licen[cs]e`)
	permissive = regexp.MustCompile(`(?i)Apache License|Permission is hereby granted, free of charge|Redistribution and use in source and binary forms|Permission to use, copy, modify, and(/or)? distribute`)
)

// Every module linked into the program has a permissive licence.
func TestLicences(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for row := range strings.Lines(string(out)) {
		f := strings.Fields(row)
		if len(f) < 3 || seen[f[0]] {
			continue
		}
		seen[f[0]] = true
		text := ""
		files, err := os.ReadDir(f[2])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range files {
			// What a module says of its own dependencies is beside the point: each
			// that we link is looked at itself.
			if !e.IsDir() && licenceFile.MatchString(e.Name()) && !strings.Contains(e.Name(), "3RD-PARTY") {
				b, err := os.ReadFile(filepath.Join(f[2], e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				text += string(b)
			}
		}
		switch {
		case text == "":
			t.Errorf("%s %s has no licence file", f[0], f[1])
		case reciprocal.MatchString(text):
			t.Errorf("%s %s: %s", f[0], f[1], reciprocal.FindString(text))
		case !permissive.MatchString(text):
			t.Errorf("%s %s: a licence we do not know", f[0], f[1])
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d modules were found", len(seen))
	}
	t.Logf("%d modules, all permissive", len(seen))
}
