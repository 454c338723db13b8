import { CloseOutlined, FileTextOutlined, PaperClipOutlined, PushpinOutlined, SendOutlined, ThunderboltOutlined, WarningOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Spin, Tooltip } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Canned, type CannedLists, type Detail, type Me, type Media, type Template, call, mediaURL, send, upload } from './api';
import { onCommand } from './commands';
import { peerName, useDoing } from './doing';
import { type Word, problem, t } from './i18n';
import { closedWindow, commanded, fill, filled, length, messages, slashed, waited } from './logic';
import { write } from './outbox';
import { useNow } from './settings';

const mostText = 20000; // characters that the server takes

// drafts are kept while the page is open, one for each conversation.
const drafts = new Map<string, { text: string; note: boolean; media: Media[] }>();

export function Composer({ me, detail }: { me: Me; detail: Detail }) {
  const k = detail.ticket;
  const { message } = App.useApp();
  const { act, claim } = useDoing(me);
  const mine = k.agent === me.agent && k.state !== 'closed';
  const rings = mine && k.state === 'ringing'; // a reply claims it
  const draft = drafts.get(k.id);
  const [text, setText] = useState(draft?.text ?? '');
  const [wantNote, setNote] = useState(draft?.note ?? false);
  const [media, setMedia] = useState<Media[]>(draft?.media ?? []);
  const [busy, setBusy] = useState(0);
  const [caret, setCaret] = useState(0);
  const [pick, setPick] = useState(0);
  const [shut, setShut] = useState<string>(); // the / whose list was closed
  const [over, setOver] = useState(false);
  const [offer, setOffer] = useState(false); // the templates are shown
  const area = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const composed = useRef(0);
  const now = useNow();
  const note = wantNote || !mine;
  const blocked = note ? '' : closedWindow(k, now);
  const templates = note || k.gone ? [] : detail.templates;
  const { data: lists } = useQuery({ queryKey: ['canned'], queryFn: () => call<CannedLists>('canned'), staleTime: 60_000 });

  useEffect(() => void drafts.set(k.id, { text, note: wantNote, media }), [text, wantNote, media]);
  const grow = useCallback(() => {
    const a = area.current;
    if (!a) return;
    a.style.height = 'auto';
    a.style.height = `${Math.min(a.scrollHeight, 220)}px`;
  }, []);
  useEffect(grow, [text, grow]);
  useEffect(() => onCommand(['reply', 'note'], (asked) => {
    setNote(asked === 'note');
    window.setTimeout(() => area.current?.focus());
  }), []);
  const asked = slashed(text, caret);
  const found = useMemo(() => {
    if (asked === undefined || asked === shut) return undefined;
    const q = asked.toLowerCase();
    return [...(lists?.mine ?? []), ...(lists?.team ?? [])].filter((c) => !q || `${c.key} ${c.title} ${c.text}`.toLowerCase().includes(q)).slice(0, 8);
  }, [asked, lists, shut]);
  useEffect(() => setPick(0), [asked]);

  function put(s: string, blank?: [number, number]) {
    setText(s);
    setCaret(s.length);
    window.setTimeout(() => {
      area.current?.focus();
      area.current?.setSelectionRange(...(blank ?? [s.length, s.length]));
    });
  }
  const choose = (c: Canned) => {
    const from = caret - (asked?.length ?? 0) - 1;
    const known = { ...k.form, name: k.peer.name, me: me.name, ticket: k.id };
    const f = fill(c.text, known);
    put(text.slice(0, from) + f.text + text.slice(caret), f.blank && [from + f.blank[0], from + f.blank[1]]);
  };
  const submit = () => {
    const s = text.trim();
    if (blocked && templates.length) return setOffer(true);
    if ((!s && !media.length) || busy || blocked) return;
    if (note && !s) return;
    if (length(s, 'runes') > mostText) return void message.error(t('too_long', { n: mostText })); // all of it stays
    write(k.id, s, note ? [] : media, note);
    setText('');
    if (!note) setMedia([]);
    setCaret(0);
  };
  const byTemplate = async (x: Template) => {
    const s = x.text ? text.trim() : ''; // what has no place in it stays where it is
    setOffer(false);
    if (s) setText('');
    area.current?.focus();
    if (!(await act(k.id, 'template', { id: x.id, text: s })) && s) setText((now) => now || s);
  };
  const onKey = (e: React.KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends the choice of a Chinese word must not send: browsers say
    // isComposing or 229, Safari neither, just after the composition ended.
    if (e.nativeEvent.isComposing || e.keyCode === 229 || performance.now() - composed.current < 60) return;
    if (found?.length) {
      if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
        e.preventDefault();
        setPick((p) => (p + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length);
        return;
      }
      if (e.key === 'Enter' || e.key === 'Tab') {
        e.preventDefault();
        choose(found[pick] ?? found[0]);
        return;
      }
    }
    if (e.key === 'Escape') {
      if (found) setShut(asked);
      else if (offer) setOffer(false);
      else area.current?.blur();
      e.stopPropagation();
    } else if (e.key === 'Enter' && !e.shiftKey && !e.altKey) {
      e.preventDefault();
      submit();
    }
  };
  const typed = useTyping(k.id, note);
  const add = async (files: Iterable<File>) => {
    for (const f of files) {
      if (f.size > me.upload) {
        message.error(`${f.name}: ${t('e_too_large')}`);
        continue;
      }
      setBusy((n) => n + 1);
      try {
        const m = await upload(f);
        setMedia((list) => [...list, m].slice(0, 10));
      } catch (e) {
        message.error(`${f.name}: ${problem(e)}`);
      }
      setBusy((n) => n - 1);
    }
  };

  if (k.state === 'closed') return <div className="composer ended"><span>{t('closed_now')}</span>{k.summary && <span className="dim">{k.summary}</span>}<Button size="small" onClick={() => claim(k)}>{t('reopen')}</Button></div>;
  const warn = note ? '' : commanded(text);
  return (
    <div className={`composer${note ? ' noting' : ''}${over ? ' over' : ''}`}
      onDragOver={(e) => { if (!note && e.dataTransfer.types.includes('Files')) { e.preventDefault(); setOver(true); } }} onDragLeave={() => setOver(false)}
      onDrop={(e) => { e.preventDefault(); setOver(false); if (!note) void add(e.dataTransfer.files); }}>
      {!mine && <div className="strip"><span>{k.state === 'active' && k.owner ? t('someone_else', { name: k.owner }) : `${t('take_first')} ${t('queue_note')}`}</span><Button size="small" type="primary" onClick={() => claim(k)}>{t(k.state === 'active' ? 'claim_other' : 'claim')}</Button></div>}
      {rings && <div className="strip"><span>{t('ring_reply')}</span><Button size="small" type="primary" onClick={() => claim(k)}>{t('claim')}</Button></div>}
      {blocked && <div className="strip warn"><span><WarningOutlined /> {t(`window_${blocked}` as Word)}{templates.length > 0 && t('template_yes')}</span><span className="ways">{templates.length > 0 && <Button size="small" type="primary" icon={<FileTextOutlined />} aria-haspopup="dialog" aria-expanded={offer} onClick={() => setOffer(!offer)}>{t('by_template')}</Button>}<Button size="small" onClick={() => setNote(true)}>{t('switch_note')}</Button></span></div>}
      {warn && <div className="strip warn"><span><WarningOutlined /> {t(warn === 'note' ? 'note_warn' : 'command_warn')}</span></div>}
      {found && <CannedList found={found} pick={pick} onPick={setPick} choose={choose} />}
      {offer && templates.length > 0 && !found && <Templates list={templates} known={{ text: text.trim(), ticket: k.id, agent: me.name, customer: k.peer.name ?? '' }} files={media.length > 0} send={byTemplate} close={() => { setOffer(false); area.current?.focus(); }} />}
      <div className="box">
        {media.length > 0 && !note && (
          <div className="attached">
            {media.map((m) => (
              <span key={m.handle} title={m.name}>{m.type.startsWith('image/') && m.handle ? <img src={mediaURL(m.handle)} alt={m.name} /> : <PaperClipOutlined />}<b>{m.name}</b>
                <button type="button" onClick={() => setMedia(media.filter((x) => x !== m))} aria-label={t('delete')}><CloseOutlined /></button></span>
            ))}
          </div>
        )}
        <textarea ref={area} value={text} rows={1} placeholder={note ? t('note_ph') : t('reply_ph', { name: peerName(k) })} aria-label={t(note ? 'note' : 'reply')}
          onChange={(e) => { setText(e.target.value); setCaret(e.target.selectionStart); setShut(undefined); if (e.target.value.trim()) typed(); }}
          onSelect={(e) => setCaret(e.currentTarget.selectionStart)} onKeyDown={onKey} onCompositionEnd={() => { composed.current = performance.now(); }}
          onPaste={(e) => { if (!note && e.clipboardData.files.length) { e.preventDefault(); void add(e.clipboardData.files); } }} />
        <div className="tools">
          <div className="modes" role="radiogroup">
            <button type="button" role="radio" aria-checked={!note} className={note ? '' : 'on'} disabled={!mine} onClick={() => setNote(false)}>{t('reply')}</button>
            <button type="button" role="radio" aria-checked={note} className={note ? 'on' : ''} onClick={() => setNote(true)}><PushpinOutlined /> {t('note')}</button>
          </div>
          <Tooltip title={t('attach')}><Button type="text" size="small" icon={<PaperClipOutlined />} disabled={note} onClick={() => file.current?.click()} aria-label={t('attach')} /></Tooltip>
          <Tooltip title={t('canned')}><Button type="text" size="small" icon={<ThunderboltOutlined />} onClick={() => { const s = text && !/\s$/.test(text) ? `${text} /` : `${text}/`; put(s); setShut(undefined); }} aria-label={t('canned')} /></Tooltip>
          {templates.length > 0 && <Tooltip title={t('by_template')}><Button type="text" size="small" icon={<FileTextOutlined />} aria-haspopup="dialog" aria-expanded={offer} onClick={() => setOffer(!offer)} aria-label={t('by_template')} /></Tooltip>}
          <input ref={file} type="file" multiple hidden onChange={(e) => { void add(e.target.files ?? []); e.target.value = ''; }} />
          {busy > 0 && <Spin size="small" />}
          <Count detail={detail} text={text} note={note} media={media.length} now={now} />
          <Tooltip title={t('enter_hint')} mouseEnterDelay={0.8}>
            <Button type="primary" className="go" icon={note ? <PushpinOutlined /> : <SendOutlined />} disabled={(!text.trim() && (!media.length || note)) || busy > 0 || !!blocked} onClick={submit}>{t(note ? 'save_note' : rings ? 'claim_reply' : 'send')}</Button>
          </Tooltip>
        </div>
        {over && <div className="drop">{t('drop_here')}</div>}
      </div>
    </div>
  );
}

// Templates are what the platform still carries, each with what the customer
// will read. The composer stays in use below: what is written there goes in.
function Templates({ list, known, files, send, close }: { list: Template[]; known: Record<string, string>; files: boolean; send: (x: Template) => void; close: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.focus(); // not what sends: the key that opened this may still be down
    const outside = (e: PointerEvent) => !(e.target as Element).closest?.('.composer') && close();
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  const onKey = (e: React.KeyboardEvent) => {
    const all = [...box.current!.querySelectorAll<HTMLElement>('button:not(:disabled):not(.shut)')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (e.key === 'ArrowDown') all[(at + 1) % all.length]?.focus();
    else if (e.key === 'ArrowUp') all[at > 0 ? at - 1 : all.length - 1]?.focus();
    else if (e.key === 'Escape') close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div className="canned-list templates" role="dialog" aria-label={t('templates_of')} tabIndex={-1} ref={box} onKeyDown={onKey}>
      <p><b>{t('templates_of')}</b><span>{t('templates_s')}</span><Button type="text" size="small" className="shut" icon={<CloseOutlined />} onClick={close} aria-label={t('cancel')} /></p>
      {list.map((x) => {
        const wants = x.text && !known.text;
        return (
          <button key={x.id} type="button" disabled={wants} onClick={() => send(x)}>
            <span className="topline"><b>{x.title}</b><em>{wants ? t('template_need') : <><SendOutlined /> {t('send')}</>}</em></span>
            {filled(x.lines, known).map((line, i) => <span key={i} className="line">{line.map((s, n) => (s.open ? <i key={n}>{t('template_text')}</i> : s.text))}</span>)}
          </button>
        );
      })}
      {files && <p className="dim">{t('template_files')}</p>}
    </div>
  );
}

function CannedList({ found, pick, onPick, choose }: { found: Canned[]; pick: number; onPick: (n: number) => void; choose: (c: Canned) => void }) {
  return (
    <div className="canned-list" role="listbox">
      {found.length === 0 && <p className="dim">{t('canned_none')} · <a href="#canned">{t('add')}</a></p>}
      {found.map((c, i) => (
        <button key={`${c.key}${i}`} type="button" role="option" aria-selected={i === pick} className={i === pick ? 'on' : ''} onMouseEnter={() => onPick(i)} onMouseDown={(e) => { e.preventDefault(); choose(c); }}>
          <kbd>/{c.key}</kbd><b>{c.title}</b><span>{c.text}</span>
        </button>
      ))}
    </div>
  );
}

// Count says what the channel makes of the text, and what it still allows.
function Count({ detail, text, note, media, now }: { detail: Detail; text: string; note: boolean; media: number; now: number }) {
  if (note) return <span className="count" />;
  const { carries: c, ticket: k } = detail;
  const n = messages(text, c) + media;
  const long = length(text, c.unit);
  const left = k.left;
  const time = left?.until ? Date.parse(left.until) - now : Infinity;
  const tight = left && !left.any && (n > left.n || !left.n);
  const soon = time < 30 * 60_000 ? 'bad' : time < 2 * 3600_000 ? 'warn' : '';
  return (
    <span className="count">
      {long > 0 && c.text && long > c.text * 0.6 && <span className={long > c.text ? 'warn' : ''}>{long}/{c.text}</span>}
      {n > 1 && !(left && !left.any) && <span className="warn">{t('pieces', { n })}</span>}
      {left && !left.any && <span className={tight ? 'bad' : left.n <= 1 ? 'warn' : ''}>{n > 0 && left.n > 0 ? t('will_take', { n, left: left.n }) : <><i className="wide">{t('left')} </i>{t('left_n', { n: left.n })}</>}</span>}
      {left && Number.isFinite(time) && time > 0 && <span className={soon}>{t('until', { time: waited(time) })}</span>}
    </span>
  );
}

// useTyping tells the others, at most every few seconds.
function useTyping(ticket: string, note: boolean) {
  const last = useRef(0);
  return () => {
    if (Date.now() - last.current < 4000) return;
    last.current = Date.now();
    send('POST', 'typing', { ticket, note }).catch(() => {});
  };
}
