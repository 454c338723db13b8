// Every text of the widget, in both languages.

const zh = {
  title: '在线客服', open: '打开在线客服', close: '关闭聊天窗口', unread: '{n} 条未读消息',
  bot: '机器人', agent: '人工客服', system: '系统', you: '我',
  botLine: '机器人助手 · 可随时转人工', inLine: '排队中 · 机器人继续为您解答', agentLine: '人工客服 · 正在为您服务',
  log: '聊天记录', write: '输入消息…', send: '发送', attach: '发送图片或文件',
  sending: '正在发送', sent: '已送达', failed: '未发出', retry: '重试', remove: '移除', later: '连接恢复后自动发送',
  lost: '连接已断开，正在重新连接…', offline: '网络不可用，恢复后自动发送', wait: '发送太快了，{n} 秒后自动重发',
  refused: '此页面不能使用在线客服', busy: '服务繁忙，正在重试…',
  large: '文件超过 {n} MB，无法发送', type: '不支持这种文件', damaged: '图片已损坏，无法发送', long: '消息太长了，请分几次发送', upload: '上传失败',
  earlier: '查看更早的消息', newer: '有新消息', today: '今天', yesterday: '昨天', typing: '对方正在输入', drop: '松开鼠标即可发送',
  sound: '提示音', flash: '【新消息】', picture: '图片', file: '文件', download: '下载 {n}', view: '查看详情', empty: '有什么可以帮您？',
};

const en: typeof zh = {
  title: 'Chat with us', open: 'Open chat', close: 'Close chat', unread: '{n} unread messages',
  bot: 'Bot', agent: 'Support', system: 'System', you: 'You',
  botLine: 'Bot · ask for a person any time', inLine: 'In line · the bot keeps answering', agentLine: 'Support · here for you now',
  log: 'Conversation', write: 'Write a message…', send: 'Send', attach: 'Send a picture or file',
  sending: 'Sending', sent: 'Delivered', failed: 'Not sent', retry: 'Try again', remove: 'Remove', later: 'Will be sent when you are back online',
  lost: 'Connection lost. Reconnecting…', offline: 'You are offline. Messages will be sent later.', wait: 'A little fast. Sending again in {n} s',
  refused: 'Chat is not available on this page', busy: 'We are busy. Trying again…',
  large: 'Files may have at most {n} MB', type: 'This kind of file cannot be sent', damaged: 'This picture is damaged', long: 'That message is too long. Please send it in parts.', upload: 'Upload failed',
  earlier: 'Earlier messages', newer: 'New messages', today: 'Today', yesterday: 'Yesterday', typing: 'Typing', drop: 'Drop to send',
  sound: 'Sound', flash: '(New message) ', picture: 'Picture', file: 'File', download: 'Download {n}', view: 'Read more', empty: 'How can we help?',
};

export type Word = keyof typeof zh;
export type Lang = 'zh-CN' | 'en';

export const pickLang = (...wants: (string | null | undefined)[]): Lang => {
  for (const w of wants) if (w) return w.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
  return 'en';
};

export const say = (lang: Lang, word: Word, n?: string | number): string =>
  (lang === 'en' ? en : zh)[word].replace('{n}', String(n ?? ''));
