import { Modal } from 'antd';
import { useEffect, useState } from 'react';
import type { Box, Detail, Filter, Me } from './api';
import { command, onCommand } from './commands';
import { useDoing } from './doing';
import { type Word, t } from './i18n';
import { kept } from './part';
import { type Where, go } from './settings';

const list: [string[], Word][] = [
  [['J', 'K'], 'k_move'], [['C'], 'k_claim'], [['R'], 'k_reply'], [['N'], 'k_note'], [['T'], 'k_transfer'], [['P'], 'k_park'], [['E'], 'k_close'],
  [['/'], 'k_search'], [['?'], 'k_help'], [['Esc'], 'k_esc'],
];

// Keys are the shortcuts; none works while something is typed or a dialog is open.
export function Keys({ me, filter, detail, where }: { me: Me; filter: Filter; detail?: Detail; where: Where }) {
  const { claim } = useDoing(me);
  const [open, setOpen] = useState(false);
  useEffect(() => onCommand(['keys'], () => setOpen(true)), []);
  useEffect(() => {
    const move = (by: number) => {
      const ids = kept(where.box as Box, filter).map((k) => k.id);
      const at = where.ticket ? ids.indexOf(where.ticket) : -1;
      const next = ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
      if (next) go('inbox', where.box, next);
    };
    const onKey = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || el.closest('input, textarea, select, [contenteditable], .ant-modal, .ant-select')) return;
      if (document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) return;
      const run: Record<string, () => void> = {
        '?': () => setOpen(true), j: () => move(1), k: () => move(-1), '/': () => document.getElementById('search')?.focus(),
        c: () => detail && detail.ticket.state !== 'closed' && detail.ticket.agent !== me.agent || detail?.ticket.state === 'ringing' ? void claim(detail!.ticket) : undefined,
        r: () => command('reply'), n: () => command('note'), t: () => command('transfer'), e: () => command('close'),
        p: () => detail?.ticket.agent === me.agent && command('park'),
        Escape: () => where.ticket && go('inbox', where.box),
      };
      const f = run[e.key.length === 1 ? e.key.toLowerCase() : e.key];
      if (!f || (where.page !== 'inbox' && e.key !== '?')) return;
      e.preventDefault();
      f();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [filter, detail, where, me, claim]);
  return (
    <Modal open={open} onCancel={() => setOpen(false)} footer={null} title={t('keys')} width={400}>
      <dl className="keys">{list.map(([keys, word]) => <div key={word}><dt>{t(word)}</dt><dd>{keys.map((x) => <kbd key={x}>{x}</kbd>)}</dd></div>)}<div><dt>{t('k_canned')}</dt><dd><kbd>/</kbd></dd></div></dl>
    </Modal>
  );
}
