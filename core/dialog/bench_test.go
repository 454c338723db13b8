package dialog_test

import (
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

func BenchmarkStep(b *testing.B) {
	book := demo(b)
	p := newPlayer(b, book)
	p.text("你好")
	env := []core.Envelope{{Channel: "web", Parts: core.Parts{core.Text{Body: "茶叶能放多久啊"}}}}
	for b.Loop() {
		if _, err := book.Step(p.c, env, p.scene()); err != nil {
			b.Fatal(err)
		}
	}
}
