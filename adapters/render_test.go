package adapters

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Every adapter has files that hold what goes over the wire for each kind of
// message: wire-KIND.txt to customers, desk-KIND.txt to staff. Its own test
// compares them (coretest.Rendering, coretest.DeskRendering).
func TestRendering(t *testing.T) {
	for name := range All {
		if name == "action" { // a business system is shown nothing
			continue
		}
		for _, k := range coretest.Rendered {
			var found []string
			for _, kind := range []string{"wire-", "desk-"} {
				file := filepath.Join(name, "testdata", kind+k.Name+".txt")
				if _, err := os.Stat(file); err == nil {
					found = append(found, file)
				}
			}
			if len(found) == 0 {
				t.Errorf("%s: no file holds what goes out for %q; run coretest.Rendering or DeskRendering in its tests with -update, and read what it wrote", name, k.Name)
			}
		}
	}
}
