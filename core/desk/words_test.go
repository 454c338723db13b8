package desk_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A text that desks say to customers may use the variables that it is given,
// and no other: one that is never filled would pass the check of a shop's script
// and be empty for every customer.
func TestWordsUseWhatTheyAreGiven(t *testing.T) {
	for id, given := range desk.WordIDs {
		for _, v := range []string{"agent", "text", "ahead", "eta", "topic", "summary"} {
			file := "words: {" + id + ": {zh: 'x{{ " + v + " ?? \"\" }}', en: 'x{{ " + v + " ?? \"\" }}'}}\n"
			_, err := script.Load(fstest.MapFS{"test.yaml": {Data: []byte(file)}}, script.Options{Base: flows.FS})
			passes := err == nil || !strings.Contains(err.Error(), "unknown name "+v)
			if want := slices.Contains(given, v); passes != want {
				t.Errorf("%s with %s: passes %v, given %v: %v", id, v, passes, want, err)
			}
		}
	}
}
