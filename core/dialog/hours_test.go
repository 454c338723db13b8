package dialog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// The afternoon may be written before the morning: who writes at eight is told
// the opening at nine and an answer by eleven.
func TestHoursInAnyOrder(t *testing.T) {
	src, err := flows.FS.ReadFile("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(src), "mon-fri:")
	_, after, _ := strings.Cut(rest, "]")
	if !ok {
		t.Fatal("the demo has no hours any more")
	}
	shop := before + `mon-fri: ["13:00-18:00", "09:00-12:00"]` + after
	fsys := fstest.MapFS{"shop.yaml": {Data: []byte(shop)}}
	for _, name := range []string{"faq-order.yaml", "faq-service.yaml", "faq-tea.yaml", "flows.yaml", "words.yaml"} {
		b, err := flows.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: b}
	}
	b, err := script.Load(fsys, script.Options{Systems: []string{"orders"}})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t, dialog.New(b))
	p.now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) // 08:00 in Shanghai
	p.line.OnDuty, p.line.Free = 0, 0
	p.text("人工")
	wantIn(t, p.lastSaid(), "今天 09:00")
	wantIn(t, p.lastSaid(), "今天 11:00")
}

// A customer whose clock is known is told by it, whatever day it is there; a zone
// that nobody knows changes nothing.
func TestCustomersClock(t *testing.T) {
	for zone, want := range map[string]string{"America/New_York": "今天 21:00", "Asia/Shanghai": "明天 10:00", "../etc/passwd": "明天 10:00", "": "明天 10:00"} {
		p := newPlayer(t, demo(t))
		p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) // Saturday 20:00 in Shanghai, 07:00 in New York; open on Sunday at ten
		p.c.Peer.Facts = map[string]string{core.FactZone: zone}
		p.line.OnDuty, p.line.Free = 0, 0
		p.text("人工")
		wantIn(t, p.lastSaid(), want)
	}
}
