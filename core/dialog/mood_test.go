package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/match"
)

// Danger is one bubble that says what to do and what happens next: none of the customer's words, nothing to press.
func TestDangerIsOneBubble(t *testing.T) {
	for text, want := range map[string]struct {
		kind  match.Danger
		words []string
	}{
		"我不想活了":     {match.DangerSelfharm, []string{"12356", "同事"}},
		"孩子喝了吐了在医院": {match.DangerMedical, []string{"120", "同事"}},
		"有人拿刀砸我家的门": {match.DangerViolence, []string{"110", "同事"}},
		"客服让我共享屏幕，还要验证码，帮我转人工":       {match.DangerSwindle, []string{"96110", "同事"}},
		"my husband is beating me":   {match.DangerViolence, []string{"emergency number", "colleague"}},
		"my son swallowed a battery": {match.DangerMedical, []string{"emergency number", "colleague"}},
	} {
		p := newPlayer(t, demo(t))
		p.text("茶叶能放多久")
		p.passes(time.Minute)
		before := len(p.all)
		p.text(text)
		p.passes(10 * time.Second)
		k := p.c.Ticket
		if p.c.State != core.InLine || k.Class != 0 || k.Mood != string(want.kind) {
			t.Errorf("%s: %s %+v", text, p.c.State, k)
		}
		if said := p.all[before:]; len(said) != 1 || strings.Contains(said[0], text) || p.c.Ticket == nil {
			t.Errorf("%s: %q", text, said)
		}
		for _, w := range want.words {
			wantIn(t, p.lastSaid(), w)
		}
	}
}

// Who is in line already hears it too, and comes first.
func TestDangerInLine(t *testing.T) {
	p := newPlayer(t, demo(t))
	p.text("人工")
	p.passes(time.Minute)
	p.text("我吃了一整瓶安眠药")
	p.passes(10 * time.Second)
	wantIn(t, p.lastSaid(), "110")
	if k := p.c.Ticket; k.Class != 0 || k.Mood != string(match.DangerSelfharm) {
		t.Errorf("%+v", k)
	}
}

// Who writes so much that they are not answered for a while, and then of a
// danger, is answered.
func TestDangerInAFlood(t *testing.T) {
	p := newPlayer(t, demo(t))
	for _, s := range strings.Split("甲 乙 丙 丁 戊 己 庚 辛 壬 癸 子 丑 寅 卯 辰 巳 午 未 申 酉 戌 亥 天 地 玄 黄 宇 宙 洪 荒", " ") {
		p.text(s + s + "茶在哪里")
		p.passes(time.Second)
	}
	if p.count(core.EventIgnored) == 0 {
		t.Fatal("nobody was told that it is too much")
	}
	p.fresh()
	p.text("我不想活了")
	p.passes(3 * time.Second)
	wantIn(t, strings.Join(p.all, "|"), "12356")
	if k := p.c.Ticket; !k.Open() || k.Class != 0 {
		t.Errorf("the ticket is %+v", k)
	}
}

// 算了 after a danger closes nothing: a person looks at it.
func TestDangerIsNotTakenBack(t *testing.T) {
	for _, line := range []core.LineState{{}, {OnDuty: 1, Waiting: 2}} {
		p := newPlayer(t, demo(t))
		p.line = line
		p.text("孩子误吞了干燥剂")
		p.passes(3 * time.Second)
		p.fresh()
		p.text("算了")
		p.passes(3 * time.Second)
		wantIn(t, strings.Join(p.all, "|"), "120")
		if k := p.c.Ticket; !k.Open() || k.Class != 0 || k.Mood != "medical" {
			t.Errorf("the ticket is %+v", k)
		}
	}
}
