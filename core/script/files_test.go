package script_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/frontdesk-im/frontdesk/core/script"
	"github.com/frontdesk-im/frontdesk/flows"
)

const chineseShop = "settings: {languages: [zh]}\ngreeting: {text: {zh: 我是客服机器人，说“人工”找人。}, short: {zh: 我是机器人，说“人工”找人。}}\n" +
	"entries:\n  - {id: a, title: {zh: 运费}, samples: {zh: [运费多少钱, 邮费谁付]}, answer: {zh: 满九十九元包邮，偏远地区另议。}}\n"

// utf16Bytes is s in UTF-16, the byte of each unit that comes first at first.
func utf16Bytes(s string, first uint) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>first), byte(u>>(8-first)))
	}
	return out
}

// Files as Windows programs write them are read, with a word of advice; the
// script is the same.
func TestEncodings(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(chineseShop))
	if err != nil {
		t.Fatal(err)
	}
	version := ""
	for _, x := range []struct {
		name string
		src  []byte
		warn string
	}{
		{"UTF-8", []byte(chineseShop), ""},
		{"UTF-8 with a BOM", []byte("\ufeff" + chineseShop), ""},
		{"GB18030", gb, "GB18030"},
		{"UTF-16, little end first", utf16Bytes("\ufeff"+chineseShop, 0), "UTF-16"},
		{"UTF-16, big end first", utf16Bytes("\ufeff"+chineseShop, 8), "UTF-16"},
		{"UTF-16 without a BOM", utf16Bytes(chineseShop, 0), "UTF-16"},
	} {
		b, err := script.Load(fstest.MapFS{"a.yaml": {Data: x.src}}, script.Options{Base: flows.FS})
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if version == "" {
			version = b.Version
		}
		if b.Version != version {
			t.Errorf("%s: another version", x.name)
		}
		told := ""
		for _, w := range b.Warnings {
			told += w.Error() + "\n"
		}
		if got := strings.Contains(told, "save it as UTF-8"); got != (x.warn != "") || !strings.Contains(told, x.warn) {
			t.Errorf("%s: %q", x.name, told)
		}
	}
}

// A full-width colon is named where it stands; one in a text is nobody's fault.
func TestFullWidthColon(t *testing.T) {
	for _, x := range []struct{ src, want string }{
		{"entries：\n  - id: a\n", "a.yaml:1: a full-width colon ： stands after entries"},
		{"entries:\n  - id: a\n    title： 运费\n", "a.yaml:3: a full-width colon ： stands after title"},
		{"entries:\n  - {id: a, title：运费, answer: x}\n", "a.yaml:2: a full-width colon ： stands after title"},
	} {
		_, err := script.Load(fstest.MapFS{"a.yaml": {Data: []byte(x.src)}}, script.Options{Base: flows.FS})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.src, err, x.want)
		}
	}
	text := strings.Replace(chineseShop, "满九十九", "text：满九十九", 1)
	if _, err := script.Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, script.Options{Base: flows.FS}); err != nil {
		t.Error(err)
	}
}
