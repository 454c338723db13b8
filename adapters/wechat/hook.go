package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/passive"
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
	if !a.gate.signed(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) {
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
	p, err := a.gate.open(r.URL.Query(), body)
	switch {
	case errors.Is(err, errForged):
		a.refuse(w, err)
		return
	case err != nil:
		a.unreadable(w, err)
		return
	}
	in, err := read(p, a.deps.Name)
	if err != nil {
		a.unreadable(w, err)
		return
	}
	switch err := a.take(w, r, p, in); {
	case errors.Is(err, core.ErrInvalid): // it would be refused each time
		a.unreadable(w, err)
	case err != nil:
		a.deps.Log.Error("a push was not kept; the platform will repeat it", "channel", a.deps.Name, "err", a.veil.clean(err.Error()))
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

// unreadable is for what the platform signed and we cannot read.
func (a *Account) unreadable(w http.ResponseWriter, err error) {
	a.deps.Log.Error("a push could not be read", "channel", a.deps.Name, "err", a.veil.clean(err.Error()))
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
	away, err := a.people.session(ctx, &in, p)
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
		a.deps.Log.Warn("a message could not be passed to WeChat's own desk", "channel", a.deps.Name, "err", a.veil.clean(err.Error()))
	}
	return nil
}

// hold files what a customer did and waits for the answer to it.
func (a *Account) hold(w http.ResponseWriter, r *http.Request, p push, in arrival) error {
	v, err := a.holds.Serve(w, r, passive.Request{
		Ref: in.env.Ref, Peer: in.env.Peer.ID, At: in.env.At,
		File: func(ctx context.Context) error {
			a.files.copyMedia(ctx, &in)
			a.people.person(ctx, &in.env.Peer)
			return a.deps.Inbox.Receive(ctx, in.env)
		},
		Form: func(b []byte) (passive.Document, error) {
			var out reply
			if err := json.Unmarshal(b, &out); err != nil {
				return passive.Document{}, err
			}
			return a.document(p, out)
		},
	})
	switch {
	case err != nil:
		return err
	case v == passive.Answered:
		a.deps.Meter.Count("wechat_passive_total", 1, "channel", a.deps.Name)
	case v == passive.Nothing && a.conf.PassiveOnly && a.conf.Later != "":
		return a.write(w, r, p, reply{Type: "text", Content: a.conf.Later})
	case v == passive.Nothing:
		success(w)
	}
	return nil
}

// write answers a push with out.
func (a *Account) write(w http.ResponseWriter, r *http.Request, p push, out reply) error {
	d, err := a.document(p, out)
	if err != nil {
		return err
	}
	return passive.Write(w, r, d)
}

// document is out in the form that p asks for: in its data format, encrypted if
// it was.
func (a *Account) document(p push, out reply) (passive.Document, error) {
	d := passive.Document{Type: "text/xml; charset=utf-8"}
	if p.json {
		d.Type = "application/json; charset=utf-8"
	}
	var err error
	if d.Body, err = out.to(p, a.deps.Now().Unix()); err == nil && p.key != "" {
		d.Body, err = a.gate.seal(d.Body, p)
	}
	return d, err
}
