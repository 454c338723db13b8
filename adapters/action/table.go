package action

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/frontdesk-im/frontdesk/core"
)

//go:embed demo.csv
var demo []byte

// table is a list of rows in a file.
type table struct {
	path  string // empty for the demo's
	keys  []string
	check string

	mu    sync.Mutex
	mod   time.Time
	size  int64
	rows  []map[string]string
	index map[string]map[string]int // column, then normal value: row
}

const mostTable = 32 << 20 // bytes of a table

// load reads the file if it has changed.
func (t *table) load() error {
	if t.path == "" {
		if t.rows != nil {
			return nil
		}
		return t.parse("demo.csv", demo)
	}
	st, err := os.Stat(t.path)
	if err != nil {
		return fmt.Errorf("action: table: %w", err)
	}
	if t.rows != nil && st.ModTime().Equal(t.mod) && st.Size() == t.size {
		return nil
	}
	if st.Size() > mostTable {
		return fmt.Errorf("action: table %s is over 32 MB; put it behind a url", t.path)
	}
	b, err := os.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("action: table: %w", err)
	}
	if err := t.parse(t.path, b); err != nil {
		return err
	}
	t.mod, t.size = st.ModTime(), st.Size()
	return nil
}

func (t *table) parse(name string, b []byte) error {
	var rows []map[string]string
	var first string
	var err error
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		rows, first, err = readCSV(b)
	case ".yaml", ".yml":
		rows, first, err = readYAML(b)
	default:
		err = errors.New("is neither .csv nor .yaml")
	}
	if err != nil {
		return fmt.Errorf("action: table %s: %w", name, err)
	}
	keys := t.keys
	if len(keys) == 0 {
		keys = []string{first}
	}
	index := map[string]map[string]int{}
	for _, k := range keys {
		index[k] = map[string]int{}
		for i, r := range rows {
			v := normal(r[k])
			if _, seen := index[k][v]; v != "" && !seen {
				index[k][v] = i
			}
		}
		if len(index[k]) == 0 && len(rows) > 0 {
			return fmt.Errorf("action: table %s has no column %q", name, k)
		}
	}
	t.rows, t.index, t.keys = rows, index, keys
	return nil
}

func readCSV(b []byte) ([]map[string]string, string, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))) // Excel begins with a mark
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err == io.EOF {
		return nil, "", errors.New("is empty; its first line must name the columns")
	}
	if err != nil {
		return nil, "", err
	}
	rows := []map[string]string{}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return rows, head[0], nil
		}
		if err != nil {
			return nil, "", err
		}
		row := map[string]string{}
		for i, v := range rec {
			row[head[i]] = strings.ToValidUTF8(v, "�")
		}
		rows = append(rows, row)
	}
}

func readYAML(b []byte) (rows []map[string]string, first string, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser has panicked on broken files before
			err = fmt.Errorf("is not YAML: %v", r)
		}
	}()
	var doc []yaml.MapSlice
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, "", fmt.Errorf("must be a list of rows: %w", err)
	}
	rows = []map[string]string{}
	for _, item := range doc {
		row := map[string]string{}
		for _, kv := range item {
			k := fmt.Sprint(kv.Key)
			if first == "" {
				first = k
			}
			if kv.Value != nil {
				row[k] = fmt.Sprint(kv.Value)
			}
		}
		rows = append(rows, row)
	}
	return rows, first, nil
}

// normal is what values are compared by: no blanks, no dashes, one case.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ', r == '-', r == '　', r == '\t':
			return -1
		case r >= '！' && r <= '～':
			r = r - '！' + '!'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, s)
}

// find answers from the table. A row that is not there, or that the customer
// could not prove is theirs, is the same error: not_found.
func (t *table) find(asked map[string]string) (map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(); err != nil {
		return nil, &core.SendError{Kind: core.KindTransient, Err: err}
	}
	for _, k := range t.keys {
		v := normal(asked[k])
		if v == "" {
			continue
		}
		i, ok := t.index[k][v]
		if !ok || !t.theirs(t.rows[i], asked) {
			return map[string]string{"error": "not_found"}, nil
		}
		return maps.Clone(t.rows[i]), nil
	}
	return map[string]string{"error": "missing", "missing": strings.Join(t.keys, " ")}, nil
}

func (t *table) theirs(row, asked map[string]string) bool {
	if t.check == "" {
		return true
	}
	have, got := normal(row[t.check]), normal(asked[t.check])
	return have != "" && (got == have || len(got) >= 4 && strings.HasSuffix(have, got))
}

func sorted(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
