// Small helpers. Nothing here or elsewhere takes HTML from anybody: texts are
// text nodes, icons are paths of ours.

type Props = Record<string, string | number | boolean | null | undefined | ((e: never) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...kids: (Node | string | null | undefined)[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (typeof v === 'function') el.addEventListener(k, v as EventListener);
    else if (v === true) el.setAttribute(k, '');
    else if (v !== false && v != null) el.setAttribute(k, String(v));
  }
  el.append(...kids.filter((k): k is Node | string => k != null));
  return el;
}

const paths = {
  chat: 'M12 3.2c-5.1 0-9.2 3.6-9.2 8.1 0 2.5 1.3 4.7 3.3 6.2-.1 1-.5 2.2-1.4 3.1 1.9 0 3.5-.8 4.6-1.7.9.2 1.8.4 2.7.4 5.1 0 9.2-3.6 9.2-8s-4.1-8.1-9.2-8.1Z',
  close: 'M6 6l12 12M18 6 6 18', down: 'M6 9.5l6 6 6-6',
  send: 'M4.6 11.9 19.4 4.8l-4.8 14.6-3.2-6.2-6.8-1.3Zm6.8 1.3 3.4-3.6',
  clip: 'M20 11.5l-7.6 7.6a5 5 0 0 1-7.1-7.1l8-8a3.4 3.4 0 0 1 4.8 4.8l-8 8a1.7 1.7 0 0 1-2.4-2.4l7.2-7.2',
  bot: 'M12 4.2v2.6M7.5 6.8h9a3 3 0 0 1 3 3v5.4a3 3 0 0 1-3 3h-9a3 3 0 0 1-3-3V9.8a3 3 0 0 1 3-3ZM9.3 11.5v1.6M14.7 11.5v1.6M2.6 11.3v2.6M21.4 11.3v2.6',
  check: 'M5 12.5l4.5 4.5L19 7.5', clock: 'M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z',
  alert: 'M12 8v5M12 16.2v.1M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z',
  file: 'M13.5 3.5H7a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9l-5.5-5.5ZM13.5 3.5V9H19',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4', mute: 'M6 16.5V11a6 6 0 0 1 9-5.2M18 11v5.5l1.5 1.5h-15L6 16.5M10 20.5h4M4 4l16 16',
  wait: 'M7 3.5h10M7 20.5h10M8 3.5v3c0 3 4 3.5 4 5.5s-4 2.5-4 5.5v3M16 3.5v3c0 3-4 3.5-4 5.5s4 2.5 4 5.5v3',
  go: 'M9 6l6 6-6 6',
};

export type Icon = keyof typeof paths;

export function icon(name: Icon): SVGSVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const p = document.createElementNS(ns, 'path');
  p.setAttribute('d', paths[name]);
  svg.append(p);
  return svg;
}

/** Text with its web, mail and telephone addresses made links. */
export function linked(text: string): DocumentFragment {
  const out = document.createDocumentFragment();
  const re = /(?:https?:\/\/|mailto:|tel:|\bwww\.(?=[\w-]+\.))[^\s<>"'“”‘’，。；：！？、（）【】《》]+/gi;
  let at = 0;
  for (const m of text.matchAll(re)) {
    const url = whole(m[0]);
    const safe = address(/^www\./i.test(url) ? `https://${url}` : url);
    if (!safe) continue;
    out.append(text.slice(at, m.index), h('a', { href: safe, target: '_blank', rel: 'noopener noreferrer nofollow' }, url.replace(/^(mailto|tel):/i, '')));
    at = m.index + url.length;
  }
  out.append(text.slice(at));
  return out;
}

/** An address without what ends the sentence around it. A bracket belongs to it if it was opened in it. */
export function whole(url: string): string {
  const count = (c: string) => url.split(c).length;
  for (let end; (end = url.slice(-1)); url = url.slice(0, -1)) {
    const opened = end === ')' ? count('(') >= count(')') : end === ']' ? count('[') >= count(']') : !/[.,;:!?]/.test(end);
    if (opened) break;
  }
  return url;
}

/** url if it is one of the kinds that we link to. */
export function address(url: string): string {
  try {
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(url).protocol) ? url : '';
  } catch { return ''; }
}

/** Black or white, whichever reads better on colour (WCAG relative luminance). */
export function ink(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.4 ? '#111827' : '#ffffff';
}

/** a and b mixed, so much of a. CSS color-mix is too young for many phones. */
export const mix = (a: string, b: string, part: number): string =>
  '#' + [1, 3, 5].map((i) => Math.round(parseInt(a.slice(i, i + 2), 16) * part + parseInt(b.slice(i, i + 2), 16) * (1 - part)).toString(16).padStart(2, '0')).join('');

/** The letter on somebody's avatar: 小林 is 林, Ann is A. */
export const initial = (name: string): string => {
  const all = [...name.trim()];
  return (/[\u3400-\u9fff]/.test(name) && all.length <= 4 ? all[all.length - 1] : all[0] ?? '').toUpperCase();
};

export const size = (n: number): string => n > 1048576 ? `${(n / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(n / 1024))} KB`;
