package webchat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// ServeHTTP implements core.Site.
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, c.cfg.Prefix)
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if !strings.HasPrefix(path, "v1/") {
		c.pages.serve(w, r, path)
		return
	}
	if path == "v1/file" { // its address is the permit; pictures are fetched without CORS
		c.serveFile(w, r)
		return
	}
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !c.cfg.allowed(origin, r.Host) {
		if path == "v1/socket" && c.mayConnect(r) == nil {
			c.turnAway(w, r)
			return
		}
		c.refuse(w, &refusal{Status: http.StatusForbidden, Code: "origin", Why: "this page's origin is not in the chat's origins"})
		return
	}
	if origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After")
	}
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Name")
		h.Set("Access-Control-Max-Age", "7200")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	c.serveCall(w, r, path)
}

// serveCall answers the widget's calls.
func (c *Chat) serveCall(w http.ResponseWriter, r *http.Request, path string) {
	type call struct {
		method string
		serve  func(http.ResponseWriter, *http.Request)
	}
	f, ok := map[string]call{
		"v1/socket":   {http.MethodGet, c.connect},
		"v1/session":  {http.MethodPost, c.session},
		"v1/messages": {http.MethodPost, c.post},
		"v1/events":   {http.MethodGet, c.poll},
		"v1/files":    {http.MethodPost, c.bring},
	}[path]
	switch {
	case !ok:
		http.NotFound(w, r)
	case r.Method != f.method:
		w.Header().Set("Allow", f.method)
		c.refuse(w, &refusal{Status: http.StatusMethodNotAllowed, Code: "method"})
	case c.closing.Load():
		c.refuse(w, &refusal{Status: http.StatusServiceUnavailable, Code: "busy", After: time.Second})
	default:
		f.serve(w, r)
	}
}

// connect lets an address open so many sockets a minute.
func (c *Chat) connect(w http.ResponseWriter, r *http.Request) {
	if no := c.mayConnect(r); no != nil {
		c.refuse(w, no)
		return
	}
	c.serveSocket(w, r)
}

func (c *Chat) mayConnect(r *http.Request) *refusal {
	n := c.cfg.Limits.Connects
	if wait := c.gates.pass("connect/"+c.cfg.address(r), per(time.Minute, n, n), c.d.Now()); wait > 0 {
		return &refusal{Status: http.StatusTooManyRequests, Code: "rate", After: wait}
	}
	return nil
}

// session gives a visitor a token, or makes them the customer whom the host
// vouches for.
func (c *Chat) session(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token    string `json:"token"`
		Name     string `json:"name"` // unverified: a name and no more
		JWT      string `json:"jwt"`
		UserID   string `json:"user_id"`
		UserHash string `json:"user_hash"`
	}
	if err := c.body(w, r, &in); err != nil {
		c.refuse(w, err)
		return
	}
	p, err := c.visitor(r, in.Token)
	if err != nil {
		c.refuse(w, err)
		return
	}
	if p.User == "" && in.Name != "" {
		p.Name = clip(in.Name, 40)
	}
	if in.JWT != "" || in.UserHash != "" {
		who, err := c.cfg.believeHash(in.UserID, in.UserHash)
		if in.JWT != "" {
			who, err = c.cfg.believeJWT(in.JWT, c.d.Now())
		}
		if err != nil {
			c.refuse(w, &refusal{Status: http.StatusUnauthorized, Code: "identity", Why: err.Error()})
			return
		}
		if p.User != "" && p.User != who.ID {
			p = pass{Visitor: name()} // another customer at the same browser
		}
		var moved []string
		if p, moved, err = c.visitors.login(r.Context(), p, who); err != nil {
			c.refuse(w, c.report("keeping a customer", err))
			return
		}
		for _, peer := range moved { // other windows read everything again
			c.relay.pass(r.Context(), hint{Kind: hintAgain, Peer: peer})
		}
	}
	answer(w, http.StatusOK, map[string]string{"token": c.visitors.issue(p), "name": p.Name, "user": p.User})
}

// visitor reads token, or makes a new visitor where it is not good any more.
func (c *Chat) visitor(r *http.Request, token string) (pass, error) {
	if p, _, err := c.visitors.pass(token); err == nil {
		if _, err = c.visitors.guest(r.Context(), p); err == nil {
			return p, nil
		} else if !errors.Is(err, errToken) {
			return p, c.report("finding a visitor", err)
		}
	}
	n := c.cfg.Limits.Sessions
	if wait := c.gates.pass("session/"+c.cfg.address(r), per(time.Hour, n, n), c.d.Now()); wait > 0 {
		return pass{}, &refusal{Status: http.StatusTooManyRequests, Code: "rate", After: wait}
	}
	return pass{Visitor: name()}, nil
}

// bearer finds out who calls.
func (c *Chat) bearer(r *http.Request) (guest, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return guest{}, errToken
	}
	p, _, err := c.visitors.pass(token)
	if err != nil {
		return guest{}, err
	}
	g, err := c.visitors.guest(r.Context(), p)
	if err != nil {
		return guest{}, c.report("finding a visitor", err)
	}
	if tag := r.URL.Query().Get("lang"); g.Lang == "" && langTag.MatchString(tag) {
		g.Lang = tag
	}
	q := r.URL.Query()
	g.Page, g.Title, g.Zone = bare(q.Get("page")), clip(q.Get("title"), 80), zone(q.Get("zone"))
	return g, nil
}

// post takes any frame that a socket takes after hello, one a request.
func (c *Chat) post(w http.ResponseWriter, r *http.Request) {
	g, err := c.bearer(r)
	if err != nil {
		c.refuse(w, err)
		return
	}
	n := c.cfg.Limits.Frames
	if wait := c.gates.pass("frames/"+g.Peer, per(time.Minute, n, n), c.d.Now()); wait > 0 {
		c.refuse(w, &refusal{Status: http.StatusTooManyRequests, Code: "rate", After: wait})
		return
	}
	var raw json.RawMessage
	if err := c.body(w, r, &raw); err != nil {
		c.refuse(w, err)
		return
	}
	a, err := parse(raw, c.cfg.Limits.Text)
	if err == nil && a.Op == "hello" {
		err = errFrame
	}
	if err != nil {
		c.refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workLimit)
	defer cancel()
	c.work.Add(1)
	defer c.work.Done()
	switch a.Op {
	case "send":
		out := c.take(ctx, g, c.cfg.address(r), a)
		status, ok := map[string]int{"": 200, "rate": 429, "busy": 503, "file": 403}[out.Code]
		if !ok {
			status = http.StatusUnprocessableEntity
		}
		if out.Retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(out.Retry))
		}
		answer(w, status, out)
	case "past":
		v, err := c.history.before(ctx, g, a.Before)
		if err != nil {
			c.refuse(w, c.report("reading a conversation", err))
			return
		}
		answer(w, http.StatusOK, reply{Op: "past", Lines: v.Lines, More: v.More})
	default:
		if err := c.signal(ctx, g, a); err != nil {
			c.refuse(w, err)
			return
		}
		answer(w, http.StatusOK, reply{Op: "ok"})
	}
}

// longestPoll is how long a poll is held open.
const longestPoll = 25 * time.Second

// poll answers with what follows after, at once if there is something, else
// when there is or wait seconds have passed.
func (c *Chat) poll(w http.ResponseWriter, r *http.Request) {
	if no := c.mayConnect(r); no != nil {
		c.refuse(w, no)
		return
	}
	g, err := c.bearer(r)
	if err != nil {
		c.refuse(w, err)
		return
	}
	q := r.URL.Query()
	after, err1 := strconv.ParseInt(cmp.Or(q.Get("after"), "0"), 10, 64)
	secs, err2 := strconv.Atoi(cmp.Or(q.Get("wait"), "0"))
	if err1 != nil || err2 != nil || after < 0 || secs < 0 {
		c.refuse(w, errFrame)
		return
	}
	wait := min(time.Duration(min(secs, 60))*time.Second, longestPoll)
	if log := q.Get("log"); log != "" && log != g.log() {
		after, wait = 0, 0
	}
	bell := make(chan struct{}, 1)
	done, ok := c.rooms.wait(g.peers(), bell, c.cfg.Limits.Sockets)
	if !ok {
		c.refuse(w, &refusal{Status: http.StatusTooManyRequests, Code: "windows", After: 10 * time.Second})
		return
	}
	defer done()
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + writeLimit)) // not all writers can
	out, err := c.events(r.Context(), g, pollQuery{after, wait, bell})
	if err != nil {
		c.refuse(w, err)
		return
	}
	out.Reset = q.Get("log") != "" && q.Get("log") != out.Log
	answer(w, http.StatusOK, out)
}

type pollQuery struct {
	after int64
	wait  time.Duration
	bell  <-chan struct{}
}

func (c *Chat) events(ctx context.Context, g guest, q pollQuery) (reply, error) {
	end := time.NewTimer(q.wait)
	defer end.Stop()
	for over := q.wait == 0; ; {
		v, err := c.history.after(ctx, g, q.after)
		if err != nil {
			return reply{}, c.report("reading a conversation", err)
		}
		typing := c.rooms.typing(g.Peer, c.d.Now())
		if v.Seq > q.after || typing || over || c.closing.Load() {
			w, b, err := c.staff.who(ctx, g)
			if err != nil {
				return reply{}, c.report("reading who is there", err)
			}
			return reply{Op: "ready", Seq: v.Seq, Lines: v.Lines, More: v.More && q.after == 0, Log: g.log(), Who: w, Banner: b, Typing: typing}, nil
		}
		look := time.NewTimer(time.Hour)
		if v.Held {
			look.Reset(time.Second)
		}
		select {
		case <-q.bell:
			over = true // perhaps a banner: the answer has everything
		case <-look.C:
		case <-end.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		look.Stop()
	}
}

// body reads a small JSON body. A larger one is refused before it is read.
func (c *Chat) body(w http.ResponseWriter, r *http.Request, v any) error {
	limit := c.cfg.Limits.Body
	if r.ContentLength > limit {
		return core.ErrTooLarge
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return core.ErrTooLarge
	}
	if err != nil || json.Unmarshal(b, v) != nil {
		return errFrame
	}
	return nil
}

// refuse answers with what err stands for.
func (c *Chat) refuse(w http.ResponseWriter, err error) {
	no, ok := errors.AsType[*refusal](err)
	switch {
	case ok:
	case errors.Is(err, errToken):
		no = &refusal{Status: http.StatusUnauthorized, Code: "token"}
	case errors.Is(err, errLong):
		no = &refusal{Status: http.StatusUnprocessableEntity, Code: "long"}
	case errors.Is(err, errFrame):
		no = &refusal{Status: http.StatusBadRequest, Code: "bad", Why: err.Error()}
	case errors.Is(err, core.ErrTooLarge):
		no = &refusal{Status: http.StatusRequestEntityTooLarge, Code: "large"}
		w.Header().Set("Connection", "close") // the rest is not read
	default:
		no = &refusal{Status: http.StatusServiceUnavailable, Code: "busy", After: 3 * time.Second}
	}
	if no.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(no.After)))
	}
	answer(w, no.Status, no.reply(""))
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b)
}
