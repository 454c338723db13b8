package coretest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// An OpenAPI is a program's own description of its HTTP (3.1), to be held against
// what it does. It is safe for one test at a time.
type OpenAPI struct {
	*testing.T
	doc  any
	seen map[string]map[int]bool // by operation: the statuses that were answered
}

// ReadOpenAPI reads a description.
func ReadOpenAPI(t *testing.T, document []byte) *OpenAPI {
	t.Helper()
	o := &OpenAPI{T: t, seen: map[string]map[int]bool{}}
	if err := json.Unmarshal(document, &o.doc); err != nil {
		t.Fatal(err)
	}
	if v, _ := at(o.doc, "openapi").(string); !strings.HasPrefix(v, "3.1.") {
		t.Fatalf("openapi is %q, want 3.1", v)
	}
	return o
}

// at is what stands in v below these keys; nil for nothing.
func at(v any, path ...string) any {
	for _, k := range path {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// operation is the one that is called id, of the paths or of the webhooks.
func (o *OpenAPI) operation(id string) any {
	for _, where := range []string{"paths", "webhooks"} {
		items, _ := at(o.doc, where).(map[string]any)
		for _, item := range items {
			methods, _ := item.(map[string]any)
			for _, op := range methods {
				if at(op, "operationId") == id {
					return op
				}
			}
		}
	}
	o.Fatalf("there is no operation %s", id)
	return nil
}

// Request holds a request, which its sender calls good, to operation id.
func (o *OpenAPI) Request(id string, h http.Header, body []byte) {
	o.Helper()
	op := o.operation(id)
	params, _ := at(op, "parameters").([]any)
	for _, p := range params {
		p = o.follow(p)
		name := fmt.Sprint(at(p, "name"))
		if v := h.Get(name); v == "" && at(p, "required") == true {
			o.Errorf("%s: the header %s is missing", id, name)
		} else if err := o.valid(at(p, "schema"), v); err != nil {
			o.Errorf("%s: %s: %v", id, name, err)
		}
	}
	o.body(id+": the request", at(op, "requestBody"), h, body)
}

// Response holds an answer to operation id.
func (o *OpenAPI) Response(id string, res *http.Response, body []byte) {
	o.Helper()
	said := at(o.operation(id), "responses", strconv.Itoa(res.StatusCode))
	if said == nil {
		o.Errorf("%s: it answers %d, of which the description says nothing: %s", id, res.StatusCode, body)
		return
	}
	if o.seen[id] == nil {
		o.seen[id] = map[int]bool{}
	}
	o.seen[id][res.StatusCode] = true
	o.body(fmt.Sprint(id, ": ", res.StatusCode), said, res.Header, body)
}

// Whole holds that every answer which the description has for operation id was seen.
func (o *OpenAPI) Whole(id string) {
	o.Helper()
	said, _ := at(o.operation(id), "responses").(map[string]any)
	for _, code := range slices.Sorted(maps.Keys(said)) {
		if n, _ := strconv.Atoi(code); !o.seen[id][n] {
			o.Errorf("%s: %s is described, and nothing was answered so", id, code)
		}
	}
}

func (o *OpenAPI) body(what string, said any, h http.Header, body []byte) {
	o.Helper()
	kinds, _ := at(said, "content").(map[string]any)
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	media, ok := kinds[kind]
	switch {
	case len(kinds) == 0:
	case !ok:
		o.Errorf("%s is %q, described are %v", what, kind, slices.Sorted(maps.Keys(kinds)))
	case kind == "application/json":
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			o.Errorf("%s: %v: %s", what, err, body)
		} else if err := o.valid(at(media, "schema"), v); err != nil {
			o.Errorf("%s: %v: %s", what, err, body)
		}
	}
}

// follow goes where a reference points.
func (o *OpenAPI) follow(v any) any {
	if ref, ok := at(v, "$ref").(string); ok {
		return at(o.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return v
}

// valid reports why v is not what schema says. What it does not know in a schema
// it refuses, so that nothing stands there unchecked.
func (o *OpenAPI) valid(schema, v any) error {
	m, ok := o.follow(schema).(map[string]any)
	if !ok {
		return fmt.Errorf("no schema: %v", schema)
	}
	for _, word := range slices.Sorted(maps.Keys(m)) {
		var err error
		switch text, isText := v.(string); word {
		case "description":
		case "type":
			err = typed(m[word], v)
		case "enum":
			if !slices.Contains(m[word].([]any), v) {
				err = fmt.Errorf("%v is none of %v", v, m[word])
			}
		case "pattern":
			if isText && !regexp.MustCompile(m[word].(string)).MatchString(text) {
				err = fmt.Errorf("%q does not match %v", text, m[word])
			}
		case "minLength":
			if isText && float64(utf8.RuneCountInString(text)) < m[word].(float64) {
				err = fmt.Errorf("%q is too short", text)
			}
		case "maxLength":
			if isText && float64(utf8.RuneCountInString(text)) > m[word].(float64) {
				err = fmt.Errorf("%q is too long", text)
			}
		case "minimum", "maximum":
			n, isNumber := v.(json.Number)
			f, _ := n.Float64()
			good := word == "minimum" && f >= m[word].(float64) || word == "maximum" && f <= m[word].(float64)
			if isNumber && !good {
				err = fmt.Errorf("%v is not in range", v)
			}
		case "items", "maxItems":
			err = o.list(m, v)
		case "required", "properties", "additionalProperties":
			err = o.object(m, v)
		case "anyOf":
			if !slices.ContainsFunc(m[word].([]any), func(one any) bool { return o.valid(one, v) == nil }) {
				err = fmt.Errorf("it is none of %v", m[word])
			}
		default:
			err = fmt.Errorf("%s is not understood here; teach it to coretest.OpenAPI", word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// typed reports why v is of none of these types.
func typed(types, v any) error {
	is := map[string]bool{}
	switch v := v.(type) {
	case nil:
		is["null"] = true
	case string:
		is["string"] = true
	case bool:
		is["boolean"] = true
	case json.Number:
		_, err := v.Int64()
		is["number"], is["integer"] = true, err == nil
	case []any:
		is["array"] = true
	case map[string]any:
		is["object"] = true
	}
	names, several := types.([]any)
	if !several {
		names = []any{types}
	}
	if slices.ContainsFunc(names, func(n any) bool { return is[n.(string)] }) {
		return nil
	}
	return fmt.Errorf("%v is no %v", v, types)
}

func (o *OpenAPI) list(schema map[string]any, v any) error {
	list, _ := v.([]any)
	if most, ok := schema["maxItems"].(float64); ok && float64(len(list)) > most {
		return fmt.Errorf("%d items are too many", len(list))
	}
	for i, x := range list {
		if schema["items"] == nil {
			break
		}
		if err := o.valid(schema["items"], x); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func (o *OpenAPI) object(schema map[string]any, v any) error {
	fields, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	names, _ := schema["required"].([]any)
	for _, n := range names {
		if _, there := fields[n.(string)]; !there {
			return fmt.Errorf("%v is missing", n)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		rule, known := at(schema, "properties", k), true
		if rule == nil {
			rule, known = schema["additionalProperties"], schema["additionalProperties"] != nil
		}
		if rule == false {
			return fmt.Errorf("%s is not described", k)
		}
		if !known {
			continue
		}
		if err := o.valid(rule, fields[k]); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return nil
}
