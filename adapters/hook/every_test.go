package hook

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Every kind of message that the contract knows is filed, with and without each
// optional field, and what is none is refused for good: none is lost.
func TestEveryKind(t *testing.T) {
	inbox := &coretest.Inbox{}
	ch := coretest.Open(t, New, Config{URL: "https://app.example/messages", Secret: secret}, coretest.Deps(inbox, &coretest.Log{}, http.DefaultClient))
	counts := map[string]int{}
	n := 0
	for _, c := range []struct{ fields, want, words string }{
		{`"text":"在吗"`, "text", ""}, {`"pick":"refund"`, "pick", ""}, {`"pick":"refund","text":"退货"`, "pick", ""}, {`"media":{"type":"image/png","url":"https://x/a.png"}`, "media", ""},
		{`"media":{"type":"image/png","url":"https://x/a.png"},"text":"看"`, "media", "看"}, {`"text":""`, "refused", ""}, {`"media":null`, "refused", ""}, {`"of_next_year":{"a":1}`, "refused", ""},
		{`"text":{"now":"an object"}`, "refused", ""}, {`"media":"odd"`, "refused", ""}, {`"place":{"lat":1,"lon":2}`, "refused", ""},
	} {
		for _, option := range []string{"", `,"name":"王梅"`, `,"unix":1767225600`, `,"unix":0`, `,"to":"us"`, `,"by":"peer"`, `,"buttons":[]`, `,"of_next_year":[[1]]`} {
			n++
			raw := fmt.Sprintf(`{"id":"m%d","from":"u7",%s%s}`, n, c.fields, option)
			before := len(inbox.Got())
			h := http.Header{}
			ch.ring.Sign(h, fmt.Sprint("m", n), ch.deps.Now(), []byte(raw))
			w := coretest.Serve(headed{ch, h}, "POST /", raw)
			got := "refused"
			if len(inbox.Got()) > before {
				switch x := inbox.Last().Parts[0].(type) {
				case core.Text:
					got = "text"
				case core.Pick:
					got = "pick"
				case core.Media:
					if got = "media"; x.Words != c.words {
						t.Errorf("%s: with the words %q, want %q", raw, x.Words, c.words)
					}
				}
			}
			counts[got]++
			if bad := w.Code >= 400 && w.Code < 500; got != c.want || bad != (got == "refused") || !bad && w.Code != http.StatusOK {
				t.Errorf("%s: %s, answered %d %s; want %s", raw, got, w.Code, w.Body, c.want)
			}
		}
	}
	t.Logf("filed: %d as words, %d as picks, %d as media; %d refused for good; none is lost", counts["text"], counts["pick"], counts["media"], counts["refused"])
}

// headed adds a request's headers.
type headed struct {
	http.Handler
	h http.Header
}

func (x headed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for k, v := range x.h {
		r.Header[k] = v
	}
	x.Handler.ServeHTTP(w, r)
}
