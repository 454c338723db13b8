package app

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/config"
)

//go:embed starter
var starter embed.FS

// starters are the files that Init writes, by the template of each.
var starters = []struct{ file, from string }{
	{"frontdesk.yaml", "frontdesk.yaml.tmpl"},
	{"frontdesk.env", "frontdesk.env.tmpl"},
	{"flows/shop.yaml", "shop.yaml.tmpl"},
	{"flows/questions.yaml", "questions.yaml.tmpl"},
	{"flows/first.chat", "first.chat.tmpl"},
}

// Init asks for what a shop of one's own needs, at most twelve questions, and
// writes its configuration, its secrets' file and its first scripts into dir. It
// overwrites nothing: if one of the files is there, it asks nothing and says so.
// What it writes has passed Check, but for secrets that are still to be filled in.
func Init(ctx context.Context, in io.Reader, out io.Writer, dir string) error {
	for _, f := range starters {
		if _, err := os.Lstat(filepath.Join(dir, f.file)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, so nothing is written; name another folder: frontdesk init FOLDER / 已经存在，什么都没有写，请换一个文件夹", filepath.Join(dir, f.file))
		}
	}
	s, err := interview(ctx, asker{in: bufio.NewScanner(in), out: out})
	if err != nil {
		return err
	}
	s.Base = filepath.Join(dir, "frontdesk.yaml")
	files, err := s.files()
	if err != nil {
		return err
	}
	if err := s.tried(files); err != nil {
		return err
	}
	for _, f := range starters {
		if err := create(filepath.Join(dir, f.file), files[f.file]); err != nil {
			return err
		}
		fmt.Fprintln(out, "+", filepath.Join(dir, f.file))
	}
	s.next(out)
	return nil
}

// next says what to do now.
func (s *shop) next(out io.Writer) {
	step := func(zh, en, do string) { fmt.Fprintf(out, "  %s / %s\n      %s\n", zh, en, do) }
	fmt.Fprintln(out)
	if len(s.Secrets) > 0 {
		step("先填密钥", "fill in the secrets first", config.EnvFile(s.Base))
	}
	step("检查", "check it", "frontdesk check --config "+s.Base)
	step("在终端里试聊", "talk to it in the terminal", "frontdesk chat --config "+s.Base)
	step("开始接待", "serve", "frontdesk serve --config "+s.Base)
}

// create writes a file that is not there yet, and the folder it is in.
func create(name string, b []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if filepath.Ext(name) == ".env" {
		mode = 0o600
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// files are what the shop's templates give.
func (s *shop) files() (map[string][]byte, error) {
	t, err := template.New("").Funcs(template.FuncMap{"q": quoteYAML, "before": before, "amid": amid,
		"named": func(row, name string) string { return strings.ReplaceAll(row, "NAMED", name) }}).ParseFS(starter, "starter/*.tmpl")
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range starters {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, f.from, s); err != nil {
			return nil, err
		}
		out[f.file] = b.Bytes()
	}
	return out, nil
}

// quoteYAML writes a text as YAML does between double quotes, which is as JSON does.
func quoteYAML(s string) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return strings.TrimSpace(b.String()), err
}

// before is a name as it is written before Chinese words, amid as between them: where
// it is of Latin letters, with blanks.
func before(name string) string {
	if r, _ := utf8.DecodeLastRuneInString(name); r < unicode.MaxLatin1 {
		return name + " "
	}
	return name
}

func amid(name string) string {
	if r, _ := utf8.DecodeRuneInString(name); r < unicode.MaxLatin1 {
		return " " + before(name)
	}
	return before(name)
}

// tried checks the files in a folder that is gone afterwards, with something in
// the place of every secret.
func (s *shop) tried(files map[string][]byte) (err error) {
	dir, err := os.MkdirTemp("", "frontdesk-init-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, b := range files {
		if filepath.Ext(name) == ".env" {
			b = nil
			for _, row := range s.Secrets {
				b = append(b, row+"0\n"...)
			}
		}
		if err := create(filepath.Join(dir, filepath.FromSlash(name)), b); err != nil {
			return err
		}
	}
	c, err := config.Load(filepath.Join(dir, "frontdesk.yaml"), config.Options{})
	if err == nil {
		_, err = openScripts(c, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	return nil
}

// An asker asks one question after the other.
type asker struct {
	in  *bufio.Scanner
	out io.Writer
}

// back is what is typed to be asked the question before once more.
const back = "<"

var errBack = errors.New("back to the question before")

// ask reads an answer to the n-th question and asks again until take has nothing
// against it. Nothing typed is the question's default.
func (a asker) ask(ctx context.Context, n int, q question, take func(string) error) error {
	for ctx.Err() == nil {
		fmt.Fprintf(a.out, "%2d. %s", n, q.what)
		if q.def != "" {
			fmt.Fprintf(a.out, " [%s]", q.def)
		}
		fmt.Fprint(a.out, "\n    > ")
		if !a.in.Scan() {
			return cmp.Or(a.in.Err(), errors.New("the answers ended; nothing is written / 没有答完，什么都没有写"))
		}
		typed := strings.TrimSpace(a.in.Text())
		if typed == back || typed == "＜" {
			return errBack
		}
		err := take(cmp.Or(typed, q.def))
		if err == nil {
			return nil
		}
		fmt.Fprintf(a.out, "    %v\n", err)
	}
	return ctx.Err()
}

// here is this machine's time zone, if it has a name.
func here() string {
	if z := time.Local.String(); z != "Local" && z != "UTC" {
		return z
	}
	return config.Default().Zone
}

// A question is what a shop is asked, and what it does with the answer.
type question struct {
	what, def string
	take      func(*shop, string) error
}

const (
	anAnswer = "怎么回答？两种语言用 | 隔开 / The answer? In two languages: a | b"
	andMore  = "还常问什么？没有就直接回车 / What else? Just Enter: nothing"
)

// questions are asked in this order; those of customers' questions end at the first
// that has enough.
var questions = []question{
	{"店铺或公司叫什么？ / What is the shop or company called?", "", (*shop).named},
	{"用什么语言接待？zh、en 或 zh,en / Which languages? zh, en or zh,en", "zh", (*shop).speaks},
	{"人工几点上班？如 周一到周六 9:00-21:00；全天写 24h / When are people there? 24h: always", "mon-fri 09:00-18:00", (*shop).opens},
	{"顾客最常问什么？几种问法用 | 隔开 / What do customers ask most? Several ways: a | b", "", (*shop).asks}, {anAnswer, "", (*shop).answers},
	{andMore, enough, (*shop).asks}, {anAnswer, "", (*shop).answers}, {andMore, enough, (*shop).asks}, {anAnswer, "", (*shop).answers},
	{"顾客从哪里来？可以写几个 / Where do customers write? Some of: " + names(customerKinds), "web", (*shop).reachedOn},
	{"客服在哪里回复？可以写几个 / Where do staff answer? Some of: " + names(staffKinds), "inbox", (*shop).staffedOn},
	{"外面访问的网址，如 https://chat.example.com；local 表示只在本机试 / Its address for others; local: this machine alone", "local", (*shop).reachedAt},
}

// interview asks what a shop needs. Who goes back is asked once more, and what was
// made of the answers since is forgotten.
func interview(ctx context.Context, a asker) (*shop, error) {
	fmt.Fprintf(a.out, "输入 %s 可以回到上一题 / %s goes back to the question before\n\n", back, back)
	type turn struct {
		at  int // of the question
		had shop
	}
	var past []turn
	s := shop{Zone: here()}
	for at := 0; at < len(questions); at++ {
		q, next := questions[at], s
		err := a.ask(ctx, len(past)+1, q, func(v string) error {
			next = s
			return q.take(&next, v)
		})
		switch {
		case errors.Is(err, errBack):
			if len(past) == 0 {
				at--
				continue
			}
			last := past[len(past)-1]
			past, s, at = past[:len(past)-1], last.had, last.at-1
			continue
		case err != nil:
			return nil, err
		}
		past, s = append(past, turn{at, s}), next
		for s.asked == enough && at+1 < len(questions) && (questions[at+1].what == anAnswer || questions[at+1].what == andMore) {
			at++
		}
	}
	return &s, nil
}
