package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/frontdesk-im/frontdesk/core"
)

// maxPush is the largest push that is read. The platform's are a few kilobytes.
const maxPush = 1 << 20

// ServeHTTP takes the platform's requests: the verification of our address and
// its pushes.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch r.Method {
	case http.MethodGet:
		a.verify(w, r)
	case http.MethodPost:
		a.push(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET and POST only", http.StatusMethodNotAllowed)
	}
}

// verify answers the platform's check of our address. It is in the clear in
// every mode.
func (a *Account) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !a.signed(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) {
		a.refuse(w, errForged)
		return
	}
	io.WriteString(w, q.Get("echostr"))
}

func (a *Account) refuse(w http.ResponseWriter, err error) {
	a.deps.Log.Warn("refused a request", "channel", a.deps.Name, "err", err.Error())
	http.Error(w, "forbidden", http.StatusForbidden)
}

// success tells the platform that we have it and that nothing is to be shown.
func success(w http.ResponseWriter) { io.WriteString(w, "success") }

func (a *Account) push(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusRequestEntityTooLarge)
		return
	}
	p, err := a.open(r.URL.Query(), body)
	switch {
	case errors.Is(err, errForged):
		a.refuse(w, err)
		return
	case err != nil:
		a.unreadable(w, err)
		return
	}
	in, err := a.read(p)
	if err != nil {
		a.unreadable(w, err)
		return
	}
	if err := a.take(w, r, p, in); err != nil {
		a.deps.Log.Error("a push was not kept; the platform will repeat it", "channel", a.deps.Name, "err", a.clean(err.Error()))
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

// unreadable is for what the platform signed and we cannot read.
func (a *Account) unreadable(w http.ResponseWriter, err error) {
	a.deps.Log.Error("a push could not be read", "channel", a.deps.Name, "err", a.clean(err.Error()))
	http.Error(w, "unreadable", http.StatusBadRequest)
}

// take keeps what arrived and answers the platform. An error means that it was
// not kept and nothing was answered.
func (a *Account) take(w http.ResponseWriter, r *http.Request, p push, in arrival) error {
	ctx := r.Context()
	for _, c := range in.receipts {
		if err := a.deps.Inbox.Report(ctx, c); err != nil {
			return err
		}
	}
	if in.receipts != nil {
		success(w)
		return nil
	}
	away, err := a.session(ctx, &in, p)
	if err != nil {
		return err
	}
	if !in.silent && !away {
		return a.hold(w, r, p, in)
	}
	if err := a.deps.Inbox.Receive(ctx, in.env); err != nil {
		return err
	}
	if !away {
		success(w)
	} else if err := a.write(w, r, p, reply{Type: "transfer_customer_service"}); err != nil {
		a.deps.Log.Warn("a message could not be passed to WeChat's own desk", "channel", a.deps.Name, "err", a.clean(err.Error()))
	}
	return nil
}

// hold files what a customer did and waits for the answer to it.
func (a *Account) hold(w http.ResponseWriter, r *http.Request, p push, in arrival) error {
	v, err := a.holds.Hold(r.Context(), core.Ask{
		Ref: in.env.Ref, Peer: in.env.Peer.ID, At: in.env.At,
		File: func(ctx context.Context) error {
			a.copyMedia(ctx, &in)
			a.person(ctx, &in.env.Peer)
			return a.deps.Inbox.Receive(ctx, in.env)
		},
		Write: func(b []byte) error {
			var out reply
			if err := json.Unmarshal(b, &out); err != nil {
				return err
			}
			return a.write(w, r, p, out)
		},
	})
	switch {
	case err != nil:
		return err
	case v == core.HoldAnswered:
		a.deps.Meter.Count("wechat_passive_total", 1, "channel", a.deps.Name)
	case r.Context().Err() != nil: // the platform has given it up
	case v == core.HoldAgain:
		panic(http.ErrAbortHandler) // an empty 200 would mean that there is no answer
	case a.conf.PassiveOnly && a.conf.Later != "":
		return a.write(w, r, p, reply{Type: "text", Content: a.conf.Later})
	default:
		success(w)
	}
	return nil
}

// write writes a passive reply and reports whether the platform was still there
// when it was written.
func (a *Account) write(w http.ResponseWriter, r *http.Request, p push, out reply) error {
	if err := r.Context().Err(); err != nil {
		return err
	}
	b, err := out.to(p, a.deps.Now().Unix())
	if err != nil {
		return err
	}
	if p.key != "" {
		if b, err = a.seal(b, p); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	if p.json {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return r.Context().Err()
}
