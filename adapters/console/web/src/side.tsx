import { CloseOutlined, EditOutlined, HistoryOutlined, RightOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import type { Box, Detail, Me, Ticket } from './api';
import { ChannelMark, Face, Mood } from './bits';
import { peerName, useDoing } from './doing';
import { type Word, getLang, shortDate, clockTime, t, tOr, topicName } from './i18n';
import { closedWindow, heat, waited } from './logic';
import { useNow } from './settings';

export function Side({ me, detail, box, onClose }: { me: Me; detail: Detail; box: Box; onClose: () => void }) {
  const k = detail.ticket;
  const facts = Object.entries(k.peer.facts ?? {}).filter(([n]) => n !== 'called');
  return (
    <aside className="side" aria-label={t('context')}>
      <Button type="text" className="shut" icon={<CloseOutlined />} onClick={onClose} aria-label={t('cancel')} />
      <div className="person">
        <Face name={peerName(k)} big />
        <div><Called k={k} me={me} /><span><ChannelMark name={k.channel} /> {k.channel}{k.peer.lang && ` · ${k.peer.lang}`}</span></div>
      </div>
      {k.peer.person && <p className="verified"><SafetyCertificateOutlined /> {t('person')} {k.peer.person}</p>}
      {facts.length > 0 && <div className="facts">{facts.map(([n, v]) => <span key={n}><i>{tOr('f_' + n, n)}</i>{v}</span>)}</div>}
      <Understood k={k} />
      <Timing k={k} />
      <Details k={k} me={me} />
      <section>
        <h3><HistoryOutlined /> {t('history')}{detail.history.length > 0 && <em>{detail.history.length}</em>}</h3>
        {detail.history.length === 0 && <p className="dim">{t('no_history')}</p>}
        {detail.history.slice(0, 12).map((h) => (
          <a key={h.id} className="old" href={`#inbox/${box}/${h.id}`} title={t('view_ticket', { id: h.id })}>
            <span><b>{h.summary || h.asked || h.intent || `#${h.id}`}</b><small>{shortDate(h.since)} · {h.owner || t('bot_name')} · {h.outcome ? tOr('o_' + h.outcome, h.outcome) : tOr('s_' + h.state, h.state)}</small></span><RightOutlined />
          </a>
        ))}
      </section>
    </aside>
  );
}

// mayLabel is whether the desk would let somebody name and tag.
const mayLabel = (k: Ticket, me: Me) => k.state !== 'closed' && (!k.agent || k.agent === me.agent || me.role !== 'agent');

// Called is what the customer is called, and where an agent says so.
function Called({ k, me }: { k: Ticket; me: Me }) {
  const { act } = useDoing(me);
  const [edit, setEdit] = useState<string>();
  const save = () => {
    const name = edit?.trim() ?? '';
    setEdit(undefined);
    if (name !== (k.peer.facts?.called ?? '')) void act(k.id, 'name', { name }, { peer: { ...k.peer, facts: { ...k.peer.facts, called: name } } });
  };
  if (edit !== undefined) {
    return <Input size="small" autoFocus value={edit} maxLength={40} placeholder={t('rename_ph')} aria-label={t('rename_ph')} onChange={(e) => setEdit(e.target.value)} onBlur={save}
      onKeyDown={(e) => { if (e.nativeEvent.isComposing) return; if (e.key === 'Enter') save(); else if (e.key === 'Escape') { e.stopPropagation(); setEdit(undefined); } }} />;
  }
  return <h2>{peerName(k)}{mayLabel(k, me) && <Button type="text" size="small" icon={<EditOutlined />} onClick={() => setEdit(k.peer.facts?.called ?? '')} aria-label={t('rename')} title={t('rename')} />}</h2>;
}

// Tags are set while the conversation goes on.
function Tags({ k, me }: { k: Ticket; me: Me }) {
  const { act } = useDoing(me);
  const set = (all: string[]) => {
    const tags = [...new Set(all.map((x) => x.trim().replace(/^#+/, '').replace(/\s+/g, '-')).filter(Boolean))].slice(0, 10);
    void act(k.id, 'tag', { tags: tags.join(' ') }, { tags });
  };
  return <Select mode="tags" className="tag-field" size="small" open={false} suffixIcon={null} variant="filled" value={k.tags ?? []} onChange={set} placeholder={t('tags_ph')} aria-label={t('tags')} />;
}

function Understood({ k }: { k: Ticket }) {
  const form = k.labelled?.[getLang().slice(0, 2)] ?? Object.entries(k.form ?? {}).map(([name, value]) => ({ name, value }));
  if (!k.intent && !k.asked && !k.mood && !form.length) return null;
  return (
    <section className="understood">
      <h3>{t('understood')}</h3>
      {(k.intent || k.mood) && <p className="intent">{k.intent && <b>{k.intent}</b>}<Mood mood={k.mood} words /></p>}
      {k.asked && <blockquote>{k.asked}</blockquote>}
      {form.length > 0 && <dl>{form.map((f, i) => <div key={i}><dt>{f.name}</dt><dd>{f.value}</dd></div>)}</dl>}
    </section>
  );
}

function Timing({ k }: { k: Ticket }) {
  const now = useNow();
  const inLine = k.state === 'waiting' || k.state === 'ringing';
  const p = k.promised;
  const until = p?.upper ? Date.parse(p.at) + p.upper * 1000 : 0;
  const shut = closedWindow(k, now);
  const time = k.left?.until ? Date.parse(k.left.until) - now : 0;
  return (
    <section>
      <dl>
        {inLine && <div><dt>{t('waited_for')}</dt><dd className={`heat-${heat(k, now)}`}>{waited(now - Date.parse(k.since))}</dd></div>}
        {!inLine && k.claimed && <div><dt>{t('waited_for')}</dt><dd>{waited(Date.parse(k.claimed) - Date.parse(k.since))}</dd></div>}
        {!inLine && k.claimed && <div><dt>{t('handled')}</dt><dd>{waited((k.closed ? Date.parse(k.closed) : now) - Date.parse(k.claimed))}</dd></div>}
        {p && <div><dt>{t('promised')}</dt><dd className={inLine && until && now > until ? 'heat-2' : ''}>{p.upper ? t('promised_v', { n: Math.ceil(p.upper / 60), ahead: p.ahead }) : p.ahead ? t('promised_place', { ahead: p.ahead }) : t('promised_next')}{inLine && until > 0 && now > until && ` · ${t('over')}`}</dd></div>}
        {k.left && k.state !== 'closed' && (
          <div className="allow"><dt>{t('left')}</dt><dd>{shut ? <span className="heat-2">{t(`window_${shut}` as Word)}</span> : <>{k.left.any ? t('left_any') : <Dots n={k.left.n} />}{time > 0 && <span className={time < 30 * 60_000 ? 'heat-2' : time < 2 * 3600_000 ? 'heat-1' : 'dim'}> · {t('until', { time: waited(time) })}</span>}</>}</dd></div>
        )}
      </dl>
    </section>
  );
}

function Dots({ n }: { n: number }) {
  return <span className={`allowance${n <= 1 ? ' heat-2' : n <= 2 ? ' heat-1' : ''}`}>{t('left_n', { n })}</span>;
}

function Details({ k, me }: { k: Ticket; me: Me }) {
  const rows: [Word, React.ReactNode][] = [
    ['ticket', `#${k.id}`], ['topic', topicName(k.topic)], ['since', `${shortDate(k.since)} ${clockTime(k.since)}`],
  ];
  if (k.lastOwn) rows.push(['last_agent', k.lastOwn]);
  if (k.lang) rows.push(['lang', k.lang]);
  if (k.hops) rows.push(['transfer', t('hops', { n: k.hops })]);
  if (mayLabel(k, me)) rows.push(['tags', <Tags k={k} me={me} />]);
  else if (k.tags?.length) rows.push(['tags', k.tags.map((x) => <i key={x} className="chip">{x}</i>)]);
  if (k.outcome) rows.push(['outcome', tOr('o_' + k.outcome, k.outcome)]);
  if (k.summary) rows.push(['summary', k.summary]);
  return <section><dl>{rows.map(([w, v]) => <div key={w}><dt>{t(w)}</dt><dd>{v}</dd></div>)}</dl></section>;
}
