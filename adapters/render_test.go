package adapters

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var rewrite = flag.Bool("rewrite", false, "write testdata with what was observed")

// accounts are the least that each platform's adapter is opened with.
var accounts = map[string]string{
	"console":  `{}`,
	"hook":     `{"url":"https://a.example","secret":"0123456789abcdef"}`,
	"slack":    `{"token":"xoxb-1","app_token":"xapp-1","channel":"C0123"}`,
	"telegram": `{"token":"1:abc"}`,
	"webchat":  `{}`,
	"wechat":   `{"appid":"wx0123456789abcdef","secret":"s","token":"replaceMe123","keys":["abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"]}`,
	"weibo":    `{"uid":"1902538057","app_secret":"0123456789abcdef0123456789abcdef","token":"t"}`,
}

// kinds are the messages that every channel is asked to carry (D-04).
var kinds = []struct {
	name string
	part core.Part
}{
	{"text", core.Text{Body: "您好，订单 0413 已补发。"}},
	{"long text", core.Text{Body: strings.Repeat("第一句话说完了。第二句话也说完了！详情见 https://shop.example/orders/0413?from=chat 谢谢👨‍👩‍👧‍👦。", 60)}},
	{"picture", core.Media{Type: "image/png", Handle: "blob-1", Name: "茶.png", Size: 2048}},
	{"voice", core.Media{Type: "audio/amr", Handle: "blob-2", Name: "a.amr", Size: 2048, Words: "我要退货"}},
	{"file", core.Media{Type: "application/pdf", URL: "https://shop.example/a.pdf", Name: "发票.pdf", Size: 2048}},
	{"huge file", core.Media{Type: "video/mp4", URL: "https://shop.example/v.mp4", Name: "开箱.mp4", Size: 3 << 30}},
	{"place", core.Place{Lat: 30.25, Lon: 120.16, Name: "门店"}},
	{"card", core.Card{Title: "明前龙井", Body: "3 月 28 日采", URL: "https://shop.example/t"}},
	{"choice", core.Choice{Prompt: "您想问的是哪一个？", Options: []core.Option{{ID: "a", Label: "包装破损怎么赔"}, {ID: "b", Label: "茶叶受潮"}, {ID: "0", Label: "都不是，找人工"}}}},
	{"long choice", core.Choice{Prompt: "请选：", Options: many(40)}},
	{"form", core.Form{ID: "退货", Values: map[string]string{"电话": "138****8000"}}},
	{"unsupported", core.Other{Kind: "poll"}},
}

func many(n int) (os []core.Option) {
	for i := range n {
		os = append(os, core.Option{ID: fmt.Sprint(i), Label: fmt.Sprintf("第 %d 项", i+1)})
	}
	return os
}

// TestRendering holds, for every platform, into which messages each kind is
// made. After a change run it with -rewrite and read what it wrote.
func TestRendering(t *testing.T) {
	for kind := range All {
		if _, ok := accounts[kind]; !ok && kind != "action" { // a business system is shown nothing
			t.Errorf("%s: how is it opened? say so in accounts, so that its rendering is held", kind)
		}
	}
	for kind, conf := range accounts {
		t.Run(kind, func(t *testing.T) {
			d := coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, http.DefaultClient)
			d.Views = struct{ core.Views }{} // nothing is looked up
			a, err := All[kind](func(v any) error { return json.Unmarshal([]byte(conf), v) }, d)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, k := range kinds {
				fmt.Fprintf(&got, "== %s\n", k.name)
				for _, ps := range a.Limits().Fit(core.Parts{k.part}) {
					var b bytes.Buffer
					e := json.NewEncoder(&b)
					e.SetEscapeHTML(false)
					if err := e.Encode(ps); err != nil {
						t.Fatal(err)
					}
					got.Write(b.Bytes())
				}
			}
			file := filepath.Join("testdata", "render-"+kind+".txt")
			if *rewrite {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got.String() != string(want) {
				t.Errorf("%s is not what comes out now (%v):\n%s", file, err, &got)
			}
		})
	}
}
