package match

import (
	"context"
	"math"
	"math/rand/v2"
)

// How sure the model may be is learnt without any out-of-scope samples. The script is split in five; each part is asked of
// a model that was trained without it, and without a fifth of the entries. What the model gets wrong, questions of the
// entries it was not given, and questions whose words were replaced by nonsense must get a low probability; the rest a high
// one. A logistic over a few signals is fitted to that.

// signals: 1, best score, lead over the second, known share, logit of the mixed probability, nearness of the nearest
// sample, length, agreement of both models.
const signals = 8

// usual weights, from scripts of all sizes; they serve until Refine has run and hold back the fit of small scripts.
var usual = [signals]float64{-2.2, 1.4, .5, 1.6, .45, 1.3, .1, .9}

const (
	folds = 8

	usualPull = 4 // how many observations the usual weights are worth, per signal
)

type observation struct {
	sig    [signals]float64
	right  bool
	inside bool // belongs to an entry that the model had
}

// trial is the result of one setting over the held-out parts.
type trial struct {
	recipe recipe
	seen   []observation
	hits   []bool // by question that the model could know, in the order of asking: is it right
}

// against compares two trials that were asked the same: how many more questions the first has right, and how many of them
// chance alone explains (one standard error).
func (t *trial) against(o *trial) (lead, chance float64) {
	for i, hit := range t.hits {
		switch {
		case hit && !o.hits[i]:
			lead++
			chance++
		case !hit && o.hits[i]:
			lead--
			chance++
		}
	}
	return lead, math.Sqrt(chance)
}

// part of the script: what a model is trained with, what it is asked, and which of these it cannot know.
type part struct {
	train, ask []int
	withheld   map[int32]bool
}

// split deals the samples of every class into folds parts; part f also withholds every eighth class.
func (t *training) split(f int, seed uint64) part {
	rng := rand.New(rand.NewPCG(seed, 21))
	classes := rng.Perm(len(t.entry))
	p := part{withheld: map[int32]bool{}}
	if len(t.entry) >= folds {
		for i, c := range classes {
			if i%folds == f {
				p.withheld[int32(c)] = true
			}
		}
	}
	dealt := make([]int, len(t.entry))
	for _, i := range rng.Perm(len(t.samples)) {
		s := t.samples[i]
		if p.withheld[s.class] {
			if !s.fixed && rng.IntN(2) == 0 {
				p.ask = append(p.ask, i)
			}
			continue
		}
		if s.fixed {
			p.train = append(p.train, i)
			continue
		}
		dealt[s.class]++
		if dealt[s.class]%folds == f {
			p.ask = append(p.ask, i)
		} else {
			p.train = append(p.train, i)
		}
	}
	return p
}

// refine chooses the setting, fits the probabilities and trains the final model.
func (t *training) refine(ctx context.Context, now *model) (*model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(t.entry) < 2 || len(t.samples) < 2*folds {
		return now, nil
	}
	best, err := t.choose(ctx)
	if err != nil {
		return nil, err
	}
	m := now
	if best.recipe.c != now.c || best.recipe.nets > 0 || best.recipe.doubt != nil {
		if m, err = t.fit(ctx, t.all(), best.recipe); err != nil {
			return nil, err
		}
	} else {
		copied := *now
		m = &copied
	}
	m.weight = fitLogistic(best.seen, outside(len(t.samples), len(t.entry)))
	m.weight[0] -= unproven(len(t.samples), len(t.entry))
	m.same = now.same
	m.tuned = true
	return m, nil
}

// choose tries the settings on held-out parts; large scripts need fewer parts for the same certainty. A small script holds
// out too few samples to tell settings apart, so the usual one stays unless another is better by more than chance.
func (t *training) choose(ctx context.Context) (*trial, error) {
	runs := folds
	switch n := len(t.samples); {
	case n > 5000:
		runs = 2
	case n > 500:
		runs = 4
	}
	best := &trial{recipe: recipe{c: plainC}}
	if err := t.tryAll(ctx, runs, best); err != nil {
		return nil, err
	}
	for _, c := range []float64{.15, .05} { // noisy scripts want a softer fit
		x := &trial{recipe: recipe{c: c}}
		if err := t.tryAll(ctx, runs, x); err != nil {
			return nil, err
		}
		if lead, chance := x.against(best); lead < max(.004*float64(len(x.hits)), 2*chance) {
			break
		}
		best = x
	}
	if best.recipe.c != plainC { // noisy: try without the samples that the rest of the script disagrees with
		x := &trial{recipe: recipe{c: plainC}}
		var err error
		if x.recipe.doubt, err = t.doubtful(ctx, best.recipe.c); err != nil {
			return nil, err
		}
		if err := t.tryAll(ctx, runs, x); err != nil {
			return nil, err
		}
		if lead, _ := x.against(best); lead >= 0 {
			best = x
		}
	}
	if !t.netWorthIt() {
		return best, nil
	}
	withNet := &trial{recipe: best.recipe}
	withNet.recipe.nets = netsFor(len(t.samples))
	if err := t.tryAll(ctx, runs, withNet); err != nil {
		return nil, err
	}
	if lead, chance := withNet.against(best); lead >= -chance {
		best = withNet
	}
	return best, nil
}

func (t *training) netWorthIt() bool {
	return len(t.entry) <= manyC && len(t.samples) >= 3*len(t.entry)
}

// tryAll asks the first parts of models trained by the trial's recipe.
func (t *training) tryAll(ctx context.Context, runs int, x *trial) error {
	for f := range runs {
		p := t.split(f, 77)
		if len(p.train) == 0 || len(p.ask) == 0 {
			continue
		}
		m, err := t.fit(ctx, p.train, x.recipe)
		if err != nil {
			return err
		}
		x.ask(t, m, p)
	}
	return nil
}

func (x *trial) ask(t *training, m *model, p part) {
	rng := rand.New(rand.NewPCG(5, 6))
	w := m.workspace()
	for _, i := range p.ask {
		s := t.samples[i]
		sig, known := m.measure(w, s.text)
		inside := !p.withheld[s.class]
		right := known && inside && w.top[0] == s.class
		if inside {
			x.hits = append(x.hits, right)
		}
		if known {
			x.seen = append(x.seen, observation{sig: sig, right: right, inside: inside})
		}
		if rng.Float64() < .3 {
			if sig, known := m.measure(w, spoil(s.text, rng)); known {
				x.seen = append(x.seen, observation{sig: sig})
			}
		}
	}
}

// spoil replaces 30 to 100 % of the words by nonsense.
func spoil(text []rune, rng *rand.Rand) []rune {
	share := .3 + .7*rng.Float64()
	var out []rune
	for i := 0; i < len(text); {
		j := i + 1
		for latin(text[i]) && j < len(text) && latin(text[j]) {
			j++
		}
		switch {
		case rng.Float64() >= share || !latin(text[i]) && !han(text[i]):
			out = append(out, text[i:j]...)
		case han(text[i]):
			out = append(out, rune(0x4e00+rng.IntN(0x51a5)))
		default:
			for k := range 3 + rng.IntN(6) {
				if k%2 == 0 {
					out = append(out, []rune("bcdfghjklmnprstvwz")[rng.IntN(18)])
				} else {
					out = append(out, []rune("aeiou")[rng.IntN(5)])
				}
			}
		}
		i = j
	}
	return out
}

// unproven is how much less sure to be, in logits, than what was held out says. With one or three samples an entry what is
// held out leaves next to nothing to learn from, and says little of questions that are put in another way: refined, such a
// script was bolder than before, not sharper. From 15 samples an entry on it is nothing.
func unproven(samples, entries int) float64 {
	n := float64(samples) / float64(max(entries, 1))
	if n >= 15 {
		return 0
	}
	return .85 * (math.Pow(max(n, 1), -.7) - math.Pow(15, -.7)) / (1 - math.Pow(15, -.7))
}

// fitLogistic by Newton's method, pulled towards the usual weights. Observations are weighed so that the given share of
// questions is out of scope.
func fitLogistic(seen []observation, share float64) [signals]float64 {
	in, out := 0, 0
	for _, o := range seen {
		if o.inside {
			in++
		} else {
			out++
		}
	}
	w := usual
	if in == 0 {
		return w
	}
	total := float64(len(seen))
	wIn, wOut := total/float64(in), 0.0
	if out > 0 {
		wIn, wOut = total*(1-share)/float64(in), total*share/float64(out)
	}
	weight := func(o observation) float64 {
		if o.inside {
			return wIn
		}
		return wOut
	}
	loss := func(w [signals]float64) (l float64) {
		for i := range w {
			l += usualPull / 2 * (w[i] - usual[i]) * (w[i] - usual[i])
		}
		for _, o := range seen {
			z := dot(w, o.sig)
			if o.right {
				z = -z
			}
			l += weight(o) * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
		}
		return l
	}
	for at := loss(w); ; {
		step := newton(w, seen, weight)
		next, size := w, 1.0
		for ; size > 1e-3; size /= 2 {
			for i := range w {
				next[i] = w[i] + size*step[i]
			}
			if loss(next) < at {
				break
			}
		}
		now := loss(next)
		if now >= at-1e-6*at {
			return w
		}
		w, at = next, now
	}
}

// newton is the full step from w.
func newton(w [signals]float64, seen []observation, weight func(observation) float64) [signals]float64 {
	var grad [signals]float64
	var hess [signals][signals]float64
	for i := range w {
		grad[i] = usualPull * (usual[i] - w[i])
		hess[i][i] = usualPull
	}
	for _, o := range seen {
		p := logistic(dot(w, o.sig))
		y, ow := 0.0, weight(o)
		if o.right {
			y = 1
		}
		for i, a := range o.sig {
			grad[i] += ow * (y - p) * a
			for j, b := range o.sig {
				hess[i][j] += ow * p * (1 - p) * a * b
			}
		}
	}
	return solve(hess, grad)
}

// solve a·x = b by elimination; a is positive definite.
func solve(a [signals][signals]float64, b [signals]float64) (x [signals]float64) {
	for i := range signals {
		for j := i + 1; j < signals; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < signals; k++ {
				a[j][k] -= f * a[i][k]
			}
			b[j] -= f * b[i]
		}
	}
	for i := signals - 1; i >= 0; i-- {
		x[i] = b[i]
		for k := i + 1; k < signals; k++ {
			x[i] -= a[i][k] * x[k]
		}
		x[i] /= a[i][i]
	}
	return x
}

// outside is the share of questions that are taken to belong to no entry: scripts with few samples leave more unanswered,
// and so do, less so, those with few entries.
func outside(samples, entries int) float64 {
	part := func(n, few, many float64) float64 {
		return min(1, max(0, math.Log(many/max(n, 1))/math.Log(many/few)))
	}
	return .09 + max(.16*part(float64(samples), 400, 2000), .08*part(float64(entries), 16, 80))
}
