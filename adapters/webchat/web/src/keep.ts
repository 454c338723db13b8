// What survives a reload. Where localStorage is not to be had (private
// windows, blocked), it lasts as long as the page.
import type { Own } from './types.ts';

export class Keep {
  private memory = new Map<string, string>();
  private base: string;

  constructor(site: string) { this.base = `frontdesk:${site}:`; }

  get(key: string): string {
    try { return localStorage.getItem(this.base + key) ?? this.memory.get(key) ?? ''; } catch { return this.memory.get(key) ?? ''; }
  }

  set(key: string, value: string): void {
    if (value) this.memory.set(key, value); else this.memory.delete(key);
    try {
      if (value) localStorage.setItem(this.base + key, value); else localStorage.removeItem(this.base + key);
    } catch { /* full or forbidden: memory has it */ }
  }

  /** Each waiting line has a key of its own: windows do not overwrite each other. */
  put(own: Own): void { this.set(`out:${own.id}`, JSON.stringify(own)); }
  done(id: string): void { this.set(`out:${id}`, ''); }

  outbox(): Own[] {
    const keys = new Set<string>();
    for (const k of this.memory.keys()) keys.add(k);
    try {
      for (let i = 0; i < localStorage.length; i++) {
        const k = localStorage.key(i) ?? '';
        if (k.startsWith(this.base)) keys.add(k.slice(this.base.length));
      }
    } catch { /* as above */ }
    const out: Own[] = [];
    for (const k of keys) {
      if (!k.startsWith('out:')) continue;
      try {
        const own = JSON.parse(this.get(k)) as Own;
        if (own && own.id === k.slice(4) && own.at > Date.now() - 3 * 864e5) out.push(own); else this.set(k, '');
      } catch { this.set(k, ''); }
    }
    return out.sort((a, b) => a.at - b.at);
  }

  /** Calls f when another window of this site changes key. */
  watch(f: (key: string) => void): void {
    addEventListener('storage', (e) => { if (e.key?.startsWith(this.base)) f(e.key.slice(this.base.length)); });
  }

  clear(): void {
    for (const own of this.outbox()) this.done(own.id);
    for (const k of ['token', 'user', 'read', 'draft', 'open', 'name']) this.set(k, '');
  }
}
