package match

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/blas/gonum"
)

// A network with one hidden layer beside the linear model: it learns which words mean the same in this script. It is
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

func trainNet(ctx context.Context, s *set, rows int, p netParams) (*net, error) {
	var blas gonum.Implementation
	rng := rand.New(rand.NewPCG(p.seed, 9))
	h, c := p.hidden, s.classes
	n := &net{in: make([]float32, rows*h), out: make([]float32, h*c), bias: make([]float32, c), hidden: h, classes: c}
	for i := range n.in {
		n.in[i] = float32(rng.NormFloat64()) * .05
	}
	for i := range n.out {
		n.out[i] = float32(rng.NormFloat64()) * .05
	}
	gIn, gOut := make([]float32, rows), make([]float32, h)
	gBias := float32(1e-4)
	for i := range gIn {
		gIn[i] = 1e-6
	}
	for i := range gOut {
		gOut[i] = 1e-4
	}
	hid, dhid, err := make([]float32, h), make([]float32, h), make([]float32, c)
	drop := make([]bool, h)
	order := rng.Perm(len(s.x))
	var ix []uint32
	var val []float32
	for range p.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for count, i := range order {
			if count&15 == 0 {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				runtime.Gosched()
			}
			ix, val = ix[:0], val[:0]
			for k, j := range s.x[i].ix {
				if rng.Float32() < p.keepIn {
					ix, val = append(ix, j), append(val, s.x[i].val[k]/p.keepIn)
				}
			}
			clear(hid)
			for k, j := range ix {
				blas.Saxpy(h, val[k], n.in[int(j)*h:int(j)*h+h], 1, hid, 1)
			}
			for u := range hid {
				drop[u] = hid[u] <= 0 || rng.Float32() >= p.keep
				if drop[u] {
					hid[u] = 0
				} else {
					hid[u] /= p.keep
				}
			}
			copy(err, n.bias)
			for u, v := range hid {
				if v != 0 {
					blas.Saxpy(c, v, n.out[u*c:u*c+c], 1, err, 1)
				}
			}
			softmax(err, err, 1)
			err[s.class[i]]--
			sq := float32(0)
			for _, e := range err {
				sq += e * e
			}
			if sq < 1e-8 {
				continue
			}
			dsq := float32(0)
			for u := range dhid {
				dhid[u] = 0
				if drop[u] {
					continue
				}
				row := n.out[u*c : u*c+c]
				dhid[u] = blas.Sdot(c, row, 1, err, 1) / p.keep
				dsq += dhid[u] * dhid[u]
				gOut[u] += hid[u] * hid[u] * sq / float32(c)
				blas.Saxpy(c, -p.rate*hid[u]/sqrt(gOut[u]), err, 1, row, 1)
			}
			gBias += sq / float32(c)
			blas.Saxpy(c, -p.rate/sqrt(gBias), err, 1, n.bias, 1)
			dsq /= float32(h)
			if dsq == 0 {
				continue
			}
			for k, j := range ix {
				gIn[j] += val[k] * val[k] * dsq
				blas.Saxpy(h, -p.rate*val[k]/sqrt(gIn[j]), dhid, 1, n.in[int(j)*h:int(j)*h+h], 1)
			}
		}
	}
	return n, nil
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
