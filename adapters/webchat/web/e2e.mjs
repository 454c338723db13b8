// Drives the widget in a real Chromium, as a customer would:
//
//   FRONTDESK_WEBCHAT_SERVE=127.0.0.1:8099 go test -run TestServe -timeout 0 ./adapters/webchat &
//   npm ci && npm run e2e            (CHROMIUM names the browser, URL the page)
import { chromium } from 'playwright-core';

const url = process.env.URL ?? 'http://127.0.0.1:8099/';
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let bad = 0;
const faults = [];
const ok = (what, yes) => { console.log(`${yes ? 'ok  ' : 'FAIL'} ${what}`); if (!yes) bad++; };
const context = () => browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN' });
const open = async (ctx, before) => {
  const p = await ctx.newPage();
  p.on('pageerror', (e) => faults.push(e.message));
  p.on('console', (m) => { if (m.type() === 'error' && !/Failed to load|ERR_|WebSocket connection/.test(m.text())) faults.push(m.text()); });
  if (before) await p.addInitScript(before);
  await p.goto(url);
  await p.waitForSelector('.fab');
  return p;
};
const texts = (p) => p.$$eval('.row .bub', (all) => all.map((e) => e.textContent)).catch(() => []);
const active = (p) => p.evaluate(() => document.querySelector('frontdesk-chat').shadowRoot.activeElement?.className || document.querySelector('frontdesk-chat').shadowRoot.activeElement?.tagName);
const shows = (p, text) => p.waitForFunction((t) => [...document.querySelector('frontdesk-chat').shadowRoot.querySelectorAll('.bub')].some((e) => e.textContent === t), text, { timeout: 20000 });
const say = async (p, text) => { await p.fill('textarea', text); await p.keyboard.press('Enter'); };
const count = (all, x) => all.filter((t) => t === x).length;

const ctx = await context();
let p = await open(ctx);

// By keyboard alone.
await p.focus('.fab');
await p.keyboard.press('Enter');
await p.waitForSelector('.opts button');
ok('the button says that it is open', await p.getAttribute('.fab', 'aria-expanded') === 'true');
ok('the field has the focus', await active(p) === 'TEXTAREA');
await p.keyboard.type('hello <img src=x onerror=alert(1)> https://a.example/x?y=1. javascript:alert(1)');
await p.keyboard.press('Shift+Enter');
await p.keyboard.type('second');
await p.keyboard.press('Enter');
await p.waitForSelector('.row.peer.sent');
ok('markup is text', await p.$$eval('.row.peer .bub img', (e) => e.length) === 0);
ok('only web addresses are links', (await p.$$eval('.row.peer .bub a', (e) => e.map((a) => a.getAttribute('href')))).join() === 'https://a.example/x?y=1');
await p.fill('textarea', '拼音');
await p.evaluate(() => document.querySelector('frontdesk-chat').shadowRoot.querySelector('textarea').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
ok('Enter that ends a composition does not send', await p.inputValue('textarea') === '拼音');
await p.keyboard.press('Escape');
ok('Esc closes and gives the focus back', !(await p.isVisible('.panel')) && await active(p) === 'fab');

// A reload.
await p.keyboard.press('Enter');
await p.fill('textarea', '半句话');
await p.waitForTimeout(500);
const before = await texts(p);
await p.reload();
await p.waitForSelector('.row.peer');
await p.waitForTimeout(500);
ok('a reload keeps window, draft and lines', await p.isVisible('.panel') && await p.inputValue('textarea') === '半句话' && JSON.stringify(await texts(p)) === JSON.stringify(before));

// Two tabs, the badge, the page's own script.
const q = await open(ctx);
await q.waitForSelector('.row.peer');
await p.bringToFront();
await say(p, '两个窗口');
await shows(q, '收到：两个窗口');
ok('two tabs show the same', JSON.stringify(await texts(q)) === JSON.stringify(await texts(p)));
await p.evaluate(() => { window.Frontdesk('close'); window.seen = []; window.Frontdesk('on', 'message', (m) => window.seen.push(m)); });
await q.bringToFront();
await q.evaluate(() => { window.Frontdesk('send', '给另一个'); window.Frontdesk('close'); });
await p.waitForFunction(() => window.seen.length > 0);
await p.waitForTimeout(300);
ok('the badge counts', await p.textContent('.badge') === '1' && (await p.getAttribute('.fab', 'aria-label')).includes('1 条未读'));
await p.bringToFront();
await p.click('.fab');
await q.waitForTimeout(500);
ok('what is read is read in every tab', !(await p.isVisible('.badge')) && !(await q.isVisible('.badge')));
await q.close();

// No network.
await ctx.setOffline(true);
for (const t of ['离线一', '离线二', '离线三']) await say(p, t);
await p.waitForSelector('.note');
ok('lines wait', await p.$$eval('.row.pending', (e) => e.length) === 3);
await ctx.setOffline(false);
await shows(p, '收到：离线三');
await p.waitForTimeout(500);
ok('they are sent once, in order', (await texts(p)).filter((t) => t.startsWith('离线')).join() === '离线一,离线二,离线三');

// Unsent lines outlive the page; the server goes away for a moment.
await ctx.setOffline(true);
await say(p, '留给下次');
await p.close();
await ctx.setOffline(false);
p = await open(ctx);
await shows(p, '收到：留给下次');
await p.evaluate(() => fetch('/restart'));
await say(p, '重启之中');
await shows(p, '收到：重启之中');
await p.waitForTimeout(1000);
const all = await texts(p);
ok('nothing is lost or shown twice', ['留给下次', '收到：留给下次', '重启之中', '收到：重启之中'].every((t) => count(all, t) === 1));

// A proxy that lets no WebSocket through.
const r = await open(await context(), () => { delete window.WebSocket; });
await r.click('.fab');
await r.waitForSelector('.opts button');
await say(r, '轮询');
await shows(r, '收到：轮询');
await r.click('.opts button:has-text("转人工")');
await r.waitForSelector('.banner');
await r.waitForSelector('.row.agent', { timeout: 20000 });
ok('long polls do', count(await texts(r), '轮询') === 1 && await r.textContent('.head h2') === '小林' && !(await r.isVisible('.banner')));

// What a screen reader and weak eyes need, in the light and in the dark.
for (const colorScheme of ['light', 'dark']) {
  await r.emulateMedia({ colorScheme });
  await r.waitForTimeout(300);
  const found = await r.evaluate(() => {
    const root = document.querySelector('frontdesk-chat').shadowRoot, out = [];
    for (const e of root.querySelectorAll('button, textarea, a')) if (!e.getAttribute('aria-label') && !e.textContent.trim()) out.push(`no name: ${e.className}`);
    for (const e of root.querySelectorAll('[aria-labelledby], [aria-controls]')) if (!root.getElementById(e.getAttribute('aria-labelledby') ?? e.getAttribute('aria-controls'))) out.push('dangling reference');
    for (const e of root.querySelectorAll('img')) if (!e.hasAttribute('alt')) out.push('img without alt');
    const lum = (c) => { const [x, y, z] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
    const rgba = (s) => s.match(/[\d.]+/g).map(Number);
    for (const e of root.querySelectorAll('.panel *')) {
      if (!e.offsetParent || e.className === 'sr' || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
      let ground = [255, 255, 255];
      for (let n = e; n && n.nodeType === 1; n = n.parentElement) {
        const b = rgba(getComputedStyle(n).backgroundColor);
        if (n.className === 'head') { ground = [15, 118, 110]; break; }
        if ((b[3] ?? 1) > 0.5) { ground = b.slice(0, 3); break; }
      }
      const [a, b] = [lum(rgba(getComputedStyle(e).color).slice(0, 3)), lum(ground)].sort((x, y) => y - x);
      if ((a + 0.05) / (b + 0.05) < 4.5) out.push(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}: ${e.textContent.slice(0, 20)}`);
    }
    return out;
  });
  ok(`names, references and contrast (${colorScheme}) ${found}`, found.length === 0);
}
ok('roles', await r.evaluate(() => { const s = document.querySelector('frontdesk-chat').shadowRoot; return [s.querySelector('.log').getAttribute('role'), s.querySelector('.log').getAttribute('aria-live'), s.querySelector('.panel').getAttribute('role')].join(); }) === 'log,polite,dialog');
await r.evaluate(() => window.Frontdesk('shutdown'));
ok('shutdown forgets', await r.evaluate(() => Object.keys(localStorage).filter((k) => /^frontdesk:.*(token|out:|user)/.test(k)).length) === 0);
ok(`no errors on the page ${faults}`, faults.length === 0);
await browser.close();
console.log(bad ? `${bad} failed` : 'all good');
process.exit(bad ? 1 : 0);
