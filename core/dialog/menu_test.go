package dialog_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// The account's own menu never grows old: a button of it that no script knows
// gets the menu, not that a list has expired, and its key stands in the record.
func TestOwnMenu(t *testing.T) {
	b := demo(t)
	for menu, told := range map[bool]bool{true: false, false: true} {
		p := newPlayer(t, b)
		p.says(core.Joined{})
		p.fresh()
		p.last = nil
		p.says(core.Pick{Option: "V1001_GOOD", Menu: menu})
		if strings.Contains(strings.Join(p.all, "\n"), "过期") != told || p.last == nil || len(p.last.Options) == 0 {
			t.Errorf("of the account's own menu %v: said %q, shown %v", menu, p.all, p.last)
		}
		e := p.events[len(p.events)-1]
		for _, x := range p.events {
			if x.Kind == core.EventFellBack {
				e = x
			}
		}
		if e.Kind != core.EventFellBack || !strings.Contains(e.Why, "V1001_GOOD") {
			t.Errorf("the record says %+v", e)
		}
	}
	p := newPlayer(t, b)
	p.says(core.Pick{Option: "human", Menu: true})
	if strings.Contains(strings.Join(p.all, "\n"), "过期") {
		t.Errorf("a button that the script knows: %q", p.all)
	}
}
