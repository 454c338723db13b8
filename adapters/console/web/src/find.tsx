import { CloseCircleFilled, CloseOutlined, FilterOutlined, SearchOutlined } from '@ant-design/icons';
import { Badge, Button, Input, Popover, Select } from 'antd';
import { useEffect, useState } from 'react';
import type { Choices, Filter } from './api';
import { type Word, t, topicName } from './i18n';

const kinds = ['channel', 'topic', 'agent', 'tag'] as const;
type Kind = (typeof kinds)[number];

// Find is where a list is searched and narrowed.
export function Find({ filter, choices, onFilter }: { filter: Filter; choices?: Choices; onFilter: (f: Filter) => void }) {
  const [typed, setTyped] = useState(filter.q);
  useEffect(() => {
    if (typed.trim() === filter.q) return;
    const timer = window.setTimeout(() => onFilter({ ...filter, q: typed.trim() }), 200);
    return () => window.clearTimeout(timer);
  }, [typed, filter]);
  const options: Record<Kind, { value: string; label: string }[]> = {
    channel: (choices?.channels ?? []).map((x) => ({ value: x, label: x })),
    topic: (choices?.topics ?? []).map((x) => ({ value: x, label: topicName(x) })),
    agent: (choices?.agents ?? []).map((x) => ({ value: x.id, label: x.name })),
    tag: (choices?.tags ?? []).map((x) => ({ value: x, label: `#${x}` })),
  };
  const set = (kind: Kind, v?: string) => onFilter({ ...filter, [kind]: v || undefined });
  const on = kinds.filter((k) => filter[k]);
  const called = (kind: Kind) => options[kind].find((o) => o.value === filter[kind])?.label ?? filter[kind];
  const form = (
    <div className="narrow-by">
      {kinds.map((k) => (
        <label key={k}><span>{t(`by_${k}` as Word)}</span>
          <Select size="small" allowClear showSearch={{ optionFilterProp: 'label' }} value={filter[k]} onChange={(v) => set(k, v)} options={options[k]} placeholder={t('by_any')} aria-label={t(`by_${k}` as Word)} />
        </label>
      ))}
    </div>
  );
  return (
    <>
      <div className="find">
        <Input className="search" id="search" prefix={<SearchOutlined />} suffix={typed ? <CloseCircleFilled onClick={() => setTyped('')} /> : <kbd>/</kbd>} value={typed} onChange={(e) => setTyped(e.target.value)}
          placeholder={t('search')} aria-label={t('search')} variant="filled" onKeyDown={(e) => e.key === 'Escape' && (setTyped(''), e.currentTarget.blur())} />
        <Popover content={form} trigger="click" placement="bottomRight">
          <Badge dot={on.length > 0} offset={[-6, 6]}><Button type="text" icon={<FilterOutlined />} aria-label={t('narrow')} className="narrow" /></Badge>
        </Popover>
      </div>
      {on.length > 0 && (
        <div className="narrowed">
          {on.map((k) => <button key={k} type="button" onClick={() => set(k)} aria-label={`${t('delete')} ${t(`by_${k}` as Word)}: ${called(k)}`}>{called(k)}<CloseOutlined /></button>)}
        </div>
      )}
    </>
  );
}
