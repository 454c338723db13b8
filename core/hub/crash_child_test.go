package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// The crash suite runs this test binary again as the program under test. The
// parent plays the platforms; the child kills itself at a boundary, or is
// killed by the parent.
const (
	crashDir  = "FRONTDESK_CRASH_DIR"  // the child's data
	crashURL  = "FRONTDESK_CRASH_URL"  // the parent's platforms
	crashAt   = "FRONTDESK_CRASH_AT"   // the boundary at which to die; 0 never
	crashStep = "FRONTDESK_CRASH_STEP" // prints the number of boundaries when asked to stop
)

func TestMain(m *testing.M) {
	if os.Getenv(crashDir) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A fuse ends the process, as kill -9 does, when it has been passed n times.
type fuse struct{ n, passed atomic.Int64 }

func (f *fuse) pass() {
	if f.passed.Add(1) == f.n.Load() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// fusedStore has a boundary before and after every commit.
type fusedStore struct {
	core.Store
	*fuse
}

func (s fusedStore) Receive(ctx context.Context, key core.Key, env core.Envelope) (bool, error) {
	s.pass()
	fresh, err := s.Store.Receive(ctx, key, env)
	s.pass()
	return fresh, err
}

func (s fusedStore) Turn(ctx context.Context, key core.Key, now time.Time, f core.TurnFunc) (core.Committed, error) {
	s.pass()
	c, err := s.Store.Turn(ctx, key, now, f)
	s.pass()
	return c, err
}

func (s fusedStore) Settle(ctx context.Context, now time.Time, r core.Result) (*core.Delivery, error) {
	s.pass()
	d, err := s.Store.Settle(ctx, now, r)
	s.pass()
	return d, err
}

// far is an adapter whose platform is the parent. It has a boundary before and
// after every send.
type far struct {
	*fuse
	name, url string
	lim       core.Limits
}

type shown struct {
	Channel, ID, Peer, Thread, By, Text string
	Case                                string // ticket, for a card
}

func (f *far) Limits() core.Limits { return f.lim }

func (f *far) Send(ctx context.Context, env core.Envelope) (string, error) {
	f.pass()
	s := shown{Channel: f.name, ID: env.ID, Peer: env.Peer.ID, Thread: env.Thread, By: string(env.By.Kind), Text: env.Parts.Text()}
	if c, ok := env.Parts[0].(core.Case); ok {
		s.Case, s.Text = c.Ticket, c.Title
	}
	body, _ := json.Marshal(s)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/show", bytes.NewReader(body))
	if err != nil {
		return "", &core.SendError{Kind: core.KindRejected, Err: err}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", &core.SendError{Kind: core.KindUnknown, Err: err}
	}
	ref, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	f.pass()
	return string(ref), nil
}

func child() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f := &fuse{}
	n, _ := strconv.ParseInt(os.Getenv(crashAt), 10, 64)
	f.n.Store(n)
	st, err := openStore(ctx, os.Getenv(crashDir))
	if err != nil {
		return err
	}
	defer st.Close()
	h := testHub(fusedStore{st, f}, time.Now)
	url := os.Getenv(crashURL)
	err = errors.Join(
		h.Connect("web", core.RoleChannel, &far{f, "web", url, core.Limits{Options: 10, Idempotent: true, Names: true}}),
		h.Connect("im", core.RoleChannel, &far{f, "im", url, core.Limits{Names: true}}),
		h.Connect("desk", core.RoleDesk, &far{f, "desk", url, core.Limits{Threads: true, Cases: true, Idempotent: true}}))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		var env core.Envelope
		if err := json.NewDecoder(r.Body).Decode(&env); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := h.Receive(r.Context(), env); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /idle", func(w http.ResponseWriter, r *http.Request) {
		if s, err := st.Stats(r.Context()); err != nil || s.Unread+s.Outbox > 0 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { cancel() })
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	fmt.Println(l.Addr())
	err = h.Run(ctx)
	if os.Getenv(crashStep) != "" {
		fmt.Println(f.passed.Load())
	}
	last, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	_ = srv.Shutdown(last) // the answer to /stop is written, or the parent takes this for a crash
	return errors.Join(err, srv.Close())
}
