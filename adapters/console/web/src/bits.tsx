// Small pieces that many pages use.
import { Skeleton, type SkeletonProps } from 'antd';
import { tOr } from './i18n';
import { hue, initial } from './logic';

export function Face({ name, big, presence }: { name: string; big?: boolean; presence?: string }) {
  return (
    <span className={`face hue-${hue(name)}${big ? ' big' : ''}`} aria-hidden="true">
      {initial(name)}
      {presence && <i className={`dot ${presence}`} />}
    </span>
  );
}

// A Channel is shown by the mark of its platform, after its name in the
// configuration; others by their first letter.
const marks: [RegExp, string, string][] = [
  [/^(wechat|weixin|wx|oa)/i, '#07c160', '微'], [/^(wecom|qywx)/i, '#2b7de9', '企'], [/^weibo/i, '#e6162d', '博'], [/^(web|site|chat)/i, '#5b6b8c', 'W'],
  [/^(mail|email)/i, '#8a63d2', '@'], [/^telegram|^tg/i, '#2aabee', 'T'], [/^(push|app)/i, '#f08c00', 'A'], [/^slack/i, '#611f69', 'S'],
];

export function ChannelMark({ name }: { name: string }) {
  const m = marks.find(([re]) => re.test(name));
  const style = { background: m?.[1] ?? '#667085' };
  return <span className="mark" style={style} title={name} aria-label={name}>{m?.[2] ?? name.slice(0, 1).toUpperCase()}</span>;
}

const faces: Record<string, string> = { angry: '😠', negative: '🙁', urgent: '⏱', distress: '🆘', selfharm: '🆘', violence: '🆘', medical: '🆘', swindle: '🆘' };

/** A mood's face, and what it is called: of a danger always, else if words are wanted. */
export function Mood({ mood, words }: { mood?: string; words?: boolean }) {
  if (!mood || !faces[mood]) return null;
  const word = tOr('m_' + mood, mood);
  return <span className={`mood ${mood}`} title={word}><span aria-hidden={!!words || faces[mood] === '🆘'}>{faces[mood]}</span>{(words || faces[mood] === '🆘') && <b> {word}</b>}</span>;
}

// Bones stand where something will be; there is nothing in them to read.
export const Bones = (p: SkeletonProps) => <div aria-hidden="true"><Skeleton active {...p} /></div>;

export function Empty({ title, sub, children }: { title: string; sub?: string; children?: React.ReactNode }) {
  return (
    <div className="empty">
      <svg viewBox="0 0 120 84" aria-hidden="true">
        <rect x="10" y="14" width="66" height="40" rx="12" className="e1" /><path d="M26 54v13l15-13" className="e1" />
        <rect x="50" y="32" width="60" height="36" rx="12" className="e2" /><path d="M94 68v11L80 68" className="e2" />
        <circle cx="68" cy="50" r="3" className="e3" /><circle cx="80" cy="50" r="3" className="e3" /><circle cx="92" cy="50" r="3" className="e3" />
      </svg>
      <b>{title}</b>
      {sub && <p>{sub}</p>}
      {children}
    </div>
  );
}
