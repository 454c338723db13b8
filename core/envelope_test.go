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
		Choice{"p", []Option{{"a", "A"}}}, Pick{"a", "A"}, Form{"f", map[string]string{"k": "v"}},
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

// D-07: what an older or newer version wrote still reads.
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
	if k := KindOf(fmt.Errorf("x: %w", &SendError{Kind: Gone, Err: fmt.Errorf("left")})); k != Gone {
		t.Errorf("got %v", k)
	}
	if k := KindOf(fmt.Errorf("bare")); k != Unknown {
		t.Errorf("an error nobody classified: got %v", k)
	}
}

func TestDue(t *testing.T) {
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	for _, tt := range []struct {
		c    Conversation
		want time.Time
	}{
		{Conversation{}, time.Time{}},
		{Conversation{Wake: b}, b},
		{Conversation{Wake: b, Ticket: &Ticket{}}, b},
		{Conversation{Wake: b, Ticket: &Ticket{Wake: a}}, a},
		{Conversation{Ticket: &Ticket{Wake: a}}, a},
	} {
		if got := tt.c.Due(); !got.Equal(tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.c, got, tt.want)
		}
	}
}
