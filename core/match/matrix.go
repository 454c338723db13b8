package match

import (
	"math"
	"slices"
)

// matrix holds rows of 8-bit weights with one scale per row. A row is dense (biased bytes, eight to a word) or, when most
// of it is near zero, a list of columns.
type matrix struct {
	cols   int
	words  int       // 64-bit words of a dense row
	scale  []float32 // per row; 0 = empty row
	at     []int32   // start in dense (words), or -1-start in list
	dense  []uint64
	column []uint16
	weight []int8
	upto   []int32   // for list rows: end, by row
	base   []float32 // per row: added to all columns; nil = none
}

const lanes = 0x000000FF000000FF

func newMatrix(rows, cols int) *matrix {
	return &matrix{cols: cols, words: (cols + 7) / 8, scale: make([]float32, rows), at: make([]int32, rows)}
}

// set quantises one row; weights below floor (relative to the largest of the row, and absolutely) are dropped.
func (m *matrix) set(row int, w []float32) {
	top := float32(0)
	for _, x := range w {
		top = max(top, x, -x)
	}
	if top < .002 {
		return
	}
	m.scale[row] = top / 127
	kept := 0
	for _, x := range w {
		if x > pruned || x < -pruned {
			kept++
		}
	}
	if kept*4 > len(w) || len(w) < 64 {
		m.at[row] = int32(len(m.dense))
		for k := 0; k < m.words; k++ {
			var word uint64
			for b := range 8 {
				q := int32(0)
				if c := 8*k + b; c < len(w) {
					q = int32(math.Round(float64(w[c] / m.scale[row])))
				}
				word |= uint64(uint8(q+128)) << (8 * b)
			}
			m.dense = append(m.dense, word)
		}
		return
	}
	if m.upto == nil {
		m.upto = make([]int32, len(m.at))
	}
	m.at[row] = int32(-1 - len(m.column))
	for c, x := range w {
		if x > pruned || x < -pruned {
			if q := int8(math.Round(float64(x / m.scale[row]))); q != 0 {
				m.column, m.weight = append(m.column, uint16(c)), append(m.weight, q)
			}
		}
	}
	m.upto[row] = int32(len(m.column))
}

// learn sets the rows of w, and behind them those that are sums of w's.
func (m *matrix) learn(w []float32, sums []vector) {
	rows := len(m.at) - len(sums)
	for j := range rows {
		m.set(j, w[j*m.cols:(j+1)*m.cols])
	}
	for k, v := range sums {
		m.set(rows+k, v.row(w, m.cols))
	}
	m.trim()
}

// trim gives back what the rows did not need. Call it after the last set.
func (m *matrix) trim() {
	m.dense, m.column, m.weight = slices.Clip(slices.Clone(m.dense)), slices.Clip(slices.Clone(m.column)), slices.Clip(slices.Clone(m.weight))
}

// pruned: weights nearer to zero than this change no decision.
const (
	pruned     = .005
	prunedMany = .02 // with hundreds of classes
)

// product is reused memory for times.
type product struct {
	acc []uint64
	f   []float32
}

// times adds up val[k]·row(ix[k]) into out. Values must not be negative. Dense rows are summed as integers, two lanes to
// a 64-bit word: with values of 12 bits and weights of 8 bits, 4,096 rows fit without overflow.
func (m *matrix) times(ix []uint32, val []float32, p *product, out []float32) {
	clear(out)
	if len(ix) > 4096 {
		ix, val = ix[:4096], val[:4096]
	}
	p.f = p.f[:0]
	top := float32(0)
	for k, j := range ix {
		f := val[k] * m.scale[j]
		p.f = append(p.f, f)
		if m.at[j] >= 0 {
			top = max(top, f)
		}
	}
	if top > 0 {
		m.denseRows(ix, p, top, out)
	}
	if m.base != nil {
		base := float32(0)
		for k, j := range ix {
			base += val[k] * m.base[j]
		}
		for c := range out {
			out[c] += base
		}
	}
	if m.upto == nil {
		return
	}
	for k, j := range ix {
		if a := m.at[j]; a < 0 && p.f[k] != 0 {
			cols, ws, f := m.column[-1-a:m.upto[j]], m.weight[-1-a:m.upto[j]], p.f[k]
			for i, c := range cols {
				out[c] += f * float32(ws[i])
			}
		}
	}
}

// denseRows goes over the sums once for four rows: reading and writing them costs more than the products.
func (m *matrix) denseRows(ix []uint32, p *product, top float32, out []float32) {
	n := 4 * m.words
	if cap(p.acc) < n {
		p.acc = make([]uint64, n)
	}
	acc := p.acc[:n]
	clear(acc)
	unit := top / 4095
	inv := 1 / unit
	total := uint64(0)
	var rows [4][]uint64
	var q [4]uint64
	held := 0
	for k, j := range ix {
		a := m.at[j]
		if a < 0 || p.f[k] == 0 {
			continue
		}
		if q[held] = uint64(p.f[k]*inv + .5); q[held] == 0 {
			continue
		}
		total += q[held]
		rows[held] = m.dense[a : int(a)+m.words]
		if held++; held == 4 {
			addRows(acc, &rows, &q)
			held = 0
		}
	}
	if held > 0 {
		for ; held < 4; held++ {
			rows[held], q[held] = rows[0], 0
		}
		addRows(acc, &rows, &q)
	}
	bias := int64(128 * total)
	for c := range out {
		lane := acc[c>>3<<2+c&3]
		if c&4 != 0 {
			lane >>= 32
		}
		out[c] = float32(int64(uint32(lane))-bias) * unit
	}
}

func addRows(sum []uint64, rows *[4][]uint64, q *[4]uint64) {
	a, b, c, d := rows[0], rows[1], rows[2], rows[3]
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	qa, qb, qc, qd := q[0], q[1], q[2], q[3]
	for i, w := range a {
		x, y, z := b[i], c[i], d[i]
		s := sum[:4:4]
		s[0] += (w&lanes)*qa + (x&lanes)*qb + (y&lanes)*qc + (z&lanes)*qd
		s[1] += (w>>8&lanes)*qa + (x>>8&lanes)*qb + (y>>8&lanes)*qc + (z>>8&lanes)*qd
		s[2] += (w>>16&lanes)*qa + (x>>16&lanes)*qb + (y>>16&lanes)*qc + (z>>16&lanes)*qd
		s[3] += (w>>24&lanes)*qa + (x>>24&lanes)*qb + (y>>24&lanes)*qc + (z>>24&lanes)*qd
		sum = sum[4:]
	}
}

// bytes the matrix takes.
func (m *matrix) bytes() int {
	return 4*len(m.scale) + 4*len(m.at) + 8*len(m.dense) + 2*len(m.column) + len(m.weight) + 4*len(m.upto) + 4*len(m.base)
}
