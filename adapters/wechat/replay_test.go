package wechat

import (
	"encoding/json"
	"flag"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

var cases = flag.String("cases", "testdata/vectors", "folder with recorded requests in the form of http-replay.json")

// recorded is a file of requests as the platform makes them, for one account.
type recorded struct {
	Account struct {
		AppID    string `json:"appid"`
		Key      string `json:"encoding_aes_key"`
		Previous string `json:"previous_encoding_aes_key"`
		Token    string `json:"token"`
		OpenID   string `json:"openid"`
	} `json:"account"`
	Plaintexts map[string]string `json:"plaintexts"`
	Cases      []recordedCase    `json:"cases"`
}

type recordedCase struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Target string `json:"path_and_query"`
	Type   string `json:"content_type"`
	Body   string `json:"body"`
	Expect struct {
		HTTP   string `json:"http"`
		Body   string `json:"body"`
		As     string `json:"decoded_as"`
		Dedupe string `json:"dedupe"`
	} `json:"expect"`
}

// TestReplay plays every recorded request in every mode that the account can
// have, with the key as the current and as the previous one.
//
//	go test ./adapters/wechat -run Replay -args -cases DIR
func TestReplay(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(*cases, "*.json"))
	if len(files) == 0 { // a test runs in its package's folder; the path may be meant from the repository's
		files, _ = filepath.Glob(filepath.Join("../..", *cases, "*.json"))
	}
	if len(files) == 0 {
		t.Fatalf("no *.json in %s", *cases)
	}
	played := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rec recorded
		if json.Unmarshal(b, &rec) != nil || rec.Account.Token == "" || len(rec.Cases) == 0 {
			continue // another kind of vectors
		}
		for i, c := range rec.Cases {
			played++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+c.Name, func(t *testing.T) {
				for _, mode := range []Mode{Safe, Compatible, Plain} {
					rec.play(t, i, mode, []string{rec.Account.Key, rec.Account.Previous})
				}
				rec.play(t, i, Safe, []string{"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", rec.Account.Key})
			})
		}
	}
	if played == 0 {
		t.Fatalf("no file in %s has the form of http-replay.json", *cases)
	}
}

// replayed is an account at the time of the request.
func (rec recorded) account(t *testing.T, at time.Time, mode Mode, keys []string) (*Account, *inbox) {
	t.Helper()
	conf := Config{AppID: rec.Account.AppID, Secret: "unused-secret", Token: core.Secret(rec.Account.Token), Mode: mode, Hold: time.Millisecond}
	for _, k := range keys {
		if k != "" {
			conf.Keys = append(conf.Keys, core.Secret(k))
		}
	}
	box := &inbox{}
	a, err := New(conf, core.Deps{
		Name: "wx", Inbox: box, Values: &coretest.Values{}, Blobs: &coretest.Blobs{}, Meter: coretest.Meter{},
		HTTP: nobody, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return at },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, box
}

func (c recordedCase) post(a *Account) *httptest.ResponseRecorder {
	method := c.Method
	if method == "" {
		method = "POST"
	}
	req := httptest.NewRequest(method, c.Target, strings.NewReader(c.Body))
	req.Header.Set("Content-Type", c.Type)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	return w
}

func (rec recorded) play(t *testing.T, i int, mode Mode, keys []string) {
	t.Helper()
	c := rec.Cases[i]
	u, err := url.Parse(c.Target)
	if err != nil {
		t.Fatal(err)
	}
	refused := strings.Contains(c.Expect.HTTP, "403")
	a, box := rec.account(t, rec.clock(u.Query(), refused), mode, keys)
	clear := c.Method != "GET" && u.Query().Get("encrypt_type") != "aes"
	if mode == Plain && clear && refused && a.signed(u.Query().Get("signature"), u.Query().Get("timestamp"), u.Query().Get("nonce")) && a.fresh(u.Query().Get("timestamp")) {
		return // refused only where the account encrypts
	}
	if c.Expect.Dedupe != "" {
		for _, other := range rec.Cases[:i] {
			if other.Body == c.Body {
				other.post(a)
				break
			}
		}
	}
	w := c.post(a)
	answer := w.Body.String()
	if mode != Plain && clear {
		if w.Code != 403 || len(box.all()) > 0 {
			t.Errorf("%s: a push in the clear was answered %d, %d filed: want 403", mode, w.Code, len(box.all()))
		}
		return
	}
	want := c.Expect
	switch {
	case strings.HasPrefix(want.HTTP, "200 or 400"):
		if w.Code != 200 && w.Code != 400 || len(box.all()) > 0 {
			t.Errorf("%s: answered %d %q, %d filed", mode, w.Code, answer, len(box.all()))
		}
	case refused:
		if w.Code != 401 && w.Code != 403 || len(box.all()) > 0 {
			t.Errorf("%s: answered %d %q, %d filed: want a refusal", mode, w.Code, answer, len(box.all()))
		}
	case want.Body != "":
		if w.Code != 200 || answer != want.Body || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: answered %d %q as %s, want %q", mode, w.Code, answer, w.Header().Get("Content-Type"), want.Body)
		}
	default:
		if w.Code != 200 || answer != "success" {
			t.Errorf("%s: answered %d %q, want success", mode, w.Code, answer)
		}
		rec.filed(t, a, c, box)
	}
}

// clock is the time at which a request is played: a second after it was made,
// or after the newest of all if it is to be refused, which may be for its age.
func (rec recorded) clock(q url.Values, refused bool) time.Time {
	sec, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	for _, c := range rec.Cases {
		u, err := url.Parse(c.Target)
		if err == nil && refused {
			other, _ := strconv.ParseInt(u.Query().Get("timestamp"), 10, 64)
			sec = max(sec, other)
		}
	}
	return time.Unix(sec+1, 0)
}

// filed checks what a push became, against its document read in the clear.
func (rec recorded) filed(t *testing.T, a *Account, c recordedCase, box *inbox) {
	t.Helper()
	if len(box.all())+len(box.receipts) != 1 {
		t.Fatalf("filed %d envelopes and %d receipts, want one", len(box.all()), len(box.receipts))
	}
	plain, ok := rec.Plaintexts[c.Expect.As]
	if !ok {
		return
	}
	p, err := opened([]byte(plain), "")
	if err != nil {
		t.Fatal(err)
	}
	want, err := a.read(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.receipts) > 0 {
		if !reflect.DeepEqual(box.receipts, want.receipts) {
			t.Errorf("got %+v, want %+v", box.receipts, want.receipts)
		}
		return
	}
	got := box.all()[0]
	if reflect.TypeOf(got.Parts[0]) != reflect.TypeOf(want.env.Parts[0]) || got.Cause != want.env.Cause || got.Peer.ID != rec.Account.OpenID || got.At != want.env.At {
		t.Errorf("got %+v, want %+v", got, want.env)
	}
	if _, media := got.Parts[0].(core.Media); !media && got.Ref == want.env.Ref && !reflect.DeepEqual(got, want.env) {
		t.Errorf("got %+v, want %+v", got, want.env)
	}
}

// TestMeaning is what the documents of http-replay.json mean, written down by hand.
func TestMeaning(t *testing.T) {
	var rec recorded
	load(t, "http-replay.json", &rec)
	a, _ := rec.account(t, time.Unix(1767225600, 0), Plain, []string{rec.Account.Key})
	msg, event := core.CauseMessage, core.CauseEvent
	for name, want := range map[string]struct {
		part  core.Part
		cause core.Cause
	}{
		"text":           {core.Text{Body: "订单 A-1001 到哪了? <b>&</b> 😊"}, msg},
		"text_from_menu": {core.Pick{Option: "csat:5", Label: "满意"}, event},
		"image":          {core.Media{Type: "image/jpeg", Handle: "MEDIA-IMG-1", URL: "http://mmbiz.qpic.cn/mmbiz_jpg/x/0"}, msg},
		"voice":          {core.Media{Type: "audio/amr", Handle: "MEDIA-VOICE-1"}, msg},
		"video":          {core.Media{Type: "video/mp4", Handle: "MEDIA-VIDEO-1"}, msg},
		"location":       {core.Place{Lat: 31.230416, Lon: 121.473701, Name: "上海市黄浦区"}, msg},
		"link":           {core.Card{Title: "标题", Body: "说明", URL: "https://example.com/?a=1&b=2"}, msg},
		"unknown_type":   {core.Other{Kind: "hologram"}, msg},
		"ev_subscribe":   {core.Joined{}, event}, "ev_subscribe_qr": {core.Joined{From: "shop-12"}, event},
		"ev_unsubscribe": {core.Left{}, ""}, "ev_scan": {core.Joined{From: "shop-12"}, event},
		"ev_click": {core.Pick{Option: "MENU_HUMAN"}, event}, "ev_view": {core.Other{Kind: "VIEW", Quiet: true}, ""},
		"ev_location":  {core.Other{Kind: "LOCATION", Quiet: true}, ""},
		"ev_kf_create": {core.Other{Kind: "kf_create_session", Quiet: true}, ""}, "ev_kf_close": {core.Other{Kind: "kf_close_session", Quiet: true}, ""},
	} {
		p, err := opened([]byte(rec.Plaintexts[name]), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := a.read(p)
		if err != nil || len(got.env.Parts) != 1 || got.env.Parts[0] != want.part || got.env.Cause != want.cause {
			t.Errorf("%s: got %+v (%q), want %+v (%q), %v", name, got.env.Parts, got.env.Cause, want.part, want.cause, err)
		}
		if _, other := want.part.(core.Other); other != (len(got.env.Raw) > 0) {
			t.Errorf("%s: raw is %q", name, got.env.Raw)
		}
	}
}

func load(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
