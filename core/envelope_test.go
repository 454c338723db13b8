package core

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPartsRoundTrip(t *testing.T) {
	in := Parts{Text{"hi"}, Media{Type: "image/png", Handle: "m1", Words: "w"}, Place{1, 2, "x"}, Card{Title: "t"},
		Choice{Prompt: "p", Options: []Option{{ID: "a", Label: "A"}}}, Pick{"a", "A", true}, Form{"f", map[string]string{"k": "v"}},
		Case{Ticket: "7", Fields: []Field{{"n", "v"}}}, Joined{"qr"}, Left{}, Other{Kind: "poll"}}
	if len(in) != len(readers) {
		t.Fatalf("%d parts tried, %d exist", len(in), len(readers))
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Parts
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("%s\n got %v\nwant %v", b, out, in)
	}
}

// What an older or newer version wrote still reads.
func TestPartsOfAnotherVersion(t *testing.T) {
	var ps Parts
	if err := json.Unmarshal([]byte(`[{"text":{"body":"a","mood":"gone"}},{"hologram":{"x":1}}]`), &ps); err != nil {
		t.Fatal(err)
	}
	if want := (Parts{Text{"a"}, Other{Kind: "hologram"}}); !reflect.DeepEqual(ps, want) {
		t.Errorf("got %v, want %v", ps, want)
	}
	for _, bad := range []string{`[{}]`, `[{"text":{},"pick":{}}]`, `{}`, `[{"text":7}]`} {
		if err := json.Unmarshal([]byte(bad), &ps); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestSecretNeverPrints(t *testing.T) {
	s := struct{ Token Secret }{"hunter2"}
	j, _ := json.Marshal(s)
	for _, got := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %q %x", s, s, s.Token, s.Token), string(j)} {
		if strings.Contains(got, "hunter2") || strings.Contains(got, "68756e746572") {
			t.Errorf("printed: %s", got)
		}
	}
}

func TestKindOf(t *testing.T) {
	if k := KindOf(fmt.Errorf("x: %w", &SendError{Kind: KindGone, Err: fmt.Errorf("left")})); k != KindGone {
		t.Errorf("got %v", k)
	}
	if k := KindOf(fmt.Errorf("bare")); k != KindUnknown {
		t.Errorf("an error nobody classified: got %v", k)
	}
}

func TestWakes(t *testing.T) {
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	for _, tt := range []struct {
		w    Wakes
		want time.Time
	}{
		{nil, time.Time{}},
		{Wakes{}.Set(WakeBot, b), b},
		{Wakes{}.Set(WakeBot, b).Set(WakeDesk, time.Time{}), b},
		{Wakes{}.Set(WakeBot, b).Set(WakeDesk, a), a},
		{Wakes{}.Set(WakeDesk, a), a},
	} {
		if got := tt.w.Next(); !got.Equal(tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.w, got, tt.want)
		}
	}
	w := Wakes{}.Set(WakeBot, b).Set(WakeDesk, a)
	if later := w.Set(WakeDesk, b); !w.At(WakeDesk).Equal(a) || !later.At(WakeDesk).Equal(b) || !later.At(WakeBot).Equal(b) {
		t.Errorf("one owner's time changed another's, or the list it came from: %+v, %+v", w, later)
	}
	if w.Set(WakeBot, time.Time{}).Set(WakeDesk, time.Time{}) != nil {
		t.Error("nobody wants a turn, and the list is not nil")
	}
	if w.Due(WakeBot, a) || !w.Due(WakeBot, b) || !w.Due(WakeDesk, b) || (Wakes)(nil).Due(WakeBot, b) {
		t.Error("a time is due from its moment on, for its owner")
	}
}

// What is written by hand is what encoding/json would write, and what is read by hand what it would read.
func TestPartsAsJSON(t *testing.T) {
	for _, s := range []string{"", "hi", "退换货 👍", "a \"b\" \\ c", "line\nbreak\t", "<b>&", "\u2028", "bad\xffbyte", "\x00\x7f", `"}}]`} {
		ps := Parts{Text{s}}
		b, err := json.Marshal(ps)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal([]map[string]Part{{"text": Text{s}}})
		if string(b) != string(want) {
			t.Errorf("%q is written %s, want %s", s, b, want)
		}
		var got Parts
		if err := json.Unmarshal(b, &got); err != nil || len(got) != 1 || got[0] != (Text{strings.ToValidUTF8(s, "\ufffd")}) {
			t.Errorf("%s reads as %+v, %v", b, got, err)
		}
	}
	for _, raw := range []string{`[{"text":{"body":"a"}},{"text":{"body":"b"}}]`, `[ {"text":{"body":"a"}} ]`, "[{\"text\":{\"body\":\"bad\xff\"}}]", `[]`, `null`} {
		var got Parts
		var all []map[string]Text
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		json.Unmarshal([]byte(raw), &all)
		for i, m := range all {
			if len(got) != len(all) || got[i] != m["text"] {
				t.Errorf("%s reads as %+v, want %+v", raw, got, all)
			}
		}
	}
	if b, err := json.Marshal(struct{ P Parts }{}); err != nil || string(b) != `{"P":[]}` {
		t.Errorf("no parts are written %s, %v", b, err)
	}
}
