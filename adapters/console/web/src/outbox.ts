// What this browser has written and the server has not shown yet. It is kept
// through a reload, and repeated under the same reference, so that nothing is
// lost and nothing is said twice.
import { useSyncExternalStore } from 'react';
import { type Entry, Failed, type Media, newRef, send } from './api';
import { queries } from './live';
import { commanded } from './logic';

export interface Unsent {
  ref: string; ticket: string; at: number; note: boolean; text: string; media: Media[];
  state: 'sending' | 'filed' | 'failed'; why?: string; filed?: number; tries: number;
}

const shelf = 'frontdesk.outbox';
let me = '';
let list: Unsent[] = [];
const ears = new Set<() => void>();

function set(next: Unsent[]) {
  list = next;
  try {
    localStorage.setItem(`${shelf}.${me}`, JSON.stringify(list));
  } catch {
    // without storage a reload forgets what failed; what was filed is safe
  }
  for (const f of ears) f();
}

const change = (ref: string, f: (u: Unsent) => Unsent) => set(list.map((u) => (u.ref === ref ? f(u) : u)));

export function useUnsent(): Unsent[] {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), () => list);
}

// begin loads what an earlier page left behind.
export function begin(account: string) {
  me = account;
  try {
    list = JSON.parse(localStorage.getItem(`${shelf}.${me}`) ?? '[]');
  } catch {
    list = [];
  }
  list = list.filter((u) => Date.now() - u.at < 24 * 3600_000).map((u) => (u.state === 'sending' ? { ...u, state: 'failed', why: 'offline' } : u));
  for (const f of ears) f();
  window.addEventListener('online', () => list.filter((u) => u.state === 'failed' && u.why === 'offline').forEach((u) => again(u.ref)));
}

export function write(ticket: string, text: string, media: Media[], note: boolean) {
  const u: Unsent = { ref: newRef(), ticket, at: Date.now(), note, text, media, state: 'sending', tries: 0 };
  set([...list, u]);
  void post(u);
}

export function again(ref: string) {
  const u = list.find((x) => x.ref === ref);
  if (!u) return;
  change(ref, (x) => ({ ...x, state: 'sending', why: undefined }));
  void post(u);
}

export const drop = (ref: string) => set(list.filter((u) => u.ref !== ref));

// chain keeps the order in which things were written.
const chain = new Map<string, Promise<void>>();

function post(u: Unsent): Promise<void> {
  const run = (chain.get(u.ticket) ?? Promise.resolve()).then(() => attempt(u));
  chain.set(u.ticket, run);
  return run;
}

async function attempt(u: Unsent) {
  const body = u.note
    ? { ref: u.ref, ticket: u.ticket, action: 'note', values: { text: u.text } }
    : { ref: u.ref, ticket: u.ticket, text: u.text || undefined, media: u.media.length ? u.media.map((m) => m.handle) : undefined };
  for (let n = 0; ; n++) {
    try {
      await send('POST', 'act', body);
      if (!u.note && commanded(u.text) === 'command') return drop(u.ref); // what it does is seen, it is not said
      change(u.ref, (x) => ({ ...x, state: 'filed', filed: Date.now() }));
      queries.invalidateQueries({ queryKey: ['past', u.ticket] });
      return;
    } catch (e) {
      const f = e as Failed;
      if ((f.status === 0 || f.status >= 500) && n < 4) {
        await new Promise((r) => setTimeout(r, 800 * 2 ** n));
        continue;
      }
      change(u.ref, (x) => ({ ...x, state: 'failed', why: f.word, tries: x.tries + 1 }));
      return;
    }
  }
}

// settle lets go of what the conversation now shows.
export function settle(ticket: string, entries: Entry[]) {
  const refs = new Set(entries.map((e) => e.ref).filter(Boolean));
  const words = new Set(entries.filter((e) => e.kind === 'note' && e.mine).map((e) => textOf(e)));
  const old = Date.now() - 30_000;
  const rest = list.filter((u) => {
    if (u.ticket !== ticket || u.state !== 'filed') return true;
    return !refs.has(`${me}:${u.ref}`) && !(words.has(u.text.trim()) && u.text) && (u.filed ?? 0) > old;
  });
  if (rest.length !== list.length) set(rest);
}

const textOf = (e: Entry) => (e.parts ?? []).map((p) => ('text' in p ? p.text.body : '')).join('\n').trim();
