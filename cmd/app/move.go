package app

import (
	"context"
	"fmt"
	"io"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// Move copies the record of one configuration's database to another's, and tells
// out what was moved. Files stay where they are.
func Move(ctx context.Context, out io.Writer, from, to *config.Config) error {
	done, err := store.Move(ctx, place(from), place(to))
	if err != nil {
		return err
	}
	for _, m := range done {
		if _, err := fmt.Fprintf(out, "%-14s %10d  %s\n", m.Table, m.Rows, m.Sum); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, "moved; what is there and what was here have the same checksums / 已搬迁，两边校验和一致")
	return err
}

// place is where a configuration keeps its record.
func place(conf *config.Config) store.Options {
	return store.Options{Path: conf.Data, URL: string(conf.Store)}
}
