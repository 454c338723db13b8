// Package hook connects anything that can exchange signed JSON over HTTP: a
// business's own app, a kiosk, a game. It is also the example to copy when you
// write an adapter: receive, send, classify, nothing else.
//
// In: POST /hook/<name>/ {"id","from","name","unix","text"|"pick"|"media"}, signed
// as Standard Webhooks says (core/signed). 200 means filed; after a 5xx the caller
// repeats it, with the same id; a 4xx will not change by that.
// Out: the same document the other way, with "to", "by" and "buttons", to the
// configured URL, signed alike; the far side drops a repeated id and answers {"id":
// its own name for the message}. GET /hook/<name>/openapi.json describes both ways.
package hook

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/signed"
)

// Config is the account's part of the configuration.
type Config struct {
	URL      string      `json:"url"`              // where messages to customers are posted
	Secret   core.Secret `json:"secret"`           // signs both ways: base64 of 24 bytes or more
	Previous core.Secret `json:"previous"`         // the one before it, while both are in use
	Legacy   bool        `json:"legacy_signature"` // send and take the header Hook-Signature as well
}

// Validate reports what is missing.
func (c *Config) Validate() error {
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("hook: url must be the http(s) address that takes messages to customers")
	}
	if _, err := signed.New(c.secrets()); err != nil {
		return fmt.Errorf("hook: %w", err)
	}
	return nil
}

func (c *Config) secrets() signed.Secrets {
	return signed.Secrets{Secret: c.Secret, Previous: c.Previous, Old: map[bool]string{true: "Hook-Signature"}[c.Legacy]}
}

// Channel is one account.
type Channel struct {
	conf Config
	deps core.Deps
	ring signed.Ring
}

var _ core.Webhook = (*Channel)(nil)

// New returns the account that c describes.
func New(c Config, d core.Deps) (*Channel, error) {
	ring, err := signed.Open(c.secrets(), d)
	return &Channel{c, d, ring}, err
}

// Limits are ours, for the far side is.
func (*Channel) Limits() core.Limits {
	return core.Limits{Text: 4000, Options: 10, Media: []string{""}, Idempotent: true, Names: true}
}

const mostBody = 64 << 10 // bytes of a webhook

type message struct {
	ID      string        `json:"id,omitempty"`
	From    string        `json:"from,omitempty"`
	Name    string        `json:"name,omitempty"`
	To      string        `json:"to,omitempty"`
	By      string        `json:"by,omitempty"`
	Unix    int64         `json:"unix,omitempty"`
	Text    string        `json:"text,omitempty"`
	Pick    string        `json:"pick,omitempty"`
	Media   *core.Media   `json:"media,omitempty"`
	Buttons []core.Option `json:"buttons,omitempty"`
}

//go:embed openapi.json
var contract []byte

// ServeHTTP takes one message from the platform, or shows what messages look like.
func (ch *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if signed.Describe(w, r, contract) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "a message has at most 64 kB", http.StatusRequestEntityTooLarge)
		return
	}
	if err := ch.ring.Check(r.Header, body, ch.deps.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	env, err := ch.read(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch err := ch.deps.Inbox.Receive(r.Context(), env); {
	case errors.Is(err, core.ErrInvalid):
		http.Error(w, "this can never be filed: id and from must be plain text", http.StatusUnprocessableEntity)
	case err != nil:
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "{}")
	}
}

// read turns a webhook's body into an envelope.
func (ch *Channel) read(body []byte) (core.Envelope, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return core.Envelope{}, errors.New("the body is not a JSON message")
	}
	if m.ID == "" || m.From == "" {
		return core.Envelope{}, errors.New("a message needs id and from")
	}
	at := core.Unix(m.Unix)
	if at.IsZero() && m.Unix != 0 {
		return core.Envelope{}, errors.New("unix is the time in seconds since 1970")
	}
	env := core.Envelope{
		Channel: ch.deps.Name, Peer: core.Peer{ID: m.From, Name: m.Name},
		Ref: m.ID, At: at,
	}
	switch {
	case m.Pick != "":
		env.Parts = core.Parts{core.Pick{Option: m.Pick, Label: m.Text}}
	case m.Media != nil:
		env.Parts = core.Parts{core.Media{Type: m.Media.Type, URL: m.Media.URL, Name: m.Media.Name, Size: m.Media.Size, Words: cmp.Or(m.Text, m.Media.Words)}}
	case m.Text != "":
		env.Parts = core.Parts{core.Text{Body: m.Text}}
	default:
		return core.Envelope{}, errors.New("a message needs text, pick or media")
	}
	return env, nil
}

// Send delivers one message.
func (ch *Channel) Send(ctx context.Context, env core.Envelope) (string, error) {
	m := message{ID: env.ID, To: env.Peer.ID, By: string(env.By.Kind), Name: env.By.Name}
	switch p := env.Parts[0].(type) {
	case core.Text:
		m.Text = p.Body
	case core.Choice:
		m.Text, m.Buttons = p.Prompt, p.Options
	case core.Media:
		m.Media = &p
	default:
		return "", &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("hook: cannot carry %T", p)}
	}
	req, err := ch.ring.Post(ctx, ch.conf.URL, signed.Message{ID: env.ID, At: ch.deps.Now(), Body: m})
	if err != nil {
		return "", &core.SendError{Kind: core.KindRejected, Err: fmt.Errorf("hook: %w", err)}
	}
	resp, err := ch.deps.HTTP.Do(req)
	if err != nil {
		return "", core.Unreached("hook", err)
	}
	defer resp.Body.Close()
	if err := fault(resp); err != nil {
		return "", err
	}
	var sent message
	if err := json.NewDecoder(io.LimitReader(resp.Body, mostBody)).Decode(&sent); err != nil {
		return "", &core.SendError{Kind: core.KindUnknown, Err: errors.New("hook: its answer is not a JSON object")}
	}
	return cmp.Or(sent.ID, env.ID), nil
}

// fault turns an answer that is not a success into an error.
func fault(resp *http.Response) error {
	e := &core.SendError{Code: strconv.Itoa(resp.StatusCode), Err: errors.New("hook: " + http.StatusText(resp.StatusCode))}
	switch c := resp.StatusCode; {
	case c >= 200 && c < 300:
		return nil
	case c == http.StatusTooManyRequests:
		s, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		e.Kind, e.After = core.KindThrottled, time.Duration(s)*time.Second
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		e.Kind = core.KindDenied
	case c == http.StatusNotFound || c == http.StatusGone:
		e.Kind = core.KindGone
	case c >= 400 && c < 500:
		e.Kind = core.KindRejected
	}
	return e
}
