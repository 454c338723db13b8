// How lines look. A row is built once; what changes around it (its place in a
// group, its delivery) is a class.
import { address, h, icon, initial, linked, size } from './dom.ts';
import { say, type Lang, type Word } from './words.ts';
import type { Line, Own, Part } from './types.ts';

export interface Hands {
  lang: Lang;
  pick(line: Line, option: string, label: string): void;
  retry(id: string): void;
  remove(id: string): void;
  renew(seq: number): Promise<Line | undefined>;
  server(url: string): string; // absolute
}

export interface Row {
  el: HTMLElement;
  line: Line;
  opts?: HTMLElement;
  state?: 'pending' | 'sent' | 'failed';
}

export function time(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function day(at: number, lang: Lang): string {
  const start = (t: number) => new Date(t).setHours(0, 0, 0, 0);
  const ago = Math.round((start(Date.now()) - start(at)) / 864e5);
  if (ago === 0 || ago === 1) return say(lang, ago ? 'yesterday' : 'today');
  const far = new Date(at).getFullYear() !== new Date().getFullYear();
  return new Intl.DateTimeFormat(lang, { month: 'short', day: 'numeric', weekday: 'short', year: far ? 'numeric' : undefined }).format(at);
}

/** The visitor's own line before the server has it. */
export function draft(own: Own): Line {
  const parts: Part[] = [];
  if (own.media) parts.push(own.media);
  if (own.pick) parts.push({ kind: 'pick', body: own.pick.label });
  else if (own.text) parts.push({ kind: 'text', body: own.text });
  return { seq: Infinity, id: '', mine: own.id, from: { kind: 'peer' }, at: own.at, parts };
}

export function row(line: Line, hands: Hands): Row {
  const { lang } = hands;
  const { kind } = line.from;
  const name = line.from.name?.replace(/\s*[(（](机器人|bot)[)）]$/i, ''); // the tag says it
  const parts = h('div', { class: 'parts' });
  const r: Row = { el: h('div', {}), line };
  for (const p of line.parts) {
    for (const el of part(p, line, hands, r)) parts.append(el);
  }
  if (kind === 'system') {
    r.el = h('div', { class: 'sys' }, parts.textContent ?? '');
    r.el.replaceChildren(linked(line.parts.map((p) => [p.title, p.body].filter(Boolean).join('\n')).join('\n')));
    return r;
  }
  const label = kind === 'peer' ? 'you' : kind;
  const pic = h('span', { class: 'pic', 'aria-hidden': 'true' });
  if (kind === 'bot') pic.append(icon('bot')); else if (name) pic.append(initial(name));
  r.el = h('div', { class: `row ${kind}` },
    pic,
    h('div', { class: 'who' }, name && name !== say(lang, label) ? h('span', {}, name) : null, h('i', {}, say(lang, label))),
    h('span', { class: 'sr' }, `${name ?? ''} ${say(lang, label)}${lang === 'en' ? ': ' : '：'}`),
    parts,
    h('div', { class: 'foot' }),
  );
  foot(r, hands);
  return r;
}

/** Reasons for which sending it again would fail again. */
const hopeless = new Set<Word | undefined>(['type', 'damaged', 'long']);

/** Writes the time, and below the visitor's own lines what became of them. */
export function foot(r: Row, hands: Hands, why?: Word): void {
  const f = r.el.querySelector('.foot');
  if (!f) return;
  const { lang } = hands;
  for (const s of ['pending', 'sent', 'failed'] as const) r.el.classList.toggle(s, r.state === s);
  const at = h('time', { datetime: new Date(r.line.at).toISOString() }, time(r.line.at, lang));
  const mark = (word: Word, name: 'clock' | 'check' | 'alert') => [icon(name), h('span', { class: 'sr' }, say(lang, word))];
  if (r.state === 'pending') f.replaceChildren(at, ...mark('sending', 'clock'), ...(why ? [say(lang, why)] : []));
  else if (r.state === 'sent') f.replaceChildren(at, ...mark('sent', 'check'));
  else if (r.state === 'failed') {
    const act = (word: Word, f: (id: string) => void) => h('button', { type: 'button', click: () => f(r.line.mine!) }, say(lang, word));
    f.replaceChildren(icon('alert'), `${say(lang, why ?? 'failed')} · `,
      ...(hopeless.has(why) ? [] : [act('retry', hands.retry), ' · ']), act('remove', hands.remove));
  } else f.replaceChildren(at);
}

function* part(p: Part, line: Line, hands: Hands, r: Row): Generator<HTMLElement> {
  if (p.kind === 'text' || p.kind === 'pick') {
    yield h('div', { class: 'bub' }, linked(p.body ?? ''));
  } else if (p.kind === 'choice') {
    if (p.body) yield h('div', { class: 'bub' }, linked(p.body));
    r.opts = h('div', { class: 'opts', role: 'group' }, ...(p.options ?? []).map((o) =>
      h('button', { type: 'button', click: () => hands.pick(line, o.id, o.label) }, o.label)));
    yield r.opts;
  } else if (p.kind === 'card') {
    yield card(p, hands);
  } else {
    yield media(p, line, hands);
    if (p.body) yield h('div', { class: 'bub' }, linked(p.body));
  }
}

function card(p: Part, hands: Hands): HTMLElement {
  const inner = [
    p.image ? h('img', { src: hands.server(p.image), alt: '', loading: 'lazy', referrerpolicy: 'no-referrer' }) : null,
    h('div', {}, h('b', {}, p.title ?? ''), p.body ? h('p', {}, p.body) : null,
      p.url ? h('span', {}, say(hands.lang, 'view'), icon('go')) : null),
  ];
  const url = p.url && address(p.url);
  return url ? h('a', { class: 'card', href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inner) : h('div', { class: 'card' }, ...inner);
}

function media(p: Part, line: Line, hands: Hands): HTMLElement {
  const { lang } = hands;
  const url = p.url ? (p.url.startsWith('blob:') ? p.url : hands.server(p.url)) : '';
  const type = p.type ?? '';
  const name = p.title || say(lang, type.startsWith('image/') ? 'picture' : 'file');
  const link = { href: url, target: '_blank', rel: 'noopener noreferrer', click: (e: MouseEvent) => fresh(e, p, line, hands) };
  if (/^image\/(jpeg|png|gif|webp)$/.test(type) && url) {
    const img = h('img', { src: url, alt: name, loading: 'lazy' });
    img.addEventListener('error', () => {
      if (!p.until || p.until > Date.now()) return;
      void renewed(p, line, hands).then((u) => { if (u) img.src = hands.server(u); });
    });
    return h('a', { class: 'shot', 'aria-label': say(lang, 'download', name), ...link }, img);
  }
  if (/^(audio|video)\//.test(type) && url) {
    return h(type.startsWith('audio') ? 'audio' : 'video', { controls: true, preload: 'none', src: url, 'aria-label': name });
  }
  return h('a', { class: 'doc', 'aria-label': say(lang, 'download', name), ...link }, icon('file'),
    h('span', {}, h('b', {}, name), p.size ? size(p.size) : ''));
}

/** A download address is good for an hour; after that a new one is asked for. */
function fresh(e: MouseEvent, p: Part, line: Line, hands: Hands): void {
  if (!p.until || p.until > Date.now()) return;
  const a = e.currentTarget as HTMLAnchorElement;
  e.preventDefault();
  void renewed(p, line, hands).then((u) => { if (u) { a.href = hands.server(u); a.click(); } });
}

async function renewed(p: Part, line: Line, hands: Hands): Promise<string> {
  const now = await hands.renew(line.seq);
  const same = now?.parts[line.parts.indexOf(p)];
  if (same?.url) { p.url = same.url; p.until = same.until; }
  return same?.url ?? '';
}
