package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// What people send is copied in, with its name, its type and its caption.
func TestFilesIn(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.run(ch)
	body := []byte("bytes")
	for _, d := range []fake.Draft{
		{Kind: "photo", Text: "broken", File: fake.File{Body: body}},
		{Kind: "voice", File: fake.File{Body: body, Type: "audio/ogg"}},
		{Kind: "video", File: fake.File{Body: body, Type: "video/mp4", Name: "v.mp4"}},
		{Kind: "audio", File: fake.File{Body: body, Type: "audio/mpeg", Name: "s.mp3"}},
		{Kind: "document", Text: "bill", File: fake.File{Body: body, Type: "application/pdf", Name: "发票.pdf"}},
		{Kind: "video_note", File: fake.File{Body: body}},
	} {
		r.fake.Write(wang, 7, d)
	}
	want := []core.Media{
		{Type: "image/jpeg", Name: "photo.jpg", Words: "broken"}, {Type: "audio/ogg", Name: "voice.ogg"}, {Type: "video/mp4", Name: "v.mp4"},
		{Type: "audio/mpeg", Name: "s.mp3"}, {Type: "application/pdf", Name: "发票.pdf", Words: "bill"}, {Type: "video/mp4", Name: "video.mp4"},
	}
	for i, e := range r.got(len(want)) {
		m, ok := e.Parts[0].(core.Media)
		if !ok {
			t.Fatalf("%d: got %+v", i, e.Parts)
		}
		f, _, err := r.blobs.Open(t.Context(), m.Handle)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(f)
		want[i].Handle, want[i].Size = m.Handle, int64(len(body))
		if m != want[i] || !bytes.Equal(b, body) {
			t.Errorf("got %+v %q, want %+v", m, b, want[i])
		}
	}
}

// A file over 20 MB cannot be had: its name and its caption are kept.
func TestFileTooLarge(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.run(ch)
	r.fake.Write(wang, 7, fake.Draft{Kind: "video", Text: "开箱", File: fake.File{Size: 30 << 20, Type: "video/mp4", Name: "v.mp4"}})
	r.fake.Fail("getFile", 400, "Bad Request: file is too big")
	r.fake.Write(wang, 7, fake.Draft{Kind: "document", File: fake.File{Body: []byte("x"), Name: "unsized.zip"}})
	es := r.got(2)
	if fmt.Sprint(es[0].Parts) != "[{开箱} {file over 20 MB: v.mp4 false}]" || fmt.Sprint(es[1].Parts) != "[{file over 20 MB: unsized.zip false}]" {
		t.Errorf("got %v and %v", es[0].Parts, es[1].Parts)
	}
	if n := len(r.fake.Calls("getFile")); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// A copy that fails on our side or for a moment is made again: nothing is filed
// without its file.
func TestCopyFails(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	ch.files.blobs = full{}
	r.fake.Write(wang, 7, fake.Draft{Kind: "photo", File: fake.File{Body: []byte("x")}})
	if err := ch.Run(t.Context()); err == nil || len(r.inbox.Got()) != 0 || r.fake.Confirmed() != 0 {
		t.Fatalf("%v; got %+v, confirmed %d", err, r.inbox.Got(), r.fake.Confirmed())
	}
	ch.files.blobs = r.blobs
	r.fake.Fail("getFile", 429, "Too Many Requests: retry after 1")
	if err := ch.Run(t.Context()); core.KindOf(err) != core.KindThrottled || len(r.inbox.Got()) != 0 {
		t.Fatalf("%v; got %+v", err, r.inbox.Got())
	}
	r.run(ch)
	if m, ok := r.got(1)[0].Parts[0].(core.Media); !ok || m.Handle == "" {
		t.Errorf("got %+v", r.inbox.Got()[0].Parts)
	}
}

type full struct{ core.Blobs }

func (full) Save(context.Context, core.Media, io.Reader, int64) (core.Media, error) {
	return core.Media{}, errors.New("disk full")
}

// An album is one envelope, so that a note under one picture is a note about all
// of them, and comes before what was written after it.
func TestAlbum(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	topic := number(t, thread)
	page := func(album, words string) {
		r.fake.Write(lin, group, fake.Draft{Topic: topic, Kind: "photo", Text: words, Album: album, File: fake.File{Body: []byte("x")}})
	}
	ch.albums.quiet = time.Hour // what comes next files it
	page("a", "")
	page("a", "// for us only")
	page("a", "")
	r.fake.Write(lin, group, fake.Draft{Topic: topic, Text: "see above"})
	r.run(ch)
	es := r.got(2)
	if len(es[0].Parts) != 3 || es[0].Parts.Text() != "// for us only" || es[0].Thread != thread || es[1].Parts.Text() != "see above" {
		t.Errorf("got %+v", es)
	}
	if m := r.message(strings.TrimPrefix(es[0].Ref, "m")); m.Kind != "photo" || m.From.ID != lin.ID {
		t.Errorf("its ref is of %+v", m)
	}
}

// An album that nothing follows is filed after a moment.
func TestAlbumAlone(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.run(ch)
	for range 2 {
		r.fake.Write(wang, 7, fake.Draft{Kind: "photo", Album: "a", File: fake.File{Body: []byte("x")}})
	}
	r.until("two pictures", func() bool {
		n := 0
		for _, e := range r.inbox.Got() {
			n += len(e.Parts)
		}
		return n == 2
	})
}

// An album survives a crash between its pages and its envelope, and a repeat of
// its pages is nothing new.
func TestAlbumCrash(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Webhook: "https://desk.example/hook/tg/"})
	var last int64
	for range 2 {
		last = r.fake.Write(wang, 7, fake.Draft{Kind: "photo", Album: "a", File: fake.File{Body: []byte("x")}})
	}
	if err := r.fake.Deliver(t.Context(), hook{ch}); err != nil {
		t.Fatal(err)
	}
	if len(r.inbox.Got()) != 0 {
		t.Fatal("filed before it is whole")
	}
	again := r.open(Config{Webhook: "https://desk.example/hook/tg/"})
	r.inbox.Fail(errors.New("disk full"))
	if err := again.albums.join(t.Context(), 0); err == nil {
		t.Fatal("not filed and no error")
	}
	r.inbox.Fail(nil)
	if err := again.albums.join(t.Context(), 0); err != nil || len(r.inbox.Got()) != 1 || len(r.inbox.Got()[0].Parts) != 2 {
		t.Fatalf("%v; got %+v", err, r.inbox.Got())
	}
	raw := fmt.Sprintf(`{"update_id":9,"message":{"message_id":%d,"from":{"id":7},"chat":{"id":7,"type":"private"},"media_group_id":"a","photo":[{"file_id":"x"}]}}`, last)
	if err := errors.Join(again.take(t.Context(), []byte(raw)), again.albums.join(t.Context(), 0)); err != nil || len(r.inbox.Got()) != 1 {
		t.Errorf("repeated: %v; got %+v", err, r.inbox.Got())
	}
	if left, err := r.vals.List(t.Context(), again.notes.of("album", "").key, 9); err != nil || len(left) != 0 {
		t.Errorf("kept for ever: %v, %v", left, err)
	}
}

// What is sent goes as what Telegram shows best.
func TestFilesOut(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "/start"})
	for _, tt := range []struct{ typ, want string }{
		{"image/png", "photo"}, {"image/gif", "document"}, {"audio/ogg", "voice"}, {"audio/ogg; codecs=opus", "voice"},
		{"audio/mpeg", "audio"}, {"audio/amr", "document"}, {"video/mp4", "video"}, {"application/pdf", "document"},
	} {
		m, err := r.blobs.Save(t.Context(), core.Media{Type: tt.typ, Name: "a", Words: "see"}, strings.NewReader("bytes"), 99)
		if err != nil {
			t.Fatal(err)
		}
		got := r.message(r.send(ch, to("7", m)))
		if got.Kind != tt.want || got.Text != "see" || string(got.File.Body) != "bytes" || got.File.Name != "a" {
			t.Errorf("%s: %+v", tt.typ, got)
		}
	}
}

// What Telegram does not take as a picture goes as a file, what it cannot fetch
// as a link, what is too large is refused with the reason.
func TestFilesRefused(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "/start"})
	m, err := r.blobs.Save(t.Context(), core.Media{Type: "image/png"}, strings.NewReader("bytes"), 99)
	if err != nil {
		t.Fatal(err)
	}
	r.fake.Fail("sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
	if got := r.message(r.send(ch, to("7", m))); got.Kind != "document" || string(got.File.Body) != "bytes" {
		t.Errorf("a strange picture: %+v", got)
	}
	link := core.Media{Type: "application/pdf", URL: "https://shop.invalid/a.pdf", Name: "发票.pdf", Words: "您的发票"}
	if got := r.message(r.send(ch, to("7", link))); got.Text != "您的发票\n发票.pdf\nhttps://shop.invalid/a.pdf" {
		t.Errorf("an address that Telegram cannot reach: %+v", got)
	}
	m.Size, m.Name = 60<<20, "film.mp4"
	_, err = ch.Send(t.Context(), to("7", m))
	if core.KindOf(err) != core.KindRejected || !strings.Contains(err.Error(), "50 MB") || !strings.Contains(err.Error(), "film.mp4") {
		t.Errorf("too large: %v", err)
	}
	m.Handle = "blob-99"
	if _, err = ch.Send(t.Context(), to("7", m)); core.KindOf(err) != core.KindRejected {
		t.Errorf("lost: %v", err)
	}
}

// Words that are too long for a caption go ahead of the file, once.
func TestLongCaption(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	m, err := r.blobs.Save(t.Context(), core.Media{Type: "image/png", Words: strings.Repeat("字", 5000)}, strings.NewReader("bytes"), 99)
	if err != nil {
		t.Fatal(err)
	}
	env := words(thread, "")
	env.Parts = core.Parts{m}
	r.fake.Fail("sendPhoto", 500, "Internal Server Error")
	if _, err := ch.Send(t.Context(), env); core.KindOf(err) != core.KindTransient {
		t.Fatalf("got %v", err)
	}
	r.send(ch, env)
	in := r.fake.In(number(t, thread))[1:]
	if len(in) != 3 || in[0].Text+in[1].Text != "👤 小王: "+m.Words || in[2].Kind != "photo" || in[2].Text != "👤 小王" {
		t.Errorf("the topic has %d: %+v", len(in), in)
	}
}

// A picture is replaced in its place.
func TestReplace(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	r.fake.Write(wang, 7, fake.Draft{Text: "/start"})
	save := func(body string) core.Media {
		m, err := r.blobs.Save(t.Context(), core.Media{Type: "image/png", Words: body}, strings.NewReader(body), 99)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	ref := r.send(ch, to("7", save("old")))
	if err := ch.Edit(t.Context(), ref, to("7", save("new"))); err != nil {
		t.Fatal(err)
	}
	if m := r.message(ref); m.Text != "new" || string(m.File.Body) != "new" {
		t.Errorf("shows %+v", m)
	}
	if err := ch.Edit(t.Context(), ref, to("7", core.Media{Type: "image/png", URL: "https://a.example/b.png"})); err != nil || r.message(ref).File.URL == "" {
		t.Errorf("%v; shows %+v", err, r.message(ref))
	}
	if err := ch.Edit(t.Context(), ref, to("7", text("words"))); core.KindOf(err) != core.KindGone {
		t.Errorf("words in place of a picture: %v", err)
	}
}

// A download that fails does not name the token, however its error is looked at.
func TestDownloadHidesToken(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{})
	ch.bot.http = cut{r.fake.Client()}.client()
	id := r.fake.Write(wang, 7, fake.Draft{Kind: "photo", File: fake.File{Body: []byte("x")}})
	err := ch.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "<token>") {
		t.Fatalf("%d: got %v", id, err)
	}
	for _, e := range chain(err) {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", e, e, e), token) {
			t.Errorf("%T has the token", e)
		}
	}
}

// chain is an error and all that it wraps.
func chain(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		out := []error{err}
		for _, e := range many.Unwrap() {
			out = append(out, chain(e)...)
		}
		return out
	}
	if next := errors.Unwrap(err); next != nil {
		return append([]error{err}, chain(next)...)
	}
	return []error{err}
}

// cut is a client whose downloads break.
type cut struct{ c *http.Client }

func (c cut) client() *http.Client { return &http.Client{Transport: c} }

func (c cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/file/") {
		return nil, errors.New("the line was cut")
	}
	return c.c.Transport.RoundTrip(r)
}
