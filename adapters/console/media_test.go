package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
)

func TestMedia(t *testing.T) {
	s := newScene(t)
	lin := s.lin
	put := func(name, body string) (core.Media, answered) {
		r, err := http.NewRequest(http.MethodPost, lin.url+Prefix+"api/media?name="+name, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		res := lin.do(r, nil)
		var m core.Media
		if res.StatusCode == 200 {
			if err := json.Unmarshal([]byte(res.body), &m); err != nil {
				t.Fatal(err)
			}
		}
		return m, res
	}
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	for _, test := range []struct{ name, body, kind, served, how string }{
		{"a.png", png, "image/png", "image/png", "inline"},
		{"evil.png", "<html><script>alert(1)</script>", "application/octet-stream", "application/octet-stream", "attachment"},
		{"evil.html", "<!doctype html><script>1</script>", "application/octet-stream", "application/octet-stream", "attachment"},
		{"evil.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "text/plain", "application/octet-stream", "attachment"},
		{"..%2f..%2fetc%2fpasswd", "root:x:0", "text/plain", "application/octet-stream", "attachment"},
		{"r.pdf", "%PDF-1.7 …", "application/pdf", "application/octet-stream", "attachment"},
	} {
		m, _ := put(test.name, test.body)
		if m.Type != test.kind || strings.ContainsAny(m.Name, "/\\") {
			t.Errorf("%s: kept as %+v", test.name, m)
		}
		res := lin.get(Prefix+"media/"+m.Handle).want(t, 200)
		if got := res.Header.Get("Content-Type"); got != test.served {
			t.Errorf("%s: served as %s", test.name, got)
		}
		if got := res.Header.Get("Content-Disposition"); !strings.HasPrefix(got, test.how) {
			t.Errorf("%s: %s", test.name, got)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.body != test.body {
			t.Errorf("%s: %v", test.name, res.Header)
		}
		newBrowser(t, s.srv).get(Prefix+"media/"+m.Handle).want(t, http.StatusUnauthorized)
	}
	if _, res := put("big", strings.Repeat("x", 1<<20+1)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Error("too large:", res.StatusCode)
	}
	if _, res := put("empty", ""); res.StatusCode != http.StatusBadRequest {
		t.Error("empty:", res.StatusCode)
	}
	lin.get(Prefix+"media/nothing").want(t, http.StatusNotFound)
	m, _ := put("a.png", png)
	s.act(lin, map[string]any{"ticket": s.lins, "media": []string{m.Handle}}).want(t, http.StatusAccepted)
	for _, ps := range []core.Parts{s.inbox.got[0].Parts, s.phone.shown[len(s.phone.shown)-1].Parts} {
		if got, ok := ps[0].(core.Media); !ok || got.Handle != m.Handle || got.Type != "image/png" || got.Size != int64(len(png)) {
			t.Errorf("%+v", ps)
		}
	}
}

func TestCanned(t *testing.T) {
	s := newScene(t)
	lin := s.lin
	mine := map[string]any{"mine": []canned{{"hi", "问候", "您好 {name}"}}}
	lin.json(http.MethodPut, Prefix+"api/canned", mine).want(t, 200, "您好 {name}")
	team := map[string]any{"team": []canned{{"bye", "", "再见"}}}
	lin.json(http.MethodPut, Prefix+"api/canned", team).want(t, http.StatusForbidden)
	lead := s.hire(t, s.srv, "zhou", roleLead)
	lead.json(http.MethodPut, Prefix+"api/canned", team).want(t, 200)
	if res := lin.get(Prefix+"api/canned").want(t, 200, "再见", "您好"); strings.Contains(lead.get(Prefix+"api/canned").body, "您好") {
		t.Error("another's own replies:", res.body)
	}
	for _, bad := range [][]canned{{{"", "", "x"}}, {{"a b", "", "x"}}, {{"a", "", " "}}, {{"a", "", "x"}, {"a", "", "y"}}} {
		lin.json(http.MethodPut, Prefix+"api/canned", map[string]any{"mine": bad}).want(t, http.StatusBadRequest)
	}
}
