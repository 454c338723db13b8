// What the pages decide, apart from how it looks.
import type { Carries, Entry, Ticket } from './api';

// length counts text as the channel does.
export function length(s: string, unit: Carries['unit']): number {
  switch (unit) {
    case 'bytes':
      return new TextEncoder().encode(s).length;
    case 'utf16':
      return s.length;
    default: {
      let n = 0;
      for (const _ of s) n++;
      return n;
    }
  }
}

// messages is how many of the channel's messages a text takes.
export function messages(s: string, c?: Carries): number {
  if (!s.trim()) return 0;
  return c?.text ? Math.ceil(length(s, c.unit) / c.text) : 1;
}

// sendable says why nothing may be said to the customer now; empty if it may.
export function closedWindow(t: Ticket, now: number): '' | 'gone' | 'window' | 'quota' {
  if (t.gone) return 'gone';
  if (!t.left) return '';
  if (t.left.until && Date.parse(t.left.until) <= now) return 'window';
  return !t.left.any && t.left.n <= 0 ? 'quota' : '';
}

// merge puts a fresh newest page over what was seen before. If the page does
// not reach back to it, what was seen is let go rather than shown with a hole.
export function merge(seen: Entry[], page: Entry[], more: boolean): Entry[] {
  if (!page.length) return more ? seen : [];
  const first = page[0].seq;
  const newest = seen.length ? seen[seen.length - 1].seq : 0;
  if (seen.length && newest < first && more) return page;
  return [...seen.filter((e) => e.seq < first), ...page];
}

// shown drops messages whose place was taken by a later one.
export function shown(es: Entry[]): Entry[] {
  const gone = new Set(es.map((e) => e.replaces).filter(Boolean));
  return es.filter((e) => !e.id || !gone.has(e.id));
}

// outdated are the entries whose buttons come too late: suggestions after which
// somebody spoke, failures that were tried again or that the desk asks about
// itself, and everything that is a day old.
export function outdated(es: Entry[], now: number): Set<number> {
  const out = new Set<number>();
  const options = (e: Entry) => (e.parts ?? []).flatMap((p) => ('choice' in p ? p.choice.options.map((o) => o.id) : []));
  let spoken = false;
  let asked = false;
  const refs = new Set<string>();
  for (const e of es.toReversed()) {
    const ids = e.kind === 'notice' ? options(e) : [];
    const suggests = ids.some((id) => id.startsWith('suggest:'));
    if (now - Date.parse(e.at) > 86400_000 || (suggests && spoken)) out.add(e.seq);
    if (suggests || e.kind === 'agent' || e.kind === 'peer') spoken = true;
    if (ids.some((id) => id.startsWith('retry:') || id.startsWith('keep:'))) asked = true;
    if (e.kind === 'agent') {
      if ((e.ref && refs.has(e.ref)) || (asked && e.state === 'failed')) out.add(e.seq);
      if (e.state === 'failed') asked = false;
      if (e.ref) refs.add(e.ref);
    }
  }
  return out;
}

// blank is where a canned reply still wants the agent's own words.
export interface Filled { text: string; blank?: [number, number] }

// fill puts what is known into a canned reply: {name} the customer, {me} the
// agent, {ticket}, {=anything} is left to be typed, any other name is looked up
// in the form. What is not known is left to be typed, too.
export function fill(text: string, known: Record<string, string | undefined>): Filled {
  let out = '';
  let blank: [number, number] | undefined;
  let at = 0;
  for (const m of text.matchAll(/\{(=?)([^{}\n]{1,40})\}/g)) {
    out += text.slice(at, m.index);
    const value = m[1] ? undefined : known[m[2]];
    const put = value ?? m[2];
    if (value === undefined && !blank) blank = [out.length, out.length + put.length];
    out += put;
    at = m.index + m[0].length;
  }
  return { text: out + text.slice(at), blank };
}

// slashed is what is typed after a / that opens the canned replies.
export function slashed(text: string, caret: number): string | undefined {
  const m = /(?:^|\s)[/、]([^\s/]{0,30})$/.exec(text.slice(0, caret));
  return m ? m[1] : undefined;
}

// commanded reports whether the desk would not take the text as words to the
// customer: // and 备注 make a note, ! is a command.
export function commanded(text: string): '' | 'note' | 'command' {
  const s = text.trimStart();
  if (s.startsWith('//') || s.startsWith('备注')) return 'note';
  return /^[!！]\S/.test(s) ? 'command' : '';
}

// clockText is a wait as people read it: 0:48, 12:05, 3 h, 2 d.
export function waited(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)}:${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} h`;
  return `${Math.floor(s / 86400)} d`;
}

// resting is when a break that is under way ends by itself; undefined if it does not.
export function resting(who: { presence: string; until?: string }, now: number): string | undefined {
  return who.presence === 'break' && who.until && Date.parse(who.until) > now ? who.until : undefined;
}

// reason is why a platform refused a message, in one language: adapters say it
// as "closed (45015): 中文 / English [the platform's words]".
export function reason(why: string, lang: string): string {
  const s = why.replace(/^[a-z]+(?: \([^)]*\))?: /, '').replace(/ \[[^\]]*\]$/, '');
  const [zh, en, more] = s.split(' / ');
  const han = (x: string) => /\p{Script=Han}/u.test(x);
  return en && more === undefined && han(zh) && !han(en) ? (lang === 'zh' ? zh : en) : s;
}

// reasons are the desk's words with such a line among them.
export const reasons = (text: string, lang: string) => text.split('\n').map((l, i) => (i && / \/ .* \[[^\]]*\]$/.test(l) ? reason(l, lang) : l)).join('\n');

// filled are a template's lines with what is known put in; what the agent has
// still to write is left to be marked.
export function filled(lines: string[], known: Record<string, string>): { text: string; open?: boolean }[][] {
  return lines.map((line) => line.split(/(\{(?:text|ticket|agent|customer)\})/).filter(Boolean).map((s) => {
    const name = /^\{(\w+)\}$/.exec(s)?.[1];
    if (!name || !(name in known)) return { text: s };
    return name === 'text' && !known.text ? { text: '', open: true } : { text: known[name] };
  }));
}

// heat is how bad a wait is: 0 fine, 1 long, 2 too long. What was promised
// counts; without a promise, two and five minutes.
export function heat(t: Ticket, now: number): 0 | 1 | 2 {
  if (t.state !== 'waiting' && t.state !== 'ringing') return 0;
  const waitedFor = now - Date.parse(t.since);
  const p = t.promised?.upper ? Date.parse(t.promised.at) + t.promised.upper * 1000 - Date.parse(t.since) : 300_000;
  if (waitedFor >= p) return 2;
  return waitedFor >= p * 0.5 ? 1 : 0;
}

// unread reports whether the customer wrote after the agent last looked.
export function unread(t: Ticket, seen: Record<string, number>): boolean {
  return !!t.last?.in && t.state !== 'closed' && t.last.seq > (seen[t.id] ?? 0);
}

// whole is an address without what ends the sentence around it. A bracket
// belongs to it if it was opened in it.
export function whole(url: string): string {
  const count = (c: string) => url.split(c).length;
  for (let end; (end = url.slice(-1)); url = url.slice(0, -1)) {
    const opened = end === ')' ? count('(') >= count(')') : end === ']' ? count('[') >= count(']') : !/[.,;:!?]/.test(end);
    if (opened) break;
  }
  return url;
}

// linked splits text into words and web addresses.
export function linked(text: string): { text: string; href?: string }[] {
  const out: { text: string; href?: string }[] = [];
  let at = 0;
  for (const m of text.matchAll(/(?:https?:\/\/|\bwww\.(?=[\w-]+\.))[^\s<>"'`\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]+/gi)) {
    const url = whole(m[0]);
    if (m.index > at) out.push({ text: text.slice(at, m.index) });
    out.push({ text: url, href: /^www\./i.test(url) ? `https://${url}` : url });
    at = m.index + url.length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}

// size is a file's size in words.
export function size(bytes?: number): string {
  if (!bytes) return '';
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

// hue gives a name one of a few calm colours, always the same.
export function hue(name: string): number {
  let h = 0;
  for (const c of name) h = (h * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return h % 8;
}

// initial is what stands for a name in a small circle.
export function initial(name: string): string {
  const s = name.trim();
  const cjk = /[\u4e00-\u9fff]/.exec(s);
  if (cjk) return cjk[0];
  const words = s.split(/[\s·]+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words[1][0] : s.slice(0, 2)).toUpperCase();
}

/** What a page is called where a visitor is named after it: its title, nothing from its address; home for a site's first. */
export function pageName(page: string, title: string, home: string): string {
  const path = page.replace(/[?#].*$/, '').replace(/^[a-z]+:\/\/[^/]*/i, '');
  if (/^\/?(index\.[^./]*)?$/.test(path)) return home;
  const all = Array.from(title.replace(/\s+/g, ' ').trim());
  return all.length > 20 ? all.slice(0, 19).join('') + '…' : all.join('');
}
