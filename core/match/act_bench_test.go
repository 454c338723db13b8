package match

import "testing"

func BenchmarkHear(b *testing.B) {
	for _, text := range []string{"好的谢谢", "你好，请问我上周买的茶叶什么时候能到？谢谢", "could you tell me please how long it takes until my order arrives in berlin, thanks"} {
		b.Run("", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Hear(text)
			}
		})
	}
}

func BenchmarkTongue(b *testing.B) {
	for b.Loop() {
		Tongue("could you tell me please how long it takes until my order arrives in berlin, thanks")
	}
}
