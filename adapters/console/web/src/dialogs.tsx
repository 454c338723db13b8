import { useQuery } from '@tanstack/react-query';
import { Input, Modal, Radio, Select, Switch } from 'antd';
import { useState } from 'react';
import { type Me, type Team, type Ticket, call, clock, tz } from './api';
import { peerName, useDoing } from './doing';
import { type Word, t, topicName } from './i18n';
import { go } from './settings';

interface Props { me: Me; k: Ticket; onDone: () => void }

export function TransferDialog({ me, k, onDone }: Props) {
  const { act } = useDoing(me);
  const [to, setTo] = useState<string>();
  const [note, setNote] = useState('');
  const { data } = useQuery({ queryKey: ['team'], queryFn: () => call<Team>(`team?${tz()}`) });
  const mates = (data?.team ?? []).filter((m) => m.id !== k.agent);
  const options = [
    { label: t('agents'), options: mates.map((m) => ({ value: m.id, name: m.name, label: <span className="pick-mate"><i className={`dot ${m.presence}`} />{m.name}<small>{t(m.presence)} · {m.load}{m.max ? `/${m.max}` : ''}</small></span>, disabled: m.presence === 'off' })) },
    { label: t('topics'), options: me.topics.filter((x) => x !== k.topic).map((x) => ({ value: x, name: topicName(x), label: topicName(x) })) },
  ];
  const ok = async () => {
    onDone();
    await act(k.id, 'transfer', { to: to!, note: note.trim() });
  };
  return (
    <Modal open title={`${t('transfer')} · ${peerName(k)}`} onCancel={onDone} onOk={ok} okText={t('transfer')} cancelText={t('cancel')} okButtonProps={{ disabled: !to }} width={460}>
      <label className="field"><b>{t('transfer_to')}</b>
        <Select autoFocus defaultOpen={false} showSearch={{ filterOption: (q, o) => String((o as { name?: string })?.name ?? '').toLowerCase().includes(q.toLowerCase()) }} value={to} onChange={setTo} placeholder={t('pick_target')} options={options} listHeight={300} />
      </label>
      <label className="field"><b>{t('transfer_note')}</b><Input.TextArea rows={3} value={note} onChange={(e) => setNote(e.target.value)} placeholder={t('transfer_note_ph')} maxLength={2000} /></label>
    </Modal>
  );
}

const outcomes = ['solved', 'unsolved', 'gone', 'duplicate', 'spam'] as const;

export function CloseDialog({ me, k, onDone }: Props) {
  const { act } = useDoing(me);
  const [outcome, setOutcome] = useState<string>('solved');
  const [summary, setSummary] = useState('');
  const [tags, setTags] = useState<string[]>(k.tags ?? []);
  const [survey, setSurvey] = useState(true);
  const ok = async () => {
    onDone();
    if (await act(k.id, 'close', { outcome, summary: summary.trim(), tags: tags.join(' '), survey: survey && outcome !== 'spam' ? '' : 'no' }, { state: 'closed', outcome, closed: new Date(clock.now()).toISOString() })) {
      const [, box, open] = location.hash.split('/');
      if (open === k.id) go('inbox', box); // who has gone elsewhere meanwhile stays there
    }
  };
  return (
    <Modal open title={`${t('close_title')} · ${peerName(k)}`} onCancel={onDone} onOk={ok} okText={t('close')} cancelText={t('cancel')} width={540}>
      <div className="field"><b>{t('outcome')}</b>
        <Radio.Group value={outcome} onChange={(e) => setOutcome(e.target.value)} optionType="button" className="outcomes" options={outcomes.map((o) => ({ value: o, label: t(`o_${o}` as Word) }))} />
      </div>
      <label className="field"><b>{t('summary')}</b>
        <Input.TextArea autoFocus rows={2} value={summary} onChange={(e) => setSummary(e.target.value)} placeholder={t('summary_ph')} maxLength={1000}
          onKeyDown={(e) => { if (e.key === 'Enter' && (e.metaKey || e.ctrlKey)) void ok(); }} />
      </label>
      <label className="field"><b>{t('tags')}</b><Select mode="tags" open={false} suffixIcon={null} value={tags} onChange={(v) => setTags(v.map((x) => x.trim().replace(/\s+/g, '-')).filter(Boolean).slice(0, 10))} placeholder={t('tags_ph')} /></label>
      <label className="field inline"><Switch checked={survey && outcome !== 'spam'} disabled={outcome === 'spam'} onChange={setSurvey} />{t('survey')}</label>
    </Modal>
  );
}

export function ParkDialog({ me, k, onDone }: Props) {
  const { act } = useDoing(me);
  const [until, setUntil] = useState('write');
  const times: Record<string, () => string> = {
    '30': () => new Date(clock.now() + 30 * 60_000).toISOString(),
    '120': () => new Date(clock.now() + 120 * 60_000).toISOString(),
    tom: () => {
      const d = new Date(clock.now());
      d.setDate(d.getDate() + 1);
      d.setHours(9, 0, 0, 0);
      return d.toISOString();
    },
    write: () => '',
  };
  const ok = async () => {
    onDone();
    await act(k.id, 'park', { until: times[until]() }, { state: 'parked' });
  };
  return (
    <Modal open title={`${t('park')} · ${peerName(k)}`} onCancel={onDone} onOk={ok} okText={t('park')} cancelText={t('cancel')} width={420}>
      <p className="dim">{t('park_hint')}</p>
      <Radio.Group className="stacked" value={until} onChange={(e) => setUntil(e.target.value)} options={['write', '30', '120', 'tom'].map((x) => ({ value: x, label: t(`park_${x}` as Word) }))} />
    </Modal>
  );
}
