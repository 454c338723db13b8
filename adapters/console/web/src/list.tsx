import { useQueries } from '@tanstack/react-query';
import { Button } from 'antd';
import { memo, useEffect, useRef, useState } from 'react';
import { type Box, type Filter, type Lists, type Me, type Ticket } from './api';
import { Bones, ChannelMark, Empty, Face, Mood } from './bits';
import { peerName, stateWord, useDoing } from './doing';
import { type Word, has, t, tOr, topicName } from './i18n';
import { Find } from './find';
import { useLive } from './live';
import { heat, unread, waited } from './logic';
import { part, partSize, rowsOf } from './part';
import { go, useNow, useSeen } from './settings';

const boxes: Box[] = ['waiting', 'mine', 'all', 'closed'];

interface Props { me: Me; box: Box; lists?: Lists; failed: boolean; open?: string; filter: Filter; onFilter: (f: Filter) => void; retry: () => void }

export function TicketList({ me, box, lists, failed, open, filter, onFilter, retry }: Props) {
  const seen = useSeen();
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
      <Find filter={filter} choices={lists?.choices} onFilter={onFilter} />
      {ring.map((k) => <Ringing key={k.id} me={me} k={k} />)}
      {!lists && !failed && <div className="rows">{[0, 1, 2, 3].map((i) => <Bones key={i} avatar paragraph={{ rows: 1 }} className="bone" />)}</div>}
      {!lists && failed && <div className="rows"><Empty title={t('failed_load')}><Button onClick={retry}>{t('again')}</Button></Empty></div>}
      {lists && lists.total === 0 && <div className="rows"><Bare me={me} box={box} searched={Object.values(filter).some(Boolean)} /></div>}
      {lists && lists.total > 0 && <Rows key={box + JSON.stringify(filter)} me={me} box={box} filter={filter} first={lists} open={open} />}
    </section>
  );
}

// Rows shows those of a list that can be seen, however long it is, and asks for
// the parts that they are in.
const high = 86; // of a row, in CSS pixels: inbox.css has the same
const beyond = 8; // rows above and below those that can be seen

function Rows({ me, box, filter, first, open }: { me: Me; box: Box; filter: Filter; first: Lists; open?: string }) {
  const ref = useRef<HTMLDivElement>(null);
  const seen = useSeen();
  const [at, setAt] = useState({ top: 0, high: 900 });
  const look = () => ref.current && setAt({ top: ref.current.scrollTop, high: ref.current.clientHeight });
  useEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(ref.current!);
    return () => watch.disconnect();
  }, []);
  const from = Math.max(0, Math.floor(at.top / high) - beyond);
  const to = Math.min(first.total, Math.ceil((at.top + at.high) / high) + beyond);
  const wanted = [];
  for (let p = Math.max(1, Math.floor(from / partSize)); p * partSize < to; p++) wanted.push(p * partSize);
  const more = useQueries({ queries: wanted.map((p) => part(box, filter, p)) });
  const rows = rowsOf([first, ...more.map((m) => m.data)]);
  return (
    <div className="rows" ref={ref} onScroll={look}>
      <ul style={{ height: first.total * high }}>
        {Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).map((i) => {
          const k = rows.get(i);
          return (
            <li key={k?.id ?? i} style={{ top: i * high }} aria-setsize={first.total} aria-posinset={i + 1}>
              {k ? <Row k={k} me={me} on={k.id === open} box={box} fresh={unread(k, seen) && k.id !== open} /> : <span className="unread-yet" aria-hidden="true" />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Ringing({ me, k }: { me: Me; k: Ticket }) {
  const { claim } = useDoing(me);
  return (
    <div className="ringing" role="alert" data-ticket={k.id}>
      <span className="pulse" />
      <a href={`#inbox/mine/${k.id}`}><b>{t('ringing_you', { name: peerName(k) })}</b><small>{k.asked}</small></a>
      <Button type="primary" size="small" onClick={() => { void claim(k); go('inbox', 'mine', k.id); }}>{t('claim')}</Button>
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

const Row = memo(function Row({ k, me, on, box, fresh }: { k: Ticket; me: Me; on: boolean; box: Box; fresh: boolean }) {
  const now = useNow();
  const typing = useLive().typing[k.id];
  const ref = useRef<HTMLAnchorElement>(null);
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
          <Mood mood={k.mood} />
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
});

function LastLine({ k }: { k: Ticket }) {
  if (!k.last) return <span className="said">{k.asked}</span>;
  const who = k.last.in ? '' : k.last.by === 'bot' ? t('bot_name') : k.last.by === 'agent' ? k.owner || t('you') : '';
  const by = who && t('says', { name: who });
  const kind = k.last.kind?.split('/')[0] ?? '';
  const text = k.last.text || (k.last.kind ? `[${has(kind) ? t(kind as Word) : t('file')}]` : '');
  return <span className="said">{by}{text}</span>;
}
