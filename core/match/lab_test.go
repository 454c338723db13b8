package match

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

type sample struct{ label, text string }

func loadTSV(path string) []sample {
	f, err := os.Open("/work/shared/datasets/" + path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	var out []sample
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		l, t, ok := strings.Cut(sc.Text(), "\t")
		if ok {
			out = append(out, sample{l, t})
		}
	}
	return out
}

func shots(in []sample, k int, seed uint64) []sample {
	r := rand.New(rand.NewPCG(seed, 1))
	in = append([]sample{}, in...)
	r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	n := map[string]int{}
	var out []sample
	for _, s := range in {
		if n[s.label] < k {
			n[s.label]++
			out = append(out, s)
		}
	}
	return out
}

func labRun(name string, tr, te []sample, title bool) {
	cls := map[string]int32{}
	var names []string
	var fs [][]feature
	var ys []int32
	x := &extract{}
	add := func(l, t string) {
		c, ok := cls[l]
		if !ok {
			c = int32(len(names))
			cls[l] = c
			names = append(names, l)
			if title {
				fs = append(fs, append([]feature{}, x.features([]rune(Fold(strings.ReplaceAll(l, "_", " "))))...))
				ys = append(ys, c)
			}
		}
		fs = append(fs, append([]feature{}, x.features([]rune(Fold(t)))...))
		ys = append(ys, c)
	}
	t0 := time.Now()
	for _, s := range tr {
		add(s.label, s.text)
	}
	v := newVocabulary(fs)
	s := &set{classes: len(names), class: ys}
	for _, f := range fs {
		s.x = append(s.x, v.vector(f, vector{}))
	}
	t1 := time.Now()
	c := .5
	if os.Getenv("C") != "" {
		fmt.Sscan(os.Getenv("C"), &c)
	}
	w, _ := trainSVM(context.Background(), s, svmParams{rows: len(v.idf), hi: s.classes, c: c, sweeps: 10})
	t2 := time.Now()
	m := newMatrix(len(v.idf), s.classes)
	for j := range v.idf {
		m.set(j, w[j*s.classes:(j+1)*s.classes])
	}
	p := netParams{hidden: 128, epochs: 10, rate: .1, keepIn: .5, keep: .8, seed: 1}
	for _, kv := range strings.Fields(os.Getenv("NET")) {
		var f float64
		k, vv, _ := strings.Cut(kv, "=")
		fmt.Sscan(vv, &f)
		switch k {
		case "h":
			p.hidden = int(f)
		case "e":
			p.epochs = int(f)
		case "r":
			p.rate = float32(f)
		case "i":
			p.keepIn = float32(f)
		case "k":
			p.keep = float32(f)
		}
	}
	var nn *net
	if os.Getenv("NET") != "" {
		nn, _ = trainNet(context.Background(), s, len(v.idf), p)
	}
	t3 := time.Now()
	var ok1, ok2, ok3, n int
	out := make([]float32, s.classes)
	o1 := make([]float32, s.classes)
	o2 := make([]float32, s.classes)
	hid := make([]float32, p.hidden)
	var pr product
	var lat time.Duration
	for _, e := range te {
		y, known := cls[e.label]
		if !known {
			continue
		}
		n++
		ta := time.Now()
		vec := v.vector(x.features([]rune(Fold(e.text))), vector{})
		m.times(vec.ix, vec.val, &pr, out)
		lat += time.Since(ta)
		if argmax(out) == int(y) {
			ok1++
		}
		if nn != nil {
			nn.predict(vec, hid, o2)
			if argmax(o2) == int(y) {
				ok2++
			}
			softmax(o1, out, 5)
			for i := range o1 {
				o1[i] += o2[i]
			}
			if argmax(o1) == int(y) {
				ok3++
			}
		}
	}
	pc := func(k int) float64 { return 100 * float64(k) / float64(n) }
	fmt.Printf("%-14s n=%d C=%d svm %.2f net %.2f mix %.2f | feat %v svm %v net %v lat %v bytes %d rows %d\n", name, len(tr), s.classes, pc(ok1), pc(ok2), pc(ok3), t1.Sub(t0).Round(time.Millisecond), t2.Sub(t1).Round(time.Millisecond), t3.Sub(t2).Round(time.Millisecond), lat/time.Duration(max(n, 1)), m.bytes(), len(v.idf))
}

func TestLab(t *testing.T) {
	if os.Getenv("LAB") == "" {
		t.Skip()
	}
	for i, w := range strings.Fields(os.Getenv("W")) {
		fmt.Sscan(w, &blockWeight[i])
	}
	for _, w := range strings.Fields(os.Getenv("LAB")) {
		name, k, _ := strings.Cut(w, ":")
		tr, te := loadTSV(name+"/train.tsv"), loadTSV(name+"/valid.tsv")
		title := os.Getenv("TITLE") != ""
		if k == "" {
			labRun(w, tr, te, title)
			continue
		}
		var n int
		fmt.Sscan(k, &n)
		for seed := uint64(1); seed <= 2; seed++ {
			labRun(w, shots(tr, n, seed), te, title)
		}
	}
}
