package store

import (
	"strconv"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// record is a row of the log on its way in.
type record struct {
	pending
	conv, prev, heard int64
	kind              string
	state             core.Progress
	why               string
}

const recordInsert = "INSERT INTO log (seq, conv, prev, kind, channel, at, body, state, due, owner, tries, heard, card, why)"

// append adds r to the end of c's log. It is written by flush; whoever reads
// the log in this transaction flushes first.
func (t *tx) append(c *conv, r record) {
	r.conv, r.prev = c.id, c.last
	c.last = r.seq
	if r.state == core.ProgressPending {
		c.more(r.channel, 1)
	}
	t.touch(c)
	t.records = append(t.records, r)
}

// flush writes what has been appended.
func (t *tx) flush() error {
	if len(t.records) == 0 || t.err != nil {
		return t.err
	}
	args := t.w.args
	for _, r := range t.records {
		args = append(args, r.seq, r.conv, r.prev, r.kind, r.channel, r.at, r.body, string(r.state), r.due, r.owner, r.tries, r.heard, r.card, r.why)
	}
	clear(t.records)
	t.records = t.records[:0]
	_, err := t.insert(recordInsert, "", 14, args)
	return err
}

// insert runs an insert of many rows, in as few statements as there are sizes
// prepared for, and returns how many rows were inserted. It keeps args.
func (t *tx) insert(into, rest string, cols int, args []any) (n int64, err error) {
	defer func(all []any) {
		clear(all)
		t.w.args = all[:0]
	}(args)
	for len(args) > 0 {
		rows := 1
		for _, size := range [...]int{64, 16, 4} {
			if len(args) >= size*cols {
				rows = size
				break
			}
		}
		r, err := t.exec(t.w.valuesSQL(into, rest, cols, rows), args[:rows*cols]...)
		if err != nil {
			return n, err
		}
		k, err := r.RowsAffected()
		if err != nil {
			return n, err
		}
		n, args = n+k, args[rows*cols:]
	}
	return n, nil
}

type shape struct {
	into string
	rows int
}

// valuesSQL is into with a VALUES list of rows rows of cols parameters.
func (w *writer) valuesSQL(into, rest string, cols, rows int) string {
	k := shape{into, rows}
	if q, ok := w.texts[k]; ok {
		return q
	}
	w.texts[k] = into + values(cols, rows, w.s.db.Numbered) + " " + rest
	return w.texts[k]
}

// values is a VALUES list of rows rows of cols parameters.
func values(cols, rows int, numbered bool) string {
	var b strings.Builder
	b.WriteString(" VALUES ")
	for i := range rows * cols {
		switch {
		case i%cols != 0:
			b.WriteString(", ")
		case i > 0:
			b.WriteString("), (")
		default:
			b.WriteString("(")
		}
		if numbered {
			b.WriteString("$" + strconv.Itoa(i+1))
		} else {
			b.WriteString("?") // SQLite looks $1 up by its name, which takes time that grows with their number
		}
	}
	return b.String() + ")"
}
