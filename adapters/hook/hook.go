// Package hook connects anything that can exchange signed JSON over HTTP: a
// business's own app, a kiosk, a game. It is also the example to copy when you
// write an adapter: receive, send, classify, nothing else.
//
// In: POST /hook/<name>/ {"id","from","name","unix","text"|"pick"}, signed by
// the header Hook-Signature: hex(HMAC-SHA256(secret, body)). 200 means filed:
// the caller repeats anything else, with the same id.
// Out: the same document the other way, with "to", "by" and "buttons", to the
// configured URL, signed alike; the far side drops a repeated id and answers
// {"id": its own name for the message}.
package hook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Config is the account's part of the configuration.
type Config struct {
	URL    string      `json:"url"`    // where messages to customers are posted
	Secret core.Secret `json:"secret"` // signs both ways; at least 16 characters
}

// Validate reports what is missing.
func (c *Config) Validate() error {
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("hook: url must be the http(s) address that takes messages to customers")
	}
	if len(c.Secret) < 16 {
		return errors.New("hook: secret needs at least 16 characters; make one with: openssl rand -hex 16")
	}
	return nil
}

// Channel is one account.
type Channel struct {
	conf Config
	deps core.Deps
}

var _ core.Webhook = (*Channel)(nil)

// New returns the account that c describes.
func New(c Config, d core.Deps) (*Channel, error) { return &Channel{c, d}, nil }

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

// ServeHTTP takes one message from the platform.
func (ch *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "a message has at most 64 kB", http.StatusRequestEntityTooLarge)
		return
	}
	got, _ := hex.DecodeString(r.Header.Get("Hook-Signature"))
	if !hmac.Equal(got, ch.sign(body)) {
		http.Error(w, "Hook-Signature does not match the body", http.StatusForbidden)
		return
	}
	env, err := ch.read(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := ch.deps.Inbox.Receive(r.Context(), env); err != nil {
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "{}")
}

func (ch *Channel) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(ch.conf.Secret))
	mac.Write(body)
	return mac.Sum(nil)
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
	env := core.Envelope{
		Channel: ch.deps.Name, Peer: core.Peer{ID: m.From, Name: m.Name},
		Ref: m.ID, At: time.Unix(m.Unix, 0).UTC(),
	}
	switch {
	case m.Pick != "":
		env.Parts = core.Parts{core.Pick{Option: m.Pick, Label: m.Text}}
	case m.Media != nil:
		env.Parts = core.Parts{core.Media{Type: m.Media.Type, URL: m.Media.URL, Name: m.Media.Name, Size: m.Media.Size}}
	default:
		env.Parts = core.Parts{core.Text{Body: m.Text}}
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
		return "", &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("hook: cannot carry %T", p)}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return "", &core.SendError{Kind: core.Rejected, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ch.conf.URL, bytes.NewReader(body))
	if err != nil {
		return "", &core.SendError{Kind: core.Rejected, Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Hook-Signature", hex.EncodeToString(ch.sign(body)))
	resp, err := ch.deps.HTTP.Do(req)
	if err != nil {
		return "", &core.SendError{Kind: core.DialKind(err), Err: fmt.Errorf("hook: %w", err)}
	}
	defer resp.Body.Close()
	if err := fault(resp); err != nil {
		return "", err
	}
	var sent message
	if err := json.NewDecoder(io.LimitReader(resp.Body, mostBody)).Decode(&sent); err != nil {
		return "", &core.SendError{Kind: core.Unknown, Err: fmt.Errorf("hook: its answer: %w", err)}
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
		e.Kind, e.After = core.Throttled, time.Duration(s)*time.Second
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		e.Kind = core.Denied
	case c == http.StatusNotFound || c == http.StatusGone:
		e.Kind = core.Gone
	case c >= 400 && c < 500:
		e.Kind = core.Rejected
	}
	return e
}
