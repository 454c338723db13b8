package match

import "context"

// verdict is what a model that was trained without a sample says about it.
type verdict struct {
	sample int
	own    float32 // score of the entry it stands under
	rival  int32   // the best other class
	other  float32 // its score
	near   string  // the rival's sample most like it
	close  float64 // cosine with near
	home   float64 // cosine with the nearest other sample of its own entry
}

func (v verdict) margin() float32 { return v.own - v.other }

const lintFolds = 5

// outOfFold judges every sample by a model of the other four fifths. Titles and keywords are not judged.
func (t *training) outOfFold(ctx context.Context, c float64) ([]verdict, error) {
	var out []verdict
	if len(t.entry) < 2 {
		return nil, nil
	}
	for f := range lintFolds {
		var train, ask []int
		dealt := make([]int, len(t.entry))
		for i, s := range t.samples {
			dealt[s.class]++
			if !s.fixed && (dealt[s.class]+int(s.class))%lintFolds == f {
				ask = append(ask, i)
			} else {
				train = append(train, i)
			}
		}
		if len(ask) == 0 || len(train) == 0 {
			continue
		}
		m, err := t.fit(ctx, train, recipe{c: c})
		if err != nil {
			return nil, err
		}
		w := m.workspace()
		for _, i := range ask {
			if v, ok := m.judge(w, t.samples[i]); ok {
				v.sample = i
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func (m *model) judge(w *workspace, s example) (v verdict, ok bool) {
	if _, known := m.measure(w, s.text); !known {
		return v, false
	}
	v = verdict{own: w.svm[s.class], rival: -1, other: -9}
	for c, x := range w.svm {
		if int32(c) != s.class && x > v.other {
			v.rival, v.other = int32(c), x
		}
	}
	v.near, v.close = m.nearest(w, v.rival)
	_, v.home = m.nearest(w, s.class)
	return v, true
}

// doubt: below this margin the rest of the script speaks clearly against a sample.
const doubt = -.3

// doubtful marks the samples that the rest of the script disagrees with.
func (t *training) doubtful(ctx context.Context, c float64) ([]bool, error) {
	vs, err := t.outOfFold(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(t.samples))
	for _, v := range vs {
		out[v.sample] = v.margin() < doubt
	}
	return out, nil
}
