package match

import "testing"

func TestTongue(t *testing.T) {
	for text, want := range map[string]string{
		"hola, habla español?": "es", "quiero hablar con una persona por favor": "es", "c'est combien les frais de port": "fr", "Guten Tag, wann kommt meine Bestellung?": "de",
		"すみません、英語がよくわかりません": "ja", "안녕하세요 한국어 되나요": "ko", "а по-русски можно?": "ru", "السلام عليكم": "ar", "สวัสดีค่ะ": "th", "xin chào shop ơi": "vi",
		"maaf saya kurang bisa bahasa inggris": "id", "scusi, parla italiano?": "it", "oi, alguém fala português aí?": "pt", "नमस्ते, ऑर्डर कहाँ है": "hi",
		"": "", "茶叶能放多久": "", "how long does tea keep": "", "ok": "", "お茶": "", "抹茶の粉有吗": "", "hello": "", "la": "", "do you ship to die Schweiz": "", "pu'er tea": "", "oolong da hong pao": "",
		"café": "", "my order XH20261101 please": "", "wo de kuaidi dao na le": "", "я": "", "can i have a human": "", "mi tea": "", "👍": "",
	} {
		if got := Tongue(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestAskForeign(t *testing.T) {
	for _, text := range []string{"quiero hablar con una persona por favor", "je veux parler à quelqu'un, pas à un robot", "ich möchte mit einem Menschen sprechen", "オペレーターと話したいです", "상담원 연결해 주세요",
		"соедините с оператором", "أريد التحدث مع موظف", "quero falar com um atendente", "cho tôi gặp nhân viên", "ขอคุยกับเจ้าหน้าที่", "mau bicara dengan orang", "vorrei parlare con una persona", "bir insanla konuşmak istiyorum", "किसी इंसान से बात करनी है"} {
		if Tongue(text) == "" || !AskForeign(text) {
			t.Errorf("%s: %q, %v", text, Tongue(text), AskForeign(text))
		}
	}
	for _, text := range []string{"cuanto tarda en llegar mi pedido", "combien coûte la livraison", "wann kommt meine Bestellung", "注文はいつ届きますか", "배송은 얼마나 걸려요"} {
		if AskForeign(text) {
			t.Errorf("%s is taken for a wish", text)
		}
	}
}

func TestWantsTongue(t *testing.T) {
	for text, want := range map[string]string{"能说英文吗": "en", "speak english pls": "en", "English?": "en", "换成中文好不好": "zh", "switch to chinese": "zh", "可以打韩文不": "other", "你会四川话不": "other", "habla español?": "other",
		"茶叶能放多久": "", "do you have english breakfast tea": "", "english breakfast": "", "中文": "zh", "有英文说明书吗": ""} {
		if got, _ := Listen(text).WantsTongue(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
