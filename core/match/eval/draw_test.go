package eval

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	es := Entries(lines(t, train))
	asked := lines(t, "card_lost\tmy card was lost\ntop_up\ttop up please\n7\t想退货\n")
	kept, test := Draw{Seed: 1, Withhold: 3, Samples: 2}.Of(es, asked)
	if len(kept) != 2 || len(kept[0].Samples) != 2 || len(kept[1].SamplePos) != 2 || len(es[0].Samples) != 5 {
		t.Fatalf("%+v", kept)
	}
	none := 0
	for _, l := range test {
		if l.Label == None && l.Class == withheldClass {
			none++
		}
	}
	if none != 1 || asked[0].Label != "card_lost" || asked[2].Label != "7" {
		t.Errorf("%+v, of %+v", test, asked)
	}
	again, _ := Draw{Seed: 1, Withhold: 3, Samples: 2}.Of(es, asked)
	if !reflect.DeepEqual(kept, again) {
		t.Error("the same seed draws something else")
	}
}

func TestRunDraws(t *testing.T) {
	x := Test{Entries: Entries(lines(t, train)), Test: lines(t, "card_lost\ti lost my card\ntop_up\thow do i top up\n7\t怎么退货\n"), Now: clock()}
	d, err := RunDraws(t.Context(), x, Draw{Withhold: 3}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Draws) != 3 || d.Mean.Answered != 1 || d.Mean.Precision != 1 || d.Mean.Withheld != 0 {
		t.Errorf("%+v", d)
	}
	var b bytes.Buffer
	if err := d.Print(&b); err != nil || !strings.Contains(b.String(), "mean         100.0%     100.0%       0.0%") {
		t.Errorf("%v\n%s", err, b.String())
	}
	for _, bad := range []Draw{{}, {Withhold: 1}, {Samples: -1}} {
		if _, err := RunDraws(t.Context(), x, bad, 1); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
	if _, err := RunDraws(t.Context(), x, Draw{Samples: 1}, 0); err == nil {
		t.Error("no draw: no error")
	}
}
