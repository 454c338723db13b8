package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// takeEvent files what an event says.
func (ch *Channel) takeEvent(ctx context.Context, raw []byte) error {
	n, err := ch.reader.event(raw, ch.people.us().user)
	if err != nil {
		return err
	}
	return ch.hear(ctx, n)
}

// hear does what an event asks for.
func (ch *Channel) hear(ctx context.Context, n news) error {
	switch n.kind {
	case "told":
		return ch.told(ctx, n)
	case "gone":
		return ch.notes.of("gone", n.ref).put(ctx, rootDeleted)
	case "home":
		ok, err := ch.members.staff(ctx, n.user)
		if ok && err == nil {
			err = ch.screens.home(ctx, n.user)
		}
		if err != nil {
			ch.deps.Log.Warn("a home was not shown", "user", n.user, "err", err)
		}
	case "stop":
		ch.deps.Log.Error("Slack says that this desk, or a room of it, does not work any more", "event", n.word)
	}
	return nil
}

// told files what somebody wrote, changed or deleted.
func (ch *Channel) told(ctx context.Context, n news) error {
	env := n.env
	if ch.history.seen.has(env.Ref) {
		return nil
	}
	if _, left := first(env.Parts).(core.Left); left {
		if gone, err := ch.members.leaves(ctx, env.Peer.ID, n.channel()); !gone || err != nil {
			return err
		}
	} else if !ch.conf.has(n.channel()) {
		if out, err := ch.outsider(ctx, env.Peer.ID, ""); out || err != nil {
			return err
		}
	}
	if n.body != nil {
		called := ch.people.names(ctx)
		env.Parts, env.Forwarded = n.body.parts(called), n.body.forwarded(called)
		if len(env.Parts) == 0 && env.Replaces == "" {
			if env.Thread != "" || !ch.conf.has(n.channel()) { // not among staff in their own channel
				ch.tell(ctx, env.Peer.ID, wrote(env), aside{words: ch.lang.say("nothing")})
				ch.history.heard(ctx, env.Ref, n.at)
			}
			return nil
		}
	}
	if err := ch.copied(ctx, &env); err != nil {
		return err
	}
	if err := ch.file(ctx, env, n.channel()); err != nil {
		return err
	}
	if env.Thread != "" && env.Replaces == "" {
		ch.follows(ctx, env.Thread, env.Peer.ID)
	}
	ch.history.heard(ctx, env.Ref, n.at)
	return nil
}

func first(ps core.Parts) core.Part {
	if len(ps) == 0 {
		return nil
	}
	return ps[0]
}

// channel is where an envelope was written.
func (n news) channel() string {
	c, _, _ := cutRef(n.env.Ref)
	return c
}

// file hands an envelope over, with its writer's name, and remembers where they
// are, to answer them there. What is written under a card that was deleted, or
// whose ticket has moved, may belong to no ticket any more: nobody else would say
// where it is.
func (ch *Channel) file(ctx context.Context, env core.Envelope, at string) error {
	env.Peer.Name = or(ch.people.name(ctx, env.Peer.ID), env.Peer.Name)
	ch.eyes.saw(env.Peer.ID, env.Thread)
	if env.Thread != "" {
		why, gone, err := ch.notes.of("gone", env.Thread).get(ctx)
		if err != nil {
			return err
		}
		switch c, root, _ := cutRef(env.Thread); {
		case gone && why == rootDeleted:
			ch.tell(ctx, env.Peer.ID, place{channel: c}, aside{words: ch.lang.say("dead")})
		case gone:
			words := ch.lang.say("astray")
			ch.tell(ctx, env.Peer.ID, place{c, root}, aside{words, []api.Block{api.NewSectionBlock(live(words+mentioned(why)), nil, nil)}})
		}
	}
	if at != "" && env.Thread == "" {
		if old, _, err := ch.notes.of("at", env.Peer.ID).get(ctx); err == nil && old != at {
			if err := ch.notes.of("at", env.Peer.ID).put(ctx, at); err != nil {
				return err
			}
		}
	}
	return ch.deps.Inbox.Receive(ctx, env)
}

// takePress files a press, or shows the form that it asks for. If that cannot be
// shown (a trigger lives three seconds) the press counts as it is.
func (ch *Channel) takePress(ctx context.Context, raw []byte) error {
	p, err := ch.reader.press(raw, ch.deps.Now())
	if err != nil || !p.ok {
		return err
	}
	if out, err := ch.outsider(ctx, p.env.Peer.ID, p.env.Thread); out || err != nil {
		return err
	}
	if p.form != "" {
		err := ch.screens.form(ctx, p)
		if err == nil || p.form == "note" {
			return nil // a note without words is none
		}
		ch.deps.Log.Warn("a form was not shown", "form", p.form, "err", err)
	}
	at := ""
	if c, _, ok := cutRef(p.env.Ref); ok && c != "home" {
		at = c
	} else if p.home {
		at = p.env.Peer.ID // their direct messages
	}
	return ch.file(ctx, p.env, at)
}

func (ch *Channel) takeSlash(ctx context.Context, s slash) error {
	env, ok := ch.reader.slash(s, ch.deps.Now())
	if !ok {
		return nil
	}
	if out, err := ch.outsider(ctx, env.Peer.ID, ""); out || err != nil {
		return err
	}
	return ch.file(ctx, env, s.Channel)
}

const mostBody = 1 << 20 // bytes of a request

// ServeHTTP takes events, presses and commands from Slack, all at one address:
// https://docs.slack.dev/apis/events-api/using-http-request-urls
func (ch *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if !genuine(ch.conf.Secret, r.Header, body, ch.deps.Now()) {
		http.Error(w, "the signature is missing, wrong or old", http.StatusUnauthorized)
		return
	}
	var c callback
	if json.Unmarshal(body, &c) == nil && c.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, c.Challenge)
		return
	}
	switch err := ch.takeBody(r.Context(), r.Header.Get("Content-Type"), body); {
	case errors.Is(err, core.ErrInvalid):
		w.Header().Set("X-Slack-No-Retry", "1")
		http.Error(w, "not understood", http.StatusBadRequest)
	case err != nil:
		ch.deps.Log.Warn("an event was not filed; Slack repeats it", "err", ch.api.hide(err.Error()))
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
	}
}

// takeBody takes the body of a request by its kind: JSON is an event, a form has
// a press in it or is a command.
func (ch *Channel) takeBody(ctx context.Context, kind string, body []byte) error {
	if !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		return ch.takeEvent(ctx, body)
	}
	v, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return core.ErrInvalid
	case v.Has("payload"):
		return ch.takePress(ctx, []byte(v.Get("payload")))
	}
	return ch.takeSlash(ctx, slashOf(v))
}

const mostAge = 5 * time.Minute // of a signed request

// genuine reports whether a request is Slack's and new.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
func genuine(secret core.Secret, h http.Header, body []byte, now time.Time) bool {
	stamp := h.Get("X-Slack-Request-Timestamp")
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || secret == "" || now.Sub(time.Unix(unix, 0)).Abs() > mostAge {
		return false
	}
	got, err := hex.DecodeString(strings.TrimPrefix(h.Get("X-Slack-Signature"), "v0="))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}

// lanes let what belongs together be done in order, and the rest beside it.
type lanes struct {
	wg sync.WaitGroup
	mu sync.Mutex
	m  map[string][]func()
}

func (l *lanes) add(key string, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = map[string][]func(){}
	}
	_, busy := l.m[key]
	l.m[key] = append(l.m[key], f)
	if !busy {
		l.wg.Go(func() { l.work(key) })
	}
}

func (l *lanes) work(key string) {
	for {
		l.mu.Lock()
		if len(l.m[key]) == 0 {
			delete(l.m, key)
			l.mu.Unlock()
			return
		}
		f := l.m[key][0]
		l.m[key] = l.m[key][1:]
		l.mu.Unlock()
		f()
	}
}
