package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Demo is an invented account for the playground.
func Demo() Account {
	return Account{
		AppID: "wxplayground00001a", Secret: "playground-app-secret", Token: "playground",
		Key: "playgroundplaygroundplaygroundplaygroundabc", Origin: "gh_playground",
	}
}

// Client is an HTTP client that reaches nothing but the platform's API, without
// a network.
func (p *Platform) Client() *http.Client { return &http.Client{Transport: inside{p}} }

type inside struct{ h http.Handler }

func (t inside) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	defer func() {
		if v := recover(); v != nil {
			resp, err = nil, fmt.Errorf("fake: the connection broke: %v", v)
		}
	}()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := &answer{head: http.Header{}, code: http.StatusOK}
	t.h.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.code, Status: fmt.Sprintf("%d %s", w.code, http.StatusText(w.code)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.head, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// An Act is what somebody does on the playground's page.
type Act struct {
	Who  string `json:"who"`
	Do   string `json:"do"`
	Text string `json:"text"`
	ID   string `json:"id"` // of a menu's entry
	Code int    `json:"code"`
	Data []byte `json:"data"` // of a picture
}

// State is what the page shows.
type State struct {
	Follower
	Left   int    `json:"left"`    // messages that may still be sent to them
	For    int    `json:"seconds"` // for this long
	Tokens int    `json:"tokens"`  // issued so far
	Pushes int    `json:"repeats"` // made again
	Calls  []Call `json:"calls"`   // the last ones of the API, without their bodies
}

// Control lets a page play a follower: GET ?who= says what their phone shows,
// POST of an Act does something. A push goes on after the request has ended.
func (p *Platform) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(p.state(r.URL.Query().Get("who")))
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		var a Act
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&a); err != nil || a.Who == "" {
			http.Error(w, "send JSON with who and do", http.StatusBadRequest)
			return
		}
		if !p.act(context.WithoutCancel(r.Context()), a) {
			http.Error(w, "unknown: do", http.StatusBadRequest)
		}
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

func (p *Platform) state(who string) State {
	s := State{Follower: p.Phone(who), Tokens: p.Renewals(), Pushes: p.Repeats(), Calls: p.Calls("")}
	var left time.Duration
	s.Left, left = p.Left(who)
	s.For = int(left.Seconds())
	s.Calls = s.Calls[max(0, len(s.Calls)-12):]
	for i := range s.Calls {
		s.Calls[i].Body = ""
	}
	return s
}

// act reports whether there is such an act.
func (p *Platform) act(ctx context.Context, a Act) bool {
	pushes := map[string]func(){
		"say":      func() { _ = p.Say(ctx, a.Who, a.Text) }, // that nobody answered shows on the phone
		"tap":      func() { _ = p.Tap(ctx, a.Who, Entry{a.ID, a.Text}) },
		"follow":   func() { _ = p.Follow(ctx, a.Who, a.Text) },
		"unfollow": func() { _ = p.Unfollow(ctx, a.Who) },
		"scan":     func() { _ = p.Scan(ctx, a.Who, a.Text) },
		"click":    func() { _ = p.Click(ctx, a.Who, a.Text) },
		"voice":    func() { _ = p.SendMedia(ctx, a.Who, "voice", p.Put("voice", "audio/amr", []byte("#!AMR\n"), "")) },
		"image": func() {
			_ = p.SendMedia(ctx, a.Who, "image", p.Put("image", http.DetectContentType(a.Data), a.Data, ""))
		},
	}
	if push, ok := pushes[a.Do]; ok {
		go push()
		return true
	}
	switch a.Do {
	case "close_window":
		p.CloseWindow(a.Who)
	case "break_token":
		p.BreakToken()
	case "fail":
		p.Fail(a.Code)
	default:
		return false
	}
	return true
}
