package wechat

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A node is an element of a push, in XML or in JSON, whichever the account's
// data format is. Everything the platform may add one day is in it, and numbers
// stay as they were written: a MsgId does not fit in a float.
type node struct {
	text string
	kids map[string][]*node
}

// get is the text under path, empty if there is none.
func (n *node) get(path ...string) string {
	for _, p := range path {
		ks := n.all(p)
		if len(ks) == 0 {
			return ""
		}
		n = ks[0]
	}
	return n.text
}

func (n *node) all(name string) []*node {
	if n == nil {
		return nil
	}
	return n.kids[name]
}

func (n *node) add(name string, kid *node) {
	if n.kids == nil {
		n.kids = map[string][]*node{}
	}
	n.kids[name] = append(n.kids[name], kid)
}

// depth is how deeply the platform nests its documents, generously.
const depth = 16

var errDeep = errors.New("wechat: the document is nested too deeply")

// parse reads a push or the encrypted envelope around it.
func parse(b []byte) (*node, error) {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '{' {
		return parseJSON(b)
	}
	return parseXML(b)
}

func parseXML(b []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(legal(b)))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("wechat: not an XML document: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return element(d, depth)
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, errors.New("wechat: not an XML document: text before its start")
			}
		}
	}
}

// element reads up to the end of the element that d is in.
func element(d *xml.Decoder, left int) (*node, error) {
	if left == 0 {
		return nil, errDeep
	}
	n := &node{}
	var text []byte
	for {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("wechat: bad XML: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			kid, err := element(d, left-1)
			if err != nil {
				return nil, err
			}
			n.add(t.Name.Local, kid)
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			if n.kids == nil {
				n.text = string(text)
			}
			return n, nil
		}
	}
}

// legal replaces what XML forbids and people can type all the same: a message
// must not be lost for a control character.
func legal(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return utf8.RuneError
	}, b)
}

func parseJSON(b []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("wechat: bad JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("wechat: something follows the JSON document")
	}
	return object(v, depth)
}

func object(v any, left int) (*node, error) {
	if left == 0 {
		return nil, errDeep
	}
	switch v := v.(type) {
	case map[string]any:
		n := &node{}
		for k, x := range v {
			list, ok := x.([]any)
			if !ok {
				list = []any{x}
			}
			for _, x := range list {
				kid, err := object(x, left-1)
				if err != nil {
					return nil, err
				}
				n.add(k, kid)
			}
		}
		return n, nil
	case nil:
		return &node{}, nil
	case []any:
		n := &node{}
		for _, x := range v {
			kid, err := object(x, left-1)
			if err != nil {
				return nil, err
			}
			n.add("item", kid)
		}
		return n, nil
	}
	return &node{text: fmt.Sprint(v)}, nil
}
