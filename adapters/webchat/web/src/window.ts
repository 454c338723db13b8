// The window and its button: elements, focus, scrolling, the phone's keyboard.
import css from './style.css?inline';
import { h, icon, initial, ink, mix } from './dom.ts';
import { say, type Lang, type Word } from './words.ts';
import type { Setup, Who } from './types.ts';

export interface Look { lang: Lang; colour: string; side: string; theme: string; title: string; subtitle: string; launcher: string; notice: string; avatar: string }

export interface Acts {
  toggle(): void;
  close(): void;
  send(text: string): boolean;
  files(files: File[]): void;
  typing(): void;
  earlier(): void;
  bottom(): void;
  draft(text: string): void;
  sound(): boolean;
}

// A phone, upright or lying on its side; style.css has the same.
const phone = '(max-width: 480px), (max-height: 480px) and (pointer: coarse)';

export class Pane {
  host = document.createElement('frontdesk-chat');
  root: ShadowRoot;
  panel: HTMLElement;
  log: HTMLElement;
  body: HTMLElement;
  input: HTMLTextAreaElement;
  private fab: HTMLButtonElement;
  private badge = h('span', { class: 'badge', hidden: true });
  private face = h('span', { class: 'face', 'aria-hidden': 'true' });
  private title = h('h2', { id: 'fd-title' });
  private sub = h('span', { 'aria-live': 'polite' });
  private banner = h('div', { class: 'banner', role: 'status', hidden: true }, icon('wait'));
  private bannerText = h('span');
  private note = h('div', { class: 'note', role: 'status', hidden: true });
  private dots: HTMLElement;
  private go: HTMLButtonElement;
  private more: HTMLButtonElement;
  private jump: HTMLButtonElement;
  private hello: HTMLElement;
  private over = false; // the text is too long
  private most: number; // characters of a text
  private toastTimer = 0;
  private dotsTimer = 0;
  look: Look;
  private acts: Acts;

  constructor(look: Look, setup: Setup, acts: Acts) {
    this.look = look;
    this.acts = acts;
    this.most = setup.text;
    const t = (w: Word, n?: string) => say(look.lang, w, n);
    this.host.setAttribute('side', look.side);
    this.host.setAttribute('lang', look.lang);
    this.root = this.host.attachShadow({ mode: 'open' });
    this.dress();
    this.theme();

    this.fab = h('button', { class: 'fab', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'fd-panel', 'aria-label': t('open'), click: () => acts.toggle() });
    const chat = icon('chat'), x = icon('down');
    chat.classList.add('chat');
    x.classList.add('x');
    this.fab.append(chat, h('span', { class: 'dots' }, h('i'), h('i'), h('i')), x, this.badge);

    this.dots = h('div', { class: 'row bot first tail', role: 'status', hidden: true }, h('span', { class: 'pic' }), h('div', { class: 'parts' }, h('div', { class: 'bub dots3' }, h('i'), h('i'), h('i'), h('span', { class: 'sr' }, t('typing')))));
    this.more = h('button', { class: 'more', type: 'button', hidden: true, click: () => acts.earlier() }, t('earlier'));
    this.hello = h('div', { class: 'hello' }, h('div', { class: 'orb' }, icon('chat')), t('empty'));
    this.log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': t('log'), tabindex: '0' }, this.hello, this.more, this.dots);
    this.jump = h('button', { class: 'jump', type: 'button', hidden: true, click: () => this.down() }, t('newer'), icon('down'));
    this.body = h('div', { class: 'body', 'data-drop': t('drop') }, this.log, this.jump);

    const file = h('input', { type: 'file', hidden: true, multiple: true, accept: setup.types.join(',') });
    file.addEventListener('change', () => { acts.files([...file.files ?? []]); file.value = ''; });
    this.input = h('textarea', { rows: '1', placeholder: t('write'), 'aria-label': t('write'), enterkeyhint: 'send', autocomplete: 'off' });
    this.go = h('button', { class: 'go', type: 'button', disabled: true, 'aria-label': t('send'), click: () => { this.submit(); this.input.focus(); } }, icon('send'));
    const clip = h('button', { type: 'button', 'aria-label': t('attach'), title: t('attach'), click: () => file.click() }, icon('clip'));

    const bell = h('button', { class: 'tool', type: 'button', 'aria-label': t('sound'), title: t('sound') });
    const ring = (on: boolean) => { bell.setAttribute('aria-pressed', String(on)); bell.replaceChildren(icon(on ? 'bell' : 'mute')); };
    bell.addEventListener('click', () => ring(acts.sound()));

    this.banner.append(this.bannerText);
    this.panel = h('section', { class: 'panel', id: 'fd-panel', role: 'dialog', 'aria-modal': 'false', 'aria-labelledby': 'fd-title', hidden: true },
      h('div', { class: 'head' }, this.face, h('div', { class: 'name' }, this.title, this.sub), bell,
        h('button', { class: 'tool', type: 'button', 'aria-label': t('close'), title: t('close'), click: () => acts.close() }, icon('close'))),
      this.note, h('div', { class: 'body' }, this.banner, this.body),
      h('div', { class: 'write' }, h('div', { class: 'box' }, clip, this.input, this.go, file), look.notice ? h('p', { class: 'tiny' }, look.notice) : null));
    this.root.append(h('div', { class: 'launch', role: 'region', 'aria-label': look.title }, look.launcher ? h('span', { class: 'hint' }, look.launcher) : null, this.fab), this.panel);
    this.wire();
    this.who(undefined);
    ring(false);
    this.bell = ring;
  }

  bell: (on: boolean) => void;

  /** Styles without an inline <style>, so that a strict CSP allows them. */
  private dress(): void {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.root.adoptedStyleSheets = [sheet];
    } catch { this.root.append(h('style', {}, css)); }
  }

  private theme(): void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const set = () => {
      const night = this.look.theme === 'auto' ? dark.matches : this.look.theme === 'dark';
      this.host.setAttribute('theme', night ? 'dark' : 'light');
      const b = this.look.colour, panel = night ? '#17191e' : '#ffffff';
      const colours = {
        brand: b, on: ink(b), hi: mix(b, '#ffffff', 0.8), lo: mix(b, '#000000', 0.8), glow: b + '88', edge: mix(b, panel, 0.45),
        tag: mix(b, panel, night ? 0.34 : 0.12), 'tag-ink': night ? mix(b, '#ffffff', 0.4) : mix(b, '#000000', 0.8),
      };
      for (const [k, v] of Object.entries(colours)) this.host.style.setProperty(`--${k}`, v);
    };
    dark.addEventListener?.('change', set);
    set();
  }

  private wire(): void {
    const { input, acts } = this;
    input.addEventListener('keydown', (e) => {
      // Enter also ends the choice of a Chinese word; it must not send then.
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); this.submit(); }
    });
    input.addEventListener('input', () => { this.fit(); this.measure(); acts.draft(input.value); if (input.value.trim()) acts.typing(); });
    input.addEventListener('paste', (e) => {
      const files = [...e.clipboardData?.files ?? []];
      if (files.length) { e.preventDefault(); acts.files(files); }
    });
    this.panel.addEventListener('keydown', (e) => {
      e.stopPropagation(); // shortcuts of the page are not meant
      if (e.key === 'Escape' && !e.isComposing) acts.close();
      if (e.key === 'Tab' && this.full()) this.trap(e);
    });
    for (const k of ['keyup', 'keypress'] as const) this.panel.addEventListener(k, (e) => e.stopPropagation());
    this.log.addEventListener('scroll', () => { if (this.low()) { this.jump.hidden = true; acts.bottom(); } });
    // A picture that has loaded takes room: stay at the end if we were there.
    this.log.addEventListener('load', (e) => { if (this.left() < (e.target as HTMLElement).offsetHeight + 80) this.down(); }, true);
    let deep = 0;
    const over = (on: boolean) => this.body.classList.toggle('over', on);
    this.panel.addEventListener('dragenter', (e) => { if (e.dataTransfer?.types.includes('Files')) { deep++; over(true); } });
    this.panel.addEventListener('dragleave', () => { if (deep > 0 && --deep === 0) over(false); });
    this.panel.addEventListener('dragover', (e) => e.preventDefault());
    this.panel.addEventListener('drop', (e) => { e.preventDefault(); deep = 0; over(false); acts.files([...e.dataTransfer?.files ?? []]); });
    const vv = visualViewport;
    const room = () => {
      if (!vv) return;
      this.host.style.setProperty('--high', `${vv.height}px`);
      this.host.style.setProperty('--top', `${vv.offsetTop}px`);
      if (this.full()) this.down();
    };
    vv?.addEventListener('resize', room);
    vv?.addEventListener('scroll', room);
    room();
  }

  full(): boolean { return !this.panel.hidden && matchMedia(phone).matches; }

  private trap(e: KeyboardEvent): void {
    const all = [...this.panel.querySelectorAll<HTMLElement>('button, a[href], textarea, [tabindex="0"]')].filter((x) => x.offsetParent && !(x as HTMLButtonElement).disabled);
    const at = all.indexOf(this.root.activeElement as HTMLElement), end = all.length - 1;
    if (e.shiftKey && at <= 0) { e.preventDefault(); all[end]?.focus(); } else if (!e.shiftKey && at === end) { e.preventDefault(); all[0]?.focus(); }
  }

  private submit(): void {
    const text = this.input.value.trim();
    if (!text || !this.acts.send(text)) return;
    this.input.value = '';
    this.fit();
    this.acts.draft('');
  }

  /** A text that is too long stays as it is; that it cannot go out at once is said when it becomes so. */
  private measure(): void {
    const over = [...this.input.value.trim()].length > this.most;
    if (over && !this.over) this.toast(say(this.look.lang, 'long'));
    this.over = over;
    this.input.setAttribute('aria-invalid', String(over));
  }

  fit(): void {
    this.go.disabled = !this.input.value.trim();
    this.input.style.height = '';
    this.input.style.height = `${Math.min(132, Math.max(40, this.input.scrollHeight))}px`;
  }

  show(open: boolean): void {
    const was = !this.panel.hidden;
    this.panel.hidden = !open;
    this.host.toggleAttribute('open', open);
    this.fab.setAttribute('aria-expanded', String(open));
    this.panel.setAttribute('aria-modal', String(this.full()));
    this.root.querySelector('.hint')?.toggleAttribute('hidden', open);
    if (open) { this.down(); this.fit(); } else if (was && this.host.contains(document.activeElement)) this.fab.focus();
  }

  focus(): void { this.input.focus({ preventScroll: true }); }
  private left(): number { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight; }
  low(): boolean { return this.left() < 60; }
  down(): void { this.log.scrollTop = this.log.scrollHeight; this.jump.hidden = true; }
  news(): void { this.jump.hidden = false; }

  unread(n: number): void {
    this.badge.hidden = n === 0;
    this.badge.textContent = n > 99 ? '99+' : String(n);
    const t = (w: Word, k?: number) => say(this.look.lang, w, k);
    this.fab.setAttribute('aria-label', this.panel.hidden ? t('open') + (n ? `, ${t('unread', n)}` : '') : t('close'));
  }

  /** Who is at the other end: never a person's face on a bot. */
  who(w: Who | undefined): void {
    const t = (k: Word) => say(this.look.lang, k);
    const person = w?.state === 'agent' && w.name;
    this.title.textContent = person || this.look.title;
    this.sub.textContent = person ? t('agentLine') : w?.state === 'line' ? t('inLine') : this.look.subtitle || t('botLine');
    if (person) this.face.textContent = initial(person);
    else if (this.look.avatar) this.face.replaceChildren(h('img', { src: this.look.avatar, alt: '' }));
    else this.face.replaceChildren(icon('bot'));
  }

  wait(text: string): void {
    const low = this.low();
    if (this.bannerText.textContent !== text) this.bannerText.textContent = text;
    this.banner.hidden = !text;
    if (low) this.down();
  }

  notice(text: string): void {
    const low = this.low();
    this.note.hidden = !text;
    this.note.textContent = text;
    if (low) this.down(); // the line takes room above: what was said last stays in view
    this.face.classList.toggle('off', !!text);
  }

  typing(on: boolean, agent: boolean): void {
    clearTimeout(this.dotsTimer);
    const low = this.low();
    this.dots.hidden = !on;
    this.dots.classList.toggle('agent', agent);
    if (on) {
      this.dotsTimer = setTimeout(() => this.typing(false, agent), 6000);
      if (low) this.down();
    }
  }

  toast(text: string): void {
    this.body.querySelector('.toast')?.remove();
    const el = h('div', { class: 'toast', role: 'alert' }, text);
    this.body.append(el);
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => el.remove(), 5000);
  }

  older(more: boolean): void { this.more.hidden = !more; }
  blank(empty: boolean): void { this.hello.hidden = !empty; }

  /** Changes the log without having all of it read out. */
  quietly(f: () => void): void {
    this.log.setAttribute('aria-live', 'off');
    f();
    setTimeout(() => this.log.setAttribute('aria-live', 'polite'), 300);
  }
}
