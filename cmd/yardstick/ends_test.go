package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Both ends of a program under test: customers who write, and the platform that
// takes the answers. They share the machine with the program: what they send is
// signed before the clock runs.

// An arrival is an answer that was posted out.
type arrival struct {
	at time.Time
	id string
	to string
	of string // its text
}

// A platform takes answers.
type platform struct {
	ln net.Listener

	mu    sync.Mutex
	came  []arrival
	ids   map[string]bool
	twice int // answers whose ID came before: repeats, which the far side drops
	tell  map[string]chan time.Time
	news  chan struct{} // 1: something came
}

func newPlatform(t testing.TB) *platform {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	p := &platform{ln: ln, ids: map[string]bool{}, tell: map[string]chan time.Time{}, news: make(chan struct{}, 1)}
	go http.Serve(ln, p)
	return p
}

func (p *platform) url() string { return "http://" + p.ln.Addr().String() }

// ServeHTTP takes an answer.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the program was killed
	}
	io.WriteString(w, p.take(r.URL.Path, body))
}

// take notes an answer and returns what the platform says to it.
func (p *platform) take(path string, body []byte) string {
	var in struct{ ID, To, Text string }
	switch {
	case strings.Contains(path, "token"):
		return `{"access_token":"token-1","expires_in":7200}`
	case strings.Contains(path, "/custom/send"):
		var m struct {
			ToUser string `json:"touser"`
			Text   struct{ Content string }
		}
		if json.Unmarshal(body, &m) == nil {
			p.note(arrival{at: time.Now(), to: m.ToUser, of: m.Text.Content})
		}
		return `{"errcode":0,"errmsg":"ok","msgid":1}`
	case strings.HasPrefix(path, "/cgi-bin"):
		return `{"errcode":0,"errmsg":"ok"}`
	}
	if json.Unmarshal(body, &in) == nil {
		p.note(arrival{time.Now(), in.ID, in.To, in.Text})
	}
	return `{"id":"far-` + in.ID + `"}`
}

func (p *platform) note(a arrival) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.id != "" {
		if p.ids[a.id] {
			p.twice++
			return
		}
		p.ids[a.id] = true
	}
	p.came = append(p.came, a)
	if c := p.tell[a.to]; c != nil {
		delete(p.tell, a.to)
		c <- a.at
	}
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// expect tells when the next answer to a customer comes.
func (p *platform) expect(peer string) <-chan time.Time {
	c := make(chan time.Time, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell[peer] = c
	return c
}

// got are the answers that have come since the first n.
func (p *platform) got(n int) []arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came[n:len(p.came):len(p.came)]
}

// wait waits until n answers more than were there at the mark have come, and then
// a moment for one too many; or until none has come for so long.
func (p *platform) wait(mark, n int, silence time.Duration) []arrival {
	for {
		if len(p.got(mark)) >= n {
			return p.got(mark)
		}
		select {
		case <-p.news:
		case <-time.After(silence):
			return p.got(mark)
		}
	}
}

// A post is a request that is signed and ready to be sent.
type post struct {
	path string
	head http.Header
	body []byte
}

var errRefused = errors.New("not taken")

// send makes a request and returns what is answered.
func (x post) send(c *http.Client, addr string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+x.path, bytes.NewReader(x.body))
	if err != nil {
		return nil, err
	}
	r.Header = x.head
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w: %s %s", errRefused, resp.Status, b)
	}
	return b, err
}

// crowd is how many connections customers write over.
const crowd = 64

// caller is a client with as many connections.
func caller() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: crowd, MaxIdleConnsPerHost: crowd, MaxConnsPerHost: crowd}}
}

// burst posts everything at once over the crowd's connections, in order.
func burst(t testing.TB, addr string, posts []post) {
	t.Helper()
	var all sync.WaitGroup
	next, c := make(chan post), caller()
	defer c.CloseIdleConnections()
	for range crowd {
		all.Go(func() {
			for x := range next {
				if _, err := x.send(c, addr); err != nil {
					t.Errorf("posting: %v", err)
				}
			}
		})
	}
	for _, x := range posts {
		next <- x
	}
	close(next)
	all.Wait()
}
