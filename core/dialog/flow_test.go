package dialog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

const steps = `settings: {languages: [en], topic: help, confirm: 10}
facts: {tier: text, orders: number}
topics: [{id: help}, {id: sales, class: 3}]
greeting: {text: I am a bot. Say human for a person., short: I am a bot.}
entries:
  - {id: start, title: Start, exact: start, next: form}
  - {id: price, title: Price, exact: what does it cost, answer: Ten dollars.}
  - {id: more, title: More, exact: and two, context: price, answer: Nineteen dollars.}
  - {id: vip, title: Treat, exact: any treat, answer: Nothing today., when: [{if: facts.tier == "gold" && facts.orders >= 3, answer: 'A free tin, {{ name ?? "dear friend" }}.'}]}
flows:
  - id: form
    title: Form
    steps:
      - {id: n, ask: n, kind: number, min: 1, max: 9, text: How many?, error: One to nine., tries: 2, too_many: sorry}
      - {if: form.n > 5, then: big}
      - {id: mail, ask: mail, kind: email, optional: true, text: Which email?}
      - {id: day, ask: day, kind: date, text: Which day?}
      - {id: note, ask: note, text: Anything else?}
      - {set: {summary: '{{ form.n ?? "?" }} on {{ form.day ?? "?" }}'}}
      - {say: 'Noted: {{ form.summary ?? "-" }}.'}
      - {goto: end}
      - {id: big, call: stock, send: {n: '{{ form.n ?? 0 }}'}, save: {left: left}, timeout: 3s, on_error: sorry, errors: {none: empty}}
      - {say: 'There are {{ form.left ?? "none" }} left.'}
      - {goto: end}
      - {id: empty, say: Sold out.}
      - {goto: end}
      - {id: sorry, say: "Sorry, that did not work."}
`

const good = `settings: {languages: [en]}
topics: [{id: help}]
greeting: {text: I am a bot. Say human for a person., short: I am a bot.}
`

func load(files ...string) (*dialog.Engine, error) {
	fsys := fstest.MapFS{}
	for i, f := range files {
		fsys[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(f)}
	}
	b, err := script.Load(fsys, script.Options{Base: flows.FS, Systems: []string{"orders"}})
	if err != nil {
		return nil, err
	}
	return dialog.New(b), nil
}

func book(t testing.TB, files ...string) *dialog.Engine {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, f := range files {
		fsys[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(f)}
	}
	b, err := script.Load(fsys, script.Options{Base: flows.FS})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(b)
}

// stock answers the n-th call.
func (p *player) stock(id string, values map[string]string) {
	p.unread = append(p.unread, core.Envelope{Channel: "stock", Peer: core.Peer{ID: "stock"}, Thread: p.c.Key.String(), Parts: core.Parts{core.Form{ID: id, Values: values}}})
	p.turn()
}

func started(t *testing.T) *player {
	p := newPlayer(t, book(t, steps))
	p.deaf = true
	p.text("start")
	p.fresh()
	return p
}

func TestFlowAsks(t *testing.T) {
	p := started(t)
	for _, x := range []struct{ says, want string }{
		{"20", "One to nine."}, {"I take ３ of them", "Which email?"}, {"what does it cost", "Ten dollars."},
		{"skip", "Which day?"}, {"tomorrow", "Anything else?"}, {"no onions", "Noted: 3 on 2026-11-24."},
	} {
		p.fresh()
		p.text(x.says)
		p.passes(10 * time.Second)
		wantIn(t, strings.Join(p.all, "|"), x.want)
	}
	if p.c.Ticket != nil {
		t.Error("a ticket for a form that ended well")
	}
	p = started(t)
	p.text("20")
	p.passes(10 * time.Second)
	p.text("lots")
	wantIn(t, p.lastSaid(), "did not work")
}

func TestFlowCalls(t *testing.T) {
	p := started(t)
	p.text("7")
	if p.c.Wakes.At(core.WakeBot).Sub(p.now) != 3*time.Second {
		t.Fatalf("wake %s", p.c.Wakes.At(core.WakeBot))
	}
	p.stock("form.big#1", map[string]string{"left": "12"})
	wantIn(t, p.lastSaid(), "There are 12 left.")
	if !p.c.Wakes.At(core.WakeBot).IsZero() {
		t.Error("still to be woken")
	}

	p = started(t)
	p.text("7")
	p.stock("form.big#1", map[string]string{"error": "none"})
	wantIn(t, p.lastSaid(), "Sold out.")

	p = started(t)
	p.text("7")
	p.passes(5 * time.Second)
	wantIn(t, p.lastSaid(), "did not work")
	n := len(p.all)
	p.stock("form.big#1", map[string]string{"left": "12"})
	e := p.events[len(p.events)-1]
	if len(p.all) != n || e.Kind != core.EventCalled || e.Data["result"] != "late" {
		t.Errorf("a late answer: %q %+v", p.all, e)
	}
	p = started(t)
	p.text("7")
	p.stock("form.big#99", map[string]string{"left": "12"})
	if len(p.all) != 0 {
		t.Errorf("somebody else's answer was taken: %q", p.all)
	}
}

func TestResume(t *testing.T) {
	p := started(t)
	p.text("3")
	p.passes(23 * time.Hour)
	p.fresh()
	p.text("good morning to all of you")
	p.passes(2 * time.Second)
	wantIn(t, p.lastSaid(), "not finished yet")
	p.text("yes")
	wantIn(t, p.lastSaid(), "Which email?")
	p.passes(23 * time.Hour)
	p.text("me@example.com") // an answer needs no question
	wantIn(t, p.lastSaid(), "Which day?")
	p.passes(49 * time.Hour)
	p.fresh()
	p.text("what does it cost")
	wantIn(t, p.lastSaid(), "Ten dollars.")
	p.text("tomorrow")
	p.passes(2 * time.Second)
	if strings.Contains(p.lastSaid(), "Anything else") {
		t.Error("a flow was kept for over two days")
	}
}

// A script that changes under a conversation: it is told, offered the menu,
// and never fails.
func TestReload(t *testing.T) {
	p := started(t)
	p.text("3")
	p.b = book(t, strings.ReplaceAll(steps, "id: mail, ask: mail", "id: post, ask: mail"))
	p.fresh()
	p.text("me@example.com")
	wantIn(t, strings.Join(p.all, "|"), "has just been updated")
	p = started(t)
	p.text("3")
	old := p.b.Version
	p.b = book(t, steps+"# a remark\n") // what is unchanged goes on
	p.text("me@example.com")
	wantIn(t, p.lastSaid(), "Which day?")
	if v := p.events[len(p.events)-1].Data["version"]; v == old || v != p.b.Version {
		t.Errorf("version %s", v)
	}
	p.c.Mind = []byte(`{"v":7,"form":[]}`) // written by something else
	p.text("what does it cost")
	wantIn(t, p.lastSaid(), "Ten dollars.")
}

func TestConfirmLongLine(t *testing.T) {
	ask := func() *player {
		p := newPlayer(t, book(t, steps))
		p.line = core.LineState{OnDuty: 1, Waiting: 12, Known: true, Low: 8 * time.Minute, High: 12 * time.Minute}
		p.text("human")
		if p.c.State == core.InLine || p.last == nil || len(p.last.Options) != 3 {
			t.Fatalf("not asked: %q", p.all)
		}
		wantIn(t, p.lastSaid(), "8–12 minutes")
		return p
	}
	for _, yes := range []string{"human", "1", "yes", "Wait in line"} {
		if p := ask(); true {
			p.passes(10 * time.Second)
			if p.text(yes); p.c.State != core.InLine {
				t.Errorf("%q did not queue: %q", yes, p.all)
			}
		}
	}
	p := ask()
	p.text("3")
	if p.c.Ticket != nil {
		t.Error("queued against their wish")
	}
	p = ask()
	p.text("2")
	if p.c.Ticket == nil || p.c.Ticket.State != core.TicketMessage {
		t.Errorf("no message: %+v", p.c.Ticket)
	}
}

func TestConditions(t *testing.T) {
	p := newPlayer(t, book(t, steps))
	p.text("any treat")
	wantIn(t, p.lastSaid(), "Nothing today.")
	p.passes(time.Hour)
	p.c.Peer.Facts = map[string]string{"tier": "gold", "orders": "4"}
	p.text("any treat")
	wantIn(t, p.lastSaid(), "A free tin, dear friend.")
	p.passes(time.Hour)
	p.c.Peer.Facts["orders"] = "none" // no number: the condition can't hold
	p.text("any treat")
	wantIn(t, p.lastSaid(), "Nothing today.")
}

func TestContext(t *testing.T) {
	p := newPlayer(t, book(t, steps))
	p.text("and two")
	p.passes(2 * time.Second)
	if strings.Contains(p.lastSaid(), "Nineteen") {
		t.Error("a follow-up was answered without what it follows")
	}
	p.passes(10 * time.Second)
	p.text("what does it cost")
	p.text("and two")
	wantIn(t, p.lastSaid(), "Nineteen")
	p.passes(10 * time.Second)
	p.text("what does it cost")
	p.passes(11 * time.Minute)
	p.fresh()
	p.text("and two")
	p.passes(2 * time.Second)
	if strings.Contains(strings.Join(p.all, ""), "Nineteen") {
		t.Error("the context held for over ten minutes")
	}
}

// Strong feelings go to a person with an apology; danger before everything.
func TestMood(t *testing.T) {
	b := demo(t)
	p := newPlayer(t, b)
	p.text("你们太垃圾了，骗子，气死我了！！！")
	if p.c.State != core.InLine || p.c.Ticket.Class != 1 || p.c.Ticket.Mood != "angry" {
		t.Errorf("%q %+v", p.all, p.c.Ticket)
	}
	wantIn(t, strings.Join(p.all, ""), "抱歉")
	p = newPlayer(t, b)
	p.text("我不想活了")
	if p.c.State != core.InLine || p.c.Ticket.Class != 0 {
		t.Errorf("%q %+v", p.all, p.c.Ticket)
	}
	wantIn(t, strings.Join(p.all, ""), "12356")
}

// What one customer gets stuck on for six turns goes to a person, whatever the
// number of misses allowed.
func TestBarren(t *testing.T) {
	many := strings.Replace(steps, "confirm: 10", "misses: 50, barren: 6", 1)
	p := newPlayer(t, book(t, many))
	for i := range 6 {
		if p.c.State == core.InLine {
			t.Fatalf("after %d turns", i)
		}
		p.text("qwzx" + string(rune('a'+i)) + " vbnm")
		p.passes(10 * time.Second)
	}
	if p.c.State != core.InLine {
		t.Errorf("still with the bot: %q", p.all)
	}
	offer := strings.Replace(steps, "confirm: 10", "on_misses: offer", 1)
	p = newPlayer(t, book(t, offer))
	for i := range 3 {
		p.text("qwzx" + string(rune('a'+i)) + " vbnm")
		p.passes(10 * time.Second)
	}
	if p.c.State == core.InLine || !strings.Contains(p.lastSaid(), "person") {
		t.Errorf("%s %q", p.c.State, p.all)
	}
}

// One channel has a text of its own, and an answer may carry a link.
func TestChannelsAndLinks(t *testing.T) {
	p := newPlayer(t, book(t, steps, `entries:
  - id: where
    title: Where
    exact: where
    answer: In Hangzhou, 88 Wensan Road.
    channels: {weibo: Hangzhou.}
    link: {title: Map, url: "https://example.com/map"}
`))
	p.text("where")
	wantIn(t, strings.Join(p.all, "|"), "In Hangzhou, 88 Wensan Road.")
	wantIn(t, p.lastSaid(), "https://example.com/map")
	if len(p.all) != 2 { // greeting and answer joined, the card on its own
		t.Errorf("said %q", p.all)
	}
	out, err := p.b.Step(core.Conversation{Key: core.Key{Channel: "weibo-main", Peer: "p"}},
		[]core.Envelope{{Channel: "weibo-main", Parts: core.Parts{core.Text{Body: "where"}}}}, p.scene())
	if err != nil || !strings.Contains(out.Say[0].Parts.Text(), "Hangzhou.") || strings.Contains(out.Say[0].Parts.Text(), "Wensan") {
		t.Errorf("%+v %v", out.Say, err)
	}
}

func TestHours(t *testing.T) {
	b := demo(t)
	for _, x := range []struct {
		at   string // in Shanghai
		want string
	}{
		{"2026-11-24 03:00", "今天 09:00"}, {"2026-11-24 22:00", "明天 09:00"}, {"2027-02-07 12:00", "2月13日（周六）10:00"},
	} {
		p := newPlayer(t, b)
		p.now, _ = time.ParseInLocation("2006-01-02 15:04", x.at, time.FixedZone("", 8*3600))
		p.line.OnDuty, p.line.Free = 0, 0
		p.text("人工")
		wantIn(t, p.lastSaid(), x.want)
		if p.c.Ticket.State != core.TicketMessage {
			t.Errorf("%s: %s", x.at, p.c.Ticket.State)
		}
	}
	// Somebody on duty after hours serves, if the script says so.
	for _, overtime := range []string{"false", "true"} {
		b, err := load(strings.Replace(good, "languages: [en]", "languages: [en], overtime: "+overtime, 1),
			"hours:\n  default: {zone: Asia/Shanghai, week: {mon-fri: [\"09:00-18:00\"]}}\ntopics: [{id: night, hours: default}]\nentries: [{id: n, title: Night, exact: night, next: human, topic: night}]\n")
		if err != nil {
			t.Fatal(err)
		}
		p := newPlayer(t, b)
		p.now = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC) // four in the morning
		p.line.OnDuty, p.line.Free = 1, 1
		p.text("night")
		if want := map[string]core.TicketState{"false": core.TicketMessage, "true": core.TicketWaiting}[overtime]; p.c.Ticket == nil || p.c.Ticket.State != want {
			t.Errorf("overtime %s: %+v, want %s", overtime, p.c.Ticket, want)
		}
		if closed := strings.Contains(strings.Join(p.all, "\n"), "Write your question here"); closed != (overtime == "false") { // who is on duty serves nobody
			t.Errorf("overtime %s: %q", overtime, p.all)
		}
	}
}

// A step may send a form of the customer's platform, with values of the flow; it
// takes no room from what is said.
func TestFormStep(t *testing.T) {
	b, err := load(good, `
flows:
  - id: over
    title: Over
    steps:
      - say: one
      - say: two
      - form: wechat_desk
        send: {kf_account: 'lin@{{ channel ?? "none" }}'}
      - say: three
entries: [{id: n, title: Over, exact: over, next: over}]
`)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t, b)
	out, err := b.Step(p.c, []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: "over"}}}}, p.scene())
	if err != nil {
		t.Fatal(err)
	}
	var forms []core.Form
	for _, e := range out.Say {
		if f, ok := e.Parts[0].(core.Form); ok && e.Channel == "" && e.By.Kind == core.ByBot {
			forms = append(forms, f)
		}
	}
	if len(forms) != 1 || forms[0].ID != "wechat_desk" || forms[0].Values["kf_account"] != "lin@web" {
		t.Errorf("said %+v", out.Say)
	}
	if _, err := load(good, "flows:\n  - {id: f, title: F, steps: [{form: x, timeout: 5s}, {say: hi, send: {a: b}}]}\n"); err == nil || !strings.Contains(err.Error(), "timeout belongs to call, not to form") || !strings.Contains(err.Error(), "send belongs to call, form, not to say") {
		t.Errorf("%v", err)
	}
}
