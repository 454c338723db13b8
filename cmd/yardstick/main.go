// Command yardstick is the smallest honest program of the eight steps that a
// message takes, for Frontdesk to be measured against (compare_test.go): a signed
// webhook comes in, is filed once, is answered in its conversation's order, and
// the answer is posted out. It shares no line with Frontdesk, only the database's
// driver. It understands nothing: whatever is asked, it answers the same.
//
// What it promises is what Frontdesk promises: a webhook is answered when its
// message is on disk (synchronous=FULL); a repeat is filed once; the answer and
// the conversation's new state are on disk before the answer leaves; after kill -9
// what was filed is answered, what was not settled is sent again with its ID.
//
// With -wechat it also speaks WeChat's safe mode, answering inside the platform's
// request, or with -later through its API.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"
)

func main() {
	var listen, data, account string
	o := outside{}
	flag.StringVar(&listen, "listen", "127.0.0.1:0", "address to serve on")
	flag.StringVar(&data, "data", ".", "folder of the database")
	flag.StringVar(&o.url, "url", "", "where answers are posted to")
	flag.StringVar(&o.secret, "secret", "", "signs both ways: base64, without a prefix")
	flag.StringVar(&account, "wechat", "", "appid,token,EncodingAESKey,address of the API")
	flag.BoolVar(&o.later, "later", false, "answer WeChat through its API")
	flag.Parse()
	if f := strings.Split(account, ","); len(f) == 4 {
		o.wechat = wechat{appid: f[0], token: f[1], key: f[2], api: f[3]}
	}
	o.client = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConns: workers, MaxIdleConnsPerHost: workers}}
	s, left, err := open(data)
	if err != nil {
		log.Fatal(err)
	}
	p := &program{store: s, out: o, slots: make(chan struct{}, workers), open: map[string]*talk{}}
	p.resume(left)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("POST /hook/app/", p.app)
	mux.HandleFunc("POST /hook/wx/", p.wx)
	log.Fatal(http.ListenAndServe(listen, mux))
}

// workers is how many conversations are answered at a time.
const workers = 64

// A program answers messages.
type program struct {
	store *store
	out   outside
	slots chan struct{} // filled by each conversation that is being answered; who waits longest is let in first

	mu   sync.Mutex
	open map[string]*talk // conversations with something unread
}

// A talk is a conversation with something unread.
type talk struct {
	unread []message
}

// A message is one that came in.
type message struct {
	channel, peer, ref, text string
	seq                      int64
	ask                      chan string // takes the answer if the platform's request is held; else nil
}

func (m message) key() string { return m.channel + "/" + m.peer }

// app takes a signed JSON webhook: steps 1 to 3.
func (p *program) app(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil || !p.out.signed(r.Header, body) {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	m, err := decode(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := p.receive(m); err != nil {
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, "{}")
}

// receive files m and has it answered, unless it is a repeat.
func (p *program) receive(m message) error {
	if m.ref == "" || m.peer == "" || m.text == "" {
		return errors.New("a message needs a name, a sender and a text")
	}
	fresh, err := p.store.file(&m)
	if err == nil && fresh {
		p.read(m)
	}
	return err
}

// read has m answered after those before it in its conversation.
func (p *program) read(m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.open[m.key()]
	if t == nil {
		t = &talk{}
		p.open[m.key()] = t
		go p.answer(m.key(), t)
	}
	t.unread = append(t.unread, m)
}

// next takes the oldest unread message; without one the conversation rests.
func (p *program) next(key string, t *talk) (m message, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(t.unread) == 0 {
		delete(p.open, key)
		return m, false
	}
	m, t.unread = t.unread[0], t.unread[1:]
	return m, true
}

// answer takes steps 4 to 8 for each message of a conversation.
func (p *program) answer(key string, t *talk) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	for m, ok := p.next(key, t); ok; m, ok = p.next(key, t) {
		a, err := p.store.turn(m)
		for ; err != nil; a, err = p.store.turn(m) {
			log.Print(err)
			time.Sleep(time.Second)
		}
		p.deliver(a, m.ask)
	}
}

// deliver sends an answer, until somebody takes it, and settles it.
func (p *program) deliver(a answer, ask chan string) {
	ref := "passive"
	if ask != nil {
		ask <- a.Text
	} else {
		for wait := time.Second; ; wait = min(2*wait, time.Minute) {
			var err error
			if ref, err = p.out.send(a); err == nil {
				break
			}
			log.Print(err)
			time.Sleep(wait)
		}
	}
	p.store.settle(a, ref)
}

// resume goes on with what an earlier process left: what is to be sent, then what
// is to be read.
func (p *program) resume(l left) {
	var all sync.WaitGroup
	for _, a := range l.answers {
		p.slots <- struct{}{}
		all.Go(func() { p.deliver(a, nil); <-p.slots })
	}
	all.Wait()
	for _, m := range l.unread {
		p.read(m)
	}
}
