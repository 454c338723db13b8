package slack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/slack/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Over HTTP the same things arrive, each signed; what is not filed is repeated.
func TestOverHTTP(t *testing.T) {
	d := newRig(t)
	d.ch.conf.App = ""
	srv := httptest.NewServer(d.ch)
	t.Cleanup(srv.Close)
	d.w.Events = srv.URL
	stop := coretest.Run(t, d.ch.Run)
	thread := d.open()
	d.inbox.Fail(fmt.Errorf("disk full"))
	said := d.w.Say("U0LIN", ts(thread), "您好")
	if !d.w.Until(func() bool { return strings.Contains(d.log.String(), "disk full") }) {
		t.Fatal(d.log)
	}
	d.inbox.Fail(nil)
	d.w.Redeliver()
	if e := d.last(); e.Ref != joinRef(fake.Channel, said) {
		t.Errorf("got %+v", e)
	}
	if err := d.w.Press("U0LIN", ts(thread), "claim"); err != nil {
		t.Fatal(err)
	}
	if e := d.last(); e.Parts[0].(core.Pick).Option != "claim" {
		t.Errorf("got %+v", e)
	}
	d.w.Slash("U0LIN", fake.Channel, "off force")
	if e := d.last(); e.Parts.Text() != "!off force" {
		t.Errorf("got %+v", e)
	}
	d.note(said, "老客户")
	if e := d.last(); e.Parts[0].(core.Form).ID != "note" {
		t.Errorf("got %+v", e)
	}
	stop()
}

// Only what Slack has signed now is believed.
func TestSignatures(t *testing.T) {
	d := newRig(t)
	now := d.clock.Now()
	body := `{"type":"url_verification","token":"t","challenge":"abc"}`
	for name, tt := range map[string]struct {
		change func(h http.Header)
		body   string
		want   int
	}{
		"good":              {func(h http.Header) {}, body, 200},
		"nearly old":        {func(h http.Header) { fake.Sign(h, []byte(body), now.Add(-mostAge)) }, body, 200},
		"missing":           {func(h http.Header) { h.Del("X-Slack-Signature") }, body, 401},
		"no time":           {func(h http.Header) { h.Del("X-Slack-Request-Timestamp") }, body, 401},
		"another time":      {func(h http.Header) { h.Set("X-Slack-Request-Timestamp", "1767225601") }, body, 401},
		"old":               {func(h http.Header) { fake.Sign(h, []byte(body), now.Add(-mostAge-time.Second)) }, body, 401},
		"from the future":   {func(h http.Header) { fake.Sign(h, []byte(body), now.Add(mostAge+time.Second)) }, body, 401},
		"another body":      {func(h http.Header) { fake.Sign(h, []byte(body+" "), now) }, body, 401},
		"not hex":           {func(h http.Header) { h.Set("X-Slack-Signature", "v0=zz") }, body, 401},
		"empty":             {func(h http.Header) { h.Set("X-Slack-Signature", "v0=") }, body, 401},
		"not JSON":          {func(h http.Header) { fake.Sign(h, []byte("{"), now) }, "{", 400},
		"not understood":    {func(h http.Header) { fake.Sign(h, []byte(`{"type":"x"}`), now) }, `{"type":"x"}`, 200},
		"over a megabyte":   {func(h http.Header) {}, strings.Repeat("x", mostBody+1), 413},
		"told to slow down": {func(h http.Header) { fake.Sign(h, []byte(`{"type":"app_rate_limited"}`), now) }, `{"type":"app_rate_limited"}`, 200},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		fake.Sign(r.Header, []byte(body), now)
		tt.change(r.Header)
		w := httptest.NewRecorder()
		d.ch.ServeHTTP(w, r)
		if w.Code != tt.want || w.Code == 200 && tt.body == body && w.Body.String() != "abc" {
			t.Errorf("%s: answered %d %q, want %d", name, w.Code, w.Body, tt.want)
		}
	}
	if !strings.Contains(d.log.String(), "withheld") {
		t.Error("nobody was told that events are withheld")
	}
	d.ch.conf.Secret = "" // Socket Mode only: nobody may call
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	fake.Sign(r.Header, []byte(body), now)
	w := httptest.NewRecorder()
	if d.ch.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("without a secret: %d", w.Code)
	}
}
