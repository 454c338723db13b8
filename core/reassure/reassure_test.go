package reassure

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func source(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("../../flows/policies/default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// standard is the policy that comes with the program.
func standard(t testing.TB) *Policy { return parsed(t, source(t)) }

func parsed(t testing.TB, src string) *Policy {
	t.Helper()
	p, err := Parse("p.yaml", []byte(src), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShipped(t *testing.T) {
	ps, err := Load(os.DirFS("../../flows"), os.DirFS("../../flows"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ topic, kind, want string }{{"refund", "wechat", "default"}, {"", "web", "default"}, {"", "email", "email"}} {
		if p := ps.For(x.topic, x.kind); p == nil || p.Name != x.want {
			t.Errorf("%v: %+v", x, p)
		}
	}
	var steps []string
	for _, s := range ps.For("", "web").Steps {
		steps = append(steps, s.ID)
	}
	if got := strings.Join(steps, " "); got != "M0 MX M3 M2 M1 M4" {
		t.Errorf("in the order of importance: %s", got)
	}
}

// A visit is a customer's wait as the hub would keep it.
type visit struct {
	t     testing.TB
	p     *Policy
	f     Facts
	texts []Line
	at    []time.Time
	log   []core.Event
	wake  time.Time
	ended string
}

var evening = time.Date(2026, 11, 11, 20, 0, 0, 0, time.FixedZone("", 8*3600))

var wechat = core.Limits{Text: 2048, Unit: core.Bytes, OneReply: true, Allowances: []core.Allowance{
	{After: core.CauseMessage, Count: 5, Within: 48 * time.Hour}, {After: core.CauseEvent, Count: 3, Within: time.Minute},
}}

// arrive is somebody who asks for a person on WeChat, with so many ahead and a time
// of low to high minutes; high 0 is unknown.
func arrive(t testing.TB, p *Policy, ahead, low, high int) *visit {
	v := &visit{t: t, p: p}
	now := evening
	key := core.Key{Channel: "wechat", Peer: "o1"}
	v.f = Facts{
		Now: now, Kind: "wechat", Limits: wechat, Peak: true, Zone: evening.Location(), Vars: map[string]string{"promise_text": "今天 21:30"},
		Line: core.LineState{Waiting: ahead, OnDuty: 3, Head: 10 * time.Minute},
		Talk: core.Conversation{
			Key: key, State: core.InLine, Heard: now, Ledger: core.Ledger{}.Heard(wechat.Allowances, core.CauseMessage, now),
			Ticket: &core.Ticket{ID: "T1", Key: key, State: core.TicketWaiting, Class: 2, Since: now, Lang: "zh"},
		},
	}
	v.expect(ahead, low, high)
	v.take(p.Begin(v.f), true)
	return v
}

func (v *visit) expect(ahead, low, high int) {
	v.f.Own = &core.Estimate{Ahead: ahead, Low: time.Duration(low) * time.Minute, High: time.Duration(high) * time.Minute, Known: high > 0, Busy: true}
}

// take makes a decision come true; the first text of an answer is free.
func (v *visit) take(d Decision, answer bool) {
	k := *v.f.Talk.Ticket
	k.Wait, k.Held = d.Wait, d.Held
	if d.Told != nil {
		k.Told = *d.Told
	}
	v.f.Talk.Ticket = &k
	for i, l := range d.Say {
		v.texts, v.at = append(v.texts, l), append(v.at, v.f.Now)
		if !answer || i > 0 {
			v.f.Talk.Ledger = v.f.Talk.Ledger.Spend(v.f.Now)
		}
	}
	v.log = append(v.log, d.Log...)
	v.wake = d.Wake
	if !d.Wake.IsZero() && !d.Wake.After(v.f.Now) {
		v.t.Fatalf("wants to look again at %v, at %v", d.Wake, v.f.Now)
	}
	if d.Park {
		v.ended = "parked"
	} else if d.Divert != "" && d.Divert != "stay" {
		v.ended = d.Divert
	}
}

// pass lets time go by, one look after the other.
func (v *visit) pass(d time.Duration) *visit {
	until := v.f.Now.Add(d)
	for v.ended == "" && !v.wake.IsZero() && !v.wake.After(until) {
		v.f.Now = v.wake
		v.take(v.p.Decide(v.f), false)
	}
	v.f.Now = until
	return v
}

// write is what the customer types; what is not about the wait is answered by the bot.
func (v *visit) write(text string) (ours bool) {
	v.f.Talk.Heard = v.f.Now
	v.f.Talk.Ledger = v.f.Talk.Ledger.Heard(v.f.Limits.Allowances, core.CauseMessage, v.f.Now)
	d, ours := v.p.Hear(v.f, text)
	if !ours {
		d = v.p.Wrote(v.f)
	}
	v.take(d, true)
	return ours
}

func (v *visit) steps() string {
	var out []string
	for i, l := range v.texts {
		out = append(out, fmt.Sprintf("%s@%v", l.Step, v.at[i].Sub(evening).Round(time.Second)))
	}
	return strings.Join(out, " ")
}

func (v *visit) last() Line {
	v.t.Helper()
	if len(v.texts) == 0 {
		v.t.Fatal("nothing was said")
	}
	return v.texts[len(v.texts)-1]
}

// why is what became of a step last.
func (v *visit) why(step string) (result string) {
	for _, e := range v.log {
		if e.Data["step"] == step {
			result = e.Data["result"]
		}
	}
	return result
}

// Somebody silent is told how they stand, asked twice whether they are there, and
// set aside; the agent's messages are still there.
func TestSilent(t *testing.T) {
	v := arrive(t, standard(t), 40, 18, 22).pass(30 * time.Minute)
	if got := v.steps(); got != "M0@0s M2@4m0s M2@6m0s" || v.ended != "parked" {
		t.Errorf("%s, %q", got, v.ended)
	}
	if got, want := v.texts[0].Text, "已为您排队，前面约 40 位，预计 18–22 分钟。排队时可以继续问我。回复 2 留言（今天 21:30前答复）　3 约回电　9 不等了"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if room := v.f.Talk.Ledger.Room(v.f.Now); room < 2 {
		t.Errorf("%d messages are left for the agent", room)
	}
}

// While a question is open the line passes over the ticket; an answer gives it back.
func TestHeld(t *testing.T) {
	v := arrive(t, standard(t), 40, 18, 22).pass(4 * time.Minute)
	if k := v.f.Talk.Ticket; v.last().Step != "M2" || !k.Held.Equal(v.f.Now.Add(2*time.Minute)) {
		t.Fatalf("%s, held until %v", v.steps(), k.Held)
	}
	v.pass(30 * time.Second)
	if !v.write("1") || !v.f.Talk.Ticket.Held.IsZero() || v.last().Text != "好的，继续替您占位，前面约 40 位。" {
		t.Errorf("%+v, held until %v", v.last(), v.f.Talk.Ticket.Held)
	}
	if v.f.Talk.Ledger.Room(v.f.Now) != 5 {
		t.Error("a typed answer opens the allowance")
	}
	v.pass(3 * time.Minute)
	if v.ended != "" || v.last().Step != "answer" {
		t.Errorf("%s, %q", v.steps(), v.ended)
	}
}

// a question is answered by the bot, and the next step keeps its distance.
func TestDistance(t *testing.T) {
	p := standard(t)
	v := arrive(t, p, 40, 18, 22).pass(3*time.Minute + 50*time.Second)
	if v.write("你们几点下班") {
		t.Fatal("the bot's question was taken")
	}
	v.pass(10 * time.Minute)
	if got := v.steps(); !strings.HasPrefix(got, "M0@0s M2@6m50s") {
		t.Errorf("%s: the question comes when they have been silent for 3 min", got)
	}
}

// progress is said if there is some.
func TestNews(t *testing.T) {
	src := strings.Replace(source(t), "{id: M2, at: 4m", "{id: M2, at: 60m", 1)
	web := func() *visit {
		v := arrive(t, parsed(t, src), 18, 10, 12)
		v.f.Limits, v.f.Kind = core.Limits{}, "web" // WeChat keeps what M1 would take for the question and the apology
		return v
	}
	v := web()
	v.expect(17, 7, 8)
	v.pass(4 * time.Minute)
	if got := v.steps(); got != "M0@0s" || v.why("M1") != "nothing new" {
		t.Errorf("%s, M1: %s", got, v.why("M1"))
	}
	v = web().pass(2 * time.Minute)
	v.expect(10, 4, 6)
	v.pass(time.Minute)
	if got := v.last(); got.Step != "M1" || got.Text != "还在排队，前面 10 位，预计 4–6 分钟。" {
		t.Errorf("%+v", got)
	}
}

// a longer wait than was named is only named with an apology.
func TestOverdue(t *testing.T) {
	src := strings.Replace(source(t), "{id: M2, at: 4m", "{id: M2, at: 60m", 1)
	v := arrive(t, parsed(t, src), 15, 8, 10)
	v.expect(12, 10, 15)
	v.pass(9 * time.Minute)
	if got := v.last(); got.Step != "M3" || !got.Sorry || got.Upper != 15*time.Minute || !strings.HasPrefix(got.Text, "抱歉") {
		t.Fatalf("%s: %+v", v.steps(), got)
	}
	if k := v.f.Talk.Ticket.Told; k.Upper != 15*time.Minute || k.Ahead != 12 {
		t.Errorf("told %+v", k)
	}
	v.f.Cause = "支付通道故障，正在处理"
	v.expect(9, 12, 18)
	v.pass(15 * time.Minute)
	if got := v.last(); got.Step != "M3" || !strings.Contains(got.Text, "支付通道故障，正在处理") {
		t.Errorf("the second promise that is not kept: %s: %s", v.steps(), got.Text)
	}
}

// whoever is upset hears no numbers game.
func TestUpset(t *testing.T) {
	src := strings.Replace(source(t), "{id: M2, at: 4m", "{id: M2, at: 60m", 1)
	v := arrive(t, parsed(t, src), 15, 8, 10)
	k := *v.f.Talk.Ticket
	k.Mood = "angry"
	v.f.Talk.Ticket = &k
	v.pass(9 * time.Minute)
	if got := v.last().Text; !strings.HasPrefix(got, "让您久等是我们的问题") {
		t.Error(got)
	}
}

// what is due while nobody could decide, or at night, is dropped.
func TestLate(t *testing.T) {
	v := arrive(t, standard(t), 40, 18, 22)
	v.f.Now = evening.Add(20 * time.Minute) // the program was down
	v.take(v.p.Decide(v.f), false)
	if got := v.steps(); strings.Contains(got, "M1") || strings.Contains(got, "M2") {
		t.Errorf("%s: old steps are not replayed", got)
	}
	v = arrive(t, standard(t), 40, 18, 22)
	v.f.Now = evening.Add(3 * time.Hour) // 23:00
	v.take(v.p.Decide(v.f), false)
	v.pass(9*time.Hour + 10*time.Minute)
	if len(v.texts) != 1 {
		t.Errorf("%s: at night, or about the night in the morning", v.steps())
	}
}

// R-22, and the kill switch: nothing is said, and what was due is gone.
func TestMuted(t *testing.T) {
	for name, mute := range map[string]func(*Facts){
		"halted": func(f *Facts) { f.Muted = "halted: all" }, "gone": func(f *Facts) { f.Talk.Gone = true }, "stopped": func(f *Facts) { f.Talk.Stopped = true },
	} {
		v := arrive(t, standard(t), 40, 18, 22)
		mute(&v.f)
		v.pass(5 * time.Minute)
		if len(v.texts) != 1 || v.why("M2") == "sent" || v.why("M2") == "" {
			t.Errorf("%s: %s; M2 %q", name, v.steps(), v.why("M2"))
		}
		v.f.Muted, v.f.Talk.Gone, v.f.Talk.Stopped = "", false, false
		v.pass(time.Minute)
		if len(v.texts) != 1 {
			t.Errorf("%s: %s: said later", name, v.steps())
		}
	}
}

// A shadow decides and logs, and says nothing.
func TestShadow(t *testing.T) {
	v := arrive(t, parsed(t, source(t)+"shadow: true\n"), 40, 18, 22).pass(10 * time.Minute)
	if len(v.texts) != 0 || v.why("M0") != "shadow" || v.why("M2") != "shadow" || v.ended != "" {
		t.Errorf("%s; M0 %s, M2 %s, %q", v.steps(), v.why("M0"), v.why("M2"), v.ended)
	}
}

// a text with a gap reaches nobody.
func TestGaps(t *testing.T) {
	v := arrive(t, standard(t), 40, 0, 0)
	if got := v.last().Text; got != "现在咨询的人很多，等待可能超过 10 分钟，轮到提醒您。不想等的话：2 留言（今天 21:30前答复）　3 约回电　9 不等了" {
		t.Error(got)
	}
	f := v.f
	f.Vars, f.Line.Head, f.Own = nil, 0, nil
	f.Line = core.LineState{Waiting: 8, OnDuty: 2}
	d := v.p.Begin(f)
	if got := d.Say[0].Text; got != "已为您排队，前面 8 位，轮到提醒您。排队时可以继续问我。回复 2 留言　3 约回电　9 不等了" {
		t.Error(got)
	}
	f.Talk.Ticket = &core.Ticket{ID: "T1", State: core.TicketWaiting, Since: evening, Lang: "fr"}
	if got := v.p.Begin(f).Say[0].Text; !strings.HasPrefix(got, "You are in line, 8 ahead of you; I tell you when it is your turn.") {
		t.Error(got)
	}
	for name, v := range variables {
		w := v
		f := f
		f.Vars = map[string]string{name: strings.Repeat("长", 200)}
		f.Cause, f.Talk.Peer.Name = strings.Repeat("长", 200), strings.Repeat("长", 200)
		if got := (&wait{Policy: standard(t), Facts: f, start: evening}).value(name); len([]rune(got)) > w.Max {
			t.Errorf("{%s} is %d runes long", name, len([]rune(got)))
		}
	}
}

// A digit answers the newest text that offered it.
func TestDigits(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", " 2 ": "2", "３": "3", "回复1": "1", "①": "1", "9。": "9", "2️⃣": "2", "选 2": "2", "reply 3": "3", "(0)": "0",
		"12": "", "二": "", "1个": "", "": "", "还要等多久": "", "2222": "", "1.5": "", "-": "",
	} {
		if got := digitOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	v := arrive(t, standard(t), 40, 18, 22).pass(time.Minute)
	for digit, want := range map[string]string{"2": "message", "3": "callback", "9": "exit", "0": "stay", "1": ""} {
		d, ours := v.p.Hear(v.f, digit)
		if !ours || d.Divert != want {
			t.Errorf("%s: %v %q", digit, ours, d.Divert)
		}
	}
	for _, digit := range []string{"4", "5", "7"} {
		if _, ours := v.p.Hear(v.f, digit); ours {
			t.Errorf("%s was not offered", digit)
		}
	}
	v.f.Listed = v.f.Now.Add(-10 * time.Second) // the bot has shown a list since
	if _, ours := v.p.Hear(v.f, "2"); ours {
		t.Error("a newer list of the bot's was passed over")
	}
	v.f.Listed = evening.Add(-time.Minute)
	if _, ours := v.p.Hear(v.f, "2"); !ours {
		t.Error("an older list of the bot's was preferred")
	}
}

// noise around a threshold does not switch the peak.
func TestPeak(t *testing.T) {
	p := standard(t)
	rnd := rand.New(rand.NewPCG(3, 3))
	var s PeakState
	flips, was := 0, false
	for i := range 4 * 3600 {
		n := 15 * (1 + (rnd.Float64()-0.5)/5) // ±10 %
		s = p.Peak(s, core.LineState{Waiting: int(n + 0.5), OnDuty: 3, High: time.Minute, Known: true}, evening.Add(time.Duration(i)*time.Second))
		if s.On != was {
			flips, was = flips+1, s.On
		}
	}
	if flips > 1 {
		t.Errorf("it flapped %d times", flips)
	}
	s = PeakState{}
	at := func(sec, n int) bool {
		s = p.Peak(s, core.LineState{Waiting: n, OnDuty: 3, High: time.Minute, Known: true}, evening.Add(time.Duration(sec)*time.Second))
		return s.On
	}
	got := []bool{at(0, 20), at(59, 20), at(60, 20), at(70, 12), at(80, 5), at(379, 5), at(381, 5)}
	if want := []bool{false, false, true, true, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Whatever happens to 10,000 customers: R-01 the agent's messages are left, R-07 no
// promise grows without an apology, caps and distances hold, every decision is a
// function of what it is told, and there is always a next look while a step may come.
func TestRandom(t *testing.T) {
	n := 10000
	if testing.Short() {
		n = 500
	}
	p := standard(t)
	for i := range n {
		rnd := rand.New(rand.NewPCG(uint64(i), 11))
		v := arrive(t, p, rnd.IntN(60), 5, 8+rnd.IntN(20)*rnd.IntN(2))
		if rnd.IntN(3) == 0 {
			v.f.Limits, v.f.Kind, v.f.Banner = core.Limits{}, "web", rnd.IntN(2) == 0
		}
		since := 0 // texts of the policy's own accord since the customer wrote
		for range 40 {
			if v.ended != "" {
				break
			}
			if v.f.Own = nil; rnd.IntN(10) > 0 {
				v.expect(rnd.IntN(60), rnd.IntN(5), rnd.IntN(40)*rnd.IntN(4)/3)
			}
			v.f.Peak, v.f.Here = rnd.IntN(4) > 0, rnd.IntN(3) > 0
			said := len(v.texts)
			switch rnd.IntN(8) {
			case 0:
				v.write([]string{"1", "1", "你好", "发货了吗", "在吗"}[rnd.IntN(5)])
				since, said = 0, len(v.texts)
			case 1:
				v.f.Talk.Ledger = v.f.Talk.Ledger.Shut() // the platform says that nothing is left
			default:
				a, b := v.p.Decide(v.f), v.p.Decide(v.f)
				if !reflect.DeepEqual(a, b) {
					t.Fatalf("%d: two decisions on the same facts", i)
				}
				v.pass(time.Duration(1+rnd.IntN(240)) * time.Second)
			}
			since += len(v.texts) - said
			if since > p.Caps.PerConversation {
				t.Fatalf("%d: %s: %d texts without a word", i, v.steps(), since)
			}
		}
		spent := slices.ContainsFunc(v.log, func(e core.Event) bool { return e.Data["left"] == "0" })
		if left := v.f.Talk.Ledger.Room(v.f.Now); len(v.f.Limits.Allowances) > 0 && left < p.Reserve.Agent && !spent {
			if left > 0 {
				t.Fatalf("%d: %s: %d left for the agent", i, v.steps(), left)
			}
		}
		var told time.Time
		for j, l := range v.texts {
			if j > 0 && l.Step != "answer" && v.texts[j-1].Step != "answer" && v.at[j].Sub(v.at[j-1]) < p.Caps.MinGap {
				t.Fatalf("%d: %s: too close", i, v.steps())
			}
			if strings.ContainsAny(l.Text, "{}[]") || l.Text == "" {
				t.Fatalf("%d: %q", i, l.Text)
			}
			if l.Upper > 0 {
				until := v.at[j].Add(l.Upper)
				if !told.IsZero() && until.After(told) && !l.Sorry {
					t.Fatalf("%d: %s: %q promises more than before", i, v.steps(), l.Text)
				}
				told = until
			}
		}
		if v.ended == "" && v.wake.IsZero() && !recall(v.f.Talk.Ticket.Wait).Rest {
			t.Fatalf("%d: %s: nobody looks again", i, v.steps())
		}
	}
}

// What an older version remembered otherwise does not stop a wait.
func TestForeignMemory(t *testing.T) {
	v := arrive(t, standard(t), 40, 18, 22)
	for _, m := range []string{`{"d":[1]}`, `"1 default"`, `"2 a 1 1 1 1 1 1 1 1 1 1|||"`, `"1 a x x x x x x x x x x|9|=|M="`, `[]`, `null`, `{"x":1}`, `"`} {
		k := *v.f.Talk.Ticket
		k.Wait = json.RawMessage(m)
		f := v.f
		f.Talk.Ticket = &k
		f.Now = evening.Add(time.Minute)
		if d := v.p.Decide(f); d.Wake.IsZero() {
			t.Errorf("%s: nobody looks again", m)
		}
	}
}

func TestMemory(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 1000 {
		n := func() int { return rnd.IntN(3) * rnd.IntN(1e6) }
		at := func() stamp { return stamp(n()) * 1000 }
		m := memory{Policy: "双11-晚", Version: n(), Said: n(), Last: at(), Bot: at(), Asked: at(), Misses: n(), Rest: n() > 0, Offered: at(), Away: at(), Ahead: n()}
		if n() > 0 {
			m.Offer, m.Done = "129", map[string]stamp{"M0": at(), "步骤": at()}
		}
		if n() > 0 {
			m.Due = map[string]stamp{"M4": at()}
		}
		b := m.keep()
		if !json.Valid(b) || !reflect.DeepEqual(recall(b), m) {
			t.Fatalf("%s: %+v", b, recall(b))
		}
	}
}

// deciding is cheap.
func BenchmarkDecide(b *testing.B) {
	v := arrive(b, standard(b), 40, 18, 22)
	v.f.Now = evening.Add(90 * time.Second)
	b.ReportAllocs()
	for b.Loop() {
		v.p.Decide(v.f)
	}
}
