package passive

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// request is the platform's about message ref, in the form of which answers are
// written between brackets.
func request(ref string) Request {
	return Request{
		Ref: ref, Peer: "u", At: time.Now(),
		File: func(context.Context) error { return nil },
		Form: func(b []byte) (Document, error) { return Document{"text/x-answer", []byte("<" + string(b) + ">")}, nil },
	}
}

func TestServe(t *testing.T) {
	type outcome struct {
		verdict Verdict
		err     error
		aborted bool
	}
	serve := func(ctx context.Context, h *held, q Request) (*httptest.ResponseRecorder, chan outcome) {
		w, done := httptest.NewRecorder(), make(chan outcome, 1)
		go func() {
			var o outcome
			defer func() { o.aborted = recover() == http.ErrAbortHandler; done <- o }()
			o.verdict, o.err = h.Serve(w, httptest.NewRequest("POST", "/", nil).WithContext(ctx), q)
		}()
		synctest.Wait()
		return w, done
	}
	run := func(name string, f func(t *testing.T, h *held)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, newHeld(&shelf{m: map[string]string{}}, false)) })
		})
	}
	run("an answer in the form of its request", func(t *testing.T, h *held) {
		w, done := serve(t.Context(), h, request("m"))
		h.answer(t, "d1", "A", "free/m")
		if o := <-done; o != (outcome{verdict: Answered}) || w.Body.String() != "<A>" || w.Header().Get("Content-Type") != "text/x-answer" || !w.Flushed {
			t.Errorf("%+v, answered %q %v", o, w.Body, w.Header())
		}
	})
	run("nothing in time", func(t *testing.T, h *held) {
		w, done := serve(t.Context(), h, request("m"))
		if o := <-done; o != (outcome{verdict: Nothing}) || w.Body.Len() > 0 {
			t.Errorf("%+v, answered %q", o, w.Body)
		}
	})
	run("the platform gave it up", func(t *testing.T, h *held) {
		ctx, cancel := context.WithCancel(t.Context())
		_, done := serve(ctx, h, request("m"))
		cancel()
		if o := <-done; o != (outcome{verdict: Gone}) {
			t.Errorf("%+v", o)
		}
	})
	run("not filed", func(t *testing.T, h *held) {
		q := request("m")
		q.File = func(context.Context) error { return errors.ErrUnsupported }
		if _, done := serve(t.Context(), h, q); !errors.Is((<-done).err, errors.ErrUnsupported) {
			t.Error("no error though it was not filed")
		}
	})
	run("no other way", func(t *testing.T, h *held) {
		h.Only = true
		w, done := serve(t.Context(), h, request("m")) // a platform that waits longer than it says
		if o := <-done; !o.aborted || w.Body.Len() > 0 {
			t.Errorf("%+v, answered %q: the platform must repeat the request", o, w.Body)
		}
	})
	run("an answer that has no such form", func(t *testing.T, h *held) {
		q := request("m")
		q.Form = func([]byte) (Document, error) { return Document{}, errors.ErrUnsupported }
		w, done := serve(t.Context(), h, q)
		if ref, err := h.Answer(t.Context(), "u", "d1", []byte("A")); ref != "" || !errors.Is(err, errLeft) {
			t.Errorf("ref %q, %v", ref, err)
		}
		if <-done; w.Body.Len() > 0 {
			t.Errorf("answered %q", w.Body)
		}
	})
}
