package weibo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

// contents are all that the platform pushes, as it documents it, each with what it
// becomes: t text, m media, p a place, o another kind, b a press, j somebody who
// comes, l who leaves, s a service that nobody answers.
var contents = []struct{ kind, data, want string }{
	{"text", `{}`, "t"}, {"text", ``, "t"}, {"position", `{"longitude":"121.47","latitude":"31.23"}`, "p"}, {"position", `{"longitude":121.47,"latitude":31.23}`, "p"}, {"position", `{}`, "p"},
	{"image", `{"vfid":821804459,"tovfid":821804469}`, "m"}, {"image", `{"vfid":"821804459","tovfid":"821804469"}`, "m"}, {"image", `{}`, "m"}, {"voice", `{"vfid":1,"tovfid":2}`, "m"},
	{"mention", `{"subtype":"status","key":"5099999999999999"}`, "t"}, {"mention", `{"subtype":"comment","key":5099999999999999}`, "t"},
	{"event", `{"subtype":"follow"}`, "j"}, {"event", `{"subtype":"subscribe"}`, "j"}, {"event", `{"subtype":"scan","key":"shop_12","ticket":"t"}`, "j"},
	{"event", `{"subtype":"scan_follow","key":"shop_12","ticket":"t"}`, "j"}, {"event", `{"subtype":"unfollow"}`, "l"}, {"event", `{"subtype":"unsubscribe"}`, "s"},
	{"event", `{"subtype":"unsubscribe","key":"td"}`, "s"}, {"event", `{"subtype":"click","key":"MENU_HUMAN"}`, "b"}, {"event", `{"subtype":"view","key":"https://x"}`, "s"},
	{"event", `{"subtype":"of_next_year"}`, "s"}, {"event", `{"subtype":"press_of_next_year","key":"K1"}`, "o"}, {"event", `{}`, "s"},
	{"video", `{}`, "o"}, {"card", `{"url":"https://x"}`, "o"}, {"of_next_year", `["no","object"]`, "o"}, {"of_next_year", `"words"`, "o"},
}

// options are what any push may have besides, and what may be wrong with it.
var options = []string{"", `,"created_at":"Thu Jan 01 00:00:00 +0000 2026"`, `,"created_at":""`, `,"created_at":"soon"`, `,"text":"在吗"`, `,"text":""`, `,"text":null`, `,"of_next_year":{"a":[1]}`, `,"id":5`}

// Every kind by a follower, with ids as numbers and as words, with and without each
// option: none is silent.
func TestEveryKind(t *testing.T) {
	a := &Account{deps: core.Deps{Name: "wb"}}
	filed := map[string]int{}
	for _, c := range contents {
		for _, option := range options {
			for _, id := range []string{`"sender_id":2489518277,"receiver_id":1902538057`, `"sender_id":"2489518277","receiver_id":"1902538057"`} {
				data := ""
				if c.data != "" {
					data = `,"data":` + c.data
				}
				raw := fmt.Sprintf(`{"type":%q,%s%s%s}`, c.kind, id, data, option)
				p, err := parse([]byte(raw))
				if err != nil {
					t.Errorf("lost: %s: %v", raw, err)
					continue
				}
				in := a.read(p)
				got := letter(in)
				if filed[got]++; got != c.want || len(in.env.Parts) != 1 || in.env.Ref == "" {
					t.Errorf("%s\n got %s of %+v, want %s", raw, got, in, c.want)
				}
				if (got == "o" || got == "s") && len(in.env.Raw) == 0 {
					t.Errorf("%s: its document is not kept", raw)
				}
				if in.silent != strings.Contains("sl", got) {
					t.Errorf("%s: %s is silent %v", raw, got, in.silent)
				}
			}
		}
	}
	if len(filed) != len("bjlmopst") {
		t.Errorf("seen are %v", filed)
	}
	t.Logf("filed: %d as words, %d as media, %d as places, %d as presses, %d as coming, %d as leaving, %d by their kind; %d of services that nobody answers; none is lost",
		filed["t"], filed["m"], filed["p"], filed["b"], filed["j"], filed["l"], filed["o"], filed["s"])
}

// letter is what an arrival is, as contents has it.
func letter(in arrival) string {
	switch p := in.env.Parts[0].(type) {
	case core.Text:
		return "t"
	case core.Media:
		return "m"
	case core.Place:
		return "p"
	case core.Pick:
		return "b"
	case core.Joined:
		return "j"
	case core.Left:
		return "l"
	case core.Other:
		if p.Quiet {
			return "s"
		}
	}
	return "o"
}
