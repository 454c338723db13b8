// Everything that goes over the wire, and how it is asked for.

export type TicketState = 'waiting' | 'ringing' | 'active' | 'parked' | 'message' | 'closed';
export type Presence = 'on' | 'break' | 'off';
export type Role = 'agent' | 'lead' | 'admin';
export type Box = 'waiting' | 'mine' | 'all' | 'closed';

export interface Peer { id: string; name?: string; lang?: string; person?: string; facts?: Record<string, string> }

export interface Ticket {
  id: string; channel: string; peer: Peer; state: TicketState; topic?: string; lang?: string; class: number; intent?: string; asked?: string;
  form?: Record<string, string>; labelled?: Record<string, { name: string; value: string }[]>; mood?: string; since: string; rung?: string; claimed?: string; closed?: string; heard?: string; gone?: boolean;
  agent?: string; owner?: string; lastOwn?: string; hops?: number; tags?: string[]; summary?: string; outcome?: string;
  promised?: { at: string; ahead: number; upper?: number };
  left?: { n: number; any?: boolean; until?: string; why?: string };
  last?: { seq: number; at: string; in: boolean; by: string; text: string; kind?: string };
}

export interface Media { type: string; url?: string; handle?: string; name?: string; size?: number; words?: string }
export interface Option { id: string; label: string }
export type Part =
  | { text: { body: string } } | { media: Media } | { place: { lat: number; lon: number; name?: string } }
  | { card: { title: string; body?: string; url?: string; image?: string } } | { choice: { prompt: string; options: Option[] } }
  | { pick: { option: string; label?: string } } | { form: { id: string; values?: Record<string, string> } }
  | { joined: { from?: string } } | { left: object } | { other: { kind: string } };

export type Progress = 'pending' | 'sent' | 'delivered' | 'read' | 'failed' | 'unknown' | 'dropped';

export interface Entry {
  seq: number; at: string; kind: 'peer' | 'bot' | 'agent' | 'notice' | 'note' | 'event';
  id?: string; by?: string; mine?: boolean; parts?: Part[]; state?: Progress; why?: string; ref?: string; replaces?: string;
  template?: string; lines?: string[];
  event?: string; data?: Record<string, string>;
}

export interface Me {
  id: string; agent: string; name: string; role: Role; title: string; presence: Presence; since?: string; until?: string; max?: number; load: number;
  topics: string[]; titles?: Record<string, Record<string, string>>; today: Today; now: string; upload: number;
}
export interface Today { closed: number; wait: number; handle: number }
export interface Choices { channels: string[]; topics: string[]; agents: { id: string; name: string }[]; tags: string[] }
export interface Filter { q: string; channel?: string; topic?: string; agent?: string; tag?: string }
export interface Lists { tickets: Ticket[]; from: number; total: number; choices: Choices; mine: Ticket[]; counts: Record<string, number>; now: string }
export interface Carries { text?: number; unit: 'runes' | 'bytes' | 'utf16'; media?: string[]; mediaSize?: number; known: boolean }
export interface Template { id: string; title: string; lines: string[]; text?: boolean }
export interface Detail { ticket: Ticket; history: Ticket[]; carries: Carries; templates: Template[]; now: string }
export interface Page { entries: Entry[]; more: boolean }
export interface Mate {
  id: string; name: string; lead?: boolean; presence: Presence; since?: string; until?: string; idle?: string; load: number; max?: number; misses?: number;
  topics?: string[]; langs?: string[]; today?: Today; tickets?: Ticket[];
}
export interface Team { team: Mate[]; lines: { topic: string; waiting: number; active: number; head?: string }[]; now: string }
export interface Canned { key: string; title: string; text: string }
export interface CannedLists { team: Canned[]; mine: Canned[] }
export interface Account { id: string; name: string; role: Role; off?: boolean; topics?: string[]; langs?: string[]; max?: number; made: string; by?: string }
export interface Invitation { hash: string; name?: string; role: Role; topics?: string[]; by?: string; until: string }
export interface Accounts { accounts: Account[]; invitations: Invitation[] }
export interface Notice { seq: number; at: string; text: string }

// A Failed call has the server's word for what went wrong; word is "offline" if
// the server was not reached.
export class Failed extends Error {
  word: string;
  status: number;
  constructor(word: string, status: number) {
    super(word);
    this.word = word;
    this.status = status;
  }
}

const base = '/console/api/';

// net tells whether the last call reached the server: "reached" or "missed".
export const net = new EventTarget();

export async function call<T>(path: string, init?: RequestInit): Promise<T> {
  let res: Response;
  try {
    res = await fetch(base + path, { credentials: 'same-origin', ...init });
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e;
    net.dispatchEvent(new Event('missed'));
    throw new Failed('offline', 0);
  }
  net.dispatchEvent(new Event('reached'));
  if (res.status === 401) {
    location.href = '/console/sign-in?ended=1';
    throw new Failed('signed_out', 401);
  }
  if (res.status === 204) return undefined as T;
  const body = await res.json().catch(() => ({ error: 'broken' }));
  if (!res.ok) throw new Failed(body.error ?? 'broken', res.status);
  clock.set(body.now);
  return body as T;
}

export function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  return call<T>(path, { method, headers: { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
}

export async function upload(file: File): Promise<Media> {
  return call<Media>(`media?name=${encodeURIComponent(file.name)}`, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: file });
}

export const mediaURL = (handle: string) => '/console/media/' + handle.split('/').map(encodeURIComponent).join('/');

// clock is the server's time, whatever this machine believes.
export const clock = {
  ahead: 0,
  set(now?: string) {
    if (now) this.ahead = Date.parse(now) - Date.now();
  },
  now() {
    return Date.now() + this.ahead;
  },
};

// newRef names a message before the server has it, so that it can be repeated.
export function newRef(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}

export const tz = () => `tz=${new Date().getTimezoneOffset()}`;
