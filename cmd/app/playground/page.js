// photo is the picture that followers send: a cup, as a data URL.
const photo = (() => {
  const c = Object.assign(document.createElement('canvas'), { width: 360, height: 270 }), g = c.getContext('2d');
  const fill = (color, draw) => { g.fillStyle = color; g.beginPath(); draw(); g.fill(); };
  const sky = g.createLinearGradient(0, 0, 0, 270);
  sky.addColorStop(0, '#dfe9ec');
  sky.addColorStop(1, '#f4e6d2');
  fill(sky, () => g.rect(0, 0, 360, 270));
  fill('#c59f74', () => g.rect(0, 190, 360, 80));
  fill('#a9855e', () => g.ellipse(180, 216, 112, 15, 0, 0, 7));
  fill('#fdfdfb', () => g.ellipse(180, 210, 104, 14, 0, 0, 7));
  g.strokeStyle = '#eef0ea';
  g.lineWidth = 13;
  g.beginPath();
  g.arc(252, 148, 24, -1.6, 1.7);
  g.stroke();
  fill('#fdfdfb', () => (g.moveTo(112, 112), g.bezierCurveTo(116, 186, 136, 208, 180, 208), g.bezierCurveTo(224, 208, 244, 186, 248, 112)));
  fill('#e6e8e0', () => g.ellipse(180, 112, 68, 15, 0, 0, 7));
  fill('#8aa24a', () => g.ellipse(180, 114, 60, 11, 0, 0, 7));
  g.lineWidth = 4;
  g.strokeStyle = '#ffffffb0';
  for (const x of [156, 182, 208]) g.beginPath(), g.moveTo(x, 88), g.bezierCurveTo(x - 14, 70, x + 14, 58, x, 36), g.stroke();
  return c.toDataURL('image/jpeg', 0.85);
})();

// What can be done: what is sent, what it is called, what happens then.
const person = { text: 'human' }; // a menu's key names an entry, a flow or this
const closed = ['窗口已关：现在只能趁对方写来时随消息返回。', 'The window is closed: only a reply within the response to a message gets through.'];
const refused = ['下一条主动消息会被拒绝，看看客服那边怎么说。', 'The next active message will be refused: see what the agent is told.'];
const kits = [
  {
    api: 'wechat/', name: ['微信公众号', 'WeChat'], title: ['您的公众号', 'Your account'], who: 'oPlayground000000000000001',
    other: () => 'oPlayground' + String(Math.random()).slice(2, 17).padEnd(15, '0'),
    me: [['follow', ['关注', 'Follow']], ['unfollow', ['取消关注', 'Unfollow']], ['scan', ['扫门店码', 'Scan QR'], { text: 'shop-12' }],
      ['click', ['菜单“人工”', 'Menu tap'], person], ['image', ['发图片', 'Picture'], { data: photo.split(',')[1] }], ['voice', ['发语音', 'Voice']]],
    it: [['close_window', ['关闭窗口', 'Close the window'], {}, closed],
      ['break_token', ['令牌失效', 'Break the token'], {}, ['令牌已作废：下次发送时自动换新，客户不会察觉。', 'The token is void: the next message renews it, unnoticed.']],
      ['fail', ['条数用尽 45047', 'Quota used up'], { code: 45047 }, refused],
      ['fail', ['系统繁忙 −1', 'System busy'], { code: -1 }, ['下一条主动消息会失败一次，随后自动重发。', 'The next active message fails once and is tried again.']]],
  },
  {
    api: 'weibo/', name: ['微博粉丝服务', 'Weibo'], title: ['您的微博', 'Your account'], who: '9007199254740993',
    other: () => '9' + String(Math.random()).slice(2, 17).padEnd(15, '0'),
    me: [['follow', ['关注', 'Follow']], ['unfollow', ['取消关注', 'Unfollow']], ['scan', ['扫门店码', 'Scan QR'], { text: 'shop_12' }],
      ['mention', ['@ 提到', 'Mention'], { text: '@您的微博 在吗' }], ['click', ['菜单“人工”', 'Menu tap'], person], ['image', ['发图片', 'Picture'], { data: photo.split(',')[1] }]],
    it: [['close_window', ['关闭窗口', 'Close the window'], {}, closed],
      ['fail', ['拒收一条 26403', 'Refuse one'], { code: 26403 }, refused],
      ['end_token', ['令牌到期', 'End the token'], {}, ['令牌已到期：主动消息发不出去，要在微博换新。', 'The token has ended: active messages wait for a new one.']],
      ['new_token', ['换新令牌', 'Renew the token'], {}, ['令牌可用了。', 'The token works again.']]],
  },
];
const hows = { passive: ['随消息返回', 'passive'], active: ['主动消息', 'active'], template: ['模板消息', 'template'] };
const deeds = { follow: ['已关注', 'Followed'], unfollow: ['已取消关注', 'Unfollowed'], scan: ['扫码', 'Scanned'], click: ['点了菜单', 'Pressed the menu'], mention: ['公开提到', 'Mentioned in public:'] };
const tries = [['绿茶能放多久？', 'How long does green tea keep?'], ['怎么退货？', 'I want to return something'], ['人工', 'human']];
const calls = {
  stable_token: ['取令牌', 'get a token'], send: ['发消息', 'send a message'], 'reply.json': ['发消息', 'send a message'], typing: ['显示正在输入', 'show typing'], bizsend: ['发订阅消息', 'subscription message'],
  upload: ['上传文件', 'upload a file'], get: ['取图片或语音', 'get a picture or recording'], msget: ['取图片或语音', 'get a picture or recording'], info: ['查客户', 'who is it'], 'info.json': ['查客户', 'who is it'], create: ['建会话', 'create'],
};

const legend = {
  passive: ['4 秒内答好：写在平台请求的应答里', 'ready within 4 s: in the response to the platform’s request'],
  active: ['晚于 4 秒，或客服自己发起：另行调用接口', 'later, or begun by the staff: by a call of its own'],
};

// The page is in one language at a time.
const zh = (localStorage.getItem('playground-lang') ?? navigator.language).startsWith('zh');
const say = (pair) => pair[zh ? 0 : 1];
document.documentElement.lang = zh ? 'zh-CN' : 'en';
for (const e of document.querySelectorAll('[data-zh]')) e.textContent = zh ? e.dataset.zh : e.dataset.en;
const lang = document.querySelector('.lang');
lang.lang = zh ? 'en' : 'zh-CN';
lang.textContent = zh ? 'English' : '中文';
lang.onclick = () => (localStorage.setItem('playground-lang', zh ? 'en' : 'zh'), location.reload());

const el = (tag, cls, ...inside) => { const e = document.createElement(tag); if (cls) e.className = cls; e.append(...inside.filter((x) => x !== undefined)); return e; };
const icon = (name, cls) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), use = document.createElementNS(svg.namespaceURI, 'use');
  use.setAttribute('href', '#' + name);
  svg.setAttribute('aria-hidden', 'true');
  if (cls) svg.setAttribute('class', cls);
  svg.append(use);
  return svg;
};
const clock = (at) => new Date(at).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });
const plain = (s) => (s ?? '').replace(/<a [^>]*>([^<]*)<\/a>/g, '$1'); // a phone shows a link's words
const host = (url) => url.replace(/^\w+:\/\//, '').split(/[/?#]/)[0];
const mid = (...inside) => el('li', 'mid', el('p', '', ...inside));

function bubble(m, act) {
  if (m.type === 'image') return el('div', 'bubble photo', m.mine ? Object.assign(el('img'), { src: photo, alt: say(['图片', 'picture']) }) : icon('photo'));
  if (m.type === 'voice') return el('div', 'bubble voice', icon('sound'), say(['语音', 'voice']));
  if (m.type === 'video') return el('div', 'bubble', say(['[视频]', '[video]']));
  if (m.url) return el('div', 'bubble card', el('b', '', m.text || m.url), el('span', '', icon('link'), host(m.url)));
  const b = el('div', 'bubble', plain(m.text));
  for (const e of m.menu ?? []) {
    const tap = el('button', '', e.content);
    tap.type = 'button';
    tap.onclick = () => act({ do: 'tap', id: e.id, text: e.content });
    b.append(tap);
  }
  return b;
}

// tag says how a message came.
function tag(m, counted) {
  const said = hows[m.how] && [say(hows[m.how])];
  if (!said) return;
  if (m.how === 'passive') said.push(...(m.took ? [m.took + say([' 毫秒', ' ms'])] : []), ...(counted ? [say(['不计条数', 'free'])] : []));
  if (m.how === 'active' && counted) said.push(say(['计 1 条', 'counts 1']));
  if (m.agent) said.push(say(['客服 ', 'agent ']) + m.agent);
  if (m.ai) said.push(say(['AI 生成', 'by AI']));
  return el('small', 'tag', said.join(' · '));
}

function rows(m, before, act, counted) {
  const out = [];
  if (!before || new Date(m.at) - new Date(before.at) > 300000) out.push(mid(clock(m.at)));
  let li;
  if (m.mine && deeds[m.type]) li = mid([say(deeds[m.type]), m.text].filter(Boolean).join(' '));
  else if (m.type === 'notice') li = mid(m.text);
  else if (m.type === 'transfer_customer_service') li = mid(say(['已转到微信自带客服', 'Handed over to WeChat’s own desk']));
  else li = el('li', m.mine ? 'mine' : 'ours', icon(m.mine ? 'face' : 'shop', 'face'), el('div', 'said', bubble(m, act), tag(m, counted)));
  li.dataset.how = m.how;
  return [...out, li];
}

// welcome stands on an empty phone.
function welcome(act) {
  const li = mid(say(['写一句试试，或点一句：', 'Write something, or take one of these:']));
  for (const t of tries) {
    const b = el('button', 'try', say(t));
    b.type = 'button';
    b.onclick = () => act({ do: 'say', text: say(t) });
    li.firstChild.append(b);
  }
  return li;
}

// meter shows what the platform still lets us say.
function meter(box, s) {
  const shut = s.seconds <= 0, h = Math.floor(s.seconds / 3600), m = Math.floor(s.seconds / 60) % 60, counted = s.left !== undefined;
  const blank = shut && !s.screen?.length; // nobody has written: there is no window that could have closed
  const left = h ? say([`${h} 小时 ${m} 分`, `${h} h ${m} min`]) : say([`${s.seconds} 秒`, `${s.seconds} s`]);
  box.className = 'meter' + (blank ? ' blank' : shut || s.left === 0 ? ' shut' : s.left === 1 || s.seconds < 1800 ? ' low' : '');
  box.querySelector('b').textContent = blank ? say(['还没写过', 'Nothing yet']) : shut ? say(['窗口已关', 'Closed']) : counted ? s.left : say(['窗口开着', 'Open']);
  box.querySelector('span').textContent = shut || !counted ? '' : say(['条可主动发送', s.left === 1 ? 'active message left' : 'active messages left']);
  box.querySelector('p').textContent = blank ? say(['粉丝写来后，才可以发消息给对方', 'once they have written, they can be written to']) : shut ? say(['只能随对方的消息返回', 'only replies within the response to a message']) : say([`窗口还有 ${left}`, `the window closes in ${left}`]);
  box.querySelector('.dots').replaceChildren(...Array.from({ length: counted ? Math.max(5, s.left) : 0 }, (_, i) => el('i', !shut && i < s.left ? '' : 'gone')));
}

function facts(s) {
  const list = [[['关注', 'follows'], s.follows ? say(['是', 'yes']) : say(['否', 'no'])], [['重复推送', 'repeats'], s.repeats]];
  list.push(s.tokens !== undefined ? [['发过令牌', 'tokens'], s.tokens] : [['令牌', 'token'], s.ended ? say(['到期', 'ended']) : say(['可用', 'valid'])]);
  return list.map(([k, v]) => el('div', '', el('dt', '', say(k)), el('dd', '', String(v))));
}

function call(c) {
  const name = calls[c.Path.split('/').pop()];
  const li = el('li', c.Code ? 'bad' : '', el('b', '', c.Code ? '✕' : '✓'), el('span', '', name ? say(name) : c.Path), el('code', '', c.Code ? String(c.Code) : c.Path.split('/').pop()));
  li.title = c.Path;
  return li;
}

async function start(kit) {
  const root = document.querySelector('template').content.cloneNode(true).firstElementChild;
  const $ = (q) => root.querySelector(q), who = $('[name=who]'), text = $('[name=text]'), screen = $('.screen');
  const ask = () => fetch(kit.api + '?who=' + encodeURIComponent(who.value)).catch(() => null);
  root.dataset.api = kit.api;
  who.value = kit.who;
  document.querySelector('main').append(root);
  const first = await ask();
  if (!first?.ok) return root.remove(); // it is not played: a real account is configured
  root.hidden = false;
  const words = {
    'h2 span': kit.name, '.who label': ['粉丝', 'Who'], 'form button': ['发送', 'Send'],
    'h3.me': ['粉丝做点什么', 'The follower'], 'h3.it': ['平台出点状况', 'The platform'], 'h3.log': ['平台收到的调用', 'Calls that the platform got'],
  };
  for (const q in words) $(q).textContent = say(words[q]);
  for (const how in legend) {
    const p = el('p', '', el('small', 'tag', say(hows[how])), say(legend[how]));
    p.dataset.how = how;
    $('.legend').append(p);
  }
  screen.ariaLabel = say(['消息', 'Messages']);
  text.placeholder = text.ariaLabel = say(['写消息', 'Write a message']);
  who.ariaLabel = say(words['.who label']);
  $('.other').ariaLabel = $('.other').title = say(['换一位新粉丝', 'Be somebody new']);
  $('.other').onclick = () => (who.value = kit.other());
  const act = async (body, note) => {
    const r = await fetch(kit.api, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ who: who.value, ...body }) }).catch(() => null);
    $('.note').textContent = r?.ok ? note ?? '' : say(['没有成功：', 'It did not work: ']) + (r ? await r.text() : say(['程序没有回应', 'the program does not answer']));
    $('.note').classList.toggle('bad', !r?.ok);
    return r?.ok;
  };
  for (const group of ['me', 'it']) for (const [name, label, more, note] of kit[group]) {
    const b = el('button', '', say(label));
    b.type = 'button';
    b.onclick = () => act({ do: name, ...more }, note && say(note));
    $('.acts.' + group).append(b);
  }
  $('form').onsubmit = async (e) => {
    e.preventDefault();
    const said = text.value;
    if (said.trim() && await act({ do: 'say', text: said }) && text.value === said) text.value = '';
  };
  let of = null, shown = 0, called = '';
  const show = (s) => {
    const list = s.screen ?? [], fresh = of !== who.value || list.length < shown;
    if (fresh) (of = who.value), (shown = 0), screen.replaceChildren(...(list.length ? [] : [welcome(act)]));
    if (list.length > shown) {
      if (!shown) screen.replaceChildren();
      for (; shown < list.length; shown++) {
        const more = rows(list[shown], list[shown - 1], act, s.left !== undefined);
        if (!fresh) more.at(-1).classList.add('new');
        screen.append(...more);
      }
      screen.scrollTop = 1e9;
    }
    const log = JSON.stringify(s.calls);
    if (log !== called) $('.calls').replaceChildren(...(s.calls?.length ? s.calls.map(call) : [el('li', 'none', say(['还没有', 'none yet']))])), ($('.calls').scrollTop = 1e9), (called = log);
    $('.head b').textContent = s.typing && Date.now() - new Date(s.typing) < 15000 ? say(['对方正在输入…', 'typing…']) : say(kit.title);
    meter($('.meter'), s);
    $('dl').replaceChildren(...facts(s));
  };
  for (let r = first; ; r = document.hidden ? null : await ask()) {
    $('time').textContent = clock(Date.now());
    if (r?.ok) {
      const s = await r.json();
      if ((s.openid ?? s.uid) === who.value) show(s); // else somebody else was chosen since
    }
    await new Promise((done) => setTimeout(done, 400));
  }
}

for (const kit of kits) start(kit);
