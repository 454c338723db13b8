// The way to the server: a WebSocket, or where that does not get through, long
// polls. It carries frames and knows nothing of what they look like on screen.
import type { Frame, Own } from './types.ts';
import type { Keep } from './keep.ts';

export type Health = 'idle' | 'joining' | 'live' | 'lost' | 'refused';

export interface Host {
  frame(f: Frame): void;
  health(h: Health): void;
  /** The token was refused or there is none. */
  session(token: string): Promise<string>;
  lang(): string;
  /** Where the visitor is: the page, what it is called, the zone of their clock. */
  place(): Record<'page' | 'title' | 'zone', string>;
}

export class Link {
  health: Health = 'idle';
  cursor = 0;
  log = '';
  private ws: WebSocket | null = null;
  private run = 0; // grows with every start and stop: what an older run still does is ignored
  private tries = 0;
  private broken = 0; // WebSockets in a row that never got ready
  private timer = 0;
  private abort: AbortController | null = null;
  private flying = '';
  private ackTimer = 0;
  private outbox: Own[] = [];
  private base: string;
  private keep: Keep;
  private host: Host;

  constructor(base: string, keep: Keep, host: Host) {
    this.base = base;
    this.keep = keep;
    this.host = host;
    addEventListener('online', () => this.hurry());
    addEventListener('offline', () => { if (this.health === 'live') this.restart(0); });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.hurry(); });
  }

  start(): void {
    if (this.health !== 'idle') return;
    this.outbox = this.keep.outbox();
    void this.join(++this.run);
  }

  stop(): void {
    this.run++;
    clearTimeout(this.timer);
    this.drop();
    this.set('idle');
  }

  /** Forgets the conversation, for another visitor. */
  forget(): void {
    this.stop();
    this.cursor = 0;
    this.log = '';
    this.outbox = [];
    this.flying = '';
  }

  /** Files a line to be sent; it stays until it is acknowledged. */
  send(own: Own): void {
    this.keep.put(own);
    if (!this.outbox.some((o) => o.id === own.id)) this.outbox.push(own);
    this.pump();
  }

  /** Sends something that may get lost. */
  tell(frame: object): void { if (this.health === 'live') void this.transmit(frame); }

  private set(h: Health): void {
    if (this.health !== h) { this.health = h; this.host.health(h); }
  }

  private hurry(): void {
    if (this.health === 'lost') { this.tries = 0; this.restart(0); }
  }

  private drop(): void {
    clearTimeout(this.ackTimer);
    this.flying = '';
    this.abort?.abort();
    this.abort = null;
    const ws = this.ws;
    this.ws = null;
    if (ws) { ws.onclose = ws.onmessage = ws.onerror = ws.onopen = null; ws.close(); }
  }

  /** Starts over after so many milliseconds, or after a growing, random while. */
  private restart(after = Math.random() * Math.min(30_000, 1000 * 2 ** this.tries++) + 200): void {
    const run = ++this.run;
    this.drop();
    this.set('lost');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.join(run), after);
  }

  private async join(run: number): Promise<void> {
    if (this.health === 'idle') this.set('joining');
    let token = this.keep.get('token');
    if (!token) {
      try {
        token = await this.host.session('');
      } catch {
        if (run === this.run) this.restart();
        return;
      }
    }
    if (run !== this.run) return;
    if (this.broken >= 2 || !('WebSocket' in window)) void this.poll(run);
    else this.connect(run, token);
  }

  private connect(run: number, token: string): void {
    let ready = false;
    const ws = new WebSocket(this.base.replace(/^http/, 'ws') + 'v1/socket');
    this.ws = ws;
    const slow = setTimeout(() => ws.close(), 12_000);
    ws.onopen = () => ws.send(JSON.stringify({
      op: 'hello', token, after: this.cursor, log: this.log, lang: this.host.lang(), ...this.host.place(),
    }));
    ws.onmessage = (e) => {
      const f = JSON.parse(e.data) as Frame;
      if (f.op === 'ready') {
        clearTimeout(slow);
        ready = true;
        this.tries = this.broken = 0;
      }
      this.take(f);
    };
    ws.onclose = (e) => {
      clearTimeout(slow);
      if (run !== this.run) return;
      if (!ready && e.code === 1006) this.broken++;
      this.closed(e.code);
    };
  }

  private closed(code: number): void {
    if (code === 4403) {
      this.drop();
      this.set('refused');
      console.error(`frontdesk: ${location.origin} is not in the web chat's origins`);
    } else if (code === 4401) {
      this.keep.set('token', '');
      this.restart(Math.random() * 500);
    } else if (code === 4429) {
      this.restart(30_000 + Math.random() * 15_000);
    } else if (code === 1001 || code === 1012) {
      this.restart(this.tries++ ? undefined : 300 + Math.random() * 1500);
    } else {
      this.restart();
    }
  }

  private async poll(run: number): Promise<void> {
    const until = Date.now() + 120_000; // then a WebSocket may try again
    let wait = 0;
    while (run === this.run) {
      if (Date.now() > until && this.health === 'live') { this.broken = 1; this.restart(0); return; }
      this.abort = new AbortController();
      const q = new URLSearchParams({ after: String(this.cursor), wait: String(wait), log: this.log, lang: this.host.lang(), ...this.host.place() });
      try {
        const res = await fetch(`${this.base}v1/events?${q}`, { headers: this.headers(), signal: this.abort.signal });
        if (run !== this.run) return;
        if (res.status === 401) { this.closed(4401); return; }
        if (res.status === 429) { this.closed(4429); return; }
        if (!res.ok) throw new Error(String(res.status));
        const f = await res.json() as Frame;
        this.tries = 0;
        wait = 25;
        this.take(f);
      } catch {
        if (run !== this.run) return;
        this.broken = 0; // perhaps it is the network, not the proxy
        this.restart();
        return;
      }
    }
  }

  private headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.keep.get('token')}` };
  }

  private async transmit(frame: object): Promise<void> {
    if (this.ws) {
      if (this.ws.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(frame)); // else it is about to be opened again
      return;
    }
    try {
      const q = new URLSearchParams({ lang: this.host.lang(), ...this.host.place() });
      const res = await fetch(`${this.base}v1/messages?${q}`, { method: 'POST', headers: { ...this.headers(), 'Content-Type': 'application/json' }, body: JSON.stringify(frame) });
      this.take(await res.json() as Frame);
    } catch { this.restart(); }
  }

  private take(f: Frame): void {
    if (f.token) this.keep.set('token', f.token);
    if (f.op === 'ready') {
      if (f.reset) this.cursor = 0;
      this.log = f.log ?? '';
    }
    if (f.seq && (f.op === 'ready' || f.op === 'lines')) this.cursor = Math.max(this.cursor, f.seq);
    if (f.op === 'ack' && f.id) this.settle(f.id);
    this.host.frame(f);
    if (f.op === 'error' && f.id) this.unsent(f);
    if (f.op === 'ready') { this.set('live'); this.pump(); }
  }

  /** Sends the oldest line and waits for its acknowledgement: order is kept. */
  private pump(): void {
    const own = this.outbox[0];
    if (!own || this.flying || this.health !== 'live') return;
    this.flying = own.id;
    clearTimeout(this.ackTimer);
    this.ackTimer = setTimeout(() => this.restart(0), 15_000);
    void this.transmit({ op: 'send', id: own.id, text: own.text, pick: own.pick, file: own.file });
  }

  private settle(id: string): void {
    this.keep.done(id);
    this.outbox = this.outbox.filter((o) => o.id !== id);
    if (this.flying === id) { this.flying = ''; clearTimeout(this.ackTimer); this.pump(); }
  }

  private unsent(f: Frame): void {
    if (this.flying !== f.id) return;
    clearTimeout(this.ackTimer);
    this.flying = '';
    if (f.code === 'rate' || f.code === 'busy') {
      clearTimeout(this.ackTimer);
      this.ackTimer = setTimeout(() => this.pump(), (f.retry ?? 3) * 1000);
      return;
    }
    this.settle(f.id!); // sending it again would not help
    this.pump();
  }

  /** Brings a file; resolves to what send takes, or throws the server's code. */
  async upload(file: Blob, name: string): Promise<{ file: string; media: import('./types.ts').Part }> {
    const res = await fetch(this.base + 'v1/files', { method: 'POST', body: file, headers: { ...this.headers(), 'Content-Type': 'application/octet-stream', 'X-Name': encodeURIComponent(name) } });
    const out = await res.json();
    if (!res.ok) throw new Error(out.code);
    return out;
  }
}
