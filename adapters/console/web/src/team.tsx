import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { type Mate, type Me, type Team, type Ticket, call, tz } from './api';
import { Bones, ChannelMark, Face } from './bits';
import { peerName, stateWord } from './doing';
import { type Word, clockTime, t, topicName } from './i18n';
import { pace } from './live';
import { resting, waited } from './logic';
import { useNow } from './settings';

export function TeamPage({ me }: { me: Me }) {
  const { data } = useQuery({ queryKey: ['team'], queryFn: () => call<Team>(`team?${tz()}`), refetchInterval: pace });
  const on = data?.team.filter((m) => m.presence === 'on') ?? [];
  const totals: [Word, React.ReactNode][] = [
    ['on_duty', on.length], ['on_break', data?.team.filter((m) => m.presence === 'break').length ?? 0],
    ['in_line', data?.lines.reduce((n, l) => n + l.waiting, 0) ?? 0], ['active', data?.lines.reduce((n, l) => n + l.active, 0) ?? 0],
  ];
  return (
    <main className="page">
      <div className="head"><div><h1>{t('team_title')}</h1><p>{t('team_s')}</p></div></div>
      {!data ? <Bones /> : (
        <>
          {on.length === 0 && <Alert type="warning" showIcon title={t('nobody_on')} />}
          <div className="totals">{totals.map(([w, n]) => <div key={w}><b>{n}</b><span>{t(w)}</span></div>)}</div>
          {data.lines.length > 0 && (
            <div className="lines">
              {data.lines.map((l) => (
                <div key={l.topic}><b>{topicName(l.topic)}</b><span>{t('in_line')} <em className={l.waiting ? 'hot' : ''}>{l.waiting}</em></span><span>{t('active')} <em>{l.active}</em></span>
                  {l.head && <span>{t('longest')} <em><Ticking since={l.head} format={waited} /></em></span>}</div>
              ))}
            </div>
          )}
          {(['on', 'break', 'off'] as const).map((p) => {
            const mates = data.team.filter((m) => m.presence === p);
            return mates.length > 0 && <section key={p} className="group"><h2><i className={`dot ${p}`} />{t(({ on: 'on_duty', break: 'on_break', off: 'off_duty' } as const)[p])}<em>{mates.length}</em></h2><div className="mates">{mates.map((m) => <Card key={m.id} m={m} me={me} />)}</div></section>;
          })}
        </>
      )}
    </main>
  );
}

function Card({ m, me }: { m: Mate; me: Me }) {
  const share = m.max ? Math.min(1, m.load / m.max) : m.load ? 0.5 : 0;
  const desk = m.id.split('/')[0];
  const until = resting(m, useNow());
  return (
    <div className={`mate ${m.presence}`}>
      <div className="mate-head"><Face name={m.name} presence={m.presence} /><div><b>{m.name}{m.id === me.agent && <i>{t('you')}</i>}{m.lead && <i>{t('role_lead')}</i>}</b>
        <small>{desk !== me.agent.split('/')[0] && `${desk} · `}{until ? t('break_till', { time: clockTime(until) }) : m.since && m.presence !== 'off' ? t('since_at', { time: clockTime(m.since) }) : t(m.presence)}</small></div></div>
      <div className="gauge"><span><i className={`w-${Math.round(share * 10)}${share >= 1 ? ' full' : ''}`} /></span><em>{m.load}{m.max ? `/${m.max}` : ''}</em></div>
      <div className="chips">{(m.topics ?? []).map((x) => <i key={x} className="chip">{topicName(x)}</i>)}{(m.langs ?? []).map((x) => <i key={x} className="chip">{x}</i>)}{!!m.misses && <i className="chip bad">{t('misses', { n: m.misses })}</i>}{m.today && <small className="dim">{t('today_closed')} {m.today.closed}</small>}</div>
      {(m.tickets ?? []).slice(0, 6).map((k) => <Held key={k.id} k={k} />)}
    </div>
  );
}

function Held({ k }: { k: Ticket }) {
  return <a className="held" href={`#inbox/all/${k.id}`}><ChannelMark name={k.channel} /><b>{peerName(k)}</b><span className="said">{k.last?.text || k.asked}</span><i className={`chip s-${k.state}`}>{t(stateWord(k))}</i></a>;
}

// Ticking shows how long something lasts, second by second.
function Ticking({ since, format }: { since: string; format: (ms: number) => string }) {
  const now = useNow();
  return <>{format(now - Date.parse(since))}</>;
}
