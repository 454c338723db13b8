package match

import (
	"reflect"
	"testing"
)

// What was heard by the caller decides the same as what Match hears itself, and is not used for another text.
func TestListen(t *testing.T) {
	m := matcher(t, shop(), Options{})
	other := Listen("救命，他吃了一整瓶药")
	if other.Danger == "" || other.Peril == "" {
		t.Errorf("%q is heard as %q by %q", other.Text, other.Danger, other.Peril)
	}
	for _, text := range []string{"你好，我要退货，谢谢", "where is my order??", "好的谢谢", "tui kuan duo jiu dao zhang", "Quiero hablar con una persona", "", "？", "有人拿刀追我", "不要退款"} {
		u := Listen(text)
		want := m.Match(Query{Text: text})
		for _, heard := range []Utterance{u, other} {
			if got := m.Match(Query{Text: text, Heard: heard}); !reflect.DeepEqual(got, want) {
				t.Errorf("%q, heard as %q: %+v, want %+v", text, heard.Text, got, want)
			}
		}
		a, aOK := u.Act()
		b, bOK := ActOf(text)
		if a != b || aOK != bOK {
			t.Errorf("%q does %q %v, and by ActOf %q %v", text, a, aOK, b, bOK)
		}
		span, wants := u.Handoff()
		if s, w := Handoff(text); s != span || w != wants {
			t.Errorf("%q asks for a person by %q %v, and by the function %q %v", text, span, wants, s, w)
		}
	}
}
