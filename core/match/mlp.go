package match

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/blas/gonum"
)

// netParams are those of a network with one hidden layer beside the linear model: it learns which words mean the same in this script. It is
// trained with most of its input left out each time, so that it cannot lean on single words.
type netParams struct {
	hidden, epochs int
	rate           float32
	keepIn, keep   float32
	seed           uint64
}

type net struct {
	in, out []float32 // rows×hidden, hidden×classes
	bias    []float32
	hidden  int
	classes int
}

// newNet is a net of small random weights.
func newNet(rows, classes int, p netParams, rng *rand.Rand) *net {
	n := &net{in: make([]float32, rows*p.hidden), out: make([]float32, p.hidden*classes), bias: make([]float32, classes), hidden: p.hidden, classes: classes}
	for _, w := range [][]float32{n.in, n.out} {
		for i := range w {
			w[i] = float32(rng.NormFloat64()) * .05
		}
	}
	return n
}

// slopes are the sums of the squared gradients so far: the more a weight has been changed, the smaller its next step.
type slopes struct {
	in, out []float32 // by row, by hidden unit
	bias    float32
}

func newSlopes(rows, hidden int) *slopes {
	g := &slopes{make([]float32, rows), make([]float32, hidden), 1e-4}
	for i := range g.in {
		g.in[i] = 1e-6
	}
	for i := range g.out {
		g.out[i] = 1e-4
	}
	return g
}

// A pass is one sample on its way through a net and back.
type pass struct {
	ix        []uint32 // what is left of the input
	val       []float32
	hid, back []float32 // by hidden unit: what it says, and what it should have said less
	drop      []bool    // by hidden unit: it says nothing
	err       []float32 // by class: what was said too much
}

func trainNet(ctx context.Context, s *set, rows int, p netParams) (*net, error) {
	rng := rand.New(rand.NewPCG(p.seed, 9))
	n, g := newNet(rows, s.classes, p, rng), newSlopes(rows, p.hidden)
	w := &pass{hid: make([]float32, p.hidden), back: make([]float32, p.hidden), drop: make([]bool, p.hidden), err: make([]float32, s.classes)}
	order := rng.Perm(len(s.x))
	for range p.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for count, i := range order {
			if count&15 == 0 {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				runtime.Gosched()
			}
			w.enter(s.x[i], p.keepIn, rng)
			n.forward(w, p.keep, rng)
			w.err[s.class[i]]--
			n.learn(w, g, p)
		}
	}
	return n, nil
}

// enter begins a pass with a random part of x.
func (w *pass) enter(x vector, keep float32, rng *rand.Rand) {
	w.ix, w.val = w.ix[:0], w.val[:0]
	for k, j := range x.ix {
		if rng.Float32() < keep {
			w.ix, w.val = append(w.ix, j), append(w.val, x.val[k]/keep)
		}
	}
}

// forward leaves what the net says of each class in w.err, when only a random part of its units speak.
func (n *net) forward(w *pass, keep float32, rng *rand.Rand) {
	var blas gonum.Implementation
	h, c := n.hidden, n.classes
	clear(w.hid)
	for k, j := range w.ix {
		blas.Saxpy(h, w.val[k], n.in[int(j)*h:int(j)*h+h], 1, w.hid, 1)
	}
	for u := range w.hid {
		w.drop[u] = w.hid[u] <= 0 || rng.Float32() >= keep
		if w.drop[u] {
			w.hid[u] = 0
		} else {
			w.hid[u] /= keep
		}
	}
	copy(w.err, n.bias)
	for u, v := range w.hid {
		if v != 0 {
			blas.Saxpy(c, v, n.out[u*c:u*c+c], 1, w.err, 1)
		}
	}
	softmax(w.err, w.err, 1)
}

// learn takes a step against the error of a pass, from the classes back to the input.
func (n *net) learn(w *pass, g *slopes, p netParams) {
	var blas gonum.Implementation
	h, c := n.hidden, n.classes
	sq := float32(0)
	for _, e := range w.err {
		sq += e * e
	}
	if sq < 1e-8 {
		return
	}
	back := float32(0)
	for u := range w.back {
		w.back[u] = 0
		if w.drop[u] {
			continue
		}
		row := n.out[u*c : u*c+c]
		w.back[u] = blas.Sdot(c, row, 1, w.err, 1) / p.keep
		back += w.back[u] * w.back[u]
		g.out[u] += w.hid[u] * w.hid[u] * sq / float32(c)
		blas.Saxpy(c, -p.rate*w.hid[u]/sqrt(g.out[u]), w.err, 1, row, 1)
	}
	g.bias += sq / float32(c)
	blas.Saxpy(c, -p.rate/sqrt(g.bias), w.err, 1, n.bias, 1)
	back /= float32(h)
	if back == 0 {
		return
	}
	for k, j := range w.ix {
		g.in[j] += w.val[k] * w.val[k] * back
		blas.Saxpy(h, -p.rate*w.val[k]/sqrt(g.in[j]), w.back, 1, n.in[int(j)*h:int(j)*h+h], 1)
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
