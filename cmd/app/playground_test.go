package app

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// playing is oneEach with the playground.
func playing(t *testing.T, more string) Options {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(conf, []byte("playground: true\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return Options{Settings: Settings{Data: t.TempDir(), Config: conf}, Quick: true}
}

// open are the demo's scripts with people there at any hour: a test must not
// depend on when it runs.
func open(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, flows.FS); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "shop.yaml")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	hours := regexp.MustCompile(`(?m)^    week: .*\n    holidays: .*$`)
	if !hours.Match(b) {
		t.Fatalf("%s has its hours in another form:\n%s", name, b)
	}
	if err := os.WriteFile(name, hours.ReplaceAll(b, []byte(`    week: {mon-sun: ["00:00-24:00"]}`)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// do makes a follower of a played platform do something.
func (p *program) do(api string, act fake.Act) {
	p.t.Helper()
	b, err := json.Marshal(act)
	if err != nil {
		p.t.Fatal(err)
	}
	if status := p.status(http.MethodPost, playPrefix+api+"/", b); status != http.StatusOK {
		p.t.Fatalf("%s %+v: %d", api, act, status)
	}
}

// status makes a request and returns the answer's.
func (p *program) status(method, path string, body []byte) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// until waits for what a follower's phone shows.
func (p *program) until(api, who, what string, ok func(fake.State) bool) (s fake.State) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		s = fake.State{}
		p.call(http.MethodGet, playPrefix+api+"/?who="+who, "", nil, &s)
		if ok(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%s: %s never came: %+v", api, what, s)
		}
	}
}

// last says that the newest message on a phone is ours and has words in it.
func last(words string) func(fake.State) bool {
	return func(s fake.State) bool {
		n := len(s.Screen)
		return n > 0 && !s.Screen[n-1].Mine && strings.Contains(s.Screen[n-1].Text, words)
	}
}

// Both platforms answer through the adapters; a broken token is renewed unseen;
// and a phone starts over after a restart, though its platform gives out the
// same numbers again.
func TestPlayground(t *testing.T) {
	s := playing(t, "channels:\n  web: {type: webchat}\n")
	p := launch(t, s)
	for _, file := range []string{"", "page.css", "page.js"} {
		if status := p.status(http.MethodGet, playPrefix+file, nil); status != http.StatusOK {
			t.Errorf("%s of the page is answered %d", file, status)
		}
	}
	if !strings.Contains(p.out.String(), p.base+playPrefix) {
		t.Errorf("the banner does not say where the playground is: %s", p.out)
	}
	for api, who := range map[string]string{"wechat": "oA", "weibo": "9007199254740993"} {
		p.do(api, fake.Act{Who: who, Do: "say", Text: "绿茶能放多久？"})
		got := p.until(api, who, "the answer", last("18 个月"))
		if len(got.Screen) != 2 || got.Screen[1].How != "passive" || !strings.Contains(got.Screen[1].Text, "机器人") {
			t.Errorf("%s: the answer and the greeting go with the response, as one message: %+v", api, got.Screen)
		}
	}
	p.do("wechat", fake.Act{Who: "oA", Do: "voice"}) // it is fetched with a token
	tokens := p.until("wechat", "oA", "a token", func(s fake.State) bool { return s.Tokens > 0 }).Tokens
	p.do("wechat", fake.Act{Who: "oB", Do: "break_token"})
	p.do("wechat", fake.Act{Who: "oB", Do: "voice"})
	if got := p.until("wechat", "oB", "an answer, after a new token", last("语音")); got.Tokens != tokens+1 {
		t.Errorf("%d tokens were issued, want one more than %d", got.Tokens, tokens)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}

	p = launch(t, s)
	p.do("wechat", fake.Act{Who: "oA", Do: "say", Text: "怎么退货？"})
	if got := p.until("wechat", "oA", "an answer after the restart", last("退")); strings.Contains(got.Screen[1].Text, "18 个月") {
		t.Errorf("after a restart the old answer is shown: %+v", got.Screen)
	}
	// What no platform has signed is refused, as it would be on the internet.
	if status := p.status(http.MethodPost, "/hook/wechat/", []byte("<xml></xml>")); status != http.StatusForbidden {
		t.Errorf("a forged push is answered %d", status)
	}
}

// Without the option there is no page, no platform and no account.
func TestNoPlayground(t *testing.T) {
	p := launch(t, Options{Settings: Settings{Data: t.TempDir()}, Quick: true})
	for _, path := range []string{playPrefix, playPrefix + "wechat/", "/hook/wechat/", "/hook/weibo/"} {
		if status := p.status(http.MethodGet, path, nil); status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, status)
		}
	}
	if strings.Contains(p.out.String(), "playground") {
		t.Errorf("the banner speaks of a playground: %s", p.out)
	}
}

// A named account stays what it is; a name that is taken is said.
func TestPlaygroundAccounts(t *testing.T) {
	p := launch(t, playing(t, `
channels:
  fans: {type: weibo, uid: "1902538057", app_secret: "${PATH}"}
`))
	if status := p.status(http.MethodGet, playPrefix+"wechat/?who=o", nil); status != http.StatusOK {
		t.Errorf("WeChat is not played: %d", status)
	}
	if status := p.status(http.MethodGet, playPrefix+"weibo/?who=1", nil); status != http.StatusNotFound {
		t.Errorf("Weibo is played although a real account is named: %d", status)
	}
	err := Run(t.Context(), func() Options {
		s := playing(t, "desks:\n  wechat: {type: console}\n")
		s.Listen, s.Out, s.Err = "127.0.0.1:0", &buffer{}, &buffer{}
		return s
	}())
	if err == nil || !strings.Contains(err.Error(), "wechat") || !strings.Contains(err.Error(), "another name") {
		t.Errorf("a name that is taken: %v", err)
	}
}

// The product's main job once more, as a follower on WeChat and on Weibo.
func playgroundJourney(t *testing.T) {
	b := chromium(t)
	s := playing(t, oneEach)
	s.Flows = open(t)
	p := launch(t, s)
	agent := signUp(b, p)
	agent.name = "play-agent"
	agent.click(".presence button.on", "上班")
	agent.sees(".presence button.on.now", "上班")
	c := b.window("playground", size{w: 1420, h: 900})
	c.goTo(p.base + playPrefix)
	c.sees(".kit h2", "微信公众号")
	c.sees(".kit h2", "微博粉丝服务")
	c.sees("nav a", "客服工作台")
	c.shot("empty")
	c.click(".lang", "English")
	c.sees(".kit h2", "WeChat")
	c.sees(".kit h2", "Weibo")
	c.sees("h1", "Playground")
	c.shot("english")
	c.click(".lang", "中文")
	c.sees(".kit h2", "微信公众号")
	for _, on := range []string{"wechat", "weibo"} {
		f := phone{c, `.kit[data-api="` + on + `/"] `}
		p.visit().send("m1", "转人工") // somebody else is first
		agent.click(".ringing button", "")
		agent.sees("button.close", "结束")

		f.say("绿茶能放多久？")
		f.sees("18 个月")
		f.say("人工")
		f.sees("已为您排队")
		c.shot(on + "-in-line")

		agent.close()
		agent.click(".ringing button", "")
		agent.wait("!" + found(".composer .strip", "接听"))
		agent.sees(".thread", "绿茶能放多久")
		agent.reply("您好，我是小林。您的绿茶已经补发，请放心。")
		f.sees("您的绿茶已经补发")
		agent.wait(arrived)
		f.say("谢谢，什么时候到？")
		agent.sees(".thread .say.peer", "什么时候到")
		agent.reply("明天中午前。")
		f.sees("明天中午前")
		c.click(f.at+".acts button", "发图片")
		f.page.sees(f.at+".screen li.mine .photo img", "")
		agent.sees(".thread .say.peer img", "")
		agent.reply("看到您的茶了，真好。")
		f.sees("看到您的茶了")
		c.shot(on + "-answered")
		agent.shot(on + "-answered")

		// With the window closed the agent is told; the next message opens it.
		c.click(f.at+".acts button", "关闭窗口")
		agent.reply("还有什么可以帮您？")
		agent.sees(".say.agent .st.failed", "")
		agent.shot(on + "-closed-window")
		c.shot(on + "-closed-window")
		f.say("没有了，谢谢")
		agent.sees(".thread .say.peer", "没有了")

		agent.close()
		f.sees("解决了吗")
		c.shot(on + "-survey")
		f.pick("已解决", "1")
		f.pick("5 分，很满意", "5")
		f.sees("直接写在这里")
		f.say("小林很耐心")
		f.sees("谢谢您花时间")
		c.shot(on + "-rated")
	}
	if s := b.trouble(); s != "" {
		t.Errorf("the pages threw:\n%s", s)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	for on, who := range map[string]string{"wechat": "oPlayground000000000000001", "weibo": "9007199254740993"} {
		if !scored(t, s.Data, core.Key{Channel: on, Peer: who}) {
			t.Errorf("the rating on %s is not in the log", on)
		}
	}
}

// The phones stand beside each other on an ordinary laptop, and a follower's first
// question costs nothing of what may be sent to them: greeting and answer go with
// the response.
func TestPlaygroundPage(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	b := chromium(t)
	s := playing(t, oneEach)
	s.Flows = open(t)
	p := launch(t, s)
	c := b.window("laptop", size{w: 1280, h: 800})
	c.goTo(p.base + playPrefix)
	c.sees(".kit h2", "微信公众号")
	c.sees(".kit h2", "微博粉丝服务")
	c.wait(`(() => { const [a, b] = seek('.kit', '').map(e => e.getBoundingClientRect()); return a.top === b.top && b.left >= a.right && b.right <= innerWidth; })()`)
	f := phone{c, `.kit[data-api="wechat/"] `}
	for _, q := range [][2]string{{"运费多少", "运费|包邮"}, {"绿茶能放多久？", "18 个月"}} {
		f.say(q[0])
		f.sees(q[1])
		c.sees(f.at+".screen li:last-child .tag", "不计条数")
		c.sees(f.at+".meter b", "^5$")
	}
	c.wait("!" + found(f.at+".calls code", "^send$"))
	c.shot("first-questions")
	if s := b.trouble(); s != "" {
		t.Errorf("the page threw:\n%s", s)
	}
}

// scored looks in the store for a rating of 5.
func scored(t *testing.T, data string, key core.Key) bool {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: data})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Past(t.Context(), core.PastQuery{Key: key, Max: 500})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(past, func(r core.Record) bool {
		return r.Event != nil && r.Event.Kind == core.EventRated && r.Event.Data["score"] == "5"
	})
}

// A phone of the playground.
type phone struct {
	*page
	at string // its selector
}

func (f phone) say(text string) {
	f.t.Helper()
	f.click(f.at+"[name=text]", "")
	f.write(text)
	f.click(f.at+"form button", "")
}

// pick answers a question: with a tap where it came as a menu, else with the
// number of the answer.
func (f phone) pick(label, number string) {
	f.t.Helper()
	// Of the last two: a passive answer and the active message behind it come by
	// two ways, and the phone may show either first.
	newest := f.at + ".screen li:nth-last-child(-n+2):not(.mine) .bubble"
	f.page.sees(newest, label)
	var menu bool
	if err := f.eval(found(newest+" button", label)+" > 0", &menu); err != nil {
		f.t.Fatal(err)
	}
	if menu {
		f.click(newest+" button", label)
		return
	}
	f.page.sees(newest, number+"\\. "+label)
	f.say(number)
}

func (f phone) sees(text string) {
	f.t.Helper()
	f.page.sees(f.at+".screen li:not(.mine) .bubble", text)
}
