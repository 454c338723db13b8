package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core/match"
)

// A Class of questions, as the test names it: in scope, near it, foreign to it.
type Class struct {
	Name     string  `json:"name"`
	Tested   int     `json:"tested"`
	Answered float64 `json:"answered"` // share
	Said     int     `json:"said"`     // answers
	Right    int     `json:"right"`    // of those
}

// Classed takes the class off lines of three or more columns: label, text, class, and what else there is, which is not
// looked at.
func Classed(lines []Line) []Line {
	out := slices.Clone(lines)
	for i, l := range out {
		if cols := strings.Split(l.Text, "\t"); len(cols) > 1 {
			out[i].Text, out[i].Class = cols[0], strings.TrimSpace(cols[1])
		}
	}
	return out
}

// A key is what the entries are called, to read labels by.
type key map[string]bool

func keyOf(entries []match.Entry) key {
	k := make(key, len(entries))
	for _, e := range entries {
		if !e.Unanswered {
			k[e.ID] = true
		}
	}
	return k
}

// labels are the right ones of a|b; none if no entry answers the question.
func (k key) labels(label string) []string {
	if k[label] {
		return []string{label}
	}
	var out []string
	for l := range strings.SplitSeq(label, "|") {
		if l = strings.TrimSpace(l); l != None && l != "" || k[l] {
			out = append(out, l)
		}
	}
	return out
}

// unknown counts the questions none of whose labels an entry has, and names the first.
func (k key) unknown(test []Line) (n int, at string) {
	for _, l := range test {
		labels := k.labels(l.Label)
		if len(labels) == 0 || slices.ContainsFunc(labels, func(s string) bool { return k[s] }) {
			continue
		}
		if n++; n == 1 {
			at = fmt.Sprintf("%s: %s", l.At, l.Label)
		}
	}
	return n, at
}

// right: the customer was answered, and by the right entry.
func (o outcome) right() bool { return slices.Contains(o.labels, o.said) }

// said counts the answers, and gives the share of them that is right.
func said(all []outcome) (n int, right float64) {
	good := 0
	for _, o := range all {
		if o.said != "" {
			n++
		}
		if o.right() {
			good++
		}
	}
	return n, float64(good) / float64(max(n, 1))
}

// classes of the questions that have one, in the order in which they come first.
func classes(all []outcome) []Class {
	var out []Class
	for _, o := range all {
		if o.class == "" {
			continue
		}
		i := slices.IndexFunc(out, func(c Class) bool { return c.Name == o.class })
		if i < 0 {
			i = len(out)
			out = append(out, Class{Name: o.class})
		}
		out[i].Tested++
		if o.said != "" {
			out[i].Said++
		}
		if o.right() {
			out[i].Right++
		}
	}
	for i, c := range out {
		out[i].Answered = float64(c.Said) / float64(c.Tested)
	}
	return out
}

// bare is Report without its MarshalJSON.
type bare Report

// MarshalJSON adds a key for every class: near_answered is the share of the class near that was answered.
func (r Report) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(bare(r))
	if err != nil || len(r.Classes) == 0 {
		return b, err
	}
	shares := map[string]float64{}
	for _, c := range r.Classes {
		shares[c.Name+"_answered"] = c.Answered
	}
	more, err := json.Marshal(shares)
	if err != nil {
		return nil, err
	}
	return slices.Concat(b[:len(b)-1], []byte(","), more[1:]), nil
}

// Model says which model understands, in a line for people.
func Model(model string) string {
	if model == Refined {
		return "model / 模型              refined, as serve has it when its training is done / 完善后的模型，与 serve 训练完成后相同"
	}
	return "model / 模型              plain, as in the first seconds after a start / 初步模型，即启动后最初几秒所用的"
}

// saidLines say how many of all answers are right, and what was answered of each class.
func (r Report) saidLines(w io.Writer) error {
	_, err := fmt.Fprintf(w, "right of all it says / 答出来的有多少是对的  %.1f%% of / 共 %d answers / 个答案\n", 100*r.RightOfAll, r.Said)
	errs := []error{err}
	for _, c := range r.Classes {
		_, err := fmt.Fprintf(w, "  %-22s answered / 作答 %5.1f%% of / 共 %d, right / 答对 %d\n", c.Name, 100*c.Answered, c.Tested, c.Right)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
