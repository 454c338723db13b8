package app

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A browser is a real Chromium, driven through its DevTools protocol
// (https://chromedevtools.github.io/devtools-protocol/).
type browser struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context

	mu     sync.Mutex
	last   int
	waits  map[int]chan reply
	faults []string // exceptions of pages
}

type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// chromium starts a headless browser, or skips the test where there is none and
// FRONTDESK_REQUIRE_PEERS does not ask for one.
func chromium(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{os.Getenv("CHROME"), "chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil && name != "" {
			path = p
			break
		}
	}
	if path == "" {
		const say = "no browser: apt-get install chromium fonts-noto-cjk, or set CHROME to one"
		if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
			t.Fatal(say)
		}
		t.Skip(say)
	}
	dir, err := os.MkdirTemp("", "frontdesk-browser-*") // its processes end after it, so t.TempDir would find files coming
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--lang=zh-CN", "--remote-debugging-port=0", "--user-data-dir="+dir, "about:blank")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	b := &browser{t: t, ctx: ctx, waits: map[int]chan reply{}}
	t.Cleanup(func() {
		if b.conn != nil {
			b.do("", "Browser.close", nil, nil)
			b.conn.CloseNow()
		}
		cancel()
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		_ = os.RemoveAll(dir)
	})
	said := ""
	for sc := bufio.NewScanner(errs); sc.Scan(); {
		said += sc.Text() + "\n"
		if url, ok := strings.CutPrefix(sc.Text(), "DevTools listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, errs) }()
			if b.conn, _, err = websocket.Dial(ctx, url, nil); err != nil {
				t.Fatal(err)
			}
			b.conn.SetReadLimit(64 << 20)
			go b.listen()
			return b
		}
	}
	t.Fatalf("the browser did not start:\n%s", said)
	return nil
}

func (b *browser) listen() {
	for {
		_, raw, err := b.conn.Read(b.ctx)
		if err != nil {
			b.mu.Lock()
			for id, c := range b.waits {
				delete(b.waits, id)
				close(c)
			}
			b.mu.Unlock()
			return
		}
		var r reply
		if json.Unmarshal(raw, &r) != nil {
			continue
		}
		b.mu.Lock()
		if r.Method == "Runtime.exceptionThrown" {
			b.faults = append(b.faults, string(r.Params))
		}
		c := b.waits[r.ID]
		delete(b.waits, r.ID)
		b.mu.Unlock()
		if c != nil {
			c <- r
		}
	}
}

// do calls a method and reads its result into out.
func (b *browser) do(session, method string, params, out any) error {
	c := make(chan reply, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waits[id] = c
	b.mu.Unlock()
	if params == nil {
		params = struct{}{}
	}
	msg := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		msg["sessionId"] = session
	}
	raw, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	if err := b.conn.Write(b.ctx, websocket.MessageText, raw); err != nil {
		return err
	}
	r, ok := <-c
	switch {
	case !ok:
		return fmt.Errorf("%s: the browser is gone", method)
	case r.Error != nil:
		return fmt.Errorf("%s: %s", method, r.Error.Message)
	case out == nil:
		return nil
	}
	return json.Unmarshal(r.Result, out)
}

// A page is a window of its own person: cookies and storage are not shared.
type page struct {
	*browser
	session string
	name    string
	shots   int
}

// size of a page in CSS pixels, and the language of its user.
type size struct {
	w, h   int
	mobile bool
	lang   string // zh-CN if empty
}

// window opens a page of somebody called name.
func (b *browser) window(name string, s size) *page {
	b.t.Helper()
	p := &page{browser: b, name: name}
	var c struct{ BrowserContextID string }
	p.must("Target.createBrowserContext", nil, &c)
	var tg struct{ TargetID string }
	p.must("Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": c.BrowserContextID, "width": s.w, "height": s.h}, &tg)
	var at struct{ SessionID string }
	p.must("Target.attachToTarget", map[string]any{"targetId": tg.TargetID, "flatten": true}, &at)
	p.session = at.SessionID
	p.must("Page.enable", nil, nil)
	p.must("Runtime.enable", nil, nil)
	p.must("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.w, "height": s.h, "deviceScaleFactor": 1, "mobile": s.mobile}, nil)
	var v struct{ UserAgent string }
	p.must("Browser.getVersion", nil, &v)
	p.must("Emulation.setUserAgentOverride", map[string]any{"userAgent": v.UserAgent, "acceptLanguage": cmp.Or(s.lang, "zh-CN")}, nil)
	p.must("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": seeker}, nil)
	return p
}

// seeker finds elements by selector and text, shadow roots included, visible
// ones only, the smallest and newest last.
const seeker = `window.seek = (sel, text) => {
  const all = [];
  const walk = root => { for (const e of root.querySelectorAll('*')) { if (e.matches(sel)) all.push(e); if (e.shadowRoot) walk(e.shadowRoot); } };
  walk(document);
  const seen = all.filter(e => { const r = e.getBoundingClientRect(); const s = getComputedStyle(e); return r.width > 0 && r.height > 0 && s.visibility !== 'hidden'; });
  const re = text ? new RegExp(text, 's') : null;
  return seen.filter(e => !re || re.test(e.innerText || e.value || '') || re.test(e.getAttribute('aria-label') || '') || re.test(e.getAttribute('placeholder') || '') || re.test(e.getAttribute('title') || ''));
};
window.until = (f, ms) => new Promise((ok, no) => { const end = Date.now() + ms; const look = () => { let v; try { v = f(); } catch (e) { v = null; } if (v) ok(v === true ? true : v); else if (Date.now() > end) ok(null); else setTimeout(look, 40); }; look(); });`

func (p *page) must(method string, params, out any) {
	p.t.Helper()
	if err := p.do(p.session, method, params, out); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// goTo loads a page.
func (p *page) goTo(url string) {
	p.t.Helper()
	var out struct{ ErrorText string }
	p.must("Page.navigate", map[string]any{"url": url}, &out)
	if out.ErrorText != "" {
		p.t.Fatalf("%s: %s: %s", p.name, url, out.ErrorText)
	}
	p.wait(`document.readyState === 'complete' && !!window.seek`)
}

// eval runs JavaScript, waits for its promise and reads its value into out.
func (p *page) eval(js string, out any) error {
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
	}
	err := p.do(p.session, "Runtime.evaluate", map[string]any{"expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	if err != nil {
		return err
	}
	if len(r.ExceptionDetails) > 0 {
		return fmt.Errorf("%s: %s", js, r.ExceptionDetails)
	}
	if out == nil || len(r.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(r.Result.Value, out)
}

const patienceOfPages = 20 * time.Second

// wait returns when a JavaScript expression is true, through page loads.
func (p *page) wait(js string) {
	p.t.Helper()
	end := time.Now().Add(patienceOfPages)
	for time.Now().Before(end) {
		var ok bool
		err := p.eval(`(window.until || ((f) => new Promise(r => setTimeout(() => r(f()), 40))))(() => !!(`+js+`), 2000)`, &ok)
		if err == nil && ok {
			return
		}
		if p.ctx.Err() != nil {
			break
		}
	}
	p.shot("failed")
	var text string
	_ = p.eval(`[...document.querySelectorAll('*')].filter(e => e.shadowRoot).map(e => e.shadowRoot.textContent).join('\n') + '\n' + document.body.innerText`, &text)
	p.t.Fatalf("%s: this never came: %s\nthe page says:\n%.3000s\n%s", p.name, js, text, p.trouble())
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func found(sel, text string) string { return "seek(" + quoted(sel) + "," + quoted(text) + ").length" }

// sees waits for an element whose text matches.
func (p *page) sees(sel, text string) {
	p.t.Helper()
	p.wait(found(sel, text))
}

// click presses the mouse on the last visible element that matches.
func (p *page) click(sel, text string) {
	p.t.Helper()
	p.sees(sel, text)
	var at struct{ X, Y float64 }
	// It has to stand still and lie on top: a panel that slides in, or that
	// something covers, would be missed.
	js := `(async () => {
	  let last = '', same = 0;
	  const top = (x, y) => { let e = document.elementFromPoint(x, y); while (e && e.shadowRoot && e.shadowRoot.elementFromPoint(x, y) && e.shadowRoot.elementFromPoint(x, y) !== e) e = e.shadowRoot.elementFromPoint(x, y); return e; };
	  const spot = () => {
	    const l = seek(` + quoted(sel) + `,` + quoted(text) + `), e = l[l.length-1];
	    if (!e) return null;
	    e.scrollIntoView({block: 'nearest'});
	    const r = e.getBoundingClientRect(), s = {x: r.x + r.width/2, y: r.y + r.height/2}, t = top(s.x, s.y);
	    return t && (e.contains(t) || t.contains(e)) && !e.closest('[class*="-enter"], [class*="-appear"]') ? s : null;
	  };
	  return await until(() => { const s = spot(), now = JSON.stringify(s); same = s && now === last ? same + 1 : 0; last = now; return same >= 3 ? s : null; }, 10000);
	})()`
	if err := p.eval(js, &at); err != nil || at.X == 0 && at.Y == 0 {
		p.t.Fatalf("%s: %s %q cannot be clicked: %v", p.name, sel, text, err)
	}
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		p.must("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// write puts text where the focus is, as a keyboard or an input method does.
func (p *page) write(text string) {
	p.t.Helper()
	p.must("Input.insertText", map[string]any{"text": text}, nil)
}

// enter presses Enter.
func (p *page) enter() {
	p.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p.must("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}, nil)
	}
}

// fill replaces what a field has.
func (p *page) fill(sel, text, value string) {
	p.t.Helper()
	p.click(sel, text)
	p.must("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "a", "code": "KeyA", "modifiers": 2, "commands": []string{"selectAll"}}, nil)
	p.must("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": "a", "code": "KeyA", "modifiers": 2}, nil)
	p.write(value)
}

// shot keeps a picture of the page in the folder $FRONTDESK_SHOTS, if that is set.
func (p *page) shot(what string) {
	dir := os.Getenv("FRONTDESK_SHOTS")
	if dir == "" {
		return
	}
	var r struct{ Data string }
	if err := p.do(p.session, "Page.captureScreenshot", map[string]any{"format": "png"}, &r); err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	b, err := base64.StdEncoding.DecodeString(r.Data)
	if err == nil {
		p.shots++
		err = os.MkdirAll(dir, 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.png", p.name, p.shots, what)), b, 0o644)
		}
	}
	if err != nil {
		p.t.Logf("no picture: %v", err)
	}
}

// trouble is what went wrong in pages by themselves.
func (b *browser) trouble() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.faults, "\n")
}
