import { useQuery } from '@tanstack/react-query';
import { App as AntApp, Spin } from 'antd';
import { useEffect, useState } from 'react';
import { type Box, type Detail, type Filter, type Lists, type Me, call, tz } from './api';
import { AccountsPage } from './accounts';
import { useAlerts } from './alerts';
import { CannedPage } from './canned';
import { justSaid, named } from './doing';
import { Header } from './header';
import { t, nameTopics } from './i18n';
import { TicketList } from './list';
import { connect, pace, queries, setNotice, useLive } from './live';
import { begin } from './outbox';
import { part } from './part';
import { go, useSettings, useWhere, change } from './settings';
import { Side } from './side';
import { TeamPage } from './team';
import { Nothing, Thread } from './thread';
import { Keys } from './keys';

let connected = false;

// known is a ticket that a list has.
const known = (ticket?: string) => queries.getQueriesData<Lists>({ queryKey: ['tickets'] }).flatMap(([, l]) => [...(l?.mine ?? []), ...(l?.tickets ?? [])]).find((k) => k.id === ticket);

// inView reports whether somebody at the page sees the ticket ring.
const inView = (ticket?: string) => document.visibilityState === 'visible' && [...document.querySelectorAll<HTMLElement>('.ringing')].some((e) => e.dataset.ticket === ticket && !!e.offsetParent);

export function App() {
  const { message } = AntApp.useApp();
  const { data: me, error } = useQuery({ queryKey: ['me'], queryFn: () => call<Me>(`me?${tz()}`).then((m) => (nameTopics(m.titles), m)), refetchInterval: pace });
  useEffect(() => {
    if (!me || connected) return;
    connected = true;
    begin(me.id);
    connect(me.id);
  }, [me]);
  useEffect(() => setNotice((text, ticket) => {
    // What is about the conversation on show, or about the one that rings, is seen there.
    if (ticket && location.hash.split('/')[2] === ticket && location.hash.startsWith('#inbox')) return;
    const tell = () => void message.info({ content: named(text, known(ticket)), duration: 6, onClick: () => ticket && go('inbox', 'mine', ticket), className: ticket ? 'leads' : undefined });
    if (!ticket && justSaid()) return;
    if (!text.startsWith('🔔')) return tell();
    const look = (times: number) => { // the lists may come after the words
      const lists = queries.getQueriesData<Lists>({ queryKey: ['tickets'] }).map(([, l]) => l);
      const rings = !ticket || lists.some((l) => l?.mine.some((k) => k.id === ticket && k.state === 'ringing'));
      if (rings) window.setTimeout(() => (inView(ticket) ? undefined : tell()), 100); // it may be about to be drawn
      else if (times > 1) window.setTimeout(look, 500, times - 1);
    };
    window.setTimeout(look, 300, 6);
  }), [message]);
  if (!me) return <div className="boot">{error ? <p>{t('failed_load')}</p> : <Spin size="large" />}</div>;
  return <Desk me={me} />;
}

function Desk({ me }: { me: Me }) {
  const where = useWhere();
  const live = useLive();
  const { side } = useSettings();
  const [filter, setFilter] = useState<Filter>({ q: '' });
  const [drawer, setDrawer] = useState(false);
  const box = where.box as Box;
  const lists = useQuery({ ...part(box, filter, 0), placeholderData: (old: Lists | undefined) => old });
  const detail = useQuery({
    queryKey: ['ticket', where.ticket],
    queryFn: ({ signal }) => call<Detail>(`tickets/${where.ticket}`, { signal }),
    enabled: !!where.ticket,
    refetchInterval: pace,
  });
  useAlerts(me, lists.data, where.ticket);
  useEffect(() => setDrawer(false), [where.ticket]);
  const toggleSide = () => (window.innerWidth < 1180 ? setDrawer(!drawer) : change({ side: !side }));
  return (
    <div className={`desk page-${where.page}`}>
      <Header me={me} where={where} counts={lists.data?.counts} />
      {live.lost && <div className="offline" role="status">{t('offline')}</div>}
      <Keys me={me} filter={filter} detail={detail.data} where={where} />
      {where.page === 'inbox' && (
        <main className={`inbox${where.ticket ? ' has-ticket' : ''}${side ? ' has-side' : ''}${drawer ? ' has-drawer' : ''}`}>
          <h1 className="sr">{t('inbox')}</h1>
          <TicketList me={me} box={box} lists={lists.data} failed={lists.isError} open={where.ticket} filter={filter} onFilter={setFilter} retry={lists.refetch} />
          {where.ticket
            ? <Thread key={where.ticket} me={me} detail={detail.data} failed={detail.error} retry={detail.refetch} onSide={toggleSide} onBack={() => go('inbox', box)} />
            : <Nothing me={me} lists={lists.data} />}
          {where.ticket && detail.data && <Side me={me} detail={detail.data} box={box} onClose={() => setDrawer(false)} />}
          {drawer && <div className="scrim" onClick={() => setDrawer(false)} />}
        </main>
      )}
      {where.page === 'team' && <TeamPage me={me} />}
      {where.page === 'canned' && <CannedPage me={me} />}
      {where.page === 'accounts' && <AccountsPage me={me} />}
    </div>
  );
}
