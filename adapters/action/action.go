// Package action asks a business's own systems what flows want to know: where
// an order is, whether a member has points. A system is an adapter like any
// other: the question leaves through the outbox, and its answer comes back as
// an envelope of the same conversation.
//
// With url, a question is POST {"id","form","conversation","unix","values"},
// signed as Standard Webhooks says (core/signed). id stays the same when a
// question is repeated. GET /hook/<name>/openapi.json describes it. The answer is a JSON object; what
// is nested in it is named with dots ({"order":{"state":"x"}} is order.state).
// {"error":"not_found"} with status 200 is an answer, too: the flow goes where
// its step says for that error.
//
// With table, the answer is the row of a CSV or YAML file that has the asked
// key: a small shop's order list. The file is read again when it has changed.
// With neither, it is the demo shop's order list.
package action

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

// Config is the system's part of the configuration.
type Config struct {
	URL      string        `json:"url"`              // answers questions over HTTP
	Secret   core.Secret   `json:"secret"`           // signs them: base64 of 24 bytes or more
	Previous core.Secret   `json:"previous"`         // the one before it, while both are in use
	Legacy   bool          `json:"legacy_signature"` // send the header Action-Signature as well
	Timeout  time.Duration `json:"timeout"`          // for one question; 5s
	Table    string        `json:"table"`            // or a .csv or .yaml file that has the answers
	Keys     []string      `json:"keys"`             // columns that rows are found by, the first that was asked with; default the first column
	Check    string        `json:"check"`            // column whose value, or its last four characters or more, must be asked with
}

// Validate reports what is missing or can't go together.
func (c *Config) Validate() error {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	switch {
	case c.Timeout < 0 || c.Timeout > time.Minute:
		return errors.New("action: timeout is at most 1m; nobody waits longer in a chat")
	case c.URL != "" && c.Table != "":
		return errors.New("action: url and table are two ways to answer; keep one")
	case c.URL == "" && (c.Secret != "" || c.Previous != "" || c.Legacy):
		return errors.New("action: secret, previous and legacy_signature sign what goes to url, and there is none")
	case c.URL == "":
		return nil
	}
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("action: url must be the http(s) address that answers questions")
	}
	if _, err := signed.New(c.secrets()); err != nil {
		return fmt.Errorf("action: %w", err)
	}
	return nil
}

func (c *Config) secrets() signed.Secrets {
	return signed.Secrets{Secret: c.Secret, Previous: c.Previous, Old: map[bool]string{true: "Action-Signature"}[c.Legacy]}
}

// System is one business system.
type System struct {
	conf  Config
	deps  core.Deps
	ring  signed.Ring
	table *table // nil with a URL
}

var (
	_ core.Webhook = (*System)(nil)
	_ core.Checker = (*System)(nil)
	_ core.Sampler = (*System)(nil)
)

// New returns the system that c describes. A table that can't be read is an
// error now, not when the first customer asks.
func New(c Config, d core.Deps) (*System, error) {
	s := &System{conf: c, deps: d}
	if c.URL != "" {
		var err error
		s.ring, err = signed.Open(c.secrets(), d)
		return s, err
	}
	s.table = &table{path: c.Table, keys: c.Keys, check: c.Check}
	if err := s.table.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// Limits: forms are the point; all else is asked as a text.
func (*System) Limits() core.Limits { return core.Limits{Forms: true, Idempotent: true} }

//go:embed openapi.json
var contract []byte

// ServeHTTP shows what questions and answers look like. Nobody sends anything here.
func (*System) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !signed.Describe(w, r, contract) {
		http.Error(w, "an answer goes back in the response to its question", http.StatusMethodNotAllowed)
	}
}

const mostBody = 256 << 10 // bytes of an answer

type question struct {
	ID           string            `json:"id"`
	Form         string            `json:"form"`
	Conversation string            `json:"conversation"`
	Unix         int64             `json:"unix"`
	Values       map[string]string `json:"values"`
}

// Send asks one question and files its answer.
func (s *System) Send(ctx context.Context, env core.Envelope) (string, error) {
	q := question{ID: env.ID, Conversation: env.Thread, Unix: s.deps.Now().Unix()}
	switch p := env.Parts[0].(type) {
	case core.Form:
		q.Form, q.Values = p.ID, p.Values
	case core.Text:
		q.Form, q.Values = "text", map[string]string{"text": p.Body}
	default:
		return "", &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("action: cannot ask with %T", p)}
	}
	var values map[string]string
	var err error
	switch {
	case s.Sample():
		values, err = s.table.find(q.Values)
		values = dated(values, s.deps.Now())
	case s.table != nil:
		values, err = s.table.find(q.Values)
	default:
		values, err = s.ask(ctx, q)
	}
	if err != nil {
		return "", err
	}
	ref := env.ID + "/answer"
	err = s.deps.Inbox.Receive(ctx, core.Envelope{Channel: s.deps.Name, Peer: core.Peer{ID: s.deps.Name}, Thread: env.Thread,
		Ref: ref, At: s.deps.Now(), Parts: core.Parts{core.Form{ID: q.Form, Values: values}}})
	if errors.Is(err, core.ErrInvalid) {
		return "", &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("action: the answer can never be filed: %w", err)}
	}
	if err != nil { // asking again is allowed, and the answer is not lost that way
		return "", &core.SendError{Kind: core.KindUnknown, Err: fmt.Errorf("action: the answer could not be filed: %w", err)}
	}
	return ref, nil
}

// ask makes one attempt over HTTP.
func (s *System) ask(ctx context.Context, q question) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	req, err := s.ring.Post(ctx, s.conf.URL, signed.Message{ID: q.ID, At: time.Unix(q.Unix, 0), Body: q})
	if err != nil {
		return nil, &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("action: %w", err)}
	}
	resp, err := s.deps.HTTP.Do(req)
	if err != nil {
		return nil, core.Unreached("action", err)
	}
	defer resp.Body.Close()
	if err := fault(resp); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	if err != nil {
		return nil, &core.SendError{Kind: core.KindUnknown, Err: core.Unreached("action: its answer", err).Err}
	}
	values, err := flatten(b)
	if err != nil {
		return nil, &core.SendError{Kind: core.KindUnknown, Err: err}
	}
	return values, nil
}

// fault turns an answer that is not a success into an error.
func fault(resp *http.Response) error {
	e := &core.SendError{Code: strconv.Itoa(resp.StatusCode), Err: errors.New("action: " + http.StatusText(resp.StatusCode))}
	switch c := resp.StatusCode; {
	case c >= 200 && c < 300:
		return nil
	case c == http.StatusTooManyRequests:
		s, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		e.Kind, e.After = core.KindThrottled, time.Duration(max(0, s))*time.Second
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		e.Kind = core.KindDenied
	case c == http.StatusNotFound || c == http.StatusGone:
		e.Kind = core.KindGone
	case c >= 300 && c < 500:
		e.Kind = core.KindRejected
	}
	return e
}

// mostValues that an answer may have; more are dropped, in the order of their names.
const mostValues = 200

// flatten reads a JSON object as named texts.
func flatten(b []byte) (map[string]string, error) {
	if len(b) > mostBody {
		return nil, errors.New("action: the answer is over 256 kB")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, errors.New("action: the answer is not a JSON object")
	}
	out := map[string]string{}
	put(out, "", doc)
	return out, nil
}

func put(out map[string]string, name string, v any) {
	if len(out) >= mostValues || strings.Count(name, ".") > 8 {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sorted(v) {
			put(out, dotted(name, k), v[k])
		}
	case []any:
		for i, x := range v {
			put(out, dotted(name, strconv.Itoa(i)), x)
		}
	case nil:
	default:
		out[name] = strings.ToValidUTF8(fmt.Sprint(v), "�")
	}
}

func dotted(name, k string) string {
	if name == "" {
		return k
	}
	return name + "." + k
}
