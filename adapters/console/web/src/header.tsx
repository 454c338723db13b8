import { BellOutlined, BgColorsOutlined, CheckOutlined, CommentOutlined, DownOutlined, InboxOutlined, LockOutlined, LogoutOutlined, NotificationOutlined, QuestionCircleOutlined, SoundOutlined, TeamOutlined, ThunderboltOutlined, TranslationOutlined, UserSwitchOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Badge, Button, Dropdown, Popover, Tooltip } from 'antd';
import { useState } from 'react';
import { type Me, type Notice, type Presence, call } from './api';
import { Face } from './bits';
import { command } from './commands';
import { named, useDoing } from './doing';
import { type Word, clockTime, getLang, setLang, t } from './i18n';
import { resting } from './logic';
import { type Where, askNotify, change, go, useNow, useSettings } from './settings';

export function Header({ me, where, counts }: { me: Me; where: Where; counts?: Record<string, number> }) {
  const pages: [Where['page'], Word, React.ReactNode, boolean][] = [
    ['inbox', 'inbox', <InboxOutlined key="i" />, true], ['team', 'team', <TeamOutlined key="t" />, true],
    ['canned', 'canned', <ThunderboltOutlined key="c" />, true], ['accounts', 'accounts', <UserSwitchOutlined key="a" />, me.role === 'admin'],
  ];
  return (
    <header className="top">
      <a className="logo" href="#inbox" title={me.title}><CommentOutlined /><b>{me.title}</b></a>
      <nav aria-label={t('more')}>
        {pages.filter((p) => p[3]).map(([page, word, icon]) => (
          <a key={page} href={`#${page}`} className={where.page === page ? 'on' : ''} aria-current={where.page === page ? 'page' : undefined}>
            {icon}<span>{t(word)}</span>{page === 'inbox' && !!counts?.waiting && <em>{counts.waiting}</em>}
          </a>
        ))}
      </nav>
      <Today me={me} />
      <PresenceSwitch me={me} />
      <Bell />
      <UserMenu me={me} />
    </header>
  );
}

const spell = (s: number) => (s >= 3600 ? `${(s / 3600).toFixed(1)} h` : s >= 60 ? `${Math.round(s / 60)} ${t('minutes')}` : `${s} ${t('seconds')}`);

function Today({ me }: { me: Me }) {
  const figures: [Word, React.ReactNode][] = [
    ['load', <>{me.load}{me.max ? <i>/{me.max}</i> : null}</>], ['today_closed', me.today.closed],
    ['today_wait', me.today.closed ? spell(me.today.wait) : '–'], ['today_handle', me.today.closed ? spell(me.today.handle) : '–'],
  ];
  return <dl className="today">{figures.map(([w, v]) => <div key={w}><dt>{t(w)}</dt><dd>{v}</dd></div>)}</dl>;
}

function PresenceSwitch({ me }: { me: Me }) {
  const { presence } = useDoing(me);
  const { modal } = App.useApp();
  const now = useNow();
  const until = resting(me, now);
  const till = until && t('break_till', { time: clockTime(until) });
  const [open, setOpen] = useState(false);
  const set = (p: Presence) => {
    if (p === 'off' && me.load > 0) {
      modal.confirm({ title: t('away_close', { n: me.load }), content: t('away_close_s'), okText: t('off'), okButtonProps: { danger: true }, cancelText: t('cancel'), onOk: () => presence('off') });
    } else if (p !== me.presence) void presence(p);
  };
  const breaks = ([[15, 'break_15'], [30, 'break_30'], [60, 'break_60'], [undefined, 'break_back']] as [number | undefined, Word][]).map(([minutes, word]) => ({
    key: word, label: <span className="how-long"><b>{t(word)}</b>{minutes && <small>{t('back_at', { time: clockTime(now + minutes * 60_000) })}</small>}</span>, onClick: () => void presence('break', minutes),
  }));
  const pick = (p: Presence) => ({
    key: p, label: <span className="pick"><i className={`dot ${p}`} /><span><b>{t(p)}</b><small>{t((p + '_hint') as Word)}</small></span>{me.presence === p && <CheckOutlined />}</span>, onClick: () => set(p),
  });
  const rest = { key: 'rest', type: 'group' as const, label: <><i className="dot break" /> {till ?? t('break')}{me.presence === 'break' && <CheckOutlined />}</>, children: breaks };
  return (
    <>
      <div className="presence" role="group" aria-label={t('presence_of')}>
        {(['on', 'break', 'off'] as Presence[]).map((p) => {
          const button = (
            <button key={p} type="button" aria-pressed={me.presence === p} className={`${p}${me.presence === p ? ' now' : ''}`} onClick={p === 'break' ? undefined : () => set(p)} {...(p === 'break' && { 'aria-haspopup': 'menu' as const, 'aria-expanded': open })}>
              <i className={`dot ${p}`} />{p === 'break' ? <>{till ?? t(p)}<DownOutlined className="more" /></> : t(p)}
            </button>
          );
          return p === 'break'
            ? <Dropdown key={p} menu={{ items: [{ key: 'for', type: 'group', label: t('break_for'), children: breaks }] }} trigger={['click']} placement="bottom" align={{ offset: [0, 8] }} autoFocus open={open} onOpenChange={setOpen}>{button}</Dropdown>
            : <Tooltip key={p} title={t((p + '_hint') as Word)} mouseEnterDelay={0.6}>{button}</Tooltip>;
        })}
      </div>
      <Dropdown menu={{ items: [pick('on'), rest, pick('off')] }} trigger={['click']} autoFocus overlayClassName="presence-menu">
        <button type="button" className="presence-small" aria-haspopup="menu" aria-label={`${t('presence_of')}: ${till ?? t(me.presence)}`}><i className={`dot ${me.presence}`} />{until ? t('break_short', { time: clockTime(until) }) : t(me.presence)}</button>
      </Dropdown>
    </>
  );
}

function Bell() {
  const { data } = useQuery({ queryKey: ['notices'], queryFn: () => call<{ notices: Notice[] }>('notices'), refetchInterval: 60_000 });
  const [seen, setSeen] = useState(() => Number(localStorage.getItem('frontdesk.notices') ?? 0));
  const all = [...(data?.notices ?? [])].reverse();
  const fresh = all.filter((n) => n.seq > seen).length;
  const look = (open: boolean) => {
    if (!open || !all.length) return;
    localStorage.setItem('frontdesk.notices', String(all[0].seq));
    setSeen(all[0].seq);
  };
  const list = (
    <div className="notices">
      {all.length === 0 && <p className="dim">–</p>}
      {all.slice(0, 30).map((n) => <div key={n.seq}><time>{clockTime(n.at)}</time><span>{named(n.text)}</span></div>)}
    </div>
  );
  return (
    <Popover content={list} title={t('notices')} trigger="click" placement="bottomRight" onOpenChange={look}>
      <Badge count={fresh} size="small" offset={[-6, 6]}><Button type="text" icon={<BellOutlined />} aria-label={t('notices')} /></Badge>
    </Popover>
  );
}

function UserMenu({ me }: { me: Me }) {
  const s = useSettings();
  const { message, modal } = App.useApp();
  const { presence } = useDoing(me);
  const on = (x: boolean) => (x ? <CheckOutlined className="tick" /> : null);
  const notify = async () => {
    if (s.notify) change({ notify: false });
    else if (!(await askNotify())) message.warning(t('notify_denied'));
  };
  const leave = () => {
    const f = document.createElement('form');
    f.method = 'post';
    f.action = '/console/sign-out';
    document.body.append(f);
    f.submit();
  };
  const signOut = () => {
    if (me.presence === 'off') leave();
    else modal.confirm({ title: t('signout_on'), okText: t('off'), cancelText: t('cancel'), onOk: async () => { await presence('off'); leave(); } });
  };
  const items = [
    { key: 'me', type: 'group' as const, label: <><b>{me.name}</b> · {me.id}</> },
    { key: 'sound', icon: <SoundOutlined />, label: t('sound'), extra: on(s.sound), onClick: () => change({ sound: !s.sound }) },
    { key: 'notify', icon: <NotificationOutlined />, label: t('notify'), extra: on(s.notify), onClick: notify },
    { key: 'theme', icon: <BgColorsOutlined />, label: t('theme'), children: (['auto', 'light', 'dark'] as const).map((k) => ({ key: k, label: t(k), extra: on(s.theme === k), onClick: () => change({ theme: k }) })) },
    { key: 'lang', icon: <TranslationOutlined />, label: t('switch_lang'), onClick: () => setLang(getLang() === 'zh' ? 'en' : 'zh') },
    { type: 'divider' as const },
    { key: 'guide', icon: <QuestionCircleOutlined />, label: t('guide'), onClick: () => { change({ guide: true }); go('inbox', where()); } },
    { key: 'keys', icon: <ThunderboltOutlined />, label: t('keys'), extra: '?', onClick: () => command('keys') },
    { key: 'password', icon: <LockOutlined />, label: <a href="/console/password">{t('password')}</a> },
    { key: 'out', icon: <LogoutOutlined />, label: t('signout'), onClick: signOut },
  ];
  return (
    <Dropdown menu={{ items }} trigger={['click']} placement="bottomRight" overlayClassName="user-menu">
      <button type="button" className="user" aria-label={me.name}><Face name={me.name} presence={me.presence} /></button>
    </Dropdown>
  );
}

const where = () => location.hash.split('/')[1] || 'waiting';
