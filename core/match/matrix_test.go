package match

import (
	"math/rand/v2"
	"testing"
)

// The product over 8-bit rows, dense and listed, is that of the plain numbers but for their rounding, whatever the number of
// rows: dense ones are taken four at a time.
func TestMatrix(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rows, cols = 40, 77
	m := newMatrix(rows, cols)
	want := make([][]float32, rows)
	for j := range rows {
		row := make([]float32, cols)
		for c := range row {
			if j%5 > 0 || c%20 == 0 { // every fifth row is nearly empty and kept as a list
				row[c] = rng.Float32() - .5
			}
		}
		want[j] = row
		m.set(j, row)
	}
	if len(m.column) == 0 || len(m.dense) == 0 {
		t.Fatal("one of the two kinds of rows is not tested")
	}
	var p product
	out := make([]float32, cols)
	for n := range 12 {
		var ix []uint32
		var val []float32
		for range n {
			ix, val = append(ix, uint32(rng.IntN(rows))), append(val, rng.Float32())
		}
		m.times(ix, val, &p, out)
		for c := range out {
			sum := float32(0)
			for k, j := range ix {
				sum += val[k] * want[j][c]
			}
			if abs(sum-out[c]) > .004*float32(n) {
				t.Fatalf("%d rows, column %d: %f, want %f", n, c, out[c], sum)
			}
		}
	}
}

// A word whose letters are kept as one row scores as its letters taken one by one do, in small scripts and in those that are
// trained in blocks, with and without a net.
func TestWordRows(t *testing.T) {
	few, many := newTraining(made(40, 5)), newTraining(made(300, 3))
	for name, m := range map[string]*model{"linear": fitted(t, few, recipe{c: plainC}), "net": fitted(t, few, recipe{c: plainC, nets: 1}), "blocks": fitted(t, many, recipe{c: plainC})} {
		if len(m.voc.row) < 10 {
			t.Fatalf("%s: only %d words are kept as one: nothing is tested", name, len(m.voc.row))
		}
		plain, letters := *m, *m.voc
		letters.row = nil
		plain.voc = &letters
		for _, text := range []string{"how do i get my refund please please", "can you help me with the price", "what is the price of banana please 退款 unheard"} {
			one, all := m.workspace(), plain.workspace()
			m.measure(one, []rune(text))
			plain.measure(all, []rune(text))
			if len(one.x.whole) == 0 || len(all.x.whole) > 0 {
				t.Fatalf("%s: %q: %d and %d whole words", name, text, len(one.x.whole), len(all.x.whole))
			}
			for c := range one.svm {
				if d := abs(one.svm[c] - all.svm[c]); d > .05 {
					t.Errorf("%s: %q: class %d scores %.3f with words as one, %.3f letter by letter", name, text, c, one.svm[c], all.svm[c])
				}
			}
			for c := range one.net {
				if d := abs(one.net[c] - all.net[c]); d > .05 {
					t.Errorf("%s: %q: the nets give class %d %.3f with words as one, %.3f letter by letter", name, text, c, one.net[c], all.net[c])
				}
			}
		}
	}
}

func fitted(t *testing.T, job *training, r recipe) *model {
	t.Helper()
	m, err := job.fit(t.Context(), job.all(), r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
