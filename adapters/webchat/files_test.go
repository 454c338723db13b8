package webchat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	m.Set(3, 3, color.White)
	return m
}

// jpegSegment is a segment of a JPEG with a body.
func jpegSegment(marker byte, body string) string {
	return string([]byte{0xFF, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
}

const secretPlace = "GPS 30.2741N 120.1551E"

// cameraJPEG is a picture as a camera writes it: EXIF with an orientation and
// a place, XMP, a comment, and a second picture behind the end.
func cameraJPEG() []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, picture(), &jpeg.Options{Quality: 80})
	s := b.String()
	exif := "Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x02\x00" +
		"\x0e\x01\x02\x00\x04\x00\x00\x00abc\x00" + // a description
		"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + // orientation 6
		"\x00\x00\x00\x00" + secretPlace
	return []byte(s[:2] + jpegSegment(0xE1, exif) + jpegSegment(0xE1, "http://ns.adobe.com/xap/1.0/\x00"+secretPlace) +
		jpegSegment(0xE2, "ICC_PROFILE\x00\x01\x01colours") + jpegSegment(0xFE, secretPlace) + jpegSegment(0xED, secretPlace) + s[2:] + "\xFF\xD8" + secretPlace + "\xFF\xD9")
}

func pngChunk(name, body string) string {
	var n, sum [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(body)))
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(name+body)))
	return string(n[:]) + name + body + string(sum[:])
}

func cameraPNG() []byte {
	var b bytes.Buffer
	png.Encode(&b, picture())
	s, head := b.String(), 8+25 // signature and IHDR
	return []byte(s[:head] + pngChunk("tEXt", secretPlace) + pngChunk("eXIf", secretPlace) + pngChunk("iTXt", secretPlace) + s[head:] + secretPlace)
}

func cameraWebP() []byte {
	chunk := func(name, body string) string {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(body)))
		if len(body)%2 == 1 {
			body += "\x00"
		}
		return name + string(n[:]) + body
	}
	body := "WEBP" + chunk("VP8X", "\x2c\x00\x00\x00\x3f\x00\x00\x2f\x00\x00") + chunk("VP8L", "pixels!") + chunk("EXIF", secretPlace) + chunk("XMP ", secretPlace+"!")
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], uint32(len(body)))
	return []byte("RIFF" + string(n[:]) + body)
}

func strip(t testing.TB, kind string, in []byte) ([]byte, error) {
	r := stripped(kind, bufio.NewReader(bytes.NewReader(in)))
	defer r.Close()
	return io.ReadAll(r)
}

func TestStrip(t *testing.T) {
	for kind, in := range map[string][]byte{"image/jpeg": cameraJPEG(), "image/png": cameraPNG(), "image/webp": cameraWebP()} {
		if !bytes.Contains(in, []byte(secretPlace)) {
			t.Fatal("the test's own picture says nothing")
		}
		out, err := strip(t, kind, in)
		if err != nil || bytes.Contains(out, []byte(secretPlace)) || bytes.Contains(out, []byte("abc\x00")) {
			t.Errorf("%s: %v; still there: %q", kind, err, out[:min(len(out), 300)])
		}
		again, err := strip(t, kind, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("%s: stripping twice changes it: %v", kind, err)
		}
		for n := range len(in) { // cut anywhere: an error or a picture, no panic, no hang
			if _, err := strip(t, kind, in[:n]); err == nil && n < len(in)/2 {
				t.Errorf("%s: %d of %d bytes pass for a picture", kind, n, len(in))
				break
			}
		}
	}
	out, _ := strip(t, "image/jpeg", cameraJPEG())
	var plain bytes.Buffer
	jpeg.Encode(&plain, picture(), &jpeg.Options{Quality: 80})
	got, err := jpeg.Decode(bytes.NewReader(out))
	want, _ := jpeg.Decode(&plain)
	if err != nil || !bytes.Equal(got.(*image.YCbCr).Y, want.(*image.YCbCr).Y) {
		t.Errorf("the pixels changed: %v", err)
	}
	if !bytes.Contains(out, []byte("ICC_PROFILE")) {
		t.Error("the colour profile is gone")
	}
	at := bytes.Index(out, []byte("Exif\x00\x00"))
	if at < 0 || orientation(out[at+6:]) != 6 {
		t.Error("the orientation is gone: the picture would lie on its side")
	}
	out, _ = strip(t, "image/png", cameraPNG())
	if _, err := png.Decode(bytes.NewReader(out)); err != nil {
		t.Errorf("the PNG no longer decodes: %v", err)
	}
	out, _ = strip(t, "image/webp", cameraWebP())
	if len(out) != len(cameraWebP()) || !bytes.Contains(out, []byte("pixels!")) || out[20]&0x0c != 0 {
		t.Errorf("WebP: %q", out)
	}
}

func (w *world) bring(token, name string, body []byte) (int, map[string]any) {
	return w.call(request{method: "POST", path: "v1/files", token: token, body: string(body), head: map[string]string{"X-Name": url.PathEscape(name)}})
}

func TestFiles(t *testing.T) {
	w := newWorld(t, Config{Limits: Rates{File: 100 << 10, Uploads: 100, Files: 200}})
	a := w.tab(w.session(nil)).open()
	status, out := w.bring(a.token, `C:\照片\杯子.jpg`, cameraJPEG())
	if status != 200 {
		t.Fatalf("upload: %d %v", status, out)
	}
	a.say(map[string]any{"op": "send", "id": "f1", "file": out["file"], "text": "碎了"})
	a.until("the answer", func() bool { return len(a.lines) == 2 })
	var ps []part
	json.Unmarshal(a.lines[0].Parts, &ps)
	wantEqual(t, "media", []string{ps[0].Kind, ps[0].Type, ps[0].Title, ps[0].Body, text(a.lines[1])}, []string{"media", "image/jpeg", "杯子.jpg", "碎了", "got image/jpeg"})
	recs, _ := w.store.Past(t.Context(), core.PastQuery{Key: core.Key{Channel: "web", Peer: w.visitor(a.token)}, Peer: true})
	if m := recs[0].Message.Parts[0].(core.Media); m.Handle == "" || m.Size == 0 || m.Words != "碎了" {
		t.Errorf("filed as %+v", m)
	}

	// Its address works without a token, for an hour, and as nothing but a picture.
	get := func(u string) *http.Response {
		return w.do(request{method: "GET", path: strings.TrimPrefix(u, "/chat/")})
	}
	res := get(ps[0].URL)
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || bytes.Contains(body, []byte(secretPlace)) || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("download: %d %v", res.StatusCode, res.Header)
	}
	for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"} {
		if got := res.Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "inline") {
		t.Errorf("disposition %q", d)
	}
	for name, u := range map[string]string{"changed": ps[0].URL[:len(ps[0].URL)-2] + "xx", "none": "/chat/v1/file", "a visitor's token": "/chat/v1/file?k=" + a.token} {
		if res := get(u); res.StatusCode != 403 {
			t.Errorf("%s: %d, want 403", name, res.StatusCode)
		}
	}
	w.freeze().Pass(linkLife + time.Minute)
	if res := get(ps[0].URL); res.StatusCode != 403 {
		t.Errorf("after an hour: %d, want 403", res.StatusCode)
	}
	w.clock.Store(nil)

	// Another visitor cannot send it.
	b := w.tab(w.session(nil)).open()
	b.say(map[string]any{"op": "send", "id": "f1", "file": out["file"]})
	r := b.next()
	wantEqual(t, "another's file", []any{r.Op, r.Code}, []any{"error", "file"})

	// A document is something to save.
	_, out = w.bring(a.token, "发票.pdf", []byte("%PDF-1.7 hello"))
	media := out["media"].(map[string]any)
	res = get(media["url"].(string))
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(d, "filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf") {
		t.Errorf("disposition of a document: %q", d)
	}

	for name, x := range map[string]struct {
		body   []byte
		status int
	}{
		"a page called a picture": {[]byte("<!doctype html><script>alert(1)</script>"), 415},
		"SVG":                     {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), 415},
		"a program":               {[]byte("MZ\x90\x00\x03"), 415},
		"empty":                   {nil, 422},
		"damaged":                 {cameraJPEG()[:700], 422},
		"too large":               {make([]byte, 200<<10), 413},
	} {
		if status, out := w.bring(a.token, "x.png", x.body); status != x.status {
			t.Errorf("%s: %d %v, want %d", name, status, out, x.status)
		}
	}
	if status, _ := w.bring("", "x.png", cameraPNG()); status != 401 {
		t.Errorf("without a token: %d, want 401", status)
	}
	status, out = w.bring(a.token, "../../etc/passwd", []byte("hello"))
	if name := out["media"].(map[string]any)["title"]; status != 200 || name != "passwd.txt" {
		t.Errorf("the name of a file: %v", name)
	}
	for i := 0; i < 100 && status != 429; i++ { // one more is allowed every six seconds
		status, _ = w.bring(a.token, "x.txt", []byte("hello"))
	}
	wantEqual(t, "of a hundred uploads one", status, 429)
}

// Agents may send what visitors may not; it is never run in our origin.
func TestAgentsFiles(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.tab(w.session(nil)).open()
	m, err := w.blobs.Save(t.Context(), core.Media{Type: "text/html", Name: "x.html"}, strings.NewReader("<script>"), 100)
	if err != nil {
		t.Fatal(err)
	}
	w.say(w.visitor(a.token), agent, m, core.Media{Type: "image/png", URL: "javascript:alert(1)"}, core.Card{Title: "t", URL: "javascript:alert(1)", Image: "https://x.example/i.png"})
	a.until("three lines", func() bool { return len(a.lines) == 3 })
	var html, image, card []part
	json.Unmarshal(a.lines[0].Parts, &html)
	json.Unmarshal(a.lines[1].Parts, &image)
	json.Unmarshal(a.lines[2].Parts, &card)
	wantEqual(t, "addresses", []string{image[0].URL, card[0].URL, card[0].Image}, []string{"", "", "https://x.example/i.png"})
	res := w.do(request{method: "GET", path: strings.TrimPrefix(html[0].URL, "/chat/")})
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") {
		t.Errorf("a page from an agent: %q", d)
	}
}

func FuzzStrip(f *testing.F) {
	f.Add(byte(0), cameraJPEG())
	f.Add(byte(1), cameraPNG())
	f.Add(byte(2), cameraWebP())
	f.Fuzz(func(t *testing.T, which byte, in []byte) {
		kind := []string{"image/jpeg", "image/png", "image/webp"}[which%3]
		out, err := strip(t, kind, in)
		if err != nil {
			return
		}
		if len(out) > len(in)+36 { // an orientation may have been shorter
			t.Errorf("%d bytes became %d", len(in), len(out))
		}
		if again, err := strip(t, kind, out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("what came out is not clean: %v", err)
		}
	})
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"op":"hello","token":"x.y","after":1,"log":"a","page":"https://a.example/b?c","lang":"zh-CN"}`,
		`{"op":"send","id":"c1","text":"你好"}`, `{"op":"send","id":"c1","pick":{"option":"1","label":"a"}}`, `{"op":"past","before":3}`, `{"op":"send","id":"c","file":"x"}`, `[`, "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parse(b, 100)
		if err != nil {
			return
		}
		if a.Op == "send" && (!lineID.MatchString(a.ID) || len([]rune(a.Text)) > 100 || strings.ContainsAny(a.Text, "\x00\x1b\x7f") || a.Text+a.File == "" && a.Pick == nil) {
			t.Errorf("%q is let through as %+v", b, a)
		}
		if strings.ContainsAny(a.Page, "?#\n") || a.After < 0 || a.Before < 0 || a.Seq < 0 {
			t.Errorf("%q is let through as %+v", b, a)
		}
	})
}

// One address stores at most its allowance an hour, with as many visitors as it
// likes; a file without a length counts as the largest.
func TestStoredPerAddress(t *testing.T) {
	w := newWorld(t, Config{Limits: Rates{File: 100 << 10, Stored: 200 << 10, Uploads: 100, Files: 20}})
	clock := w.freeze()
	body := append([]byte("hello "), bytes.Repeat([]byte("x"), 30<<10)...)
	send := func() (kept int) {
		for range 10 {
			token := w.session(nil)
			for range 3 {
				if status, _ := w.bring(token, "x.txt", body); status == 200 {
					kept++
				} else if status != 429 {
					t.Fatalf("status %d", status)
				}
			}
		}
		return kept
	}
	wantEqual(t, "files of 31 kB within 200", send(), 6)
	clock.Pass(time.Hour)
	body = []byte("small")
	wantEqual(t, "small files an hour", send(), 20)
}

// What a file is called ends as its content says, and reads as it is.
func TestFileNames(t *testing.T) {
	for _, x := range [][3]string{
		{"杯子.jpg", "image/jpeg", "杯子.jpg"}, {"CUP.JPEG", "image/jpeg", "CUP.JPEG"}, {"setup.exe", "image/png", "setup.exe.png"},
		{"exe.\u202egpj", "image/png", "exe.gpj.png"}, {"a\u200b\u2066b.txt", "text/plain", "ab.txt"}, {"run.bat", "text/plain", "run.bat.txt"},
		{"%E2%80%AEtxt.pdf", "application/pdf", "txt.pdf"}, {"..", "image/png", ""}, {"x.odt", "application/x-own", "x.odt"},
	} {
		wantEqual(t, x[0], fileName(x[0], x[1]), x[2])
	}
}
