// What this browser remembers of how its user likes things.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { clock } from './api';

export interface Settings { theme: 'auto' | 'light' | 'dark'; sound: boolean; notify: boolean; guide: boolean; side: boolean }
const shelf = 'frontdesk.settings';

function load(): Settings {
  const usual: Settings = { theme: 'auto', sound: true, notify: false, guide: true, side: true };
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem(shelf) ?? '{}') };
  } catch {
    return usual;
  }
}

let settings = load();
const ears = new Set<() => void>();

export function change(s: Partial<Settings>) {
  settings = { ...settings, ...s };
  try {
    localStorage.setItem(shelf, JSON.stringify(settings));
  } catch {
    // a browser without storage forgets it
  }
  for (const f of ears) f();
}

// askNotify asks the browser, which must be after something was pressed.
export async function askNotify(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  const ok = Notification.permission === 'granted' || (await Notification.requestPermission()) === 'granted';
  change({ notify: ok });
  return ok;
}

export const getSettings = () => settings;

export function useSettings(): Settings {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), getSettings);
}

const night = window.matchMedia('(prefers-color-scheme: dark)');

// useMedia is whether the browser says so, now.
function useMedia(query: MediaQueryList): boolean {
  return useSyncExternalStore((f) => (query.addEventListener('change', f), () => query.removeEventListener('change', f)), () => query.matches);
}

const still = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Whether nothing should slide or fade. */
export const useStill = () => useMedia(still);

export function useDark(): boolean {
  const { theme } = useSettings();
  const system = useMedia(night);
  const dark = theme === 'dark' || (theme === 'auto' && system);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
  return dark;
}

// useNow ticks every second, for waits.
let second = clock.now();
const tickers = new Set<() => void>();
window.setInterval(() => {
  second = clock.now();
  for (const f of tickers) f();
}, 1000);

export function useNow(): number {
  return useSyncExternalStore((f) => (tickers.add(f), () => tickers.delete(f)), () => second);
}

// seen is up to where each conversation was looked at.
const seenShelf = 'frontdesk.seen';
let seen: Record<string, number> = (() => {
  try {
    return JSON.parse(localStorage.getItem(seenShelf) ?? '{}');
  } catch {
    return {};
  }
})();

export function look(ticket: string, seq: number) {
  if ((seen[ticket] ?? 0) >= seq) return;
  const entries = Object.entries({ ...seen, [ticket]: seq }).sort((a, b) => b[1] - a[1]).slice(0, 500);
  seen = Object.fromEntries(entries);
  try {
    localStorage.setItem(seenShelf, JSON.stringify(seen));
  } catch {
    // then it is unread again after a reload
  }
  for (const f of ears) f();
}

export function useSeen(): Record<string, number> {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), () => seen);
}

// pressed are the messages of the desk whose buttons this browser has used.
let pressed = new Set<number>(JSON.parse(sessionStorage.getItem('frontdesk.pressed') ?? '[]'));

export function pressedOne(seq: number) {
  pressed = new Set([...pressed, seq]);
  sessionStorage.setItem('frontdesk.pressed', JSON.stringify([...pressed].slice(-200)));
  for (const f of ears) f();
}

export function usePressed(): Set<number> {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), () => pressed);
}

// Where in the pages we are: #inbox/waiting/F3A9, #team, …
export interface Where { page: 'inbox' | 'team' | 'canned' | 'accounts'; box: string; ticket?: string }

function here(): Where {
  const [page, box, ticket] = location.hash.replace(/^#\/?/, '').split('/');
  if (page === 'team' || page === 'canned' || page === 'accounts') return { page, box: 'waiting' };
  return { page: 'inbox', box: ['waiting', 'mine', 'all', 'closed'].includes(box) ? box : 'waiting', ticket: ticket || undefined };
}

export function useWhere(): Where {
  const [where, set] = useState(here);
  useEffect(() => {
    const f = () => set(here());
    window.addEventListener('hashchange', f);
    return () => window.removeEventListener('hashchange', f);
  }, []);
  return where;
}

export function go(page: Where['page'], box?: string, ticket?: string) {
  location.hash = [page, box, ticket].filter(Boolean).join('/');
}
