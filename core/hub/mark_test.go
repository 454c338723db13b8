package hub

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// A hung marker takes the first mark and keeps it until it is let go.
type hungMarker struct {
	*pipe
	began, letGo chan struct{}
}

func (p *hungMarker) Mark(ctx context.Context, at core.Via, m core.Mark, why string) error {
	select {
	case p.began <- struct{}{}:
	default:
	}
	<-p.letGo
	return p.pipe.Mark(ctx, at, m, why)
}

// A platform that hangs while it shows a mark holds up nobody: what waits
// meanwhile is the newest mark of each message, in order, and no more than so
// many.
func TestMarksWait(t *testing.T) {
	s := newStage(t)
	m := &hungMarker{&pipe{lim: core.Limits{Threads: true}}, make(chan struct{}, 1), make(chan struct{})}
	if err := s.Connect("hung", core.RoleDesk, m); err != nil {
		t.Fatal(err)
	}
	s.running.Store(true)
	at := func(n int) core.Via { return core.Via{Channel: "hung", Ref: fmt.Sprint(n)} }
	s.mark(at(0), core.MarkWaiting, "")
	<-m.began
	for n := range mostMarks + 5 {
		s.mark(at(n), core.MarkWaiting, "")
	}
	s.mark(at(8), core.MarkArrived, "")
	s.mark(at(mostMarks+5), core.MarkFailed, "no")
	close(m.letGo)
	s.bg.Wait()
	want := []string{"0 waiting "}
	for n := 6; n < mostMarks+5; n++ {
		if n != 8 {
			want = append(want, fmt.Sprint(n, " waiting "))
		}
	}
	if want = append(want, "8 arrived ", fmt.Sprint(mostMarks+5, " failed no")); !slices.Equal(m.marks, want) {
		t.Errorf("%d marks %q …, want %d", len(m.marks), m.marks[:min(len(m.marks), 12)], len(want))
	}
}
