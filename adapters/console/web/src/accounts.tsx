import { CopyOutlined, EditOutlined, KeyOutlined, PlusOutlined, StopOutlined, UndoOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Input, InputNumber, Modal, Radio, Select, Tooltip } from 'antd';
import { useState } from 'react';
import { type Account, type Accounts, type Me, type Role, call, send } from './api';
import { Bones, Face } from './bits';
import { type Word, problem, shortDate, t } from './i18n';
import { queries } from './live';

// copy works without TLS, too, where browsers have no clipboard for scripts: it
// takes what stands in the field.
async function copy(text: string) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  document.querySelector<HTMLInputElement>('.link input')?.select();
  if (!document.execCommand('copy')) throw new Error('copy');
}

interface Post { name?: string; role: Role; topics: string[]; langs: string[]; max: number }

export function AccountsPage({ me }: { me: Me }) {
  const { data } = useQuery({ queryKey: ['accounts'], queryFn: () => call<Accounts>('accounts') });
  const { message, modal } = App.useApp();
  const [edit, setEdit] = useState<Account | 'new'>();
  const [made, setMade] = useState<{ title: string; sub: string; url: string }>();
  const run = async (f: () => Promise<unknown>) => {
    try {
      await f();
    } catch (e) {
      message.error(t('act_failed', { why: problem(e) }));
    }
    void queries.invalidateQueries({ queryKey: ['accounts'] });
  };
  const link = (path: string) => location.origin + path;
  const save = (p: Post) => run(async () => {
    if (edit === 'new') {
      const { path } = await send<{ path: string }>('POST', 'invitations', { ...p, name: p.name || undefined });
      setMade({ title: t('invite_made', { name: p.name || t('new_colleague') }), sub: t('invite_made_s'), url: link(path) });
    } else if (edit) {
      await send('PATCH', `accounts/${encodeURIComponent(edit.id)}`, p);
    }
    setEdit(undefined);
  });
  const reset = (a: Account) => run(async () => {
    const { path } = await send<{ path: string }>('POST', `accounts/${encodeURIComponent(a.id)}/reset`);
    setMade({ title: `${t('reset_made')} · ${a.name}`, sub: t('reset_made_s'), url: link(path) });
  });
  const off = (a: Account) => {
    const put = () => run(() => send('PATCH', `accounts/${encodeURIComponent(a.id)}`, { off: !a.off }));
    if (a.off) return void put();
    modal.confirm({ title: t('disable_q', { name: a.name }), content: t('disable_qs'), okText: t('disable'), okButtonProps: { danger: true }, cancelText: t('cancel'), onOk: put });
  };
  return (
    <main className="page narrow">
      <div className="head"><div><h1>{t('acc_title')}</h1><p>{t('acc_s')}</p></div><Button type="primary" icon={<PlusOutlined />} onClick={() => setEdit('new')}>{t('invite')}</Button></div>
      {!data ? <Bones /> : (
        <div className="accounts">
          {data.invitations.map((i) => (
            <div key={i.hash} className="account waiting"><span className="face">?</span><div><b>{i.name || t('new_colleague')}</b><small>{t('expires', { date: shortDate(i.until) })}{i.by && ` · ${i.by}`}</small></div><i className="chip">{t(`role_${i.role}` as Word)}</i><i className="chip s-waiting">{t('pending')}</i>
              <span className="acts"><Button size="small" onClick={() => run(() => send('DELETE', `invitations/${i.hash}`))}>{t('withdraw')}</Button></span></div>
          ))}
          {data.accounts.map((a) => (
            <div key={a.id} className={`account${a.off ? ' off' : ''}`}><Face name={a.name} /><div><b>{a.name}{a.id === me.id && <i>{t('you')}</i>}</b><small>{a.id} · {t('made_at', { date: shortDate(a.made) })}</small></div>
              <i className={`chip role-${a.role}`}>{t(`role_${a.role}` as Word)}</i>{a.off && <i className="chip bad">{t('disabled')}</i>}
              <span className="topics">{(a.topics ?? []).join('、')}</span>
              <span className="acts">
                <Tooltip title={t('edit')}><Button type="text" icon={<EditOutlined />} aria-label={t('edit')} onClick={() => setEdit(a)} /></Tooltip>
                {!a.off && <Tooltip title={t('reset')}><Button type="text" icon={<KeyOutlined />} aria-label={t('reset')} onClick={() => reset(a)} /></Tooltip>}
                {a.id !== me.id && <Tooltip title={t(a.off ? 'enable' : 'disable')}><Button type="text" danger={!a.off} icon={a.off ? <UndoOutlined /> : <StopOutlined />} aria-label={t(a.off ? 'enable' : 'disable')} onClick={() => off(a)} /></Tooltip>}
              </span></div>
          ))}
        </div>
      )}
      {edit && <Editor me={me} value={edit} onCancel={() => setEdit(undefined)} onSave={save} />}
      {made && (
        <Modal open title={made.title} footer={null} onCancel={() => setMade(undefined)} width={560}>
          <p>{made.sub}</p>
          <div className="link"><Input readOnly value={made.url} onFocus={(e) => e.target.select()} />
            <Button type="primary" icon={<CopyOutlined />} onClick={() => void copy(made.url).then(() => message.success(t('copied')), () => {})}>{t('copy')}</Button></div>
        </Modal>
      )}
    </main>
  );
}

function Editor({ me, value, onCancel, onSave }: { me: Me; value: Account | 'new'; onCancel: () => void; onSave: (p: Post) => void }) {
  const old = value === 'new' ? undefined : value;
  const [p, set] = useState<Post>({ name: old?.name ?? '', role: old?.role ?? 'agent', topics: old?.topics ?? [], langs: old?.langs ?? [], max: old?.max ?? 0 });
  const clean = (v: string[]) => v.map((x) => x.trim().replaceAll(',', '')).filter(Boolean);
  return (
    <Modal open title={old ? t('edit_acc') : t('invite')} onCancel={onCancel} onOk={() => onSave(p)} okText={t(old ? 'save' : 'invite')} cancelText={t('cancel')} okButtonProps={{ disabled: !!old && !p.name?.trim() }} width={500}>
      <label className="field"><b>{t('name')}</b><Input autoFocus value={p.name} maxLength={40} placeholder={t('your_name_ph')} onChange={(e) => set({ ...p, name: e.target.value })} /></label>
      <div className="field"><b>{t('role')}</b>
        <Radio.Group className="roles" value={p.role} onChange={(e) => set({ ...p, role: e.target.value })}>
          {(['agent', 'lead', 'admin'] as Role[]).map((r) => <Radio key={r} value={r}><b>{t(`role_${r}` as Word)}</b> <small className="dim">{t(`role_${r}_s` as Word)}</small></Radio>)}
        </Radio.Group>
      </div>
      <div className="two">
        <label className="field"><b>{t('topics_of')}</b><Select mode="tags" value={p.topics} options={me.topics.map((x) => ({ value: x, label: x }))} placeholder={t('topics_all')} onChange={(v) => set({ ...p, topics: clean(v) })} /></label>
        <label className="field"><b>{t('langs_of')}</b><Select mode="tags" value={p.langs} options={[{ value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} placeholder={t('langs_all')} onChange={(v) => set({ ...p, langs: clean(v) })} /></label>
      </div>
      <label className="field"><b>{t('max')}</b><InputNumber min={1} max={100} value={p.max || null} placeholder={t('max_default')} onChange={(v) => set({ ...p, max: v ?? 0 })} /></label>
    </Modal>
  );
}
