// Sound, title and notifications. The sounds are made here; there are no files.
import { useEffect, useRef } from 'react';
import type { Lists, Me } from './api';
import { t } from './i18n';
import { unread } from './logic';
import { peerName as name } from './doing';
import { getSettings, go, useSeen } from './settings';

let audio: AudioContext | undefined;

// Browsers allow sound only after something was pressed.
for (const touch of ['pointerdown', 'keydown']) {
  window.addEventListener(touch, () => {
    audio ??= new AudioContext();
    void audio.resume();
  }, { once: true });
}

type Tune = 'waiting' | 'ring' | 'message';
const tunes: Record<Tune, [hz: number, at: number, loud: number][]> = {
  waiting: [[660, 0, 0.16], [880, 0.13, 0.14]],
  ring: [[784, 0, 0.2], [988, 0.16, 0.2], [784, 0.42, 0.18], [988, 0.58, 0.18]],
  message: [[740, 0, 0.07]],
};

export function play(tune: Tune) {
  if (!getSettings().sound || !audio || audio.state !== 'running') return;
  for (const [hz, at, loud] of tunes[tune]) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const start = audio.currentTime + at;
    tone.type = 'sine';
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loud, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.34);
    tone.connect(gain).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.36);
  }
}

function notify(title: string, body: string, ticket?: string) {
  if (!getSettings().notify || document.visibilityState === 'visible' || !('Notification' in window) || Notification.permission !== 'granted') return;
  const n = new Notification(title, { body, tag: ticket ?? 'waiting', icon: '/console/assets/icon.svg' });
  n.onclick = () => {
    window.focus();
    if (ticket) go('inbox', 'mine', ticket);
    n.close();
  };
}


// useAlerts rings for what is new since the page last looked.
export function useAlerts(me: Me | undefined, lists: Lists | undefined, open: string | undefined) {
  const before = useRef<{ waiting: number; last: Map<string, number>; ringing: Set<string> }>(undefined);
  const seen = useSeen();
  const mine = lists?.mine ?? [];
  const ringing = mine.some((k) => k.state === 'ringing');
  const fresh = mine.filter((k) => k.id !== open || document.visibilityState !== 'visible').filter((k) => unread(k, seen)).length;
  const waiting = lists?.counts.waiting ?? 0;

  useEffect(() => {
    if (!lists || !me) return;
    const now = {
      waiting,
      last: new Map(mine.filter((k) => k.last?.in).map((k) => [k.id, k.last!.seq])),
      ringing: new Set(mine.filter((k) => k.state === 'ringing').map((k) => k.id)),
    };
    const was = before.current;
    before.current = now;
    if (!was || me.presence === 'off') return;
    for (const k of mine) {
      if (k.state === 'ringing' && !was.ringing.has(k.id)) {
        play('ring');
        notify(t('new_ring', { name: name(k) }), k.asked ?? '', k.id);
        return;
      }
    }
    if (now.waiting > was.waiting && me.presence === 'on') {
      play('waiting');
      notify(t('new_waiting'), '');
      return;
    }
    for (const k of mine) {
      if (k.last?.in && k.state === 'active' && was.last.has(k.id) && k.last.seq > was.last.get(k.id)! && (k.id !== open || document.visibilityState !== 'visible')) {
        play('message');
        notify(t('new_message', { name: name(k) }), k.last.text, k.id);
        return;
      }
    }
  }, [lists]);

  useEffect(() => {
    if (!ringing) return;
    const timer = window.setInterval(() => play('ring'), 4000);
    return () => window.clearInterval(timer);
  }, [ringing]);

  useEffect(() => {
    const n = fresh + (me?.presence === 'on' ? waiting : 0);
    document.title = (ringing ? '☎ ' : '') + (n ? `(${n}) ` : '') + (me?.title ?? 'Frontdesk');
  }, [fresh, waiting, ringing, me]);
}
