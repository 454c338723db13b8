package match

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/blas/gonum"
)

// set is training data: vectors, and the class of each.
type set struct {
	x       []vector
	class   []int32
	words   []vector // letters of the words that get a row of their own, behind those of the features
	classes int
}

// row of a matrix that v, multiplied by it, is.
func (v vector) row(w []float32, width int) []float32 {
	out := make([]float32, width)
	v.scores(w, out)
	return out
}

// squares are the squared norms of the samples.
func (s *set) squares() []float32 {
	out := make([]float32, len(s.x))
	for i, v := range s.x {
		for _, w := range v.val {
			out[i] += w * w
		}
	}
	return out
}

// trainSVM solves one L2-loss support vector machine per class in [lo, hi) by dual coordinate descent, all classes of a
// sample in one step: their scores are a handful of contiguous vector additions, and only classes whose gradient is not at
// its bound are updated. The result has rows×(hi-lo) weights, row-major; it nears the same fixed point as one at a time.
func trainSVM(ctx context.Context, s *set, p svmParams) ([]float32, error) {
	width := p.hi - p.lo
	w := make([]float32, p.rows*width)
	alpha := make([]float32, len(s.x)*width)
	score := make([]float32, width)
	sq := s.squares()
	diag := float32(1 / (2 * p.c))
	order := rand.New(rand.NewPCG(11, 7)).Perm(len(s.x))
	rng := rand.New(rand.NewPCG(3, 5))
	var todo []change
	for range sweeps {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for n, i := range order {
			if n&15 == 0 {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				runtime.Gosched() // answers come first, also on one core
			}
			if sq[i] == 0 {
				continue
			}
			x := s.x[i]
			x.scores(w, score)
			d := descent{own: int(s.class[i]) - p.lo, diag: diag, q: sq[i] + diag}
			todo = d.step(alpha[i*width:i*width+width], score, todo[:0])
			x.learn(w, score, todo)
		}
	}
	return w, nil
}

// scores writes what w, len(out) wide, says of v for each class into out.
func (v vector) scores(w, out []float32) {
	var blas gonum.Implementation
	width := len(out)
	clear(out)
	for k, j := range v.ix {
		blas.Saxpy(width, v.val[k], w[int(j)*width:int(j)*width+width], 1, out, 1)
	}
}

// change is by how much a sample's part in the weights of a class changes.
type change struct {
	class int32
	by    float32
}

// descent is one sample's part of the problem, in all classes.
type descent struct {
	own     int // its class
	diag, q float32
}

// step moves the sample's dual variables a to their optimum, given its scores, and appends what that changes to todo.
func (d descent) step(a, score []float32, todo []change) []change {
	for c, sc := range score {
		y := float32(-1)
		if c == d.own {
			y = 1
		}
		g := y*sc - 1 + d.diag*a[c]
		if a[c] == 0 && g >= 0 || g < 1e-3 && g > -1e-3 {
			continue
		}
		old := a[c]
		a[c] = max(0, old-g/d.q)
		if by := (a[c] - old) * y; by != 0 {
			todo = append(todo, change{int32(c), by})
		}
	}
	return todo
}

// learn adds v to the weights w as todo says. It uses buf, which is as long as w is wide.
func (v vector) learn(w, buf []float32, todo []change) {
	width := len(buf)
	if len(todo)*4 > width {
		var blas gonum.Implementation
		clear(buf)
		for _, t := range todo {
			buf[t.class] = t.by
		}
		for k, j := range v.ix {
			blas.Saxpy(width, v.val[k], buf, 1, w[int(j)*width:int(j)*width+width], 1)
		}
		return
	}
	for k, j := range v.ix {
		row := w[int(j)*width : int(j)*width+width]
		x := v.val[k]
		for _, t := range todo {
			row[t.class] += x * t.by
		}
	}
}

type svmParams struct {
	rows   int     // features
	lo, hi int     // classes to train
	c      float64 // how much a training error costs
}

func argmax(v []float32) int {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return best
}

// softmax writes exp(t·in) scaled to sum 1 into out.
func softmax(out, in []float32, t float32) {
	top := in[argmax(in)]
	sum := float32(0)
	for i, x := range in {
		out[i] = fastExp(t * (x - top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
}

// fastExp for x ≤ 0, relative error below 1e-3.
func fastExp(x float32) float32 {
	if x < -20 {
		return 0
	}
	return float32(math.Exp(float64(x)))
}
