package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters"
	slackfake "github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	tgfake "github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/adapters/webchat"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// A shaky web chat refuses an agent's next message when it is told to.
type shaky struct {
	*webchat.Chat
	fault *fault
}

type fault struct {
	mu  sync.Mutex
	why string
}

func (f *fault) set(why string) (was string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	was, f.why = f.why, why
	return was
}

func (s shaky) Send(ctx context.Context, env core.Envelope) (string, error) {
	if env.By.Kind == core.ByAgent {
		if why := s.fault.set(""); why != "" {
			return "", &core.SendError{Kind: core.KindRejected, Err: errors.New(why)}
		}
	}
	return s.Chat.Send(ctx, env)
}

const twoDesks = `
channels:
  web: {type: shaky}
desks:
  slack: {type: slack, token: "${SLACK_TOKEN}", app_token: "${SLACK_APP}", channel: C0DESK, api: "%s/api", hold: 2s, crowd: -1, lang: zh-CN}
  telegram: {type: telegram, token: "${TELEGRAM_TOKEN}", group: -1001, api: "%s", poll: 1, hold: 2s, crowd: -1, lang: zh-CN}
  inbox: {type: console}
systems:
  orders: {type: action}
line: {mode: manual}
`

// TestDesks plays testdata/chat/desks.chat on the whole program: a customer on
// the web chat, agents in a Slack workspace and in a Telegram group, all played
// by servers of their own.
func TestDesks(t *testing.T) {
	src, err := os.ReadFile("testdata/chat/desks.chat")
	if err != nil {
		t.Fatal(err)
	}
	chat, err := script.ParseChat("desks.chat", src)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesks(t)
	for _, s := range chat.Steps {
		if err := d.step(s); err != nil {
			t.Fatalf("%s: %s: %v\n%s", s.Pos, s, err, d.seen())
		}
	}
	// Nothing but what the file expects has reached the customer from people.
	var got []string
	for _, l := range d.v.lines {
		if l.From.Kind == "agent" {
			got = append(got, fmt.Sprintf("%s: %s", l.From.Name, text(l)))
		}
	}
	want := []string{"小林: 您好，我是小林，能发张照片吗？", "小林: [image]", "小陈: 您好，我是夜班的小陈，补发单号 SF1024", "小陈: 明天上午送到"}
	if !slices.Equal(got, want) {
		t.Errorf("the customer has read\n%q, want\n%q", got, want)
	}
	if err := d.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	for _, secret := range []string{slackfake.Token, slackfake.App, tgfake.DemoToken} {
		if strings.Contains(d.err.String(), secret) {
			t.Errorf("the log has a secret:\n%s", d.err)
		}
	}
	st, err := store.Open(t.Context(), store.Options{Path: d.data})
	if err != nil {
		t.Fatal(err)
	}
	ts, err := st.Tickets(t.Context(), core.TicketQuery{States: []core.TicketState{core.TicketClosed}})
	if err := errors.Join(err, st.Close()); err != nil || len(ts) != 1 || ts[0].Ticket.Outcome != "solved" || !slices.Contains(ts[0].Ticket.Tags, "破损") || ts[0].Ticket.Summary != "已补发" || ts[0].Ticket.Hops != 1 {
		t.Errorf("the ticket: %+v, %v", ts, err)
	}
	if len(ts) == 1 && !scored(t, d.data, ts[0].Ticket.Key) {
		t.Error("the rating is not kept")
	}
}

// desks are a program with one customer and two chat desks.
type desks struct {
	*program
	t     *testing.T
	data  string
	slack *slackfake.Workspace
	tg    *tgfake.Platform
	fault *fault
	v     *visitor
	n     int // lines of the customer's that were expected
	wrote map[string]string
	image []byte
}

var slackUsers = map[string]string{"小林": "U0LIN"}

var night = tgfake.User{ID: 42, First: "小陈"}

func newDesks(t *testing.T) *desks {
	d := &desks{t: t, data: t.TempDir(), fault: &fault{}, wrote: map[string]string{}}
	makers := maps.Clone(adapters.All)
	makers["shaky"] = core.Make(func(c webchat.Config, deps core.Deps) (shaky, error) {
		chat, err := webchat.New(c, deps)
		return shaky{chat, d.fault}, err
	})
	d.slack = slackfake.New()
	d.tg = tgfake.New(tgfake.Options{Group: -1001, Forum: true})
	d.tg.Join(night)
	served := func(h http.Handler) string {
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		return srv.URL
	}
	d.slack.URL = served(d.slack)
	for name, secret := range map[string]string{"SLACK_TOKEN": slackfake.Token, "SLACK_APP": slackfake.App, "TELEGRAM_TOKEN": tgfake.DemoToken} {
		t.Setenv(name, secret)
	}
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, twoDesks, d.slack.URL, served(d.tg)), 0o600); err != nil {
		t.Fatal(err)
	}
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	d.image = pic.Bytes()
	d.program = launch(t, Options{Settings: Settings{Data: d.data, Config: conf, Makers: makers}})
	if !d.slack.Until(func() bool { return d.slack.Sockets() > 0 && d.tg.Polling() }) {
		t.Fatal("the desks are not connected")
	}
	d.v = d.visit()
	return d
}

func (d *desks) step(s script.ChatStep) error {
	switch s.Kind {
	case script.ChatSay:
		return d.says(s)
	case script.ChatAgent:
		name, who, _ := strings.Cut(s.Who, "/")
		if name == "slack" {
			return d.inSlack(slackUsers[who], s.Text)
		}
		return d.inTelegram(s.Text)
	case script.ChatExpect:
		return d.expect(s)
	case script.ChatDesk:
		return d.desk(s)
	case script.ChatOutage:
		d.fault.set(strings.TrimPrefix(s.Text, "outage web "))
	}
	return nil
}

// says lets the customer write, send a picture, or press a button.
func (d *desks) says(s script.ChatStep) error {
	d.n++
	op := map[string]any{"op": "send", "id": fmt.Sprint("c", d.n), "text": s.Text}
	switch what, arg := action(s.Text); what {
	case "image":
		file, err := d.upload()
		if err != nil {
			return err
		}
		delete(op, "text")
		op["file"] = file
	case ">":
		o, err := d.v.option(arg)
		if err != nil {
			return err
		}
		delete(op, "text")
		op["pick"] = map[string]string{"option": o.ID, "label": o.Label}
	}
	d.v.call("POST", "/chat/v1/messages", d.v.token, op, &struct{}{})
	return nil
}

func (d *desks) upload() (string, error) {
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.base+"/chat/v1/files", bytes.NewReader(d.image))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+d.v.token)
	r.Header.Set("Origin", d.base)
	r.Header.Set("X-Name", "cup.png")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var out struct{ File string }
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.File == "" {
		return "", fmt.Errorf("the upload: %s, %v", res.Status, err)
	}
	return out.File, nil
}

// action takes [> retry] apart.
func action(text string) (what, arg string) {
	if in, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(in, "]") {
		what, arg, _ = strings.Cut(strings.TrimSuffix(in, "]"), " ")
	}
	return what, arg
}

func (d *desks) inSlack(user, text string) error {
	thread := ""
	if roots := d.roots(); len(roots) > 0 {
		thread = roots[len(roots)-1].TS
	}
	switch what, arg := action(text); what {
	case ">":
		return d.patient(func() error {
			for _, m := range slices.Backward(append(d.slack.Thread(thread), d.slack.Told(user)...)) {
				for _, value := range slackfake.Buttons(m.Blocks) {
					if value == arg || strings.HasPrefix(value, arg+":") {
						return d.slack.Press(user, m.TS, value)
					}
				}
			}
			return fmt.Errorf("there is no button %q", arg)
		})
	case "image":
		d.slack.Say(user, thread, "", slackfake.Upload("new-cup.png", string(d.image)))
	default:
		ts := d.slack.Say(user, thread, text)
		if !strings.HasPrefix(text, "!") {
			d.wrote["slack"] = ts
		}
	}
	return nil
}

// roots are the cards in the channel.
func (d *desks) roots() (out []slackfake.Message) {
	for _, m := range d.slack.Roots() {
		if m.User == "" || m.BotID != "" {
			out = append(out, m)
		}
	}
	return out
}

func (d *desks) inTelegram(text string) error {
	chat, topic := d.tg.Group(), int64(0)
	if ts := d.tg.Topics(); len(ts) > 0 {
		topic = ts[len(ts)-1].ID
	}
	switch what, arg := action(text); what {
	case ">":
		return d.patient(func() error {
			for _, m := range slices.Backward(d.tg.In(topic)) {
				for _, b := range m.Buttons {
					if b.Data == arg || strings.HasPrefix(b.Data, arg+":") {
						return d.tg.Press(night, chat, m.ID, b.Text)
					}
				}
			}
			return fmt.Errorf("there is no button %q", arg)
		})
	default:
		id := d.tg.Write(night, chat, tgfake.Draft{Topic: topic, Text: text})
		if !strings.HasPrefix(text, "!") {
			d.wrote["telegram"] = fmt.Sprint(id)
		}
	}
	return nil
}

// expect waits for the customer's next line that matches.
func (d *desks) expect(s script.ChatStep) error {
	for i := range 30 {
		for j := d.v.n; j < len(d.v.lines); j++ {
			if ok, err := s.Matches(text(d.v.lines[j])); ok || err != nil {
				d.v.n = j + 1
				return err
			}
		}
		if i < 29 {
			d.v.poll()
		}
	}
	return errors.New("the customer does not see it")
}

// desk waits until a desk shows a text in the ticket's thread, or a mark on the
// agent's last message: << [slack] text, << [slack arrived].
func (d *desks) desk(s script.ChatStep) error {
	head, words, _ := strings.Cut(strings.TrimPrefix(s.Text, "["), "]")
	name, mark, _ := strings.Cut(head, " ")
	s.Text = strings.TrimSpace(words)
	return d.patient(func() error {
		if mark != "" {
			if got := d.marks(name); !slices.Contains(got, signs[name][mark]) {
				return fmt.Errorf("the message at %s is marked %q", name, got)
			}
			return nil
		}
		said := d.said(name)
		for _, got := range said {
			if ok, err := s.Matches(got); ok || err != nil {
				return err
			}
		}
		return fmt.Errorf("%s shows %q", name, said)
	})
}

var signs = map[string]map[string]string{
	"slack":    {"arrived": "white_check_mark", "failed": "warning"},
	"telegram": {"arrived": "👌", "failed": "👎"},
}

func (d *desks) marks(name string) (out []string) {
	if name == "slack" {
		for _, root := range d.roots() {
			for _, m := range d.slack.Thread(root.TS) {
				if m.TS == d.wrote["slack"] {
					return m.Marks()
				}
			}
		}
	}
	for _, m := range d.tg.Chat(d.tg.Group()) {
		if fmt.Sprint(m.ID) == d.wrote["telegram"] {
			return []string{m.Reaction}
		}
	}
	return nil
}

// said is what a desk shows, the card first, and what it says to its agents alone.
func (d *desks) said(name string) (out []string) {
	if name == "slack" {
		var ms []slackfake.Message
		for _, root := range d.roots() {
			ms = append(ms, d.slack.Thread(root.TS)...)
		}
		for _, m := range append(ms, d.slack.Told("U0LIN")...) {
			out = append(out, m.Words()+strings.Repeat("[image]", len(m.Files)))
		}
		return out
	}
	var ms []tgfake.Message
	for _, topic := range d.tg.Topics() {
		ms = append(ms, d.tg.In(topic.ID)...)
	}
	for _, m := range append(append(ms, d.tg.In(0)...), d.tg.Said(night.ID)...) {
		if m.Kind == "photo" {
			m.Text += "[image]"
		}
		out = append(out, m.Text)
	}
	return out
}

// patient tries for a while: everything between the desks takes its time.
func (d *desks) patient(try func() error) error {
	var err error
	d.slack.Until(func() bool { err = try(); return err == nil })
	if err != nil {
		d.slack.Until(func() bool { err = try(); return err == nil })
	}
	return err
}

func (d *desks) seen() string {
	return fmt.Sprintf("slack: %q\ntelegram: %q\ncustomer: %v", d.said("slack"), d.said("telegram"), d.v.lines)
}

// text is what a customer reads of a line.
func text(l said) string {
	var ps []struct {
		Kind, Body, Title, Type string
		Options                 []core.Option
	}
	if err := json.Unmarshal(l.Parts, &ps); err != nil {
		return string(l.Parts)
	}
	var out []string
	for _, p := range ps {
		if p.Kind == "media" {
			p.Body = "[" + strings.SplitN(p.Type, "/", 2)[0] + "]"
		}
		out = append(out, strings.TrimSpace(p.Title+" "+p.Body))
		if p.Kind == "media" {
			out[len(out)-1] = p.Body
		}
	}
	return strings.Join(out, "\n")
}

// poll waits a little for more lines.
func (v *visitor) poll() {
	v.t.Helper()
	var got struct {
		Seq   int64
		Lines []said
	}
	v.call("GET", fmt.Sprintf("/chat/v1/events?after=%d&wait=5", v.after), v.token, nil, &got)
	v.after = max(v.after, got.Seq)
	v.lines = append(v.lines, got.Lines...)
}

// option finds the button that shows label, or has that number, in the last list.
func (v *visitor) option(label string) (core.Option, error) {
	for _, l := range slices.Backward(v.lines) {
		var ps []struct{ Options []core.Option }
		if err := json.Unmarshal(l.Parts, &ps); err != nil {
			return core.Option{}, err
		}
		for _, p := range ps {
			for _, o := range p.Options {
				if strings.HasPrefix(o.Label, label) {
					return o, nil
				}
			}
		}
	}
	return core.Option{}, fmt.Errorf("there is no button %q", label)
}
