package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/frontdesk-im/frontdesk/core"
)

var (
	secretType   = reflect.TypeFor[core.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	partType     = reflect.TypeFor[Part]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// A decoder fills Go values from nodes. It goes on after a fault, so that all
// are reported at once.
type decoder struct {
	src Sources
	p   *Problems
}

func (d *decoder) bad(n *node, path, what, do string) { d.p.add(n.at, path, what, do) }

// into decodes n into v, which can be set. An empty value leaves v as it is.
func (d *decoder) into(n *node, v reflect.Value, path string) {
	if n.kind == isNull && v.Type() != partType {
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.into(n, v.Elem(), path)
		return
	case v.Type() == secretType:
		d.secret(n, v, path)
		return
	case v.Type() == durationType:
		d.duration(n, v, path)
		return
	case v.CanAddr() && v.Addr().Type().Implements(textType):
		d.unmarshal(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.fields(n, v, path)
	case reflect.Map:
		d.table(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Interface:
		v.Set(reflect.ValueOf(d.plain(n, path)))
	default:
		d.scalar(n, v, path)
	}
}

// fields decodes the keys of a group; a key without a field is a fault.
func (d *decoder) fields(n *node, v reflect.Value, path string) {
	if n.kind != isMap {
		d.bad(n, path, "is "+n.kind.String()+", want a group of keys", "write the keys below it, indented")
		return
	}
	fs := map[string]reflect.Value{}
	rest := collect(v, fs)
	var left []pair
	for _, p := range n.pairs {
		switch f, ok := fs[p.key]; {
		case ok:
			d.into(p.val, f, join(path, p.key))
		case rest.IsValid():
			left = append(left, p)
		default:
			words := make([]string, 0, len(fs))
			for k := range fs {
				words = append(words, k)
			}
			d.p.add(p.at, path, "unknown key "+p.key, near(p.key, words))
		}
	}
	if rest.IsValid() {
		rest.Set(reflect.ValueOf(Part{src: d.src, file: d.p.file, path: path, node: &node{kind: isMap, at: n.at, pairs: left}, all: n}))
	}
}

// collect finds the fields of a struct by key, and the one for the rest.
func collect(v reflect.Value, fs map[string]reflect.Value) (rest reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == partType {
			rest = v.Field(i)
			continue
		}
		key, ok := Key(f)
		if !ok {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct && key == "" {
			collect(v.Field(i), fs)
			continue
		}
		fs[key] = v.Field(i)
	}
	return rest
}

// Key is the key of a field: its yaml tag, else its json tag, else its name
// in lower_snake. An embedded struct without a tag has the key "".
func Key(f reflect.StructField) (string, bool) {
	if !f.IsExported() {
		return "", false
	}
	for _, tag := range []string{"yaml", "json"} {
		if t, ok := f.Tag.Lookup(tag); ok {
			key, _, _ := strings.Cut(t, ",")
			if key == "-" {
				return "", false
			}
			if key != "" {
				return key, true
			}
		}
	}
	if f.Anonymous {
		return "", true
	}
	return snake(f.Name), true
}

// snake turns BaseURL into base_url.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func (d *decoder) table(n *node, v reflect.Value, path string) {
	if n.kind != isMap || v.Type().Key().Kind() != reflect.String {
		d.bad(n, path, "is "+n.kind.String()+", want a group of keys", "write name: value below it, indented")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range n.pairs {
		e := reflect.New(v.Type().Elem()).Elem()
		d.into(p.val, e, join(path, p.key))
		v.SetMapIndex(reflect.ValueOf(p.key).Convert(v.Type().Key()), e)
	}
}

func (d *decoder) list(n *node, v reflect.Value, path string) {
	if n.kind != isList {
		d.bad(n, path, "is "+n.kind.String()+", want a list", "write [one, two], or each on its own line after a dash")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, c := range n.items {
		d.into(c, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

// plain decodes into whatever the file has.
func (d *decoder) plain(n *node, path string) any {
	switch n.kind {
	case isMap:
		m := map[string]any{}
		for _, p := range n.pairs {
			m[p.key] = d.plain(p.val, join(path, p.key))
		}
		return m
	case isList:
		l := make([]any, len(n.items))
		for i, c := range n.items {
			l[i] = d.plain(c, fmt.Sprintf("%s[%d]", path, i))
		}
		return l
	case isNumber:
		if i, err := strconv.ParseInt(n.text, 0, 64); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(n.text, 64)
		return f
	case isBool:
		return n.text == "true"
	}
	s, _ := d.text(n, path)
	return s
}

// text is the text of a scalar with its slots filled.
func (d *decoder) text(n *node, path string) (string, bool) {
	if n.kind == isList || n.kind == isMap {
		d.bad(n, path, "is "+n.kind.String()+", want one value", "write it behind the colon")
		return "", false
	}
	if n.kind != isText {
		return n.text, true
	}
	s, _, wrong := d.src.expand(n.text)
	for _, w := range wrong {
		d.bad(n, path, w[0], w[1])
	}
	return s, len(wrong) == 0
}

func (d *decoder) secret(n *node, v reflect.Value, path string) {
	if n.kind == isText && n.text == "" {
		return
	}
	if n.kind != isText || !kept(n.text) {
		key := strings.ToUpper(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(path, "_"))
		d.bad(n, path, "a secret may not stand in the file",
			fmt.Sprintf("put it into an environment variable and write ${%s}, or into a file only frontdesk can read and write ${file:/path}", key))
		return
	}
	if s, ok := d.text(n, path); ok {
		v.SetString(s)
	}
}

var days = regexp.MustCompile(`^([0-9]+)d`)

func (d *decoder) duration(n *node, v reflect.Value, path string) {
	const do = `write a number and a unit: 500ms, 45s, 5m, 2h, 7d`
	s, ok := d.text(n, path)
	if !ok {
		return
	}
	if n.kind != isText && s != "0" {
		d.bad(n, path, "is "+n.kind.String()+", want a length of time", do)
		return
	}
	t := days.ReplaceAllStringFunc(s, func(m string) string {
		h, _ := strconv.ParseInt(m[:len(m)-1], 10, 32)
		return strconv.FormatInt(24*h, 10) + "h"
	})
	dur, err := time.ParseDuration(t)
	switch {
	case err != nil:
		d.bad(n, path, quote(n)+" is not a length of time", do)
	case dur < 0:
		d.bad(n, path, "a length of time cannot be negative", do)
	default:
		v.SetInt(int64(dur))
	}
}

func (d *decoder) unmarshal(n *node, v reflect.Value, path string) {
	s, ok := d.text(n, path)
	if !ok {
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
		d.bad(n, path, quote(n)+" is not accepted: "+hide(err, n, s), "")
	}
}

// hide keeps the value of a variable out of an error about it.
func hide(err error, n *node, s string) string {
	if n.text != s && s != "" {
		return strings.ReplaceAll(err.Error(), s, n.text)
	}
	return err.Error()
}

var sizes = regexp.MustCompile(`^([0-9]+) ?(B|kB|KB|MB|GB|KiB|MiB|GiB)$`)

var units = map[string]int64{"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

func (d *decoder) scalar(n *node, v reflect.Value, path string) {
	s, ok := d.text(n, path)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if n.kind != isText {
			d.bad(n, path, fmt.Sprintf("%s is %s, want text", n.text, n.kind), fmt.Sprintf("put it in quotes: %q", n.text))
			return
		}
		v.SetString(s)
	case reflect.Bool:
		if s != "true" && s != "false" {
			d.bad(n, path, quote(n)+" is neither true nor false", "write true or false")
			return
		}
		v.SetBool(s == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.integer(n, v, s, path)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(s, 10, v.Type().Bits())
		if err != nil {
			d.bad(n, path, quote(n)+" is not a whole number "+limits(v), "write digits only")
			return
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(s, v.Type().Bits())
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.bad(n, path, quote(n)+" is not a number", "write digits, with a point if needed: 0.75")
			return
		}
		v.SetFloat(f)
	default:
		d.bad(n, path, "the program has no way to read this key", "this is a fault of the program: please report it")
	}
}

// integer reads whole numbers; 64-bit ones also as sizes, like 10MB.
func (d *decoder) integer(n *node, v reflect.Value, s, path string) {
	if m := sizes.FindStringSubmatch(s); m != nil && v.Kind() == reflect.Int64 {
		i, err := strconv.ParseInt(m[1], 10, 64)
		if u := units[m[2]]; err == nil && i <= math.MaxInt64/u {
			v.SetInt(i * u)
			return
		}
	}
	i, err := strconv.ParseInt(s, 10, v.Type().Bits())
	if err == nil {
		v.SetInt(i)
		return
	}
	do := "write digits only"
	if v.Kind() == reflect.Int64 {
		do = "write digits, or a size: 500kB, 10MB"
	}
	if errors.Is(err, strconv.ErrRange) {
		do = "write a smaller one"
	}
	d.bad(n, path, quote(n)+" is not a whole number "+limits(v), do)
}

func limits(v reflect.Value) string {
	if v.CanUint() {
		return "from 0"
	}
	return fmt.Sprintf("that fits %d bits", v.Type().Bits())
}

// quote shows a value as it stands in the file: never what a slot was filled with.
func quote(n *node) string {
	r := []rune(n.text)
	if len(r) > 40 {
		r = append(r[:40], '…')
	}
	return strconv.Quote(string(r))
}
