import { BulbOutlined, CheckOutlined, ClockCircleOutlined, CloseCircleOutlined, CustomerServiceOutlined, ExclamationCircleOutlined, FileOutlined, FileTextOutlined, EnvironmentOutlined, PushpinOutlined, RobotOutlined } from '@ant-design/icons';
import { Button, Image, Tooltip } from 'antd';
import { type Entry, type Media, type Part, type Ticket, mediaURL } from './api';
import { Face } from './bits';
import { named, peerName } from './doing';
import { type Word, clockTime, getLang, t, tOr, topicName } from './i18n';
import { linked, reason, reasons, size } from './logic';
import { type Unsent, again, drop } from './outbox';
import { usePressed } from './settings';

export function Words({ text }: { text: string }) {
  return <span className="words">{linked(text).map((x, i) => (x.href ? <a key={i} href={x.href} target="_blank" rel="noopener noreferrer nofollow">{x.text}</a> : x.text))}</span>;
}

function Attached({ m }: { m: Media }) {
  const kind = m.type.split('/')[0];
  const src = m.handle ? mediaURL(m.handle) : undefined;
  const label = m.name || t(kind === 'image' || kind === 'audio' || kind === 'video' ? (kind as Word) : 'file');
  if (src && kind === 'image' && !m.type.includes('svg')) {
    return <span className="picture"><Image src={src} alt={m.words || label} preview={{ mask: null }} />{m.words && <Words text={m.words} />}</span>;
  }
  if (src && kind === 'audio') return <span className="sound"><audio controls preload="none" src={src} />{m.words && <Words text={m.words} />}</span>;
  if (src && kind === 'video') return <video className="film" controls preload="metadata" src={src} />;
  return (
    <a className="file" href={src ?? (/^https?:/.test(m.url ?? '') ? m.url : undefined)} target="_blank" rel="noopener noreferrer nofollow" download={src ? m.name : undefined}>
      <FileOutlined /><span><b>{label}</b><small>{size(m.size) || m.type}</small></span>
    </a>
  );
}

function Piece({ p }: { p: Part }) {
  if ('text' in p) return <Words text={p.text.body} />;
  if ('media' in p) return <Attached m={p.media} />;
  if ('choice' in p) return <span className="choice"><Words text={p.choice.prompt} /><span>{p.choice.options.map((o) => <i key={o.id}>{o.label}</i>)}</span></span>;
  if ('pick' in p) return <span className="picked">{t('chose', { label: p.pick.label || p.pick.option })}</span>;
  if ('card' in p) {
    const c = p.card;
    return <span className="card"><b>{c.title}</b>{c.body && <span>{c.body}</span>}{c.url && /^https?:/.test(c.url) && <a href={c.url} target="_blank" rel="noopener noreferrer nofollow">{c.url}</a>}</span>;
  }
  if ('place' in p) {
    const { lat, lon, name } = p.place;
    return <a className="file" href={`https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`} target="_blank" rel="noopener noreferrer"><EnvironmentOutlined /><span><b>{name || t('place')}</b><small>{lat.toFixed(4)}, {lon.toFixed(4)}</small></span></a>;
  }
  if ('form' in p) return <span className="card"><b>{t('form_in')}</b>{Object.entries(p.form.values ?? {}).map(([k, v]) => <span key={k}>{k}: {v}</span>)}</span>;
  if ('joined' in p) return <em>{t('joined')}{p.joined.from ? ` · ${p.joined.from}` : ''}</em>;
  if ('left' in p) return <em>{t('leftpeer')}</em>;
  return <em>{t('other_part', { kind: 'other' in p ? p.other.kind : Object.keys(p)[0] })}</em>;
}

// Mark is how far a message got: ⏳ ✓ ✓✓ ⚠.
function Mark({ e }: { e: Entry }) {
  if (!e.state) return null;
  const icon = {
    pending: <ClockCircleOutlined />, sent: <CheckOutlined />, delivered: <CheckOutlined />, read: <span className="twice"><CheckOutlined /><CheckOutlined /></span>,
    failed: <ExclamationCircleOutlined />, unknown: <ExclamationCircleOutlined />, dropped: <CloseCircleOutlined />,
  }[e.state];
  return <Tooltip title={t(`p_${e.state}` as Word) + (e.why ? ` · ${reason(e.why, getLang())}` : '')}><span className={`st ${e.state}`} role="img" aria-label={t(`p_${e.state}` as Word)}>{icon}</span></Tooltip>;
}

// Can is what the one who looks at a conversation can do with its entries;
// stale are those with buttons for which it is too late.
export interface Can {
  retry?: (message: string) => void; discard?: (message: string) => void; press?: (seq: number, option: string) => void; stale?: Set<number>; mine?: boolean;
}

export function Line({ e, k, first, can }: { e: Entry; k: Ticket; first: boolean; can: Can }) {
  switch (e.kind) {
    case 'event':
      return <Happened e={e} />;
    case 'notice':
      return <Notice e={e} k={k} can={can} />;
    case 'note':
      return (
        <div className="say note">
          <div className="bubble"><span className="by"><PushpinOutlined /> {e.mine ? t('you') : e.by} · {t('note')}<time>{clockTime(e.at)}</time></span><Words text={plain(e)} /></div>
        </div>
      );
  }
  const ours = e.kind !== 'peer';
  const bad = e.state === 'failed' || e.state === 'unknown';
  return (
    <div className={`say ${e.kind}${first ? ' first' : ''}${bad ? ' bad' : ''}`}>
      {!ours && <span className="gutter">{first && <Face name={peerName(k)} />}</span>}
      <div className="col">
        {first && ours && <span className="by">{e.kind === 'bot' ? <i className="botmark"><RobotOutlined /> {t('bot_name')}</i> : e.mine ? t('you') : e.by}</span>}
        <div className="bubble">{e.template ? <span className="card form"><small><FileTextOutlined /> {t('template_sent', { title: e.template })}</small>{(e.lines ?? []).map((s, i) => <Words key={i} text={s} />)}</span> : (e.parts ?? []).map((p, i) => <Piece key={i} p={p} />)}</div>
        <span className="foot"><time>{clockTime(e.at)}</time>{ours && <Mark e={e} />}</span>
        {bad && (
          <span className="trouble">
            <b>{t(`p_${e.state}` as Word)}</b>{e.why && <span title={e.why}>{reason(e.why, getLang())}</span>}
            {e.kind === 'agent' && e.id && can.retry && !can.stale?.has(e.seq) && <Button size="small" onClick={() => can.retry!(e.id!)}>{t('retry')}</Button>}
            {e.kind === 'agent' && e.id && can.discard && !can.stale?.has(e.seq) && <Button size="small" type="text" onClick={() => can.discard!(e.id!)}>{t('discard')}</Button>}
          </span>
        )}
      </div>
      {ours && <span className="gutter">{first && (e.kind === 'bot' ? <span className="face bot"><RobotOutlined /></span> : <Face name={e.by || '?'} />)}</span>}
    </div>
  );
}

export const plain = (e: Entry) => (e.parts ?? []).map((p) => ('text' in p ? p.text.body : '')).filter(Boolean).join('\n');

// A Notice is what the desk says to staff, some of it with buttons.
function Notice({ e, k, can }: { e: Entry; k: Ticket; can: Can }) {
  const choice = (e.parts ?? []).map((p) => ('choice' in p ? p.choice : undefined)).find(Boolean);
  const pressed = usePressed().has(e.seq);
  if (!choice) return <div className="happened notice"><span><Words text={named(plain(e), k)} /></span><time>{clockTime(e.at)}</time></div>;
  const open = !!can.press && !pressed && !can.stale?.has(e.seq) && (k.state !== 'closed' || choice.options.some((o) => /^(reopen|take)/.test(o.id)));
  const hint = choice.options.some((o) => o.id.startsWith('suggest:'));
  if (hint && (!open || !can.mine)) return null;
  return (
    <div className={`suggestion${hint ? '' : ' asks'}${open ? '' : ' over'}`}>
      {!/^\p{Extended_Pictographic}/u.test(choice.prompt) && (hint ? <BulbOutlined /> : <ExclamationCircleOutlined />)}
      <div><Words text={named(reasons(choice.prompt, getLang()), k)} />
        {open && <span className="buttons">{choice.options.map((o, i) => <Button key={o.id} size="small" type={i === 0 && !hint ? 'primary' : 'default'} onClick={() => can.press!(e.seq, o.id)}>{o.label}</Button>)}</span>}
      </div>
      <time>{clockTime(e.at)}</time>
    </div>
  );
}

function Happened({ e }: { e: Entry }) {
  if (e.event === 'refused') return null; // the desk has said so in words
  const d = e.data ?? {};
  const vars = { ...d, by: e.by || t('system'), topic: topicName(d.topic), outcome: tOr('o_' + d.outcome, d.outcome ?? '') };
  const words = tOr('ev_' + e.event, e.event ?? '', vars).replace(/\{\w+\}/g, '').replace(/ · $/, '').trim();
  return <div className={`happened ev-${e.event}`}><span>{e.event === 'claimed' && <CustomerServiceOutlined />} {words}</span><time>{clockTime(e.at)}</time></div>;
}

// Mine is what this browser has written and the log does not show yet.
export function Mine({ u, name }: { u: Unsent; name: string }) {
  const bad = u.state === 'failed';
  return (
    <div className={u.note ? 'say note unsent' : `say agent unsent first${bad ? ' bad' : ''}`}>
      <div className="col">
        <div className="bubble">
          {u.note && <span className="by"><PushpinOutlined /> {t('you')} · {t('note')}</span>}
          {u.text && <Words text={u.text} />}
          {u.media.map((m) => <Attached key={m.handle} m={m} />)}
        </div>
        {!bad && <span className="foot"><span className="st pending"><ClockCircleOutlined /></span>{t(u.state as Word)}</span>}
        {bad && (
          <span className="trouble">
            <b>{t('not_sent')}</b><span>{tOr('e_' + u.why, t('e_broken'))}</span>
            <Button size="small" onClick={() => again(u.ref)}>{t('retry')}</Button>
            <Button size="small" type="text" onClick={() => drop(u.ref)}>{t('discard')}</Button>
          </span>
        )}
      </div>
      {!u.note && <span className="gutter"><Face name={name} /></span>}
    </div>
  );
}
