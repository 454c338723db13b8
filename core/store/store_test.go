package store

import (
	"context"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestStore(t *testing.T) {
	coretest.Store(t, func(t *testing.T, path string) core.Store { return open(t, Options{Path: path}) })
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
