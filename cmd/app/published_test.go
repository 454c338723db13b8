package app

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestAgreed(t *testing.T) {
	now := force{Print: "b"}
	for _, c := range []struct {
		own                       string
		known, others, seen, want bool
	}{
		{"a", false, false, false, true}, // the first ever
		{"a", false, true, false, true},
		{"b", true, true, true, false}, // the same
		{"b", true, false, true, false},
		{"a", true, false, true, true}, // alone: the folder wins, as on one machine
		{"a", true, true, true, false}, // an old folder takes nobody back
		{"a", true, true, false, true}, // one that nobody has ever had is newer
	} {
		if got := agreed(c.own, now, c.known, c.others, c.seen); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestPack(t *testing.T) {
	a := fstest.MapFS{"faq.yaml": {Data: []byte("entries: []")}, "policies/p.yaml": {Data: []byte("policy: x")}, "talk.chat": {Data: []byte("> hi")}, ".hidden.yaml": {Data: []byte("x")}}
	print, archive, err := pack(a)
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := pack(a)
	if err != nil || again != print || !bytes.Equal(same, archive) {
		t.Errorf("packed twice: %s, %s, %v", print, again, err)
	}
	fsys, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	}); err != nil || len(names) != 2 {
		t.Errorf("%q %v", names, err)
	}
	if b, err := fs.ReadFile(fsys, "policies/p.yaml"); err != nil || string(b) != "policy: x" {
		t.Errorf("%q %v", b, err)
	}
	a["faq.yaml"].Data = []byte("entries: [ ]")
	if changed, _, err := pack(a); err != nil || changed == print {
		t.Errorf("another file has the same print: %v", err)
	}
	if _, err := unpack(archive[:len(archive)/2]); err == nil {
		t.Error("half an archive is taken")
	}
}
