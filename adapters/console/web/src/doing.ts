// What is done to tickets, from wherever in the pages.
import { App } from 'antd';
import { useCallback } from 'react';
import { type Detail, type Lists, type Me, type Presence, type Ticket, clock, newRef, send } from './api';
import { type Word, clockTime, problem, t } from './i18n';
import { pageName } from './logic';
import { queries } from './live';

let said = 0;

// justSaid reports that what the desk says now answers our own presence.
export const justSaid = () => Date.now() - said < 2500;

type Patch = Partial<Ticket>;

// paint shows what an action will come to, before the server has said so.
function paint(id: string, patch: Patch) {
  queries.setQueryData<Detail>(['ticket', id], (d) => d && { ...d, ticket: { ...d.ticket, ...patch } });
  queries.setQueriesData<Lists>({ queryKey: ['tickets'] }, (l) =>
    l && { ...l, tickets: l.tickets.map((k) => (k.id === id ? { ...k, ...patch } : k)), mine: l.mine.map((k) => (k.id === id ? { ...k, ...patch } : k)) });
}

const fresh = (id?: string) => {
  for (const key of ['tickets', 'me']) void queries.invalidateQueries({ queryKey: [key] });
  if (id) for (const key of ['ticket', 'past']) void queries.invalidateQueries({ queryKey: [key, id] });
};

export function useDoing(me: Me) {
  const { message } = App.useApp();

  // act files an action; if it cannot be filed what was painted is taken back.
  const act = useCallback(async (ticket: string | undefined, action: string, values?: Record<string, string>, patch?: Patch): Promise<boolean> => {
    const before = ticket ? queries.getQueryData<Detail>(['ticket', ticket])?.ticket : undefined;
    if (ticket && patch) paint(ticket, patch);
    const clean = values && Object.fromEntries(Object.entries(values).filter(([, v]) => v !== ''));
    const body = { ref: newRef(), ticket, action, values: clean && Object.keys(clean).length ? clean : undefined };
    try {
      await send('POST', 'act', body).catch((e) => {
        if (e.status === 0 || e.status >= 500) return send('POST', 'act', body); // once more, under the same name
        throw e;
      });
      window.setTimeout(() => fresh(ticket), 150);
      window.setTimeout(() => fresh(ticket), 1500);
      return true;
    } catch (e) {
      if (ticket && before) paint(ticket, before);
      fresh(ticket);
      message.error(t('act_failed', { why: problem(e) }));
      return false;
    }
  }, [message]);

  const claim = useCallback(async (k: Ticket) => {
    const held = k.agent && k.agent !== me.agent && k.state !== 'closed';
    const action = k.state === 'closed' ? 'reopen' : k.state === 'parked' && !held ? 'resume' : held ? 'take' : 'claim';
    if (!(await act(k.id, action, undefined, held || action === 'reopen' ? undefined : { state: 'active', agent: me.agent, owner: me.name }))) return;
    window.setTimeout(async () => {
      await queries.refetchQueries({ queryKey: ['ticket', k.id] });
      const now = queries.getQueryData<Detail>(['ticket', k.id])?.ticket;
      if (now?.owner && now.agent !== me.agent && now.state !== 'waiting') message.warning(t('claimed_by', { name: now.owner }));
    }, 700);
  }, [act, me, message]);

  // presence says where we are, and the header shows it: the desk's answer to
  // that needs no place of its own; a break may end by itself after some minutes.
  const presence = useCallback(async (p: Presence, minutes?: number) => {
    const before = queries.getQueryData<Me>(['me']);
    const until = minutes ? new Date(clock.now() + minutes * 60_000).toISOString() : undefined;
    queries.setQueryData<Me>(['me'], (m) => m && { ...m, presence: p, until });
    if (p !== 'off') said = Date.now();
    if (await act(undefined, p, p === 'off' && before?.load ? { force: 'yes' } : minutes ? { until: `${minutes}m` } : undefined)) {
      window.setTimeout(() => void queries.invalidateQueries({ queryKey: ['team'] }), 400);
    } else {
      queries.setQueryData(['me'], before);
    }
  }, [act]);

  // press presses a button under a message of the desk.
  const press = useCallback(async (ticket: string, option: string): Promise<boolean> => {
    try {
      await send('POST', 'act', { ref: newRef(), ticket, option });
      window.setTimeout(() => fresh(ticket), 150);
      return true;
    } catch (e) {
      message.error(t('act_failed', { why: problem(e) }));
      return false;
    }
  }, [message]);

  return { act, claim, presence, press };
}

export const stateWord = (k: Ticket) => ('s_' + k.state) as Word;

// named calls a customer without a name in the desk's texts as the pages do: the
// desk says a visitor's time by the shop's clock, the pages by their reader's.
export const named = (text: string, k?: Ticket) => (k ? text.replace(/(?:访客|Visitor) · (?:[^·\n]+ · )?\d\d:\d\d/u, peerName(k)) : text).replace(/(?:客户|Customer) …[^\s…]{2}([^\s…]{4})(?=[\s，。,.:：]|$)/gu, (_, end) => `${t('unnamed')} ${end}`);

/** What the customer is called: a visitor of a website after the page they are on and when they came. */
export const peerName = (k: Ticket) => k.peer.facts?.called || k.peer.name || k.form?.name || (k.peer.facts?.page
  ? [t('unnamed'), pageName(k.peer.facts.page, k.peer.facts.title ?? '', t('home_page')), clockTime(k.since)].filter(Boolean).join(' · ') : `${t('unnamed')} ${k.peer.id.slice(-4)}`);
