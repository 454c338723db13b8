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
