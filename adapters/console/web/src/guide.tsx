import { CheckCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';
import type { Lists, Me } from './api';
import { command } from './commands';
import { useDoing } from './doing';
import { t } from './i18n';
import { askNotify, change, go, useSettings } from './settings';

// The Guide takes somebody who has never been here to their first reply.
export function Guide({ me, lists }: { me: Me; lists?: Lists }) {
  const { presence } = useDoing(me);
  const { notify } = useSettings();
  const steps = [
    { done: me.presence === 'on', title: t('g1'), text: t('g1_s'), act: me.presence !== 'on' && <Button type="primary" size="small" onClick={() => presence('on')}>{t('on')}</Button> },
    { done: me.load > 0 || me.today.closed > 0, title: t('g2'), text: t('g2_s'), act: !!lists?.counts.waiting && <Button size="small" onClick={() => go('inbox', 'waiting', lists.tickets[0]?.id)}>{t('waiting')} · {lists.counts.waiting}</Button> },
    { done: me.today.closed > 0, title: t('g3'), text: t('g3_s'), act: null },
  ];
  return (
    <div className="guide">
      <h2>{t('g_title')}</h2>
      <ol>
        {steps.map((s, i) => (
          <li key={s.title} className={s.done ? 'done' : ''}>
            <span className="n">{s.done ? <CheckCircleFilled /> : i + 1}</span>
            <div><b>{s.title}</b><p>{s.text}</p>{s.act}</div>
          </li>
        ))}
      </ol>
      <p className="dim">{t('g_try')}</p>
      <div className="acts">
        <Button onClick={() => change({ guide: false })}>{t('g_hide')}</Button>
        {!notify && <Button type="text" onClick={() => void askNotify()}>{t('g_sound')}</Button>}
        <Button type="text" onClick={() => command('keys')}>{t('g_keys')} <kbd>?</kbd></Button>
      </div>
    </div>
  );
}
