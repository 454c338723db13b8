import { CloseCircleFilled, SearchOutlined } from '@ant-design/icons';
import { Button, Input, Skeleton } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { type Box, type Lists, type Me, type Ticket } from './api';
import { ChannelMark, Empty, Face, Mood } from './bits';
import { peerName, stateWord, useDoing } from './doing';
import { type Word, has, t, tOr, topicName } from './i18n';
import { useLive } from './live';
import { heat, unread, waited } from './logic';
import { go, useNow, useSeen } from './settings';

const boxes: Box[] = ['waiting', 'mine', 'all', 'closed'];

interface Props { me: Me; box: Box; lists?: Lists; failed: boolean; open?: string; search: string; onSearch: (s: string) => void; retry: () => void }

export function TicketList({ me, box, lists, failed, open, search, onSearch, retry }: Props) {
  const [typed, setTyped] = useState(search);
  const seen = useSeen();
  useEffect(() => {
    const timer = window.setTimeout(() => onSearch(typed.trim()), 200);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const ring = lists?.mine.filter((k) => k.state === 'ringing') ?? [];
  const fresh = lists?.mine.filter((k) => k.id !== open && unread(k, seen)).length ?? 0;
  return (
    <section className="list" aria-label={t('inbox')}>
      <div className="tabs" role="tablist">
        {boxes.map((b) => (
          <button key={b} type="button" role="tab" aria-selected={b === box} className={b === box ? 'on' : ''} onClick={() => go('inbox', b, open)}>
            {t(b)}{b !== 'closed' && <em className={b === 'waiting' && lists?.counts.waiting ? 'hot' : ''}>{lists?.counts[b] ?? ''}</em>}
            {b === 'mine' && fresh > 0 && <i className="fresh" title={t('unread')} />}
          </button>
        ))}
      </div>
      <Input className="search" id="search" prefix={<SearchOutlined />} suffix={typed ? <CloseCircleFilled onClick={() => setTyped('')} /> : <kbd>/</kbd>} value={typed} onChange={(e) => setTyped(e.target.value)}
        placeholder={t('search')} variant="filled" onKeyDown={(e) => e.key === 'Escape' && (setTyped(''), e.currentTarget.blur())} />
      {ring.map((k) => <Ringing key={k.id} me={me} k={k} />)}
      <div className="rows">
        {!lists && !failed && [0, 1, 2, 3].map((i) => <Skeleton key={i} avatar active paragraph={{ rows: 1 }} className="bone" />)}
        {!lists && failed && <Empty title={t('failed_load')}><Button onClick={retry}>{t('again')}</Button></Empty>}
        {lists?.tickets.map((k) => <Row key={k.id} k={k} me={me} open={open} box={box} fresh={unread(k, seen) && k.id !== open} />)}
        {lists && lists.tickets.length === 0 && <Bare me={me} box={box} searched={!!search} />}
        {lists?.capped && <p className="dim capped">{t('capped', { n: lists.tickets.length })}</p>}
      </div>
    </section>
  );
}

function Ringing({ me, k }: { me: Me; k: Ticket }) {
  const { claim } = useDoing(me);
  return (
    <div className="ringing" role="alert" data-ticket={k.id}>
      <span className="pulse" />
      <a href={`#inbox/mine/${k.id}`}><b>{t('ringing_you', { name: peerName(k) })}</b><small>{k.asked}</small></a>
      <Button type="primary" size="small" onClick={() => { void claim(k); go('inbox', 'mine', k.id); }}>{t('accept')}</Button>
    </div>
  );
}

function Bare({ me, box, searched }: { me: Me; box: Box; searched: boolean }) {
  const { presence } = useDoing(me);
  if (searched) return <Empty title={t('empty_search')} sub={t('empty_search_s')} />;
  return (
    <Empty title={t(`empty_${box}` as Word)} sub={t(`empty_${box}_s` as Word)}>
      {me.presence === 'off' && (box === 'waiting' || box === 'mine') && <Button type="primary" onClick={() => presence('on')}>{t('go_on_duty')}</Button>}
    </Empty>
  );
}

function Row({ k, me, open, box, fresh }: { k: Ticket; me: Me; open?: string; box: Box; fresh: boolean }) {
  const now = useNow();
  const typing = useLive().typing[k.id];
  const ref = useRef<HTMLAnchorElement>(null);
  const on = k.id === open;
  useEffect(() => {
    if (on) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [on]);
  const inLine = k.state === 'waiting' || k.state === 'ringing';
  const since = k.state === 'closed' ? k.closed! : inLine ? k.since : k.last?.at ?? k.since;
  return (
    <a ref={ref} href={`#inbox/${box}/${k.id}`} className={`row${on ? ' on' : ''}${fresh ? ' fresh' : ''} class-${k.class}`} aria-current={on}>
      <span className="who"><Face name={peerName(k)} /><ChannelMark name={k.channel} /></span>
      <span className="what">
        <span className="line1">
          <b>{peerName(k)}</b>
          <Mood mood={k.mood} word={undefined} />
          {k.class < 2 && <i className={`flag class-${k.class}`}>{t(`c${k.class}` as Word)}</i>}
          <time className={`heat-${heat(k, now)}`}>{waited(now - Date.parse(since))}</time>
        </span>
        <span className="line2">
          {typing && !typing.name ? <span className="typing-word">{t('typing')}…</span> : <LastLine k={k} />}
          {fresh && <i className="fresh" title={t('unread')} />}
        </span>
        <span className="line3">
          {k.topic && <i className="chip">{topicName(k.topic)}</i>}
          {!inLine && k.state !== 'active' && <i className={`chip s-${k.state}`}>{k.state === 'closed' && k.outcome ? tOr('o_' + k.outcome, k.outcome) : t(stateWord(k))}</i>}
          {k.owner && <i className="owner">{k.agent === me.agent ? t('you') : k.owner}</i>}
          {k.intent && box === 'waiting' && <i className="owner">{k.intent}</i>}
        </span>
      </span>
    </a>
  );
}

function LastLine({ k }: { k: Ticket }) {
  if (!k.last) return <span className="said">{k.asked}</span>;
  const who = k.last.in ? '' : k.last.by === 'bot' ? t('bot_name') + '：' : k.last.by === 'agent' ? t('you') + '：' : '';
  const by = k.last.by === 'agent' && k.owner ? k.owner + '：' : who;
  const kind = k.last.kind?.split('/')[0] ?? '';
  const text = k.last.text || (k.last.kind ? `[${has(kind) ? t(kind as Word) : t('file')}]` : '');
  return <span className="said">{by}{text}</span>;
}
