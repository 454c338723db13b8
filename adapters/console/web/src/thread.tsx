import { ArrowDownOutlined, ArrowLeftOutlined, ClockCircleOutlined, EllipsisOutlined, InfoCircleOutlined, RobotOutlined, RollbackOutlined, SwapOutlined, CheckCircleOutlined, FlagOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Dropdown, Tooltip } from 'antd';
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { type Detail, type Entry, Failed, type Lists, type Me, type Page, type Ticket, call, clock } from './api';
import { Bones, ChannelMark, Empty, Face } from './bits';
import { onCommand } from './commands';
import { Composer } from './composer';
import { CloseDialog, ParkDialog, TransferDialog } from './dialogs';
import { peerName, stateWord, useDoing } from './doing';
import { Line, Mine } from './entry';
import { Guide } from './guide';
import { type Word, dayOf, problem, t } from './i18n';
import { pace, useLive } from './live';
import { heat, merge, outdated, shown, waited } from './logic';
import { settle, useUnsent } from './outbox';
import { look, pressedOne, useNow, useSettings } from './settings';

interface Props { me: Me; detail?: Detail; failed: unknown; retry: () => void; onSide: () => void; onBack: () => void }

export function Thread({ me, detail, failed, retry, onSide, onBack }: Props) {
  if (!detail) {
    const gone = (failed as Failed)?.status === 404;
    return (
      <section className="thread">
        {failed ? <Empty title={gone ? t('e_not_found') : t('failed_load')} sub={problem(failed)}><Button onClick={gone ? onBack : retry}>{gone ? t('back') : t('again')}</Button></Empty> : <div className="talk"><Bones avatar /><Bones /></div>}
      </section>
    );
  }
  return <Talk me={me} detail={detail} onSide={onSide} onBack={onBack} />;
}

function Talk({ me, detail, onSide, onBack }: { me: Me; detail: Detail; onSide: () => void; onBack: () => void }) {
  const k = detail.ticket;
  const { act, press } = useDoing(me);
  const past = usePast(k.id);
  const [dialog, setDialog] = useState<'transfer' | 'close' | 'park'>();
  const unsent = useUnsent().filter((u) => u.ticket === k.id);
  const typing = useLive().typing[k.id];

  useEffect(() => settle(k.id, past.entries), [past.entries]);
  useEffect(() => {
    const last = past.entries.findLast((e) => e.kind === 'peer');
    if (!last) return;
    const see = () => document.visibilityState === 'visible' && look(k.id, Math.max(last.seq, k.last?.seq ?? 0));
    see();
    document.addEventListener('visibilitychange', see);
    return () => document.removeEventListener('visibilitychange', see);
  }, [past.entries, k.last?.seq]);
  useEffect(() => onCommand(['transfer', 'close', 'park'], (asked) => k.state !== 'closed' && setDialog(asked as 'transfer')), [k.state]);

  const mine = k.agent === me.agent && k.state !== 'closed';
  const can = {
    mine,
    retry: mine ? (id: string) => void act(k.id, 'retry', { message: id }) : undefined,
    discard: mine ? (id: string) => void act(k.id, 'drop', { message: id }) : undefined,
    press: async (seq: number, option: string) => { if (await press(k.id, option)) pressedOne(seq); },
    stale: useMemo(() => outdated(past.entries, clock.now()), [past.entries]),
  };
  return (
    <section className="thread" aria-label={peerName(k)}>
      <Bar me={me} k={k} onSide={onSide} onBack={onBack} open={setDialog} />
      <Scroll entries={past.entries} tail={unsent.length} more={past.more} older={past.older}>
        {past.loading && <Bones avatar paragraph={{ rows: 2 }} />}
        {past.entries.map((e, i) => {
          const before = past.entries[i - 1];
          const newDay = !before || dayOf(before.at, clock.now()) !== dayOf(e.at, clock.now());
          const first = newDay || !before || before.kind !== e.kind || before.by !== e.by || Date.parse(e.at) - Date.parse(before.at) > 300_000;
          return <Fragment key={`${e.seq}-${e.kind}`}>{newDay && <div className="day"><span>{dayOf(e.at, clock.now())}</span></div>}<Line e={e} k={k} first={first} can={can} /></Fragment>;
        })}
        {unsent.map((u) => <Mine key={u.ref} u={u} name={me.name} />)}
        {typing && <div className={`say peer typing first`}><span className="gutter"><Face name={typing.name ?? peerName(k)} /></span><div className="col"><div className="bubble dots" aria-label={t('typing_by', { name: typing.name ?? peerName(k) })}><i /><i /><i /></div>{typing.name && <span className="foot">{t('typing_by', { name: typing.name })}</span>}</div></div>}
      </Scroll>
      <Composer key={k.id} me={me} detail={detail} />
      {dialog === 'transfer' && <TransferDialog me={me} k={k} onDone={() => setDialog(undefined)} />}
      {dialog === 'close' && <CloseDialog me={me} k={k} onDone={() => setDialog(undefined)} />}
      {dialog === 'park' && <ParkDialog me={me} k={k} onDone={() => setDialog(undefined)} />}
    </section>
  );
}

// usePast is the conversation as far as it was loaded.
function usePast(id: string) {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [more, setMore] = useState(false);
  const started = useRef(false);
  const { data, isLoading } = useQuery({ queryKey: ['past', id], queryFn: ({ signal }) => call<Page>(`tickets/${id}/past`, { signal }), refetchInterval: pace });
  useEffect(() => {
    if (!data) return;
    setEntries((old) => merge(old, data.entries, data.more));
    if (!started.current) setMore(data.more);
    started.current = true;
  }, [data]);
  const older = async () => {
    const first = entries[0]?.seq;
    if (!first) return;
    const p = await call<Page>(`tickets/${id}/past?before=${first}`);
    setEntries((old) => [...p.entries.filter((e) => e.seq < (old[0]?.seq ?? Infinity)), ...old]);
    setMore(p.more);
  };
  return { entries: useMemo(() => shown(entries), [entries]), more, older, loading: isLoading };
}

// Scroll keeps the end in view unless somebody reads further up.
function Scroll({ entries, tail, more, older, children }: { entries: Entry[]; tail: number; more: boolean; older: () => Promise<void>; children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [fresh, setFresh] = useState(false);
  const [busy, setBusy] = useState(false);
  const end = () => {
    const b = box.current;
    if (b) b.scrollTop = b.scrollHeight;
    setFresh(false);
  };
  const last = entries[entries.length - 1]?.seq;
  useLayoutEffect(() => {
    if (atEnd.current) end();
    else if (entries[entries.length - 1]?.kind === 'peer') setFresh(true);
  }, [last]);
  useLayoutEffect(end, [tail]);
  useEffect(() => {
    const watch = new ResizeObserver(() => atEnd.current && end()); // pictures arrive late
    if (inner.current) watch.observe(inner.current);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const b = box.current!;
    atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < 60;
    if (atEnd.current) setFresh(false);
    if (b.scrollTop < 80 && more && !busy) void loadOlder();
  };
  const loadOlder = async () => {
    const b = box.current!;
    const from = b.scrollHeight - b.scrollTop;
    setBusy(true);
    await older().catch(() => {});
    requestAnimationFrame(() => {
      b.scrollTop = b.scrollHeight - from;
      setBusy(false);
    });
  };
  return (
    <div className="scroll">
      <div className="talk" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-live="polite">
        <div ref={inner} className="inner">
          {more && <Button type="text" size="small" loading={busy} onClick={loadOlder} className="older">{t('load_more')}</Button>}
          {children}
        </div>
      </div>
      {fresh && <Button className="jump" shape="round" type="primary" size="small" icon={<ArrowDownOutlined />} onClick={end}>{t('jump')}</Button>}
    </div>
  );
}

function Bar({ me, k, onSide, onBack, open }: { me: Me; k: Ticket; onSide: () => void; onBack: () => void; open: (d: 'transfer' | 'close' | 'park') => void }) {
  const { act, claim } = useDoing(me);
  const mine = k.agent === me.agent && (k.state === 'active' || k.state === 'parked');
  const closed = k.state === 'closed';
  const more = [
    ...[0, 1, 2, 3].map((c) => ({ key: `c${c}`, icon: <FlagOutlined className={`class-${c}`} />, label: t('says', { name: t('priority') }) + t(`c${c}` as Word), disabled: k.class === c, onClick: () => void act(k.id, 'priority', { class: String(c) }, { class: c }) })),
    { type: 'divider' as const },
    { key: 'release', icon: <RollbackOutlined />, label: t('release'), disabled: !mine, onClick: () => void act(k.id, 'release', undefined, { state: 'waiting', agent: undefined, owner: undefined }) },
    { key: 'bot', icon: <RobotOutlined />, label: t('bot'), disabled: !mine && me.role === 'agent', onClick: () => void act(k.id, 'bot') },
  ];
  return (
    <div className="bar">
      <Button type="text" className="back" icon={<ArrowLeftOutlined />} onClick={onBack} aria-label={t('back')} />
      <span className="who"><Face name={peerName(k)} big /><ChannelMark name={k.channel} /></span>
      <div className="title"><h2>{peerName(k)}</h2><span><i className={`chip s-${k.state}`}>{t(stateWord(k))}</i><Waits k={k} />{k.owner && !closed && <i className="owner">{k.agent === me.agent ? t('you') : k.owner}</i>}<i className="id">#{k.id}</i></span></div>
      <div className="acts">
        {!mine && !closed && <Button type="primary" onClick={() => claim(k)}>{k.state === 'active' ? t('claim_other') : t('claim')}</Button>}
        {k.state === 'parked' && mine && <Button type="primary" onClick={() => claim(k)}>{t('unpark')}</Button>}
        {!closed && <Tooltip title={t('transfer')}><Button icon={<SwapOutlined />} onClick={() => open('transfer')} aria-label={t('transfer')} /></Tooltip>}
        {mine && k.state === 'active' && <Tooltip title={t('park')}><Button icon={<ClockCircleOutlined />} onClick={() => open('park')} aria-label={t('park')} /></Tooltip>}
        {!closed && <Button icon={<CheckCircleOutlined />} onClick={() => open('close')} className="close">{t('close')}</Button>}
        {!closed && <Dropdown menu={{ items: more }} trigger={['click']} placement="bottomRight"><Button icon={<EllipsisOutlined />} aria-label={t('more')} /></Dropdown>}
        <Button type="text" icon={<InfoCircleOutlined />} onClick={onSide} aria-label={t('details')} className="info" />
      </div>
    </div>
  );
}

function Waits({ k }: { k: Ticket }) {
  const now = useNow();
  if (k.state !== 'waiting' && k.state !== 'ringing') return null;
  return <i className={`wait heat-${heat(k, now)}`}>{t('wait')} {waited(now - Date.parse(k.since))}</i>;
}

export function Nothing({ me, lists }: { me: Me; lists?: Lists }) {
  const { guide } = useSettings();
  return <section className="thread nothing">{guide ? <Guide me={me} lists={lists} /> : <Empty title={t('pick')} sub={t('pick_s')} />}</section>;
}
