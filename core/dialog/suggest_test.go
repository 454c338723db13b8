package dialog_test

import "testing"

// Staff are offered what may well be meant, and nothing for what the script
// knows little of.
func TestSuggestFloor(t *testing.T) {
	e := book(t, good+`
entries:
  - {id: post, title: Postage, samples: [how much is the postage, what does shipping cost, shipping fee], answer: Five yuan.}
  - {id: return, title: Returns, samples: [can I return it, how do I send it back, return policy], answer: Within seven days.}
  - {id: hours, title: Hours, samples: [when are you open, opening hours, are you open on Sunday], answer: From nine to six.}
`)
	if got := e.Suggest("en", "how much is the postage", 3); len(got) == 0 || got[0].Entry != "post" {
		t.Errorf("to a question of the script: %+v", got)
	}
	for _, text := range []string{"how much is the postage", "my cat sat on the open box yesterday", "how are things on Mars"} {
		for _, x := range e.Suggest("en", text, 3) {
			if x.P < 0.25 {
				t.Errorf("%q: offered %s at %.2f", text, x.Entry, x.P)
			}
		}
	}
}
