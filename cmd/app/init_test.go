package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told are the answers to init of a bookshop, nine or twelve of them.
const told = `云上书店
zh,en
24h
你们卖二手书吗 | 有没有旧书 | do you sell used books
卖的，在二楼。 | Yes, upstairs.
怎么停车
地下车库，凭小票免两小时。
可以寄到外地吗|快递能寄哪里
全国都可以，运费十元。
web
inbox
local
`

func initialise(t *testing.T, answers string) (dir string, out string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "shop")
	var b bytes.Buffer
	if err := Init(t.Context(), strings.NewReader(answers), &b, dir); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return dir, b.String()
}

// From nothing to an answered customer of one's own shop, in twelve inputs.
func TestInit(t *testing.T) {
	if n := strings.Count(told, "\n"); n > 12 {
		t.Fatalf("%d inputs", n)
	}
	dir, _ := initialise(t, told)
	conf := filepath.Join(dir, "frontdesk.yaml")
	var out bytes.Buffer
	if err := Check(&out, Settings{Config: conf}); err != nil || strings.Contains(out.String(), "note: ") {
		t.Fatalf("check: %v\n%s", err, out.String())
	}
	out.Reset()
	if err := Test(t.Context(), &out, TestOptions{Settings: Settings{Config: conf}, Quick: true}); err != nil {
		t.Errorf("its own conversation: %v\n%s", err, out.String())
	}

	p := launch(t, Options{Settings: Settings{Config: conf}, Quick: true})
	v := p.visit()
	v.until("云上书店")
	v.send("m1", "你们卖二手书吗")
	v.until("卖的，在二楼")
	v.send("m2", "do you sell used books")
	v.until("Yes, upstairs")
	v.send("m3", "停车要钱吗，怎么停")
	v.until("地下车库")
	for lang, title := range map[string]string{"zh-CN,zh;q=0.9": "有问题请点", "en-GB,en": "Write to us"} {
		code, _, page := get(t, p.base+"/", "Accept-Language", lang)
		if code != 200 || !strings.Contains(page, "<h1>云上书店</h1>") || !strings.Contains(page, title) || !strings.Contains(page, "widget.js") || strings.Contains(page, "茶") {
			t.Errorf("its page for %s: %d %s", lang, code, page)
		}
	}
	for _, l := range v.lines {
		if b := string(l.Parts); strings.Contains(b, "小禾") || strings.Contains(b, "Xiaohe") || strings.Contains(b, "茶") {
			t.Errorf("the demo speaks: %s", b)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}

	// Once more overwrites nothing and asks nothing.
	before, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	err = Init(t.Context(), strings.NewReader(told), &out, dir)
	after, _ := os.ReadFile(conf)
	if err == nil || !strings.Contains(err.Error(), "frontdesk.yaml is there already") || out.Len() > 0 || !bytes.Equal(before, after) {
		t.Errorf("once more: %v, %q", err, out.String())
	}
}

// Who has mistyped goes back as far as they like, and what they said before is
// forgotten; hours may be Chinese, and a Latin name stands apart from Chinese words.
func TestInitGoesBack(t *testing.T) {
	dir, out := initialise(t, "<\nCorner Bokos\n<\nCorner Books\nzh\n周一到周六 9:00-21:00\n有茶吗\n有\n<\n<\n你们几点开门\n早上九点。\n怎么停车\n<\n\nwechat\n<\nweb\ninbox\nlocal\n")
	var all strings.Builder
	for _, name := range []string{"frontdesk.yaml", "frontdesk.env", "flows/shop.yaml", "flows/questions.yaml"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	for _, want := range []string{"你好，我是 Corner Books 的自动助手", "Corner Books 助手（机器人）", `mon-sat: ["09:00-21:00"]`, "早上九点。", `look: {title: {zh-CN: "Corner Books"}}`} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %s in\n%s", want, all.String())
		}
	}
	for _, gone := range []string{"Bokos", "有茶吗", "停车", "WECHAT"} {
		if strings.Contains(all.String(), gone) {
			t.Errorf("%s is still there:\n%s", gone, all.String())
		}
	}
	if !strings.Contains(out, "< goes back") || strings.Count(out, " 1. ") != 3 {
		t.Errorf("asked:\n%s", out)
	}
}

// What cannot be is said and asked again; nothing typed is the default; secrets
// stand in a file of their own, which is read.
func TestInitAsksAgain(t *testing.T) {
	dir, out := initialise(t, "！\nCorner Books\nfr\nen\nmorning\nmon-fri 9:00-18:00\nWhere are you?\n{{x}}\nHigh Street 1.\nwhere are you\n-\n"+
		"pigeon\nweb,wechat weibo、telegram app\ninbox slack telegram\nchat.example\nhttps://chat.example.com/\n")
	for _, want := range []string{"write a word or two", "zh, en or zh,en, not fr", "mon-fri 09:00-18:00; sat", "cannot be {{", "has its answer already", "there is no pigeon", "without a path", "fill in the secrets first"} {
		if !strings.Contains(out, want) {
			t.Errorf("missing %q in\n%s", want, out)
		}
	}
	conf := filepath.Join(dir, "frontdesk.yaml")
	var said bytes.Buffer
	if err := Check(&said, Settings{Config: conf}); err == nil || !strings.Contains(said.String(), "WECHAT_TOKEN is not set") {
		t.Errorf("empty secrets: %v\n%s", err, said.String())
	}
	env := filepath.Join(dir, "frontdesk.env")
	b, err := os.ReadFile(env)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, v := range map[string]string{
		"WECHAT_APPID": "wx0123456789abcdef", "WECHAT_SECRET": "0123456789abcdef0123456789abcdef", "WECHAT_TOKEN": "abc123", "WECHAT_KEY": strings.Repeat("a", 42) + "A",
		"WEIBO_UID": `"1902538057"`, "WEIBO_APP_SECRET": "0123456789abcdef0123456789abcdef", "WEIBO_TOKEN": "2.00abc", "TELEGRAM_TOKEN": "123456:" + strings.Repeat("A", 35),
		"APP_URL": "https://app.example.com/messages", "APP_SECRET": "0123456789abcdef0123456789abcdef", "SLACK_TOKEN": "xoxb-1-2-abc", "SLACK_APP_TOKEN": "xapp-1-abc",
		"SLACK_CHANNEL": "C0123ABCDEF", "TELEGRAM_DESK_TOKEN": "654321:" + strings.Repeat("B", 35), "TELEGRAM_DESK_GROUP": "-1001234567890",
	} {
		if !strings.Contains(text, "\n"+name+"=") {
			t.Errorf("no %s in\n%s", name, text)
		}
		text = strings.Replace(text, "\n"+name+"=", "\n"+name+"="+v, 1)
	}
	if err := os.WriteFile(env, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	if err := Check(&said, Settings{Config: conf}); err != nil {
		t.Errorf("check: %v\n%s", err, said.String())
	}

	var b2 bytes.Buffer
	none := filepath.Join(t.TempDir(), "x")
	if err := Init(t.Context(), strings.NewReader("A\n"), &b2, none); err == nil || !strings.Contains(err.Error(), "the answers ended") {
		t.Errorf("half the answers: %v", err)
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("half the answers made a folder")
	}
}
