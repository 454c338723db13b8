package desk_test

import (
	"slices"
	"testing"
)

// Tags are set while somebody talks, in place of the old ones, and a close keeps
// them; a name that an agent gives stays with the customer, whatever they call
// themselves, until it is taken back.
func TestLabels(t *testing.T) {
	p := newPlay(t)
	p.press("slack/lin", "claim")
	p.writes("slack/lin", "!标签 #破损 退货 #破损")
	p.wantTold("slack", "Tags: #破损 #退货")
	if got := field(p.card("slack"), "Tags"); got != "破损 退货" {
		t.Errorf("the card says %q", got)
	}
	p.form("slack/lin", "tag", map[string]string{"tags": "物流"})
	p.form("slack/bob", "tag", map[string]string{"tags": "垃圾"}) // it is not his
	if !slices.Equal(p.c.Ticket.Tags, []string{"物流"}) {
		t.Errorf("tags %q", p.c.Ticket.Tags)
	}

	p.writes("slack/lin", "!称呼 王女士\n（老客户）")
	p.wantTold("slack", "Called: 王女士 （老客户）")
	if got := p.c.Peer.Facts["called"]; got != "王女士 （老客户）" {
		t.Errorf("called %q", got)
	}
	p.form("slack/bob", "name", map[string]string{"name": "x"})
	if got := p.c.Peer.Facts["called"]; got != "王女士 （老客户）" {
		t.Errorf("called %q", got)
	}
	p.form("slack/lin", "name", nil)
	if got, ok := p.c.Peer.Facts["called"]; ok {
		t.Errorf("still called %q", got)
	}
	p.form("slack/lin", "close", map[string]string{"tags": "补发"})
	if !slices.Equal(p.c.Ticket.Tags, []string{"物流", "补发"}) {
		t.Errorf("tags at the close %q", p.c.Ticket.Tags)
	}
}
