package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
)

// Demo is an invented account for the playground.
func Demo() Account {
	return Account{UID: "1000000000000000001", AppSecret: "playground-app-secret", Token: "playground-token"}
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
	Code int    `json:"code"`
	Data []byte `json:"data"` // of a picture
}

// State is what the page shows.
type State struct {
	Fan
	For    int    `json:"seconds"` // for this long they may be sent messages
	Ended  bool   `json:"ended"`   // the token
	Pushes int    `json:"repeats"` // made again
	Calls  []Call `json:"calls"`   // the last ones of the API, without their contents
}

// Control lets the playground's page, which adapters/wechat/fake has, play a
// fan: GET ?who= says what their phone shows, POST of an Act does something. A
// push goes on after the request has ended.
func (p *Platform) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		who := r.URL.Query().Get("who")
		s := State{Fan: p.Phone(who), For: int(p.Left(who).Seconds()), Ended: p.over(), Pushes: p.Repeats(), Calls: p.Calls()}
		s.Calls = s.Calls[max(0, len(s.Calls)-12):]
		for i := range s.Calls {
			s.Calls[i].Form = nil
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s)
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		var a Act
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&a); err != nil || !number(a.Who) {
			http.Error(w, "send JSON with who, a number, and do", http.StatusBadRequest)
			return
		}
		if !p.act(context.WithoutCancel(r.Context()), a) {
			http.Error(w, "unknown: do", http.StatusBadRequest)
		}
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

func number(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && s[0] != '0' && len(s) < 20
}

// act reports whether there is such an act.
func (p *Platform) act(ctx context.Context, a Act) bool {
	pushes := map[string]func(){
		"say":      func() { _ = p.Say(ctx, a.Who, a.Text) }, // that nobody answered shows in repeats
		"follow":   func() { _ = p.Follow(ctx, a.Who) },
		"unfollow": func() { _ = p.Unfollow(ctx, a.Who) },
		"scan":     func() { _ = p.Scan(ctx, a.Who, a.Text) },
		"mention":  func() { _ = p.Mention(ctx, a.Who, a.Text) },
		"click":    func() { _ = p.Click(ctx, a.Who, a.Text) },
		"image":    func() { _ = p.SendMedia(ctx, a.Who, "image", p.Put(http.DetectContentType(a.Data), a.Data)) },
	}
	if push, ok := pushes[a.Do]; ok {
		go push()
		return true
	}
	switch a.Do {
	case "close_window":
		p.CloseWindow(a.Who)
	case "end_token":
		p.EndToken()
	case "new_token":
		p.NewToken()
	case "fail":
		p.Fail(a.Code)
	default:
		return false
	}
	return true
}
