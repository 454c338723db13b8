package script

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A decoder fills Go values in from nodes, strictly, and reports every problem.
// A struct's keys are its yaml tags; a field of type Pos gets the place.
type decoder struct{ *report }

// selfDecoder is a value with a notation of its own.
type selfDecoder interface{ decode(d *decoder, n *node) }

var (
	posType      = reflect.TypeFor[Pos]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (d *decoder) into(n *node, v reflect.Value) {
	if n.kind == nothing && v.Kind() != reflect.Struct {
		return
	}
	if v.CanAddr() {
		if s, ok := v.Addr().Interface().(selfDecoder); ok {
			s.decode(d, n)
			return
		}
	}
	switch {
	case v.Type() == durationType:
		d.duration(n, v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.into(n, v.Elem())
	case v.Kind() == reflect.Struct:
		d.structure(n, v)
	case v.Kind() == reflect.Map:
		d.mapOf(n, v)
	case v.Kind() == reflect.Slice:
		d.slice(n, v)
	default:
		d.scalar(n, v)
	}
}

func (d *decoder) structure(n *node, v reflect.Value) {
	fields, names := fieldsOf(v.Type())
	if at, ok := fields[""]; ok {
		v.Field(at).Set(reflect.ValueOf(n.Pos))
	}
	if n.kind == nothing {
		return
	}
	if n.kind != mapping {
		d.fail(n.Pos, "this must be a block of keys (%s), not %s", strings.Join(names, ", "), n.kind)
		return
	}
	for _, k := range n.keys {
		i, ok := fields[k.name]
		if !ok || k.name == "" {
			d.fail(k.Pos, "unknown key %s; %s", quote(k.name), didYouMean(k.name, names))
			continue
		}
		d.into(k.value, v.Field(i))
	}
}

// fieldsOf maps yaml names to field numbers; "" is the field of type Pos.
func fieldsOf(t reflect.Type) (map[string]int, []string) {
	fields := map[string]int{}
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		switch {
		case f.Type == posType:
			fields[""] = i
		case name != "" && name != "-":
			fields[name] = i
			names = append(names, name)
		}
	}
	return fields, names
}

func (d *decoder) mapOf(n *node, v reflect.Value) {
	if n.kind != mapping {
		d.fail(n.Pos, "this must be a block of keys, not %s", n.kind)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, k := range n.keys {
		e := reflect.New(v.Type().Elem()).Elem()
		if k.value.kind == nothing && e.Kind() == reflect.Pointer {
			d.fail(k.Pos, "%s is empty; fill it in or remove it", quote(k.name))
			continue
		}
		d.into(k.value, e)
		v.SetMapIndex(reflect.ValueOf(k.name), e)
	}
}

// slice also takes a single value for a list of one.
func (d *decoder) slice(n *node, v reflect.Value) {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	for _, it := range items {
		e := reflect.New(v.Type().Elem()).Elem()
		if it.kind == nothing {
			d.fail(it.Pos, "an empty item; fill it in or remove the dash")
			continue
		}
		d.into(it, e)
		v.Set(reflect.Append(v, e))
	}
}

func (d *decoder) duration(n *node, v reflect.Value) {
	if n.kind != scalar {
		d.fail(n.Pos, "this must be a time like 90s, 10m or 24h, not %s", n.kind)
		return
	}
	t, err := parseDuration(n.text)
	if err != nil {
		d.fail(n.Pos, "%s is not a time; write it like 1.5s, 10m, 24h or 2d", quote(n.text))
		return
	}
	v.SetInt(int64(t))
}

// parseDuration is time.ParseDuration that also knows days, and no negatives.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n < 0 || n > 3650 {
			return 0, fmt.Errorf("bad days %q", s)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	t, err := time.ParseDuration(s)
	if err != nil || t < 0 {
		return 0, fmt.Errorf("bad duration %q", s)
	}
	return t, nil
}

func (d *decoder) scalar(n *node, v reflect.Value) {
	if n.kind != scalar {
		d.fail(n.Pos, "this must be %s, not %s", kindWord(v.Kind()), n.kind)
		return
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(n.text) {
			d.fail(n.Pos, "this text is not UTF-8; save the file as UTF-8")
		}
		v.SetString(n.text)
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(n.text)
		v.SetBool(b)
	case reflect.Int:
		var i int64
		i, err = strconv.ParseInt(n.text, 10, 32)
		v.SetInt(i)
	case reflect.Float64:
		var f float64
		f, err = strconv.ParseFloat(n.text, 64)
		v.SetFloat(f)
	default:
		panic("script: cannot decode " + v.Type().String())
	}
	if err != nil {
		d.fail(n.Pos, "%s is not %s", quote(n.text), kindWord(v.Kind()))
	}
}

func kindWord(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a text"
}

func quote(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strconv.Quote(s)
}

// didYouMean names what may have been meant, or all there is.
func didYouMean(got string, names []string) string {
	best, far := "", 3
	for _, n := range names {
		if dist := distance(strings.ToLower(got), n); dist < far || dist == far && best == "" {
			best, far = n, dist
		}
	}
	if best != "" && far <= max(1, utf8.RuneCountInString(best)/2) {
		return "did you mean " + best + "?"
	}
	names = slices.Sorted(slices.Values(names))
	if len(names) == 0 {
		return "there is none"
	}
	if len(names) > 30 {
		names = append(names[:30:30], "…")
	}
	return "known are: " + strings.Join(names, ", ")
}

// distance is how many letters must be added, dropped or changed.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return len(x) + len(y)
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0] = i + 1
		for j := range y {
			cost := last
			if x[i] != y[j] {
				cost = min(last, row[j], row[j+1]) + 1
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
