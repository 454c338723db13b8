import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Input, Modal, Popconfirm } from 'antd';
import { useState } from 'react';
import { type Canned, type CannedLists, type Me, call, send } from './api';
import { Bones, Empty } from './bits';
import { problem, t } from './i18n';
import { queries } from './live';

type Whose = 'team' | 'mine';

export function CannedPage({ me }: { me: Me }) {
  const { data } = useQuery({ queryKey: ['canned'], queryFn: () => call<CannedLists>('canned') });
  const { message } = App.useApp();
  const [edit, setEdit] = useState<{ whose: Whose; at: number; value: Canned }>();
  const save = async (whose: Whose, list: Canned[]) => {
    try {
      queries.setQueryData(['canned'], await send<CannedLists>('PUT', 'canned', { [whose]: list }));
      setEdit(undefined);
    } catch (e) {
      message.error((e as { word?: string }).word === 'bad_request' ? t('canned_bad') : t('act_failed', { why: problem(e) }));
    }
  };
  return (
    <main className="page narrow">
      <div className="head"><div><h1>{t('canned_title')}</h1><p>{t('canned_s', { name: '{name}', me: '{me}' })}</p></div></div>
      {!data ? <Bones /> : (['mine', 'team'] as Whose[]).map((whose) => {
        const list = data[whose];
        const may = whose === 'mine' || me.role !== 'agent';
        return (
          <section key={whose} className="group">
            <h2>{t(whose === 'mine' ? 'canned_mine' : 'canned_team')}<em>{list.length}</em>
              {may ? <Button size="small" icon={<PlusOutlined />} onClick={() => setEdit({ whose, at: list.length, value: { key: '', title: '', text: '' } })}>{t('add')}</Button> : <small className="dim">{t('canned_lead')}</small>}</h2>
            {list.length === 0 && <Empty title={t('canned_empty')} sub={t('canned_empty_s')} />}
            <div className="canned-rows">
              {list.map((c, i) => (
                <div key={c.key}><kbd>/{c.key}</kbd><div><b>{c.title}</b><p>{c.text}</p></div>
                  {may && <span><Button type="text" size="small" icon={<EditOutlined />} aria-label={t('edit')} onClick={() => setEdit({ whose, at: i, value: c })} />
                    <Popconfirm title={t('delete') + '？'} okText={t('delete')} cancelText={t('cancel')} onConfirm={() => save(whose, list.filter((_, j) => j !== i))}><Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={t('delete')} /></Popconfirm></span>}
                </div>
              ))}
            </div>
          </section>
        );
      })}
      {edit && data && (
        <Editor value={edit.value} onCancel={() => setEdit(undefined)} onSave={(v) => {
          const list = [...data[edit.whose]];
          list[edit.at] = v;
          void save(edit.whose, list);
        }} />
      )}
    </main>
  );
}

function Editor({ value, onCancel, onSave }: { value: Canned; onCancel: () => void; onSave: (c: Canned) => void }) {
  const [c, set] = useState(value);
  return (
    <Modal open title={value.key ? t('edit') : t('add')} onCancel={onCancel} onOk={() => onSave({ key: c.key.trim(), title: c.title.trim(), text: c.text.trim() })} okText={t('save')} cancelText={t('cancel')}
      okButtonProps={{ disabled: !c.key.trim() || /[\s/]/.test(c.key.trim()) || !c.text.trim() }}>
      <div className="two">
        <label className="field"><b>{t('c_key')}</b><Input prefix="/" autoFocus value={c.key} maxLength={30} onChange={(e) => set({ ...c, key: e.target.value })} /></label>
        <label className="field"><b>{t('c_title')}</b><Input value={c.title} maxLength={60} onChange={(e) => set({ ...c, title: e.target.value })} /></label>
      </div>
      <label className="field"><b>{t('c_text')}</b><Input.TextArea rows={5} value={c.text} maxLength={4000} onChange={(e) => set({ ...c, text: e.target.value })} /></label>
      <p className="dim">{t('canned_s', { name: '{name}', me: '{me}' })}</p>
    </Modal>
  );
}
