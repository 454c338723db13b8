import { describe, expect, test } from 'vitest';
import type { Entry, Ticket } from './api';
import { closedWindow, commanded, fill, filled, heat, length, linked, merge, messages, outdated, pageName, reason, reasons, resting, shown, slashed, unread, waited } from './logic';

const ticket = (t: Partial<Ticket>): Ticket => ({ id: 'T1', channel: 'web', peer: { id: 'p' }, state: 'waiting', class: 2, since: '2026-11-21T09:00:00Z', ...t });
const at = (s: string) => Date.parse(`2026-11-21T${s}Z`);
const e = (seq: number, more: Partial<Entry> = {}): Entry => ({ seq, at: '', kind: 'peer', id: `m${seq}`, ...more });

describe('length', () => {
  test('counts as the channel does', () => {
    expect(length('你好👋', 'runes')).toBe(3);
    expect(length('你好👋', 'bytes')).toBe(10);
    expect(length('你好👋', 'utf16')).toBe(4);
  });
  test('tells how many messages a text takes', () => {
    expect(messages('  ', { unit: 'runes', known: true })).toBe(0);
    expect(messages('好'.repeat(700), { text: 2048, unit: 'bytes', known: true })).toBe(2);
    expect(messages('好'.repeat(700))).toBe(1);
  });
});

test('a closed window is seen before anything is typed', () => {
  const now = at('10:00:00');
  expect(closedWindow(ticket({}), now)).toBe('');
  expect(closedWindow(ticket({ gone: true }), now)).toBe('gone');
  expect(closedWindow(ticket({ left: { n: 0, until: '2026-11-22T00:00:00Z' } }), now)).toBe('quota');
  expect(closedWindow(ticket({ left: { n: 0, any: true, until: '2026-11-22T00:00:00Z' } }), now)).toBe('');
  expect(closedWindow(ticket({ left: { n: 3, until: '2026-11-21T09:59:00Z' } }), now)).toBe('window');
});

describe('merge', () => {
  test('keeps older pages and takes the newest as it is now', () => {
    expect(merge([e(1), e(2), e(3, { state: 'pending' })], [e(3, { state: 'sent' }), e(4)], true).map((x) => [x.seq, x.state])).toEqual([
      [1, undefined], [2, undefined], [3, 'sent'], [4, undefined],
    ]);
  });
  test('shows no hole', () => {
    expect(merge([e(1), e(2)], [e(9)], true).map((x) => x.seq)).toEqual([9]);
    expect(merge([e(1), e(2)], [e(9)], false).map((x) => x.seq)).toEqual([1, 2, 9]);
  });
  test('drops what was replaced', () => {
    expect(shown([e(1), e(2, { replaces: 'm1' })]).map((x) => x.seq)).toEqual([2]);
  });
});

test('buttons that come too late are not offered', () => {
  const at = '2026-11-21T09:59:00Z';
  const asks = (seq: number, id: string): Entry => ({ seq, at, kind: 'notice', parts: [{ choice: { prompt: '', options: [{ id, label: '' }] } }] });
  const said = (seq: number, state: Entry['state'], ref: string): Entry => ({ seq, at, kind: 'agent', id: `m${seq}`, state, ref });
  const now = Date.parse('2026-11-21T10:00:00Z');
  expect([...outdated([asks(1, 'suggest:1'), said(2, 'sent', 'a'), asks(3, 'suggest:1')], now)]).toEqual([1]);
  expect([...outdated([said(1, 'failed', 'a'), asks(2, 'retry:1')], now)]).toEqual([1]);
  expect([...outdated([said(1, 'failed', 'a')], now)]).toEqual([]);
  expect([...outdated([said(1, 'failed', 'a'), said(2, 'sent', 'a')], now)]).toEqual([1]);
  expect([...outdated([asks(1, 'take:1')], now + 2 * 86400_000)]).toEqual([1]);
});

describe('canned replies', () => {
  test('are filled, and the first blank is selected', () => {
    const f = fill('您好 {name}，订单 {订单} 将在 {=2} 天内 {什么}。', { name: '李晓雯', 订单: '0413' });
    expect(f.text).toBe('您好 李晓雯，订单 0413 将在 2 天内 什么。');
    expect(f.text.slice(...f.blank!)).toBe('2');
    expect(fill('a {b', {}).text).toBe('a {b');
  });
  test('open by a slash at the start of a word only', () => {
    expect(slashed('/补', 2)).toBe('补');
    expect(slashed('您好 /', 4)).toBe('');
    expect(slashed('、发', 2)).toBe('发');
    expect(slashed('https://a', 9)).toBeUndefined();
    expect(slashed('1/2', 3)).toBeUndefined();
  });
});

test('text that the desk would not say is noticed', () => {
  expect(commanded('// 只给同事看')).toBe('note');
  expect(commanded('备注 vip')).toBe('note');
  expect(commanded('!转 小陈')).toBe('command');
  expect(commanded('! ')).toBe('');
  expect(commanded('您好')).toBe('');
});

test('waits', () => {
  expect(waited(48_000)).toBe('0:48');
  expect(waited(725_000)).toBe('12:05');
  expect(waited(3 * 3600_000 + 60_000)).toBe('3:01 h');
  expect(waited(-5)).toBe('0:00');
  expect(heat(ticket({}), at('09:01:00'))).toBe(0);
  expect(heat(ticket({}), at('09:03:00'))).toBe(1);
  expect(heat(ticket({ promised: { at: '2026-11-21T09:00:00Z', ahead: 1, upper: 120 } }), at('09:02:00'))).toBe(2);
  expect(heat(ticket({ state: 'active' }), at('19:02:00'))).toBe(0);
});

test('unread is what the customer said last, not what we did', () => {
  const last = { seq: 5, at: '', in: true, by: 'peer', text: '' };
  expect(unread(ticket({ last }), {})).toBe(true);
  expect(unread(ticket({ last }), { T1: 5 })).toBe(false);
  expect(unread(ticket({ last: { ...last, in: false } }), {})).toBe(false);
});

test('links end where the address ends', () => {
  expect(linked('看 https://a.cn/x?y=1。谢谢 http://b.cn, ok')).toEqual([
    { text: '看 ' }, { text: 'https://a.cn/x?y=1', href: 'https://a.cn/x?y=1' }, { text: '。谢谢 ' }, { text: 'http://b.cn', href: 'http://b.cn' }, { text: ', ok' },
  ]);
  const href = (s: string) => linked(s).find((x) => x.href)?.href;
  for (const url of ['https://shop.example.com/i?a=1&b=(2)', 'https://a.example/x?q=[1]', 'https://a.example/x_(y_(z))']) {
    expect(href(`见 ${url}。`)).toBe(url);
    expect(href(`见 (${url}).`)).toBe(url);
  }
  expect(href('见 (https://a.example/x)')).toBe('https://a.example/x');
  expect(href('看 www.a.example/x, 谢谢')).toBe('https://www.a.example/x');
  expect(href('www.')).toBeUndefined();
  expect(linked('javascript:alert(1)')).toEqual([{ text: 'javascript:alert(1)' }]);
});

test('a break that ends by itself has a time until then', () => {
  const until = '2026-11-21T13:30:00Z';
  expect(resting({ presence: 'break', until }, at('13:29:59'))).toBe(until);
  expect(resting({ presence: 'break', until }, at('13:30:00'))).toBeUndefined();
  expect(resting({ presence: 'break' }, at('13:00:00'))).toBeUndefined();
  expect(resting({ presence: 'on', until }, at('13:00:00'))).toBeUndefined();
});

test('a template shows what the customer will read, and where words are missing', () => {
  const known = { text: '', ticket: 'T1', agent: '小林', customer: '' };
  expect(filled(['{agent}：{text}', '{ticket} {other}'], known)).toEqual([[{ text: '小林' }, { text: '：' }, { text: '', open: true }], [{ text: 'T1' }, { text: ' {other}' }]]);
  expect(filled(['{text}{customer}'], { ...known, text: '$& {ticket}' })).toEqual([[{ text: '$& {ticket}' }, { text: '' }]]);
});

test('a refusal is told in one language', () => {
  const why = 'closed (45015): 超过可回复时间（48 小时） / more than 48 hours [response out of time limit rid: 65a0-25]';
  expect(reason(why, 'zh')).toBe('超过可回复时间（48 小时）');
  expect(reason(why, 'en')).toBe('more than 48 hours');
  expect(reason('客户已取消关注 / no longer follows', 'en')).toBe('no longer follows');
  for (const s of ['24 小时内客户没有再写 (20506)', '好 / 不好', 'yes / no', 'a / b / 好', '']) expect(reason(s, 'en')).toBe(s);
  const asked = `⚠️ 没有送达：“好 / ok [1]”\n超过时限。${why.slice(16)}\n（!重发 5 / !不发 5）`;
  expect(reasons(asked, 'zh')).toBe('⚠️ 没有送达：“好 / ok [1]”\n超过时限。超过可回复时间（48 小时）\n（!重发 5 / !不发 5）');
});

test('a page is called by its title, never by its address', () => {
  for (const [page, title, want] of [['https://a.example/', '小禾茶', '首页'], ['https://a.example', '', '首页'], ['https://a.example/index.html?x', '', '首页'], ['https://a.example/tea/', ' 龙井\n Longjing ', '龙井 Longjing'],
    ['https://a.example/reset/s3cret', '', ''], ['https://a.example/tea', '茶'.repeat(30), '茶'.repeat(19) + '…']]) expect(pageName(page!, title!, '首页')).toBe(want);
});
