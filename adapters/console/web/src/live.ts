// What keeps the pages current: one socket whose hints make the right things
// be asked for again. Without the socket everything is asked for every few
// seconds.
import { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { net } from './api';

interface Hint { k: 'ticket' | 'mark' | 'typing' | 'notice' | 'team' | 'all' | 'out'; t?: string; ref?: string; s?: string; x?: string; n?: string }

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: 1, staleTime: 2000, refetchOnWindowFocus: true } },
});

interface State { up: boolean; lost: boolean; typing: Record<string, { name?: string; until: number }> }
let state: State = { up: false, lost: false, typing: {} };
const ears = new Set<() => void>();
function set(s: Partial<State>) {
  state = { ...state, ...s };
  for (const f of ears) f();
}
export function useLive(): State {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), () => state);
}

type Notice = (text: string, ticket?: string) => void;
let onNotice: Notice = () => {};
export function setNotice(f: Notice) {
  onNotice = f;
}

// soon asks again for what changed, many hints in one go: the conversation on
// show at once, lists and figures at a pace that a peak can bear.
const waits: Record<string, number> = { tickets: 900, me: 3000, team: 3000, accounts: 1000, canned: 1000, notices: 1000 };
const due = new Map<string, number>();
const done = new Map<string, number>();
function soon(...keys: string[]) {
  for (const k of keys) {
    if (due.has(k)) continue;
    const wait = Math.max(120, (waits[k] ?? 0) - (Date.now() - (done.get(k) ?? 0)));
    due.set(k, window.setTimeout(() => {
      due.delete(k);
      done.set(k, Date.now());
      void queries.invalidateQueries({ queryKey: k.split('/') });
    }, wait));
  }
}

const spoke = new Map<string, number>(); // when something was last said in a ticket

function take(h: Hint, me: string) {
  switch (h.k) {
    case 'ticket':
    case 'mark':
      soon('tickets', 'me');
      if (h.t) soon(`ticket/${h.t}`, `past/${h.t}`);
      if (h.t && h.k === 'ticket') {
        spoke.set(h.t, Date.now());
        stopTyping(h.t);
      }
      break;
    case 'typing':
      if (h.t && h.ref !== me && Date.now() - (spoke.get(h.t) ?? 0) > 1500) { // what is said at last may overtake that it was being typed
        const until = Date.now() + 6000;
        set({ typing: { ...state.typing, [h.t]: { name: h.n, until } } });
        window.setTimeout(() => state.typing[h.t!]?.until === until && stopTyping(h.t!), 6000);
      }
      break;
    case 'notice':
      if (h.x) onNotice(h.x, h.t);
      soon('notices', 'tickets', 'me');
      if (h.t) soon(`ticket/${h.t}`, `past/${h.t}`);
      break;
    case 'team':
      soon('team', 'me', 'accounts', 'canned', 'tickets');
      break;
    default:
      queries.invalidateQueries();
  }
}

function stopTyping(ticket: string) {
  if (!(ticket in state.typing)) return;
  const { [ticket]: _, ...rest } = state.typing;
  set({ typing: rest });
}

// A socket may look alive long after the network is gone; calls know better.
net.addEventListener('missed', () => set({ lost: true }));
net.addEventListener('reached', () => state.lost && state.up && set({ lost: false }));

// connect keeps a socket open for as long as the page is.
export function connect(me: string) {
  let tries = 0;
  let lostTimer: number | undefined;
  const open = () => {
    const ws = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/console/api/live`);
    ws.onopen = () => {
      tries = 0;
      window.clearTimeout(lostTimer);
      lostTimer = undefined;
      set({ up: true, lost: false });
      queries.invalidateQueries();
    };
    ws.onmessage = (e) => {
      try {
        take(JSON.parse(e.data), me);
      } catch {
        queries.invalidateQueries();
      }
    };
    ws.onclose = () => {
      set({ up: false });
      lostTimer ??= window.setTimeout(() => set({ lost: true }), 2500);
      const wait = Math.min(15_000, 500 * 2 ** tries++) * (0.7 + Math.random() * 0.6);
      window.setTimeout(open, wait);
      if (tries > 1) queries.invalidateQueries({ queryKey: ['me'] }); // finds out when we are signed out
    };
  };
  open();
}

// pace is how often to ask without being told to.
export const pace = () => (state.up ? 20_000 : 4_000);
