package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	wechat "github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	weibo "github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// A playground is WeChat and Weibo played inside the program, so that anybody
// can see the channels work without an account. Nothing of the channels is
// played: signed and encrypted pushes go through everything that the platforms'
// would, and what the adapters send leaves over HTTP, to the loopback.
type playground struct {
	acts map[string]platform // by the name of the account
	run  string              // tells this run's messages from an earlier one's: the platforms' numbers start over
}

// A platform that is played.
type platform interface {
	http.Handler           // its API
	SetHook(http.Handler)  // where its pushes go
	Control() http.Handler // what its followers do
}

// The pages and controls of the playground are below this path.
const playPrefix = "/playground/"

// openPlayground starts a platform of each kind that the configuration names no
// account of, and puts an account at it into the configuration.
func (a *app) openPlayground(ctx context.Context) error {
	if !a.conf.Playground {
		return nil
	}
	now := time.Now().UnixNano()
	a.play = &playground{acts: map[string]platform{}, run: fmt.Sprintf("%x/", now)}
	wx, wb := wechat.Demo(), weibo.Demo()
	wx.AppID = fmt.Sprintf("wx%016x", now) // what is kept for an account goes by it
	for kind, p := range map[string]platform{
		"wechat": wechat.New(wechat.Options{Account: wx}),
		"weibo":  weibo.New(weibo.Options{Account: wb}),
	} {
		if named(a.conf, kind) {
			continue
		}
		if slices.Contains(a.conf.Names(), kind) {
			return fmt.Errorf("the playground needs the name %s for its account; give what has it another name, or set playground: false", kind)
		}
		api, err := a.loopback(ctx, p)
		if err != nil {
			return err
		}
		values := map[string]string{
			"API": api, "APPID": wx.AppID, "SECRET": wx.Secret, "TOKEN": wx.Token, "KEY": wx.Key,
			"UID": wb.UID, "APP_SECRET": wb.AppSecret, "ACCESS": wb.Token,
		}
		x, err := played(kind, values)
		if err != nil {
			return err
		}
		if a.conf.Channels == nil {
			a.conf.Channels = map[string]config.Account{}
		}
		a.conf.Channels[kind], a.play.acts[kind] = x, p
	}
	a.log.Warn("the playground is on: whoever reaches " + playPrefix + " can write as a customer; set playground: false where customers are served")
	return nil
}

// named reports whether the configuration has a channel of a kind.
func named(c *config.Config, kind string) bool {
	for _, x := range c.Channels {
		if x.Type == kind {
			return true
		}
	}
	return false
}

// The accounts as a configuration file would have them.
var accountsPlayed = map[string]string{
	"wechat": `{type: wechat, url: "${API}", appid: "${APPID}", secret: "${SECRET}", token: "${TOKEN}", keys: ["${KEY}"]}`,
	"weibo":  `{type: weibo, url: "${API}", upload_url: "${API}", info_url: "${API}", uid: "${UID}", app_secret: "${APP_SECRET}", token: "${ACCESS}", people: true}`,
}

// played reads the account of a kind the way those of a file are read.
func played(kind string, values map[string]string) (config.Account, error) {
	env := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	c, err := config.Parse("", []byte("channels:\n  "+kind+": "+accountsPlayed[kind]+"\n"), config.Options{
		Makers: adapters.All, Sources: config.Sources{Env: env},
	})
	if err != nil {
		return config.Account{}, fmt.Errorf("the playground's account %s: %w", kind, err)
	}
	return c.Channels[kind], nil
}

// loopback serves a platform's API on this machine and returns its address.
func (a *app) loopback(ctx context.Context, p platform) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("the playground cannot listen on the loopback: %w", err)
	}
	srv := server(context.WithoutCancel(ctx), p, a.log)
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the playground's platform stopped; start again", "err", err)
		}
	}()
	a.stops = append(a.stops, func() error {
		p.SetHook(nil)
		return srv.Close()
	})
	return "http://" + ln.Addr().String(), nil
}

// mountPlayground serves the page and its controls, and lets the platforms push
// to where their pushes arrive from outside.
func (a *app) mountPlayground() error {
	if a.play == nil {
		return nil
	}
	if err := a.web.claim(playPrefix, "the playground"); err != nil {
		return err
	}
	a.web.handle(playPrefix, "playground", http.StripPrefix(playPrefix[:len(playPrefix)-1], playPage()))
	for _, name := range slices.Sorted(maps.Keys(a.play.acts)) {
		p, path := a.play.acts[name], playPrefix+name
		p.SetHook(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/hook/" + name + r.URL.Path
			a.web.ServeHTTP(w, r)
		}))
		a.web.handle(path+"/", "playground", http.StripPrefix(path, p.Control()))
	}
	return nil
}

// inbox is where the account of a name hands in what it receives.
func (a *app) inbox(name string) core.Inbox {
	if a.play != nil && a.play.acts[name] != nil {
		return numbered{a.hub, a.play.run}
	}
	return a.hub
}

// numbered puts the number of a run before the names of messages.
type numbered struct {
	core.Inbox
	run string
}

func (n numbered) Receive(ctx context.Context, env core.Envelope) error {
	env.Ref = n.run + env.Ref
	return n.Inbox.Receive(ctx, env)
}

// The page: a phone for each platform that is played, and beside it what its
// owner and the platform can do.
const playIndex = `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>演练场 · Playground — Frontdesk</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<header class="top">
  <h1>演练场 <span lang="en">Playground</span></h1>
  <p>不用平台账号，扮演粉丝写消息。平台是程序里模拟的，签名、加密、五秒期限、条数都按平台的规则；机器人和客服是真的。
    <span lang="en">Write as a follower, without an account. The platforms are simulated, with their signatures, encryption, deadlines and quotas; the bot and the staff are real.</span></p>
</header>
<main></main>
<noscript>请打开 JavaScript / Please turn JavaScript on</noscript>
<template>
  <section class="kit">
    <div class="phone">
      <div class="bar"><time></time><i></i></div>
      <div class="head"><b></b><small></small></div>
      <ol class="screen" aria-live="polite" tabindex="0" aria-label="消息 / Messages"></ol>
      <form><input name="text" autocomplete="off" maxlength="600" placeholder="写消息 / Message" aria-label="消息 / Message"><button>发送 <small>Send</small></button></form>
    </div>
    <div class="side">
      <h2></h2>
      <label>粉丝 <span lang="en">Follower</span><input name="who" maxlength="40" spellcheck="false"></label>
      <dl></dl>
      <h3>粉丝的动作 <span lang="en">The follower</span></h3><div class="acts me"></div>
      <h3>平台的状况 <span lang="en">The platform</span></h3><div class="acts it"></div>
      <p class="note" role="status"></p>
      <h3>接口调用 <span lang="en">API calls</span></h3><ol class="calls"></ol>
    </div>
  </section>
</template>
<script src="page.js" type="module"></script>
</html>
`

const playStyle = `* { box-sizing: border-box; }
body { margin: 0; color: #1b2127; background: #f3f5f4; font: 14px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
[lang=en] { color: #5c666f; font-weight: 400; }
.top { max-width: 1330px; margin: 0 auto; padding: 18px 20px 4px; }
h1 { margin: 0; font-size: 22px; } h1 span { font-size: 18px; } .top p { margin: 2px 0 0; } .top p span { display: block; font-size: 13px; }
main { display: flex; flex-wrap: wrap; justify-content: center; gap: 18px 34px; max-width: 1370px; margin: 0 auto; padding: 14px 20px 28px; }
.kit:not([hidden]) { display: flex; flex-wrap: wrap; justify-content: center; gap: 18px; --ours: #07823f; --mine: #95ec69; --paper: #ededed; }
.kit[data-api="weibo/"] { --ours: #c2410c; --mine: #ffd9a8; --paper: #f4f4f6; }
.phone { display: flex; flex-direction: column; width: 372px; max-width: 94vw; height: 720px; overflow: hidden; border: 9px solid #16191d; border-radius: 42px; background: var(--paper); box-shadow: 0 14px 34px #0f1a2430; }
.bar { position: relative; display: flex; padding: 7px 22px 3px; background: #f7f7f7; font-size: 12px; font-weight: 600; }
.bar i { position: absolute; left: 50%; top: 7px; width: 84px; height: 19px; margin-left: -42px; border-radius: 10px; background: #16191d; }
.head { padding: 7px 12px 9px; border-bottom: 1px solid #dfe3e6; background: #f7f7f7; text-align: center; } .head b { display: block; font-size: 16px; line-height: 1.3; } .head small { color: #5c666f; }
.screen { flex: 1; margin: 0; padding: 12px 10px; overflow-y: auto; list-style: none; overscroll-behavior: contain; }
.screen li { position: relative; display: flex; flex-direction: column; align-items: flex-start; margin: 0 0 12px; padding: 0 34px 0 44px; }
.screen li.mine { align-items: flex-end; padding: 0 44px 0 34px; }
.screen li::before { content: "店"; position: absolute; left: 0; top: 0; width: 36px; height: 36px; border-radius: 7px; background: var(--ours); color: #fff; font-size: 18px; line-height: 36px; text-align: center; }
.screen li.mine::before { content: "我"; left: auto; right: 0; background: #66727d; font-size: 15px; }
.screen li.mid { align-items: center; padding: 0 20px; color: #5c666f; font-size: 12px; text-align: center; } .screen li.mid::before { content: none; }
.bubble { max-width: 100%; padding: 8px 11px; border-radius: 8px; background: #fff; font-size: 15px; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.mine .bubble { background: var(--mine); } .mid .bubble { padding: 2px 8px; background: none; font-size: 12px; text-wrap: balance; }
.bubble button { display: block; width: 100%; margin-top: 6px; padding: 5px 0 1px; border: 0; border-top: 1px solid #e8ebed; background: none; color: #0b57b0; font: inherit; text-align: left; cursor: pointer; }
.tag { margin-top: 3px; padding: 0 7px; border-radius: 9px; background: #dfe5ea; color: #40505d; font-size: 11px; line-height: 18px; }
[data-how=passive] .tag { background: #d5f0df; color: #0a5c31; } [data-how=active] .tag { background: #dbe8fb; color: #174a8c; }
form { display: flex; gap: 8px; padding: 9px 12px 20px; border-top: 1px solid #dfe3e6; background: #f7f7f7; }
input { min-width: 0; padding: 8px 10px; border: 1px solid #c6ced5; border-radius: 8px; background: #fff; font: inherit; color: inherit; } form input { flex: 1; border-color: #fff; }
form button { padding: 0 15px; border: 0; border-radius: 8px; background: var(--ours); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid #2f7de1; outline-offset: 1px; }
.side { width: 236px; } .side h2 { margin: 6px 0 8px; font-size: 17px; } .side h3 { margin: 15px 0 6px; font-size: 13px; }
label { display: block; font-size: 12px; } label input { display: block; width: 100%; margin-top: 3px; padding: 6px 9px; font-family: ui-monospace, monospace; font-size: 12px; }
dl { display: grid; grid-template-columns: 1fr auto; gap: 3px 8px; margin: 10px 0 0; padding: 9px 11px; border: 1px solid #dde3e8; border-radius: 10px; background: #fff; font-size: 12px; } dt { color: #5c666f; } dd { margin: 0; font-weight: 600; text-align: right; }
.acts { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
.acts button { padding: 5px 8px; border: 1px solid #ccd4da; border-radius: 9px; background: #fff; color: inherit; font: inherit; font-size: 13px; line-height: 1.3; text-align: left; cursor: pointer; }
.acts small { display: block; color: #5c666f; font-size: 11px; } .acts button:hover { border-color: var(--ours); } .it button { border-color: #e3c7b4; background: #fffaf6; }
.note { min-height: 36px; margin: 8px 0 0; font-size: 12px; } .note.bad { color: #a11a1a; }
.calls { max-height: 106px; margin: 0; padding: 8px 10px; overflow-y: auto; border-radius: 10px; background: #1d232a; color: #c9d4de; font: 11px/1.6 ui-monospace, monospace; list-style: none; } .calls:empty::before { content: "还没有 none yet"; }
.calls li { display: flex; gap: 8px; } .calls span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .calls b { font-weight: 400; } .calls .bad { color: #ffb08a; }
@media (max-width: 660px) { .phone { height: min(720px, 86dvh); border-width: 6px; } .side { width: 372px; max-width: 94vw; } }
`

// Backquotes cannot stand in it: it is Go's string too.
const playScript = `// What can be done: what it is called, what then happens, what is sent.
const image = ['image', '图片', 'Picture'], talk = { text: 'human' }; // a menu's key names an entry, a flow or this
const closed = '窗口已关：现在只能趁对方写来时随消息返回。 The window is closed: only replies within the response to a message get through.';
const kits = [
  { api: 'wechat/', name: '微信公众号', en: 'WeChat', title: '您的公众号', who: 'oPlayground000000000000001',
    me: [['follow', '关注', 'Follow'], ['unfollow', '取消关注', 'Unfollow'], ['scan', '扫门店码', 'Scan a QR code', { text: 'shop-12' }], ['click', '菜单“人工”', 'Menu: a person', talk], image, ['voice', '语音', 'Voice']],
    it: [['close_window', '关闭窗口', 'Close the window', {}, closed],
      ['break_token', '令牌失效', 'Break the token', {}, '令牌已作废：下次发送时自动换新，客户不会察觉。 The token is void: the next message renews it, unnoticed.'],
      ['fail', '条数用尽', 'Fail: 45047', { code: 45047 }, '下一条主动消息会被拒绝。 The next active message will be refused.'],
      ['fail', '系统繁忙', 'Fail: -1', { code: -1 }, '下一条主动消息会失败一次，随后自动重发。 The next active message fails once and is tried again.']] },
  { api: 'weibo/', name: '微博粉丝服务', en: 'Weibo', title: '您的微博', who: '9007199254740993',
    me: [['follow', '关注', 'Follow'], ['unfollow', '取消关注', 'Unfollow'], ['mention', '@ 提到', 'Mention', { text: '@客服 在吗' }], ['click', '菜单“人工”', 'Menu: a person', talk], image],
    it: [['close_window', '关闭窗口', 'Close the window', {}, closed],
      ['fail', '拒收一条', 'Fail: 26403', { code: 26403 }, '下一条主动消息会被拒绝。 The next active message will be refused.'],
      ['end_token', '令牌到期', 'End the token', {}, '令牌已到期：主动消息发不出去，要在微博换新。 The token has ended: active messages wait for a new one.'],
      ['new_token', '换新令牌', 'Renew the token', {}, '令牌可用了。 The token works again.']] },
];
const hows = { passive: '被动回复 · 不计条数 passive, free', active: '主动消息 active', template: '模板消息 template' };
const deeds = { follow: '已关注 followed', scan: '扫码 scanned', click: '点了菜单 menu', mention: '公开提到 mentioned' };
const hint = '写一句试试，比如“绿茶能放多久？”“人工”\nWrite something, such as “talk to a person”';
const media = { image: '[图片 picture]', voice: '[语音 voice]', video: '[视频 video]', transfer_customer_service: '（转到微信自带客服 handed to WeChat’s desk）' };

const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
const both = (zh, en) => { const f = document.createDocumentFragment(), s = el('small', '', en); s.lang = 'en'; f.append(zh, s); return f; };
const clock = (at) => new Date(at).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });
const plain = (s) => (s ?? '').replace(/<a [^>]*>([^<]*)<\/a>/g, '$1'); // a phone shows a link's words

function row(m, act) {
  const deed = m.mine && deeds[m.type];
  const li = el('li', deed || m.type === 'notice' ? 'mid' : m.mine ? 'mine' : 'ours');
  li.dataset.how = m.how;
  const b = el('div', 'bubble', [deed, media[m.type], plain(m.text)].filter(Boolean).join(' '));
  if (m.url) b.append(el('div', 'tag', m.url));
  for (const e of m.menu ?? []) {
    const tap = el('button', '', e.content);
    tap.onclick = () => act({ do: 'tap', id: e.id, text: e.content });
    b.append(tap);
  }
  const tag = [hows[m.how], m.agent && '客服 ' + m.agent, m.ai && 'AI 生成 by AI'].filter(Boolean).join(' · ');
  li.append(b, ...(tag ? [el('div', 'tag', tag)] : []));
  return li;
}

function call(c) {
  const li = el('li', c.Code ? 'bad' : ''), path = el('span', '', c.Path);
  path.title = c.Path;
  li.append(path, el('b', '', String(c.Code)));
  return li;
}

function facts(s) {
  const out = [['已关注 Follows', s.follows ? '是 yes' : '否 no']];
  if (s.left !== undefined) {
    const h = Math.floor(s.seconds / 3600), m = Math.floor(s.seconds / 60) % 60;
    out.push(['还可主动发送 Quota', s.left]);
    out.push(['窗口还有 Window', s.seconds <= 0 ? '已关 closed' : h ? h + ' h ' + m + ' min' : s.seconds + ' s']);
    out.push(['已发令牌 Tokens', s.tokens]);
  }
  out.push(['重复推送 Repeats', s.repeats]);
  return out.flatMap(([k, v]) => [el('dt', '', k), el('dd', '', String(v))]);
}

async function start(kit) {
  const ask = () => fetch(kit.api + '?who=' + encodeURIComponent(who.value)).catch(() => null);
  const root = document.querySelector('template').content.cloneNode(true).firstElementChild;
  const $ = (q) => root.querySelector(q), who = $('[name=who]'), text = $('[name=text]'), screen = $('.screen');
  who.value = kit.who;
  root.dataset.api = kit.api;
  root.hidden = true;
  document.querySelector('main').append(root);
  const first = await ask();
  if (!first?.ok) return root.remove(); // it is not played: a real account is configured
  root.hidden = false;
  $('h2').append(kit.name + ' ', el('span', '', kit.en));
  $('h2 span').lang = 'en';
  $('.head b').textContent = kit.title;
  const act = async (body, note) => {
    const r = await fetch(kit.api, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ who: who.value, ...body }) }).catch(() => null);
    $('.note').textContent = r?.ok ? note ?? '' : '没有成功 It did not work: ' + (r ? await r.text() : '程序没有回应 no answer');
    $('.note').classList.toggle('bad', !r?.ok);
    return r?.ok;
  };
  for (const group of ['me', 'it']) for (const [name, zh, en, more, note] of kit[group]) {
    const b = el('button');
    b.type = 'button';
    b.append(both(zh, en));
    b.onclick = () => act({ do: name, ...more }, note);
    $('.' + group).append(b);
  }
  $('form').onsubmit = async (e) => {
    e.preventDefault();
    const said = text.value;
    if (said.trim() && await act({ do: 'say', text: said }) && text.value === said) text.value = '';
  };
  let shown = '', called = '';
  for (let r = first; ; r = document.hidden ? null : await ask()) {
    $('time').textContent = clock(Date.now());
    if (r?.ok) {
      const s = await r.json(), now = JSON.stringify(s.screen), calls = JSON.stringify(s.calls);
      $('.head small').textContent = s.typing && Date.now() - new Date(s.typing) < 15000 ? '对方正在输入… typing…' : kit.en;
      if (now !== shown) screen.replaceChildren(...(s.screen?.length ? s.screen.map((m) => row(m, act)) : [row({ type: 'notice', text: hint }, act)])), screen.scrollTop = 1e9, shown = now;
      if (calls !== called) $('.calls').replaceChildren(...(s.calls ?? []).map((c) => call(c))), $('.calls').scrollTop = 1e9, called = calls;
      $('dl').replaceChildren(...facts(s));
    }
    await new Promise((done) => setTimeout(done, 400));
  }
}

for (const kit of kits) start(kit);
`

// playPage serves the page.
func playPage() http.Handler {
	mux := http.NewServeMux()
	for path, f := range map[string][2]string{
		"/{$}":      {"text/html; charset=utf-8", playIndex},
		"/page.css": {"text/css; charset=utf-8", playStyle},
		"/page.js":  {"text/javascript; charset=utf-8", playScript},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", f[0])
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
			_, _ = io.WriteString(w, f[1]) // who left needs no page
		})
	}
	return mux
}
