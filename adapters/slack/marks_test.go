package slack

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// What became of an agent's message shows on it, ⏳ only as long as nothing else
// is known.
func TestMarks(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	said := d.w.Say("U0LIN", ts(thread), "您好")
	at := core.Via{Channel: "test", Thread: thread, Ref: joinRef(fake.Channel, said), Agent: "test/U0LIN"}
	marks := func() []string {
		for _, m := range d.w.Thread(ts(thread)) {
			if m.TS == said {
				return m.Marks()
			}
		}
		return nil
	}
	mark := func(m core.Mark, why string) {
		t.Helper()
		if err := d.ch.Mark(t.Context(), at, m, why); err != nil {
			t.Error(err)
		}
	}
	mark(core.MarkWaiting, "")
	if !d.w.Until(func() bool { return slices.Equal(marks(), []string{"hourglass_flowing_sand"}) }) {
		t.Errorf("marks %q", marks())
	}
	mark(core.MarkArrived, "")
	mark(core.MarkArrived, "")
	if got := marks(); !slices.Equal(got, []string{"white_check_mark"}) {
		t.Errorf("marks %q", got)
	}
	d.ch.marks.patience = time.Hour
	mark(core.MarkWaiting, "")
	mark(core.MarkUnsure, "the connection broke")
	if got := marks(); !slices.Equal(got, []string{"white_check_mark", "warning"}) {
		t.Errorf("marks %q", got)
	}
	if told := d.w.Told("U0LIN"); len(told) != 1 || !strings.Contains(told[0].Text, "the connection broke") {
		t.Errorf("told %+v", told)
	}
	at.Ref = joinRef(fake.Channel, "1.1")
	mark(core.MarkArrived, "") // deleted meanwhile
	at.Ref = thread + "/form/V1"
	mark(core.MarkFailed, "no")
	if got := d.w.Roots()[0].Marks(); len(got) != 0 {
		t.Errorf("the card is marked %q", got)
	}
}

// Files go both ways; one that cannot be had does not keep its message.
func TestFilesBothWays(t *testing.T) {
	d := newRig(t)
	thread := d.open()
	d.run()
	d.w.Say("U0LIN", ts(thread), "看图", fake.Upload("茶.png", "a picture"))
	e := d.last()
	m, ok := e.Parts[1].(core.Media)
	if !ok || m.Handle == "" || m.Type != "image/png" || m.Size != 9 || e.Parts[0] != (core.Text{Body: "看图"}) {
		t.Fatalf("got %+v", e.Parts)
	}
	m.Words = "客户的 <照片>"
	ref, err := d.ch.Send(t.Context(), core.Envelope{ID: "f1", Thread: thread, By: core.Author{Kind: core.ByPeer, Name: "小王"}, Parts: core.Parts{m}})
	if err != nil || ref == "" {
		t.Fatal(ref, err)
	}
	ms := d.w.Thread(ts(thread))
	got := ms[len(ms)-1]
	if len(got.Files) != 1 || d.w.Body(got.Files[0].ID) != "a picture" || got.Text != "小王: 客户的 &lt;照片&gt;" {
		t.Errorf("uploaded %+v", got)
	}
	d.w.Refuse("files", "404")
	d.w.Say("U0LIN", ts(thread), "再看", fake.Upload("b.png", "x"))
	if e := d.last(); e.Parts.Text() != "再看" || e.Parts[1] != (core.Other{Kind: "file"}) {
		t.Errorf("got %+v", e.Parts)
	}
	if told := d.w.Told("U0LIN"); len(told) != 1 || !strings.Contains(told[0].Text, "b.png") {
		t.Errorf("told %+v", told)
	}
	d.w.Refuse("files", "503", "503")
	d.w.Say("U0LIN", ts(thread), "三看", fake.Upload("c.png", "x"))
	if !d.w.Until(func() bool { return strings.Count(d.log.String(), "was not filed") == 1 }) {
		t.Fatal(d.log)
	}
	d.w.Redeliver()
	if e := d.last(); e.Parts.Text() != "三看" {
		t.Errorf("got %+v", e.Parts)
	}
}
