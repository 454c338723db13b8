// The widget: one script tag puts a button on the page and a chat behind it.
import { Keep } from './keep.ts';
import { Link, type Health, type Host } from './link.ts';
import { Thread } from './thread.ts';
import { Pane, type Acts, type Look } from './window.ts';
import { pickLang, say, type Word } from './words.ts';
import type { Frame, Line, Own, Setup, Texts, Who } from './types.ts';

declare const FRONTDESK: Setup; // the argument of the function around this script

interface Identity { jwt?: string; userId?: string; userHash?: string; name?: string; refresh?: () => Promise<string> }
type Event = 'ready' | 'open' | 'close' | 'message' | 'unread';
type Command = (cmd: string, ...args: unknown[]) => unknown;
declare global { interface Window { Frontdesk?: Command & { q?: unknown[][]; back?: () => void } } }

const tag = document.currentScript as HTMLScriptElement | null;
const data = tag?.dataset ?? {};
const base = new URL('.', tag?.src || location.href).href;
const newID = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => (b % 36).toString(36)).join('') + Date.now().toString(36);

class Widget implements Acts, Host {
  private keep = new Keep(FRONTDESK.site);
  private look: Look;
  private pane: Pane;
  private thread: Thread;
  private link: Link;
  private identity: Identity = {};
  private talk: Who | undefined;
  private open = false;
  private loading = false;
  private greeted = false; // this page has told the server that the window is open
  private typedAt = 0;
  private quiet = 0; // timer for the notice
  private sleeper = 0;
  private flasher = 0;
  private unreadNow = 0;
  private watch = new MutationObserver(() => setTimeout(() => this.back())); // one turn later: a page that takes it out each time is not held up
  private audio: AudioContext | null = null;
  private renewals = new Map<number, (l?: Line) => void>();
  private subs = new Map<string, Set<(x: unknown) => void>>();
  private failed = new Map<string, Own>(); // and those not acknowledged yet
  private previews = new Map<string, { file: File; url: string }>();

  constructor(lang?: string) {
    const S = FRONTDESK;
    const l = pickLang(lang, data.lang, S.lang, document.documentElement.lang, navigator.language);
    const text = (m: Texts | null, d?: string) => d ?? m?.[l] ?? '';
    this.look = {
      lang: l, colour: /^#[0-9a-f]{6}$/i.test(data.colour ?? '') ? data.colour! : S.colour, side: data.side ?? S.side, theme: data.theme ?? 'auto',
      title: text(S.title, data.title) || say(l, 'title'), subtitle: text(S.subtitle), launcher: text(S.launcher, data.launcher), notice: text(S.notice), avatar: S.avatar,
    };
    this.pane = new Pane(this.look, S, this);
    this.thread = new Thread(this.pane.log, {
      lang: l,
      pick: (line, option, label) => this.pick(line, option, label),
      retry: (id) => this.retry(id),
      remove: (id) => this.remove(id),
      renew: (seq) => this.renew(seq),
      server: (url) => new URL(url, base).href,
    });
    this.link = new Link(base, this.keep, this);
    for (const e of ['turbo:load', 'astro:after-swap']) document.addEventListener(e, () => this.back());
    this.back();
    this.pane.input.value = this.keep.get('draft');
    this.pane.bell(!this.keep.get('mute'));
    for (const own of this.keep.outbox()) this.thread.mine(own);
    this.keep.watch((k) => { if (k === 'read') this.count(); });
    document.addEventListener('visibilitychange', () => this.seen());
    addEventListener('focus', () => this.seen());
    if (this.keep.get('open')) this.show(true, false);
    else if (this.keep.get('token')) this.link.start();
    this.blank();
  }

  /** Puts the widget into the page, again where the page's own script has replaced the body. */
  back(): void {
    const { host } = this.pane;
    if (!document.body || host.isConnected) return;
    document.body.append(host);
    this.watch.observe(document.documentElement, { childList: true });
    this.watch.observe(document.body, { childList: true });
    this.pane.down();
  }

  // What the window asks for.

  toggle(): void { this.show(!this.open); }
  close(): void { this.show(false); }
  draft(text: string): void { this.keep.set('draft', text); }
  lang(): string { return this.look.lang; }

  place(): { page: string; title: string; zone: string } {
    const mark = say(this.look.lang, 'flash');
    const title = document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title;
    return { page: location.href.split(/[?#]/)[0]!, title: title.trim().slice(0, 80), zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? '' };
  }

  bottom(): void { this.read(); }

  sound(): boolean {
    const on = !!this.keep.get('mute');
    this.keep.set('mute', on ? '' : '1');
    if (on) this.ding();
    return on;
  }

  show(open: boolean, focus = true): void {
    if (open === this.open) return;
    this.open = open;
    this.keep.set('open', open ? '1' : '');
    this.pane.show(open);
    this.count();
    if (open) {
      this.link.start();
      this.greet();
      if (focus) this.pane.focus();
      this.read();
    }
    this.health(this.link.health);
    this.emit(open ? 'open' : 'close');
  }

  send(text: string): boolean {
    if ([...text].length > FRONTDESK.text) { this.pane.toast(say(this.look.lang, 'long')); return false; }
    this.post({ id: newID(), at: Date.now(), text });
    return true;
  }

  typing(): void {
    if (Date.now() - this.typedAt < 3000) return;
    this.typedAt = Date.now();
    this.link.tell({ op: 'typing' });
  }

  earlier(): void {
    if (this.loading || !isFinite(this.thread.first)) return;
    this.loading = true;
    this.link.tell({ op: 'past', before: this.thread.first });
    setTimeout(() => { this.loading = false; }, 5000);
  }

  files(files: File[]): void {
    for (const file of files.slice(0, 5)) {
      if (file.size > FRONTDESK.file) { this.pane.toast(say(this.look.lang, 'large', Math.floor(FRONTDESK.file / 1048576))); continue; }
      const id = newID(), url = URL.createObjectURL(file);
      this.previews.set(id, { file, url });
      this.thread.mine({ id, at: Date.now(), media: { kind: 'media', type: file.type, title: file.name, size: file.size, url } });
      this.blank();
      this.pane.down();
      void this.bring(id);
    }
  }

  private async bring(id: string): Promise<void> {
    const p = this.previews.get(id);
    if (!p) return;
    this.thread.mark(id, 'pending');
    try {
      if (!this.keep.get('token')) await this.session();
      const out = await this.link.upload(p.file, p.file.name);
      this.link.send({ id, at: Date.now(), file: out.file, media: { ...out.media } });
    } catch (e) {
      const why: Record<string, Word> = { type: 'type', damaged: 'damaged', empty: 'damaged' };
      this.thread.mark(id, 'failed', why[(e as Error).message] ?? 'upload');
      this.pane.down();
    }
  }

  private pick(line: Line, option: string, label: string): void {
    this.thread.pick(line);
    this.post({ id: newID(), at: Date.now(), pick: { option, label } });
    this.pane.focus();
  }

  private retry(id: string): void {
    const own = this.failed.get(id);
    if (own) { this.failed.delete(id); this.thread.mark(id, 'pending'); this.link.send(own); } else void this.bring(id);
  }

  private remove(id: string): void {
    const p = this.previews.get(id);
    if (p) URL.revokeObjectURL(p.url);
    this.previews.delete(id);
    this.failed.delete(id);
    this.thread.remove(id);
    this.blank();
  }

  private post(own: Own): void {
    this.failed.set(own.id, own);
    this.thread.mine(own);
    this.blank();
    this.pane.down();
    this.link.send(own);
    this.link.start();
  }

  // What the server says.

  frame(f: Frame): void {
    if (f.op === 'ready' || f.op === 'lines' || f.op === 'past') this.lines(f);
    if (f.op === 'ready' || f.op === 'banner') {
      if (f.who) { this.talk = f.who; this.pane.who(f.who); }
      this.pane.wait(f.banner?.text ?? '');
    }
    if (f.op === 'ready') {
      if (f.typing) this.pane.typing(true, this.talk?.state === 'agent');
    }
    if (f.op === 'typing') this.pane.typing(true, this.talk?.state === 'agent');
    if (f.op === 'ack') { this.thread.mark(f.id!, 'sent'); this.failed.delete(f.id!); }
    if (f.op === 'error') this.refused(f);
  }

  private refused(f: Frame): void {
    const l = this.look.lang;
    if (f.code === 'rate') this.pane.toast(say(l, 'wait', f.retry));
    else if (f.code === 'busy') this.pane.toast(say(l, 'busy'));
    else if (f.id) {
      this.thread.mark(f.id, 'failed', f.code === 'long' ? 'long' : undefined);
      if (f.code === 'long') this.pane.toast(say(l, 'long'));
    }
  }

  private lines(f: Frame): void {
    const first = f.op === 'ready' && this.thread.empty;
    if (f.reset) this.thread.clear();
    const low = this.pane.low() || first, high = this.pane.log.scrollHeight - this.pane.log.scrollTop;
    let news: Line[] = [];
    const add = () => { news = this.thread.add(f.lines ?? []); };
    if (f.op === 'lines') add(); else this.pane.quietly(add);
    for (const l of f.lines ?? []) if (l.mine) this.failed.delete(l.mine);
    if (f.op === 'past') {
      this.loading = false;
      for (const l of f.lines ?? []) this.renewals.get(l.seq)?.(l);
      this.pane.older(!!f.more);
      this.pane.log.scrollTop = this.pane.log.scrollHeight - high;
    } else {
      if (f.op === 'ready' && (first || f.reset)) this.pane.older(!!f.more);
      if (low) this.pane.down(); else if (news.length) this.pane.news();
      if (f.op === 'lines' || !first) this.news(news);
    }
    this.blank();
    this.read();
    this.count();
  }

  private news(lines: Line[]): void {
    if (!lines.length) return;
    this.pane.typing(false, false);
    for (const l of lines) {
      if (l.from.kind === 'agent' && l.from.name && this.talk?.state !== 'agent') this.pane.who(this.talk = { state: 'agent', name: l.from.name, staff: true });
      this.emit('message', { id: l.id, from: l.from.kind, text: l.parts.map((p) => p.body ?? p.title ?? '').join('\n') });
    }
    if (document.hidden || !this.open || !document.hasFocus()) this.ding();
    if (document.hidden) this.flash();
  }

  health(h: Health): void {
    clearTimeout(this.quiet);
    const l = this.look.lang;
    if (h === 'refused') this.pane.notice(say(l, 'refused'));
    else if (h === 'lost' && this.open) this.quiet = setTimeout(() => this.pane.notice(say(l, navigator.onLine ? 'lost' : 'offline')), 2500);
    else if (h !== 'lost') this.pane.notice('');
    if (h === 'live') { this.greet(); this.emit('ready'); }
  }

  // Who the visitor is.

  async session(): Promise<string> {
    const who = this.identity;
    const ask = async (jwt?: string) => fetch(`${base}v1/session`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: this.keep.get('token'), name: who.name, jwt, user_id: who.userId, user_hash: who.userHash }),
    });
    let res = await ask(who.jwt);
    if (res.status === 401 && who.refresh) res = await ask(who.jwt = await who.refresh());
    const out = await res.json() as { token?: string; user?: string; why?: string };
    if (!res.ok || !out.token) {
      if (res.status === 401) { console.error('frontdesk:', out.why); this.identity = { name: who.name }; }
      throw new Error(String(res.status));
    }
    this.keep.set('token', out.token);
    this.keep.set('user', out.user ?? '');
    return out.token;
  }

  private async identify(who: Identity): Promise<void> {
    this.identity = who;
    const proof = who.jwt || who.userHash;
    let user = who.userId ?? '';
    try { if (who.jwt) user = String(JSON.parse(atob(who.jwt.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))).user_id); } catch { /* the server says what is wrong */ }
    if (!this.keep.get('token') && !proof) return; // the name goes along when there is a session
    if (proof && this.keep.get('user') === user && this.keep.get('token')) { this.link.start(); return; }
    if (proof && this.keep.get('user')) this.shutdown(); // somebody else was logged in
    try { await this.session(); } catch { return; }
    this.link.stop();
    this.link.start();
  }

  shutdown(): void {
    this.link.forget();
    this.thread.clear(false);
    this.keep.clear();
    this.identity = {};
    this.failed.clear();
    this.greeted = false;
    this.pane.who(this.talk = undefined);
    this.pane.wait('');
    this.pane.input.value = '';
    this.show(false);
    this.count();
    this.blank();
  }

  private greet(): void {
    if (!this.open || this.greeted || this.link.health !== 'live') return;
    this.greeted = true;
    this.link.tell({ op: 'open' });
  }

  // What has been read.

  private others(): Line[] { return this.thread.others(); }

  private read(): void {
    if (!this.open || document.hidden || !this.pane.low()) return;
    const last = Math.max(0, ...this.others().map((l) => l.seq));
    if (last > Number(this.keep.get('read') || 0)) {
      this.keep.set('read', String(last));
      this.link.tell({ op: 'read', seq: last });
    }
    this.count();
  }

  private count(): void {
    const read = Number(this.keep.get('read') || 0);
    const n = this.others().filter((l) => l.seq > read).length;
    this.pane.unread(this.open ? 0 : n);
    if (n !== this.unreadNow) this.emit('unread', this.unreadNow = n);
  }

  private blank(): void { this.pane.blank(this.thread.empty); }

  private seen(): void {
    clearTimeout(this.sleeper);
    if (document.hidden) {
      this.sleeper = setTimeout(() => this.link.stop(), 300_000); // nobody looks: others may have the socket
      return;
    }
    this.unflash();
    if (this.keep.get('token') && this.link.health === 'idle') this.link.start();
    this.read();
  }

  /** The title of the page says that there is news. Where the page sets another meanwhile, that one counts. */
  private flash(): void {
    if (this.flasher) return;
    const mark = say(this.look.lang, 'flash');
    this.flasher = setInterval(() => { document.title = document.title.startsWith(mark) ? document.title.slice(mark.length) : mark + document.title; }, 1000);
  }

  private unflash(): void {
    clearInterval(this.flasher);
    this.flasher = 0;
    const mark = say(this.look.lang, 'flash');
    if (document.title.startsWith(mark)) document.title = document.title.slice(mark.length);
  }

  private ding(): void {
    if (this.keep.get('mute') || !navigator.userActivation?.hasBeenActive) return;
    try {
      const a = this.audio ??= new AudioContext();
      [[880, 0], [1174, 0.12]].forEach(([hz, at]) => {
        const o = a.createOscillator(), g = a.createGain(), t = a.currentTime + at!;
        o.frequency.value = hz!;
        g.gain.setValueAtTime(0, t);
        g.gain.linearRampToValueAtTime(0.08, t + 0.02);
        g.gain.exponentialRampToValueAtTime(0.0001, t + 0.3);
        o.connect(g).connect(a.destination);
        o.start(t);
        o.stop(t + 0.32);
      });
    } catch { /* no sound, then */ }
  }

  private renew(seq: number): Promise<Line | undefined> {
    return new Promise((done) => {
      const end = (l?: Line) => { this.renewals.delete(seq); done(l); };
      this.renewals.set(seq, end);
      this.link.tell({ op: 'past', before: seq + 1 });
      setTimeout(end, 5000);
    });
  }

  // The page's own script.

  private emit(e: Event, x?: unknown): void {
    for (const f of this.subs.get(e) ?? []) try { f(x); } catch (err) { console.error(err); }
  }

  command(cmd: string, args: unknown[]): unknown {
    const [a, b] = args;
    switch (cmd) {
      case 'open': this.show(true); break;
      case 'close': this.show(false); break;
      case 'toggle': this.toggle(); break;
      case 'send': this.show(true); this.send(String(a)); break;
      case 'identify': return this.identify((a ?? {}) as Identity);
      case 'shutdown': this.shutdown(); break;
      case 'on': this.subs.set(String(a), (this.subs.get(String(a)) ?? new Set()).add(b as (x: unknown) => void)); break;
      case 'off': this.subs.get(String(a))?.delete(b as (x: unknown) => void); break;
      case 'unread': return this.unreadNow;
      default: console.error(`frontdesk: there is no command ${cmd}`);
    }
    return undefined;
  }
}

function begin(): void {
  const before = window.Frontdesk;
  if (before?.back) { before.back(); return; } // the tag is there twice
  const w = new Widget();
  const api: Command & { back?: () => void } = (cmd, ...args) => w.command(cmd, args);
  api.back = () => w.back();
  window.Frontdesk = api;
  for (const [cmd, ...args] of before?.q ?? []) w.command(String(cmd), args);
  if ('open' in data) w.command('open', []);
}

if (document.body) begin(); else addEventListener('DOMContentLoaded', begin);
