package eval

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/match"
)

const train = `# a small script
card_lost	i lost my card
card_lost	my card is gone
card_lost	i can not find my card anywhere
card_lost	somebody stole my card
card_lost	the card was stolen from my bag
top_up	how do i top up
top_up	add money to my account
top_up	can i load money by cheque
top_up	top up with apple pay
top_up	put money on the account
7	怎么退货
7	我要退货
7	买错了想退
7	退货怎么操作
7	不合适能退吗
`

func lines(t *testing.T, s string) []Line {
	t.Helper()
	out, err := Read(strings.NewReader(s), "t.tsv")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// clock moves a millisecond at each look.
func clock() func() time.Time {
	at := time.Unix(0, 0)
	return func() time.Time { at = at.Add(time.Millisecond); return at }
}

func TestRead(t *testing.T) {
	ls := lines(t, "\ufeffa\tx\r\n\n# no\nb\ty\tz\n")
	if len(ls) != 2 || ls[0] != (Line{Label: "a", Text: "x", At: "t.tsv:1"}) || ls[1] != (Line{Label: "b", Text: "y\tz", At: "t.tsv:4"}) {
		t.Errorf("%+v", ls)
	}
	if ls := lines(t, "# a\tcomment\n#another\n#5\tno comment\r\n退 货\t怎么 退\n退 货\t怎么 退"); len(ls) != 3 || ls[0] != (Line{Label: "#5", Text: "no comment", At: "t.tsv:3"}) || ls[2] != (Line{Label: "退 货", Text: "怎么 退", At: "t.tsv:5"}) {
		t.Errorf("%+v", ls)
	}
	for _, bad := range []string{"no tab here", "\ttext", "退货\t\xcd\xcb\xbb\xf5", "a\t" + strings.Repeat("x", maxLine)} {
		if _, err := Read(strings.NewReader("a\tb\n"+bad+"\n"), "bad.tsv"); err == nil || !strings.HasPrefix(err.Error(), "bad.tsv:2: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestEntries(t *testing.T) {
	es := Entries(lines(t, train))
	if len(es) != 3 || es[0].Title != "card lost" || es[2].Title != "" || es[2].Pos != "t.tsv:12" || es[1].SamplePos[1] != "t.tsv:8" {
		t.Errorf("%+v", es)
	}
}

func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Test{Entries: Entries(lines(t, train)), Now: clock(), Plain: true,
		Test: lines(t, "card_lost\tmy card was stolen\ntop_up\ttop up by cheque\n7\t想退货\n"), OOS: lines(t, "oos\twho won the election\noos\t写一首诗\n")})
	if err != nil {
		t.Fatal(err)
	}
	if r.Tested != 3 || r.Accuracy != 1 || r.MacroF1 != 1 || math.Abs(r.Top3-1) > 1e-9 || r.Samples != 15 || r.Entries != 3 {
		t.Errorf("%+v", r)
	}
	if r.OOS == nil || r.OOS.AUROC != 1 || r.OOS.Caught != 1 || r.NewMS != 1 || r.P50 != 1000 || r.ModelBytes == 0 || len(r.Curve) != 7 {
		t.Errorf("%+v %+v", r, r.OOS)
	}
	var b bytes.Buffer
	if err := r.Print(&b); err != nil || !strings.Contains(b.String(), "AUROC 1.0000") {
		t.Errorf("%v %s", err, b.String())
	}
}

// A label that nothing was trained for is said, and a sample that the rest speaks against can be left out first.
func TestRunRemarks(t *testing.T) {
	set := train + "top_up\tmy card was stolen and is gone\n"
	for i := range 30 {
		set += fmt.Sprintf("card_lost\ti lost my card number %d\ntop_up\tput money number %d on it\n", i, i)
	}
	r, err := Run(t.Context(), Test{Entries: Entries(lines(t, set)), Now: clock(), Plain: true, Clean: true, Test: lines(t, "top_up\ttop up\nwho\twho are you\n")})
	if err != nil {
		t.Fatal(err)
	}
	if r.Unknown != 1 || r.UnknownAt != "t.tsv:2: who" || r.Accuracy != .5 || r.Dropped == 0 {
		t.Errorf("%+v", r)
	}
	var b bytes.Buffer
	if err := r.Print(&b); err != nil || !strings.Contains(b.String(), "t.tsv:2: who") || !strings.Contains(b.String(), "left out") {
		t.Errorf("%v %s", err, b.String())
	}
	if _, err := Cross(t.Context(), Test{Entries: Entries(lines(t, train)), Now: clock(), Plain: true}, 1); err == nil {
		t.Error("one part is cross-validated")
	}
}

// The measures against values worked out by hand.
func TestMeasures(t *testing.T) {
	in := []outcome{
		{want: "a", labels: []string{"a"}, got: "a", said: "a", p: .9, kind: match.Answer, in3: true},
		{want: "a", labels: []string{"a"}, got: "b", said: "b", p: .6, kind: match.Answer, in3: true},
		{want: "b", got: "b", p: .4, kind: match.Clarify, in3: true},
		{want: "b", got: "a", p: .1, kind: match.Fallback},
	}
	out := []outcome{{want: "oos", got: "a", said: "a", p: .5, kind: match.Answer}, {want: "oos", got: "b", p: .2, kind: match.Fallback}}
	var r Report
	r.score(in, out)
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("accuracy", r.Accuracy, .5)
	near("macro F1", r.MacroF1, .5)
	near("top 3", r.Top3, .75)
	near("answered", r.Answered, .5)
	near("precision", r.Precision, .5)
	near("clarified", r.Clarified, .25)
	near("ECE", r.ECE, (.1+.6+.6+.1+.5+.2)/6)
	near("AUROC", r.OOS.AUROC, (2+2+1+0)/8.0)
	near("caught", r.OOS.Caught, .5)
	near("all right", r.OOS.AllRight, 2/6.0)
	near("curve .5", r.Curve[2].Precision, .5)
}

// The same outcomes give the same figures, to the last digit.
func TestMacroF1Order(t *testing.T) {
	var in []outcome
	for i := range 500 {
		in = append(in, outcome{want: fmt.Sprint(i % 37), got: fmt.Sprint(i % 41)})
	}
	first := macroF1(in)
	for range 50 {
		if again := macroF1(in); again != first {
			t.Fatalf("%v, then %v", first, again)
		}
	}
}

func TestCross(t *testing.T) {
	es := Entries(lines(t, train))
	es = append(es, match.Entry{ID: "back", Pos: "t.tsv:99", Samples: []string{"想退货", "怎么退掉", "买错了怎么退", "退货如何操作", "不合适可以退吗"}})
	r, err := Cross(t.Context(), Test{Entries: es, Now: clock(), Plain: true}, 5)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tested != 20 || r.Samples != 20 {
		t.Errorf("tested %d of %d", r.Tested, r.Samples)
	}
	if len(r.Confusions) == 0 || r.Confusions[0].A != "7" || r.Confusions[0].B != "back" || r.Confusions[0].PosB != "t.tsv:99" || r.Confusions[0].Times < 2 {
		t.Errorf("confusions %+v", r.Confusions)
	}
}

// A slip changes one place of a text, the same way each time it is measured; what has no letters stays.
func TestTypos(t *testing.T) {
	in := lines(t, "a\twhere is my parcel\na\t我的快递到哪里了\na\t好\na\t12 34\n")
	for n := range 4 {
		got := typos(in, n)
		if again := typos(in, n); !slices.Equal(got, again) {
			t.Errorf("%d slips differ from time to time: %v, %v", n, got, again)
		}
		for i, l := range got {
			if still := l.Text == in[i].Text; still != (n == 0 || i > 1) && n != 2 { // two slips can undo each other
				t.Errorf("%d slips make %q of %q", n, l.Text, in[i].Text)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	kinds := map[int]bool{}
	for range 200 {
		kinds[len([]rune(slip("快递", rng)))] = true
		if c := mistyped('递', rng); c == '递' || !slices.Contains(match.Homophones('递'), c) {
			t.Fatalf("递 mistyped as %c", c)
		}
		if c := mistyped('A', rng); c != 's' {
			t.Fatalf("A mistyped as %c", c)
		}
	}
	for _, s := range []string{"aaab", "éé", "aa 1"} {
		for range 200 {
			if slip(s, rng) == s {
				t.Fatalf("a slip leaves %q as it is", s)
			}
		}
	}
	if !kinds[1] || !kinds[2] || !kinds[3] {
		t.Errorf("slips leave texts of %v characters", kinds)
	}
}

// Right is what is right of all that is said: to questions with several right
// labels, with none, in and out of scope.
func TestSaid(t *testing.T) {
	test := Classed(lines(t, "card_lost|top_up\tmy card was stolen\tin\ntop_up\ttop up by cheque\tin\tplain\nnone\twho won\tforeign\nnone\ttop up my phone\tnear\ngone\tcard\n"))
	if test[1].Text != "top up by cheque" || test[1].Class != "in" || test[4].Class != "" {
		t.Fatalf("%+v", test)
	}
	said := map[string]string{"my card was stolen": "top_up", "top up by cheque": "card_lost", "top up my phone": "top_up"}
	r, err := Run(t.Context(), Test{Entries: Entries(lines(t, train)), Now: clock(), Plain: true, Test: test,
		Talk: func(*match.Matcher) func(string) (string, error) {
			return func(s string) (string, error) { return said[s], nil }
		}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Class{{"in", 2, 1, 2, 1}, {"foreign", 1, 0, 0, 0}, {"near", 1, 1, 1, 0}}
	if r.Said != 3 || math.Abs(r.RightOfAll-1./3) > 1e-9 || r.Tested != 3 || r.Unknown != 1 || r.OOS.Tested != 2 || r.Answered != 2./3 || !slices.Equal(r.Classes, want) {
		t.Errorf("%+v", r)
	}
	if _, err := Run(t.Context(), Test{Entries: Entries(lines(t, train)), Now: clock(), Plain: true, Test: test,
		Talk: func(*match.Matcher) func(string) (string, error) {
			return func(string) (string, error) { return "", errors.New("boom") }
		}}); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("a talk that fails is counted: %v", err)
	}
}
