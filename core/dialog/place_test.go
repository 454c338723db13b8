package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// asks sends a text a minute later, while the line knows the customer's own
// ticket, and returns what is said to it.
func (p *player) asks(text string, own core.Estimate) string {
	p.t.Helper()
	p.now = p.now.Add(time.Minute)
	s := p.scene()
	s.Own = &own
	p.ref++
	env := core.Envelope{Channel: "web", At: p.now, Filed: p.now, Parts: core.Parts{core.Text{Body: text}}}
	out, err := p.b.Step(p.c, []core.Envelope{env}, s)
	if err != nil || len(out.Say) != 1 {
		p.t.Fatalf("said %+v, %v", out.Say, err)
	}
	p.take(out)
	return p.lastSaid()
}

// Somebody who was told five ahead and has thirteen ahead now hears thirteen:
// what is said, what stands under an answer and what the banner shows come from
// the ticket's own estimate, not from what was promised once.
func TestPlaceTold(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	p.line = core.LineState{OnDuty: 2, Waiting: 5, Low: 5 * time.Minute, High: 10 * time.Minute, Known: true}
	p.text("人工")
	wantIn(t, p.lastSaid(), "5 位")
	p.now = p.now.Add(9 * time.Minute)
	now := core.Estimate{Ahead: 13, Low: 15 * time.Minute, High: 30 * time.Minute, Known: true}
	said := p.asks("还要多久", now)
	wantIn(t, said, "13 位")
	wantIn(t, said, "15–30 分钟")
	if banner := b.Place("zh", now); !strings.Contains(said, banner) || banner == "" {
		t.Errorf("the bot says %q, the banner %q", said, banner)
	}
	if k := p.c.Ticket; k.Told.Ahead != 13 || k.Told.Upper != 30*time.Minute || !k.Told.At.Equal(p.now) {
		t.Errorf("the card says %+v", k.Told)
	}
	if said := p.asks("茶叶能放多久", now); !strings.Contains(said, "13 位") || !strings.Contains(said, "15–30 分钟") {
		t.Errorf("under an answer: %q", said)
	}
	if said := p.asks("还要多久", core.Estimate{Ahead: 2, Low: time.Hour, High: 2 * time.Hour}); !strings.Contains(said, "2 位") || strings.Contains(said, "分钟") {
		t.Errorf("a bound that may not be said: %q", said)
	}
}

// One function writes the place and the bounds.
func TestPlaceWords(t *testing.T) {
	e := demo(t)
	for _, c := range []struct {
		x    core.Estimate
		want string
	}{
		{core.Estimate{Ahead: 2}, "cannot give an honest estimate"},
		{core.Estimate{}, "you are next, and your place"}, // nobody is before them: nothing is said of a wait
		{core.Estimate{Busy: true}, "everybody is with another customer and you come next"},
		{core.Estimate{Nobody: true}, "Nobody of us is online"},
		{core.Estimate{Ahead: 1, High: time.Minute, Known: true}, "within about 1 min"},
		{core.Estimate{Ahead: 3, Low: 2 * time.Minute, High: 4 * time.Minute, Known: true}, "2–4 minutes"},
		{core.Estimate{Ahead: 3, Low: 90 * time.Second, High: 100 * time.Second, Known: true}, "1–2 minutes"},
		{core.Estimate{Ahead: 26, Low: time.Minute, High: 46 * time.Minute, Known: true}, "30"},
	} {
		if got := e.Place("en", c.x); !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q in it", c.x, got, c.want)
		}
	}
}
