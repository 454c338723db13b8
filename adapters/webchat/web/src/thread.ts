// The conversation as rows in their order: what the server has, by seq, and
// after it what it has not acknowledged.
import { h } from './dom.ts';
import { day, draft, foot, row, type Hands, type Row } from './rows.ts';
import type { Line, Own } from './types.ts';
import type { Word } from './words.ts';

export class Thread {
  private rows = new Map<string, Row>(); // by id, or by own id until it has one
  private days = new Map<string, HTMLElement>();
  private own = new Map<string, Row>(); // the visitor's lines of this page, by own id
  private picked = new Set<string>();
  private hands: Hands;
  log: HTMLElement;

  constructor(log: HTMLElement, hands: Hands) {
    this.log = log;
    this.hands = hands;
  }

  get empty(): boolean { return this.rows.size === 0; }
  get first(): number { return Math.min(...[...this.rows.values()].map((r) => r.line.seq), Infinity); }

  private get end(): number { return Math.max(0, ...[...this.rows.values()].map((r) => r.line.seq).filter(Number.isInteger)); }

  /** What the visitor did not write. */
  others(): Line[] { return [...this.rows.values()].map((r) => r.line).filter((l) => l.from.kind !== 'peer'); }

  clear(keepOwn = true): void {
    for (const [k, r] of this.rows) {
      if (keepOwn && r.state && r.state !== 'sent') continue;
      this.rows.delete(k);
    }
    if (!keepOwn) { this.own.clear(); this.picked.clear(); }
    this.lay();
  }

  /** Takes lines from the server; returns those that are new and not the visitor's. */
  add(lines: Line[]): Line[] {
    const news: Line[] = [];
    for (const line of lines) {
      if (this.rows.has(line.id)) continue;
      const mine = line.mine ? this.own.get(line.mine) : undefined;
      if (mine && line.mine) {
        this.rows.delete(`own:${line.mine}`);
        mine.line = { ...line, parts: mine.line.parts.some((p) => p.url?.startsWith('blob:')) ? mine.line.parts : line.parts };
        this.rows.set(line.id, mine);
        this.mark(line.mine, 'sent');
        continue;
      }
      const old = line.replaces ? this.rows.get(line.replaces) : undefined;
      const r = row(old ? { ...line, seq: old.line.seq } : line, this.hands);
      if (old) { this.rows.delete(line.replaces!); old.el.replaceWith(r.el); } else if (line.from.kind !== 'peer') news.push(line);
      if (line.from.kind === 'peer') {
        r.state = 'sent';
        foot(r, this.hands);
      }
      this.rows.set(line.id, r);
    }
    this.lay();
    return news;
  }

  /** Shows a line of the visitor's at once. */
  mine(own: Own): void {
    const r = row(draft(own), this.hands);
    r.state = 'pending';
    foot(r, this.hands);
    r.el.classList.add('fresh');
    const old = this.own.get(own.id);
    if (old) { this.rows.delete(`own:${own.id}`); }
    this.own.set(own.id, r);
    this.rows.set(`own:${own.id}`, r);
    this.lay();
  }

  has(id: string): boolean { return this.own.has(id); }

  mark(id: string, state: Row['state'], why?: Word): void {
    const r = this.own.get(id);
    if (!r || (r.state === 'sent' && state !== 'sent')) return;
    r.state = state;
    if (r.line.seq === Infinity || !Number.isInteger(r.line.seq)) r.line.seq = state === 'failed' ? this.end + 0.5 : Infinity; // what failed stays where it was
    foot(r, this.hands, why);
    this.lay();
  }

  /** Takes a line of the visitor's out that was not sent. */
  remove(id: string): void {
    this.rows.delete(`own:${id}`);
    this.own.delete(id);
    this.lay();
  }

  pick(line: Line): void { this.picked.add(line.id); }

  /** Brings the elements into order, touching only what is out of place. */
  lay(): void {
    const all = [...this.rows.values()].sort((a, b) => a.line.seq === b.line.seq ? a.line.at - b.line.at : a.line.seq - b.line.seq);
    const want: HTMLElement[] = [];
    let today = '';
    const choice = all.filter((r) => r.opts).pop();
    all.forEach((r, i) => {
      const d = day(r.line.at, this.hands.lang);
      if (d !== today) {
        today = d;
        let el = this.days.get(d);
        if (!el) this.days.set(d, el = h('div', { class: 'day' }, d));
        want.push(el);
      }
      const near = (o?: Row) => !!o && o.line.from.kind === r.line.from.kind && o.line.from.name === r.line.from.name && Math.abs(o.line.at - r.line.at) < 180_000 && day(o.line.at, this.hands.lang) === d;
      r.el.classList.toggle('first', !near(all[i - 1]));
      r.el.classList.toggle('last', !near(all[i + 1]));
      if (r.opts) r.opts.hidden = r !== choice || this.picked.has(r.line.id) || all.slice(i + 1).some((o) => o.line.parts[0]?.kind === 'pick');
      want.push(r.el);
    });
    const keep = new Set<Element>(want);
    for (const el of [...this.log.children]) {
      if (!keep.has(el) && el.matches('.row:not(.tail), .sys, .day')) el.remove();
    }
    const tail = this.log.querySelector('.tail');
    let at: Element | null = this.log.querySelector('.more')!.nextElementSibling;
    for (const el of want) {
      if (el === at) { at = at.nextElementSibling; continue; }
      this.log.insertBefore(el, at ?? tail);
    }
  }
}
