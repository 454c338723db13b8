package dialog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

// most entries that a script is expected to have.
const most = 10_000

// manyTopics are what made entries are about: three characters each, no two alike.
func manyTopics() []string {
	chars := []rune("茶叶红绿白黑青花果香甜苦淡浓新陈礼盒罐袋杯壶盘碗勺筷桌椅灯镜架柜箱包衣裤鞋帽袜巾被枕床毯帘布线针纸笔墨书册卡票证章牌锁钥刀剪锤钉锯梯绳网钩环链轮轴")
	rng := rand.New(rand.NewPCG(3, 5))
	seen := map[string]bool{}
	var out []string
	for len(out) < most {
		s := string([]rune{chars[rng.IntN(len(chars))], chars[rng.IntN(len(chars))], chars[rng.IntN(len(chars))]})
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// many is a bot with n entries: all have a keyword, one in twenty has samples.
func many(t testing.TB, n int) *dialog.Engine {
	t.Helper()
	fsys := fstest.MapFS{"shop.yaml": {Data: []byte("greeting: {text: {zh: 我是机器人，说人工转人工。, en: I am a bot. Say human for a person.}, short: {zh: 我是机器人。, en: I am a bot.}}\n")}}
	var b strings.Builder
	for i, topic := range manyTopics()[:n] {
		if i%1000 == 0 {
			b.Reset()
			b.WriteString("entries:\n")
		}
		fmt.Fprintf(&b, "  - {id: e%d, title: {zh: %s, en: T%d}, contains: {zh: [%s]}, answer: {zh: %s有货。, en: In stock.}", i, topic, i, topic, topic)
		if i%20 == 0 {
			fmt.Fprintf(&b, ", samples: {zh: [怎么买%s, 请问%s多少钱], en: [how to buy thing %d]}", topic, topic, i)
		}
		b.WriteString("}\n")
		if i%1000 == 999 {
			fsys[fmt.Sprintf("m%d.yaml", i/1000)] = &fstest.MapFile{Data: []byte(b.String())}
		}
	}
	book, err := script.Load(fsys, script.Options{Base: flows.FS})
	if err != nil {
		t.Fatal(err)
	}
	return dialog.New(book)
}

// asked are lines as customers of such a shop write them: questions, the same in other words, chat, what no entry has.
func asked() (lines []string) {
	for i, topic := range manyTopics()[:200] {
		lines = append(lines, []string{topic + "怎么买", "你好，请问" + topic + "多少钱呀", topic + "有货吗 谢谢", "那" + topic + "呢", "好的谢谢", "where is my order", "你们几点下班"}[i%7])
	}
	return lines
}

func step(t testing.TB, e *dialog.Engine, n int, text string) {
	c := core.Conversation{Key: core.Key{Channel: "web", Peer: fmt.Sprint("p", n)}}
	env := []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: text}}}}
	if _, err := e.Step(c, env, core.Scene{Now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
}

// A decision asks for memory as its line does, not as its script: a tenth of the entries have the bound of all of them.
// Those are learnt only under FRONTDESK_LONG=1: it takes a quarter of a minute.
func TestMany(t *testing.T) {
	entries := most / 10
	if coretest.Long() {
		entries = most
	}
	e, lines := many(t, entries), asked()
	i := 0
	n := testing.AllocsPerRun(len(lines), func() {
		step(t, e, i, lines[i%len(lines)])
		i++
	})
	t.Logf("%v allocations a decision", n)
	if n > 127 && !raceEnabled { // a tenth above what is reached
		t.Errorf("a decision with %d entries takes %v allocations", entries, n)
	}
}

// BenchmarkMany tells how long a decision takes with as many entries.
//
//	go test ./core/dialog -run '^$' -bench Many -benchtime 5000x
func BenchmarkMany(b *testing.B) {
	e, lines := many(b, most), asked()
	var took []time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		step(b, e, i, lines[i%len(lines)])
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}
