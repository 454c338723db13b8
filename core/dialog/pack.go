package dialog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The memory is read before every decision and written after it, so it has a form of its own: a JSON object that begins
// with the form's number, {"":2, with short keys (the tag k, else that of JSON), nothing that is zero, times as
// microseconds after one that is told first, "@", and true as 1. What the form has is said by the types alone: a new field needs
// nothing here. Records before 0.10 are plain JSON and still read; a program before 0.10 takes this form for a memory of
// nothing. A key that this program does not know is skipped; another form's number does not read.

const packHead = `{"":2`

// A shape is how a struct is written.
type shape []trait

// A trait is a field of a struct: its key, with which it is written, and its place.
type trait struct {
	key string
	at  int
}

var shapes sync.Map // reflect.Type to shape

func shapeOf(t reflect.Type) shape {
	if s, ok := shapes.Load(t); ok {
		return s.(shape)
	}
	var s shape
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if short := f.Tag.Get("k"); short != "" {
			key = short
		}
		s = append(s, trait{key: key, at: i})
	}
	shapes.Store(t, s)
	return s
}

// writer writes the form. Its epoch is the time that all others are told from.
type writer struct {
	b     []byte
	epoch int64
}

// pack is m in the form.
func pack(m memory) []byte {
	w := &writer{b: append(make([]byte, 0, 768), packHead...)}
	if first := cmp.Or(m.Greeted, m.Flood.From); !first.IsZero() {
		w.epoch = first.UnixMicro()
		w.b = strconv.AppendInt(append(w.b, `,"@":`...), w.epoch, 10)
	}
	w.fields(reflect.ValueOf(&m).Elem(), ",")
	return w.b
}

// fields writes those of v that are not zero, and the end of the object. What sets
// the first of them apart from what stands before it is sep.
func (w *writer) fields(v reflect.Value, sep string) {
	for _, f := range shapeOf(v.Type()) {
		x := v.Field(f.at)
		if empty(x) {
			continue
		}
		w.b = append(append(append(append(w.b, sep...), '"'), f.key...), '"', ':')
		sep = ","
		w.value(x)
	}
	w.b = append(w.b, '}')
}

// empty reports whether a field need not be written.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			return t.IsZero()
		}
	}
	return v.IsZero()
}

func (w *writer) value(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *string:
		w.text("", *p)
	case *int:
		w.b = strconv.AppendInt(w.b, int64(*p), 10)
	case *bool:
		w.b = append(w.b, '1')
	case *time.Time:
		w.b = strconv.AppendInt(w.b, p.UnixMicro()-w.epoch, 10)
	case *mark:
		w.b = strconv.AppendInt(w.b, int64(*p), 10)
	case *map[string]string:
		for i, k := range slices.Sorted(maps.Keys(*p)) {
			w.text(string("{,"[min(i, 1)]), k)
			w.text(":", (*p)[k])
		}
		w.b = append(w.b, '}')
	case *map[string]int:
		for i, k := range slices.Sorted(maps.Keys(*p)) {
			w.text(string("{,"[min(i, 1)]), k)
			w.b = strconv.AppendInt(append(w.b, ':'), int64((*p)[k]), 10)
		}
		w.b = append(w.b, '}')
	default:
		w.nested(v)
	}
}

// nested writes a struct, or a list.
func (w *writer) nested(v reflect.Value) {
	if v.Kind() == reflect.Struct {
		w.b = append(w.b, '{')
		w.fields(v, "")
		return
	}
	for i := range v.Len() {
		w.b = append(w.b, "[,"[min(i, 1)])
		w.value(v.Index(i))
	}
	w.b = append(w.b, ']')
}

// text writes s in quotes behind a mark.
func (w *writer) text(before, s string) {
	w.b = core.AppendJSON(append(w.b, before...), s)
}

// A reader reads the form. What it does not understand makes it bad, and then it reads on to the end of nothing.
type reader struct {
	b     []byte
	epoch int64
	bad   bool
}

// unpack reads the form; ok is false for what is none.
func unpack(raw []byte) (m memory, ok bool) {
	rest, ok := bytes.CutPrefix(raw, []byte(packHead))
	if !ok || len(rest) > 0 && '0' <= rest[0] && rest[0] <= '9' {
		return memory{}, false
	}
	r := &reader{b: rest}
	if at, found := bytes.CutPrefix(rest, []byte(`,"@":`)); found {
		r.b = at
		r.epoch = r.number()
	}
	if r.is(',') {
		r.fields(reflect.ValueOf(&m).Elem())
	} else {
		r.must('}')
	}
	return m, !r.bad && len(r.b) == 0
}

// is takes c if it comes next.
func (r *reader) is(c byte) bool {
	if r.bad || len(r.b) == 0 || r.b[0] != c {
		return false
	}
	r.b = r.b[1:]
	return true
}

func (r *reader) must(c byte) {
	if !r.is(c) {
		r.bad = true
	}
}

// fields reads those of v, and the end of the object.
func (r *reader) fields(v reflect.Value) {
	fields, next := shapeOf(v.Type()), 0
	for more := true; more && !r.bad; more = r.is(',') {
		key := r.key()
		i := 0
		for i < len(fields) && fields[(next+i)%len(fields)].key != string(key) {
			i++
		}
		if i == len(fields) {
			r.skip()
			continue
		}
		next = (next + i) % len(fields)
		r.value(v.Field(fields[next].at))
		next++
	}
	r.must('}')
}

// skip passes over a value.
func (r *reader) skip() {
	dec := json.NewDecoder(bytes.NewReader(r.b))
	var what json.RawMessage
	if err := dec.Decode(&what); err != nil {
		r.bad = true
		return
	}
	r.b = r.b[dec.InputOffset():]
}

func (r *reader) value(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = r.text()
	case *int:
		*p = int(r.number())
	case *bool:
		*p = r.number() == 1
	case *time.Time:
		*p = time.UnixMicro(r.epoch + r.number()).UTC()
	case *mark:
		*p = mark(r.number())
	case *map[string]string:
		*p = map[string]string{}
		r.entries(func(k string) { (*p)[k] = r.text() })
	case *map[string]int:
		*p = map[string]int{}
		r.entries(func(k string) { (*p)[k] = int(r.number()) })
	default:
		r.nested(v)
	}
}

// entries reads those of a map.
func (r *reader) entries(take func(key string)) {
	r.must('{')
	for more := true; more && !r.bad; more = r.is(',') {
		k := r.text()
		r.must(':')
		take(k)
	}
	r.must('}')
}

// nested reads a struct, or a list.
func (r *reader) nested(v reflect.Value) {
	if v.Kind() == reflect.Struct {
		if r.must('{'); !r.is('}') {
			r.fields(v)
		}
		return
	}
	r.must('[')
	for i := 0; !r.bad && (i == 0 || r.is(',')); i++ {
		v.Grow(1)
		v.SetLen(i + 1)
		r.value(v.Index(i))
	}
	r.must(']')
}

// key reads the name of a field; none has anything in it that JSON escapes.
func (r *reader) key() []byte {
	r.must('"')
	n := bytes.IndexByte(r.b, '"')
	if r.bad || n < 0 {
		r.bad = true
		return nil
	}
	k := r.b[:n]
	r.b = r.b[n+1:]
	r.must(':')
	return k
}

func (r *reader) number() (x int64) {
	minus := r.is('-')
	n := 0
	for n < len(r.b) && n < 18 && '0' <= r.b[n] && r.b[n] <= '9' {
		x = 10*x + int64(r.b[n]-'0')
		n++
	}
	if r.b, r.bad = r.b[n:], r.bad || n == 0; minus {
		return -x
	}
	return x
}

func (r *reader) text() string {
	r.must('"')
	for i, escaped := 0, false; !r.bad && i < len(r.b); i++ {
		switch {
		case r.b[i] == '\\':
			escaped = true
			i++
		case r.b[i] == '"':
			s := string(r.b[:i])
			if escaped && json.Unmarshal([]byte(`"`+s+`"`), &s) != nil {
				r.bad = true
			}
			r.b = r.b[i+1:]
			return s
		}
	}
	r.bad = true
	return ""
}
