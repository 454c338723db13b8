package coretest

import (
	"io"
	"net/http"
	"testing"
)

// A handler may read the body of every request, also of one that has none.
func TestWireHasABody(t *testing.T) {
	c := http.Client{Transport: Wire{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || len(b) != 0 || r.Body != http.NoBody {
			t.Errorf("read %q, %v", b, err)
		}
	})}}
	resp, err := c.Get("http://platform.example/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
