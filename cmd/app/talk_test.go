package app

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTalk plays ordinary talk with the demo: what people write beside asking,
// quotations, numbers as they are typed, ratings in words.
func TestTalk(t *testing.T) {
	files, err := filepath.Glob("testdata/chat/*.chat")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(s string) bool { return strings.HasSuffix(s, "desks.chat") })
	var out strings.Builder
	if err := Test(t.Context(), &out, TestOptions{Files: files}); err != nil || len(files) < 4 {
		t.Errorf("%v\n%s", err, &out)
	}
}
