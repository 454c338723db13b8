package match

import (
	"context"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"testing"
	"time"
)

func auroc(pos, neg []float64) float64 {
	type pv struct {
		v float64
		p bool
	}
	var all []pv
	for _, x := range pos {
		all = append(all, pv{x, true})
	}
	for _, x := range neg {
		all = append(all, pv{x, false})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].v < all[j].v })
	s, n := 0.0, 0.0
	for _, x := range all {
		if x.p {
			s += n
		} else {
			n++
		}
	}
	return s / float64(len(pos)*len(neg))
}

func TestLab2(t *testing.T) {
	if os.Getenv("LAB2") == "" {
		t.Skip()
	}
	if v := os.Getenv("OUT"); v != "" {
		panic(v)
	}
	for _, wd := range strings.Fields(os.Getenv("LAB2")) {
		name, k, _ := strings.Cut(wd, ":")
		tr, te := []sample(nil), []sample(nil)
		if name != "union" {
			tr, te = loadTSV(name+"/train.tsv"), loadTSV(name+"/valid.tsv")
		}
		if name == "union" {
			tr, te = nil, nil
			for _, d := range []string{"banking77", "clinc150", "hwu64", "cic", "smp2019"} {
				for _, x := range shots(loadTSV(d+"/train.tsv"), 10, 1) {
					tr = append(tr, sample{d + " " + x.label, x.text})
				}
				for i, x := range loadTSV(d + "/valid.tsv") {
					if i%4 == 0 && d != "cic" {
						te = append(te, sample{d + " " + x.label, x.text})
					}
				}
			}
		} else if k != "" {
			var n int
			fmt.Sscan(k, &n)
			tr = shots(tr, n, 1)
		}
		by := map[string]*Entry{}
		var order []string
		for _, s := range tr {
			if by[s.label] == nil {
				by[s.label] = &Entry{ID: s.label, Title: strings.ReplaceAll(s.label, "_", " ")}
				order = append(order, s.label)
			}
			by[s.label].Samples = append(by[s.label].Samples, s.text)
		}
		var es []Entry
		for _, l := range order {
			es = append(es, *by[l])
		}
		t0 := time.Now()
		m, err := New(es, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t1 := time.Now()
		for stage := range 2 {
			if stage == 1 {
				t1 = time.Now()
				if err := m.Refine(context.Background()); err != nil {
					t.Fatal(err)
				}
				fmt.Printf("   refine %v weights %.2f\n", time.Since(t1).Round(time.Millisecond), m.model.Load().weight)
			} else {
				_ = fmt.Sprintf("%s: new %v\n", wd, t1.Sub(t0).Round(time.Millisecond))
			}
			var oos []float64
			if name == "clinc150" {
				for _, f := range []string{"oos_train", "oos_valid"} {
					for _, s := range loadTSV("clinc150/" + f + ".tsv") {
						p := 0.0
						if d := m.Match(Query{Text: s.text}); len(d.Candidates) > 0 {
							p = d.Candidates[0].P
						}
						oos = append(oos, p)
					}
				}
			}
			var ins []float64
			var right, ans, ansRight, top3 int
			var lat []float64
			var bin [10][3]float64
			for _, s := range te {
				a := time.Now()
				d := m.Match(Query{Text: s.text})
				lat = append(lat, float64(time.Since(a).Nanoseconds())/1000)
				p := 0.0
				ok := false
				if len(d.Candidates) > 0 {
					p = d.Candidates[0].P
					ok = d.Candidates[0].Entry == s.label
					for _, c := range d.Candidates[:min(3, len(d.Candidates))] {
						if c.Entry == s.label {
							top3++
						}
					}
				}
				ins = append(ins, p)
				b := min(9, int(p*10))
				bin[b][0]++
				bin[b][1] += p
				if ok {
					right++
					bin[b][2]++
				}
				if d.Kind == Answer {
					ans++
					if ok {
						ansRight++
					}
				}
			}
			if oos != nil {
				wo := float64(len(te)) / 4500 * 1000 / float64(len(oos))
				for _, p := range oos {
					b := min(9, int(p*10))
					bin[b][0] += wo
					bin[b][1] += wo * p
				}
			}
			ece := 0.0
			for _, b := range bin {
				ece += math.Abs(b[1] - b[2])
			}
			n := float64(len(te))
			sort.Float64s(lat)
			mm := m.model.Load()
			fmt.Printf("   acc %.2f top3 %.2f answered %.1f prec %.1f ece %.3f p50 %.0f p99 %.0fus bytes %.1fMB c %v net %v", 100*float64(right)/n, 100*float64(top3)/n, 100*float64(ans)/n, 100*float64(ansRight)/float64(ans), ece/n, lat[len(lat)/2], lat[len(lat)*99/100], float64(mm.bytes())/1e6, mm.c, mm.net != nil)
			if oos != nil {
				caught := 0
				for _, p := range oos {
					if p < .5 {
						caught++
					}
				}
				fmt.Printf(" | auroc %.4f oos caught %.1f in-right %.1f all(4500:1000) %.1f", auroc(ins, oos), 100*float64(caught)/float64(len(oos)), 100*float64(ansRight)/n, (float64(ansRight)/n*4500+float64(caught)/float64(len(oos))*1000)/55)
			}
			fmt.Println()
		}
	}
}
