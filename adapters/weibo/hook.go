package weibo

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
// its pushes. An empty answer to a push means that there is nothing to show.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	q := r.URL.Query()
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET and POST only", http.StatusMethodNotAllowed)
	case !a.signed(q) || r.Method == http.MethodPost && !a.fresh(q):
		a.refuse(w, "the signature is not the platform's, or old")
	case r.Method == http.MethodGet:
		io.WriteString(w, q.Get("echostr"))
	default:
		a.push(w, r)
	}
}

func (a *Account) refuse(w http.ResponseWriter, why string) {
	a.deps.Log.Warn("refused a request", "channel", a.deps.Name, "why", why)
	http.Error(w, "forbidden", http.StatusForbidden)
}

func (a *Account) push(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusRequestEntityTooLarge)
		return
	}
	p, err := parse(body)
	switch {
	case err != nil:
		a.unreadable(w, err)
		return
	case string(p.Receiver) != a.conf.UID:
		a.refuse(w, "it is for another account")
		return
	}
	switch err := a.take(w, r, p); {
	case errors.Is(err, core.ErrInvalid): // it would be refused each time
		a.unreadable(w, err)
	case err != nil:
		a.deps.Log.Error("a push was not kept; the platform will repeat it", "channel", a.deps.Name, "err", a.clean(err.Error()))
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

// unreadable is for what the platform signed and we can never take.
func (a *Account) unreadable(w http.ResponseWriter, err error) {
	a.deps.Log.Error("a push could not be read", "channel", a.deps.Name, "err", a.clean(err.Error()))
	http.Error(w, "unreadable", http.StatusBadRequest)
}

// take keeps what arrived and answers the platform. An error means that it was
// not kept and nothing was answered.
func (a *Account) take(w http.ResponseWriter, r *http.Request, p push) error {
	in := a.read(p)
	if err := a.follow(r.Context(), in.env); err != nil {
		return err
	}
	if in.silent {
		return a.deps.Inbox.Receive(r.Context(), in.env)
	}
	v, err := a.holds.Serve(w, r, passive.Request{
		Ref: in.env.Ref, Peer: in.env.Peer.ID, At: in.env.At,
		File: func(ctx context.Context) error {
			a.copyMedia(ctx, &in)
			a.person(ctx, &in.env.Peer)
			return a.deps.Inbox.Receive(ctx, in.env)
		},
		Form: func(b []byte) (passive.Document, error) {
			var m message
			if err := json.Unmarshal(b, &m); err != nil {
				return passive.Document{}, err
			}
			return m.passive(p, a.deps.Now().Unix())
		},
	})
	switch {
	case err != nil:
		return err
	case v == passive.Answered:
		a.deps.Meter.Count("weibo_passive_total", 1, "channel", a.deps.Name)
	case v == passive.Nothing && a.conf.Token == "" && a.conf.Later != "":
		d, err := textMessage(a.conf.Later).passive(p, a.deps.Now().Unix())
		if err != nil {
			return err
		}
		return passive.Write(w, r, d)
	}
	return nil
}

// follow notes who has left: after that nothing may be sent to them.
func (a *Account) follow(ctx context.Context, env core.Envelope) error {
	key := a.key("left/" + env.Peer.ID)
	if env.Parts[0] == core.Part(core.Left{}) {
		return a.deps.Values.Put(ctx, key, "1", 0)
	}
	if _, left, err := a.deps.Values.Get(ctx, key); err != nil || !left || env.Cause == "" {
		return err
	}
	return a.deps.Values.Delete(ctx, key)
}
