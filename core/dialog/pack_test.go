package dialog

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fill puts something into every field of v, as deep as it goes.
func fill(rng *rand.Rand, v reflect.Value) {
	texts := []string{"退换货", "a \"b\" \\ c", "line\nbreak\t", "<b>&", "\u2028", "bad\xffbyte", "👍", "x"}
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = texts[rng.IntN(len(texts))]
	case *int:
		*p = rng.IntN(2000) - 1000
	case *bool:
		*p = true
	case *mark:
		*p = markOf(texts[rng.IntN(len(texts))])
	case *time.Time:
		*p = time.UnixMicro(1_700_000_000_000_000 + rng.Int64N(1e15)).UTC()
	case *map[string]string:
		*p = map[string]string{"order": texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))]: "1"}
	case *map[string]int:
		*p = map[string]int{"entry.a": 3, texts[rng.IntN(len(texts))]: -1}
	default:
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range v.Len() {
				fill(rng, v.Index(i))
			}
			return
		}
		for i := range v.NumField() {
			if rng.IntN(8) > 0 {
				fill(rng, v.Field(i))
			}
		}
	}
}

// Whatever a memory holds is read as it was written, also after it was copied as JSON; broken text is mended, nothing is lost.
func TestPack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var m memory
		fill(rng, reflect.ValueOf(&m).Elem())
		m.Flow.Call, m.Flow.Checked = call{}, false
		raw := pack(m)
		copied, err := json.Marshal(json.RawMessage(raw))
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		mended := strings.ReplaceAll(string(raw), "\\ufffd", "\ufffd")
		for _, b := range []string{string(raw), string(copied), mended} {
			got := recall([]byte(b))
			if again := pack(got); string(again) != string(pack(recall(raw))) {
				t.Fatalf("%s\nreads as\n%s", b, again)
			}
		}
		if got := recall(raw); !strings.Contains(string(raw), "ufffd") && !reflect.DeepEqual(got, m) {
			t.Fatalf("%+v\nreads as\n%+v", m, got)
		}
	}
	if got := recall(pack(memory{})); !reflect.DeepEqual(got, memory{}) {
		t.Errorf("nothing reads as %+v", got)
	}
}

// A key of a newer program is passed over; what is cut off, or another form, is no memory.
func TestPackOthers(t *testing.T) {
	m := memory{Lang: "zh", Greeted: time.UnixMicro(1_700_000_000_000_000).UTC(), Bubbles: 2, Own: []string{"x"}}
	raw := string(pack(m))
	newer := strings.Replace(raw, `"l":"zh"`, `"news":{"a":[1,{"b":"}"}]},"l":"zh","more_news":-7`, 1)
	if got := recall([]byte(newer)); !reflect.DeepEqual(got, m) {
		t.Errorf("%s reads as %+v", newer, got)
	}
	for n := range len(raw) {
		if got := recall([]byte(raw[:n])); !reflect.DeepEqual(got, memory{}) {
			t.Errorf("%s reads as %+v", raw[:n], got)
		}
	}
	for _, s := range []string{strings.Replace(raw, `"":2`, `"":3`, 1), strings.Replace(raw, `"":2`, `"":20`, 1), raw + "x"} {
		if got := recall([]byte(s)); !reflect.DeepEqual(got, memory{}) {
			t.Errorf("%s reads as %+v", s, got)
		}
	}
}

// No two fields of one struct may have one key.
func TestPackKeys(t *testing.T) {
	for _, x := range []any{memory{}, at{}, call{}, menu{}, item{}, said{}, trace{}, flood{}, exit{}, request{}, rating{}, peril{}} {
		seen := map[string]bool{}
		for _, f := range shapeOf(reflect.TypeOf(x)) {
			if f.key == "" || f.key == "@" || seen[f.key] {
				t.Errorf("%T: the key %q is there twice, or none", x, f.key)
			}
			seen[f.key] = true
		}
	}
}

// What versions before 0.10 wrote still reads: the line that came a moment ago is known, and so is the bot's own voice.
func TestPackOldRecord(t *testing.T) {
	old := `{"v":"d0cfc57bb05a","greeted":"2026-11-23T02:00:00Z","lang":"zh","wrote":true,"flow":{"flow":"returns","step":"what","tries":1,"asked":"2026-11-23T02:00:00Z"},` +
		`"recent":[{"t":"我要退货","at":"2026-11-23T02:00:00Z"}],"own":["您想办哪一种? 1. 退货退款 2. 换一件"],"flood":{"from":"2026-11-23T02:00:00Z","n":3},"bubbles":1,"room":2}`
	m := recall([]byte(old))
	now := time.Date(2026, 11, 23, 2, 0, 1, 0, time.UTC)
	if _, again := m.repeats(markOf("我要退货"), now, 10*time.Second); !again {
		t.Error("the line of a moment ago is not known")
	}
	if len(m.Voice) != 1 || m.Voice[0] != markOf("您想办哪一种? 1. 退货退款 2. 换一件") || m.Own != nil || m.Recent != nil {
		t.Errorf("the bot's voice is %v; %v, %v are left", m.Voice, m.Own, m.Recent)
	}
	if m.Flow.key() != "returns.what" || m.Flow.Tries != 1 || !m.Greeted.Equal(now.Add(-time.Second)) || m.Flood.N != 3 {
		t.Errorf("%+v", m)
	}
	if got := recall(pack(m)); !reflect.DeepEqual(got, m) {
		t.Errorf("%+v, written anew, reads as %+v", m, got)
	}
	if n := len(pack(m)); n > len(old)*2/3 {
		t.Errorf("%d bytes, the old form had %d", n, len(old))
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte(`{"":2,"@":1,"g":0,"l":"zh","n":[{"l":1,"at":2}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := recall(raw)
		if again := recall(pack(m)); !reflect.DeepEqual(again, recall(pack(again))) {
			t.Errorf("%s", raw)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var m memory
	fill(rng, reflect.ValueOf(&m).Elem())
	m.Recent, m.Own = nil, nil
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pack(m)
		}
	})
	raw := pack(m)
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			unpack(raw)
		}
	})
}
