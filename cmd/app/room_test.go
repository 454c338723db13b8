package app

import (
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Files fill their part of the disk and no more, those that are still arriving
// counted as large as they may become.
func TestRoom(t *testing.T) {
	const free = 10_000
	r := &room{Blobs: &coretest.Blobs{}, share: 20}
	r.used = func() (int64, error) { return 0, nil }
	r.free = func() (uint64, error) { return uint64(free - r.size), nil }
	kept := 0
	for range 100 {
		m, err := r.Save(t.Context(), core.Media{}, strings.NewReader(strings.Repeat("x", 100)), 200)
		if err != nil && !errors.Is(err, core.ErrFull) {
			t.Fatal(err)
		}
		kept += int(m.Size)
	}
	if kept < free/100*15 || kept > free/100*20 {
		t.Errorf("%d bytes of %d", kept, free)
	}
	if _, err := r.Save(t.Context(), core.Media{}, strings.NewReader("x"), 1<<40); !errors.Is(err, core.ErrFull) {
		t.Errorf("more than there is: %v", err)
	}
}
