package hook

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// Each mutant is this adapter with one fault that somebody has really made. The
// suite must fail on every one, or it protects nobody.
var mutants = []struct{ name, old, new string }{
	{"signature ignored", `if err := ch.ring.Check(r.Header, body, ch.deps.Now()); err != nil {`, `if err := ch.ring.Check(r.Header, body, ch.deps.Now()); err != nil && false {`},
	{"signature of nothing", `if err := ch.ring.Check(r.Header, body, ch.deps.Now()); err != nil {`, `if err := ch.ring.Check(r.Header, body, ch.deps.Now()); err != nil && r.Header.Get(signed.HeaderSign) != "" {`},
	{"answered before filing", `switch err := ch.deps.Inbox.Receive(r.Context(), env); {`, `io.WriteString(w, "{}")` + "\n" + `switch err := ch.deps.Inbox.Receive(r.Context(), env); {`},
	{"poison repeated for ever", `http.StatusUnprocessableEntity)`, `http.StatusServiceUnavailable)`},
	{"any time taken", `at := core.Unix(m.Unix)`, `at := time.Unix(m.Unix, 0).UTC()`},
	{"an unknown kind swallowed", `default:
		return core.Envelope{}, errors.New("a message needs text, pick or media")`, `default:
		env.Parts = core.Parts{core.Text{}}`},
	{"the address in a transport error", `return "", core.Unreached("hook", err)`, `return "", &core.SendError{Kind: core.DialKind(err), Err: fmt.Errorf("hook: %w", err)}`},
	{"filing failure swallowed", `http.Error(w, "not filed, try again", http.StatusServiceUnavailable)`, `io.WriteString(w, "{}")`},
	{"no size limit", `io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))`, `io.ReadAll(r.Body)`},
	{"missing ref", `Ref: m.ID, At:`, `At:`},
	{"ref from the clock", `Ref: m.ID, At:`, `Ref: strconv.FormatInt(time.Now().UnixNano(), 10), At:`},
	{"Retry-After ignored", `e.Kind, e.After = core.KindThrottled, time.Duration(s)*time.Second`, `_, e.Kind = time.Duration(s), core.KindThrottled`},
	{"429 as rejected", `e.Kind, e.After = core.KindThrottled,`, `e.Kind, e.After = core.KindRejected,`},
	{"500 as gone", `case c >= 400 && c < 500:`, "case c >= 500:\ne.Kind = core.KindGone\ncase c >= 400 && c < 500:"},
	{"refused credentials retried", `e.Kind = core.KindDenied`, `e.Kind = core.KindTransient`},
	{"secret logged", `m := message{ID: env.ID`, "ch.deps.Log.Debug(\"send\", \"secret\", string(ch.conf.Secret))\nm := message{ID: env.ID"},
	{"secret in error", `Err: errors.New("hook: " + http.StatusText(resp.StatusCode))}`, `Err: errors.New("hook: sec88sec88sec88sec88sec88sec88se" + http.StatusText(resp.StatusCode))}`},
	{"secret in a transport error", `core.Unreached("hook", err)`, `core.Unreached("hook with sec88sec88sec88sec88sec88sec88se", err)`},
	{"context ignored", `ch.ring.Post(ctx,`, `ch.ring.Post(context.Background(),`},
	{"choice not carried", `m.Text, m.Buttons = p.Prompt, p.Options`, `m.Text = p.Prompt`},
	{"false limit", `Text: 4000, Options: 10`, `Text: 400000, Options: 100`},
	{"wrong peer", `To: env.Peer.ID,`, `To: env.Channel,`},
	{"seconds as milliseconds", `core.Unix(m.Unix)`, `time.UnixMilli(m.Unix).UTC()`},
	{"ref not returned", `return cmp.Or(sent.ID, env.ID), nil`, `return cmp.Or("", ""), nil`},
	{"bare error", `core.Unreached("hook", err)`, `core.Unreached("hook", err).Err`},
	{"an unknown outcome retried", `core.Unreached("hook", err)`, `&core.SendError{Kind: core.KindTransient, Err: core.Unreached("hook", err).Err}`},
	{"a refused connection called unknown", `core.Unreached("hook", err)`, `&core.SendError{Kind: core.KindUnknown, Err: core.Unreached("hook", err).Err}`},
	{"unsent id", `message{ID: env.ID, `, `message{`},
	{"retries by itself", `resp, err := ch.deps.HTTP.Do(req)`, "if r2, err := ch.deps.HTTP.Do(req.Clone(ctx)); err == nil {\nr2.Body.Close()\n}\nreq.Body, _ = req.GetBody()\nresp, err := ch.deps.HTTP.Do(req)"},
	{"state shared by sends", `ch.conf.URL, signed.`, `ch.shared(m.To), signed.`},
}

// shared is what the last mutant adds.
const shared = "\nvar last string\n\nfunc (ch *Channel) shared(to string) string {\nlast = to\nif last != to {\nreturn \"\"\n}\nreturn ch.conf.URL\n}\n"

func TestSuiteCatchesFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package once per fault")
	}
	src, err := os.ReadFile("hook.go")
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs("hook.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if n := strings.Count(string(src), m.old); n != 1 {
			t.Fatalf("%s: %q stands %d times in hook.go, want once", m.name, m.old, n)
		}
	}
	for i := range coretest.Sample(t, len(mutants), 4) {
		m := mutants[i]
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(src), m.old, m.new, 1)
			args := []string{"test", "-count=1", "-run", "^TestAdapter$"}
			if strings.Contains(m.new, "ch.shared(") {
				text += shared
				args = append(args, "-race")
			}
			dir := t.TempDir()
			file, overlay := filepath.Join(dir, "hook.go"), filepath.Join(dir, "overlay.json")
			j, _ := json.Marshal(map[string]any{"Replace": map[string]string{path: file}})
			if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.WriteFile(overlay, j, 0o600)); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("go", append(args, "-overlay", overlay, ".")...).CombinedOutput()
			if err == nil {
				t.Errorf("the suite passes an adapter with this fault")
			} else if !strings.Contains(string(out), "--- FAIL: TestAdapter") && !strings.Contains(string(out), "DATA RACE") {
				t.Errorf("it did not get as far as failing:\n%s", out)
			}
		})
	}
}
