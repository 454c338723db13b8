// The pages' words, in Chinese and English. Every key exists in both.
import { useSyncExternalStore } from 'react';

const zh = {
  inbox: '收件箱', team: '团队', accounts: '账号', canned: '快捷回复', guide: '入门', notices: '通知', search: '搜索姓名、订单、内容…',
  waiting: '等待中', mine: '我的', all: '全部', closed: '已关闭',
  on: '上班', break: '小休', off: '下班', on_hint: '接收新客户', break_hint: '暂不分配新客户', break_for: '小休多久？', break_15: '15 分钟', break_30: '30 分钟', break_60: '1 小时', break_back: '直到我回来', break_till: '小休到 {time}', break_short: '到 {time}', back_at: '{time} 自动上班', off_hint: '结束今天的工作',
  load: '接待', today_closed: '今日结束', today_wait: '平均等待', today_handle: '平均处理',
  s_waiting: '等待中', s_ringing: '来电中', s_active: '处理中', s_parked: '已挂起', s_message: '留言', s_closed: '已关闭',
  claim: '接听', claim_other: '接管', release: '放回队列', transfer: '转接', note: '备注', park: '挂起', close: '结束', bot: '交回机器人', priority: '优先级', more: '更多',
  unpark: '恢复处理', reopen: '重新打开', c0: '紧急', c1: '高', c2: '普通', c3: '低',
  reply: '回复客户', reply_ph: '回复 {name}…  输入 / 使用快捷回复', note_ph: '写备注，只有同事看得到…', send: '发送', save_note: '保存备注', enter_hint: 'Enter 发送 · Shift+Enter 换行',
  attach: '添加附件', ringing_you: '{name} 正在等你接听', you: '我', bot_name: '机器人', system: '系统', unnamed: '访客',
  says: '{name}：', typing: '正在输入', typing_by: '{name} 正在输入', someone_else: '{name} 正在处理。你发的内容只会成为备注。', take_first: '接听后即可回复客户。', ring_reply: '直接回复就是接听。', claim_reply: '接听并回复', rename: '改称呼', rename_ph: '怎么称呼这位客户', f_called: '称呼', closed_now: '会话已结束。', queue_note: '现在可以先写备注。',
  sending: '发送中', filed: '已提交', p_pending: '发送中', p_sent: '已送达平台', p_delivered: '已送达', p_read: '已读', p_failed: '未送达', p_unknown: '可能已送达，请确认后再重发', p_dropped: '未发送，已被后续情况取代',
  retry: '重试', discard: '放弃', not_sent: '没有发出去',
  context: '客户资料', understood: '机器人了解到', intent: '意图', form: '已收集', wait: '等待', waited_for: '已等待', promised: '已承诺', promised_v: '{n} 分钟内，前面 {ahead} 位', promised_place: '前面 {ahead} 位', promised_next: '下一位就是', f_page: '页面', home_page: '首页', f_title: '标题', f_zone: '时区', f_referrer: '来自', f_browser: '浏览器', f_city: '城市', f_tier: '等级', f_email: '邮箱', f_phone: '电话', seconds: '秒', over: '已超时',
  left: '还可发送', left_n: '{n} 条', left_any: '不限条数', until: '剩余 {time}', window_gone: '客户已离开或屏蔽，发不出去', window_window: '平台的回复时限已过，客户再次来信后才能发送', window_quota: '平台允许的条数已用完，客户再次来信后才能发送',
  will_take: '将用掉 {n} / {left} 条', pieces: '将分成 {n} 条发送', history: '历史会话', no_history: '第一次来', last_agent: '上次接待', topic: '组别', lang: '语言', ticket: '编号', hops: '转接 {n} 次', tags: '标签', since: '进线', handled: '已处理', facts: '资料', person: '已验证身份',
  m_angry: '生气', m_negative: '不满', m_urgent: '着急', m_distress: '求助', m_selfharm: '自伤危险', m_violence: '暴力危险', m_medical: '身体急症', m_swindle: '可能被骗',
  transfer_to: '转给', transfer_note: '给对方的备注', transfer_note_ph: '说明情况，对方不必再问客户', agents: '同事', topics: '组别', pick_target: '选择同事或组别', default_topic: '通用',
  park_until: '挂起到', park_30: '30 分钟后', park_120: '2 小时后', park_tom: '明天 9:00', park_write: '客户再次来信时', park_hint: '客户来信或时间到了，会话会回到你这里。',
  outcome: '结果', o_solved: '已解决', o_unsolved: '未解决', o_gone: '客户已离开', o_left: '客户已离开', o_message: '已留言', o_duplicate: '重复', o_spam: '广告骚扰', summary: '小结', summary_ph: '一句话写明处理结果', tags_ph: '输入后回车', survey: '向客户发送评价', close_title: '结束会话',
  cancel: '取消', save: '保存', delete: '删除', add: '新增', edit: '编辑', copy: '复制', copied: '已复制', done: '完成',
  offline: '连接已断开，正在重连… 已写的内容不会丢失。', load_more: '更早的消息', failed_load: '加载失败', again: '再试一次', jump: '新消息',
  claimed_by: '{name} 已接听', refused: '没有完成：{why}', act_failed: '操作没有完成：{why}',
  e_offline: '网络不通', e_broken: '服务器暂时无法处理', e_not_found: '已不存在', e_bad_request: '内容有误', e_too_large: '太大了', too_long: '太长了，最多 {n} 字，请分几次发送', e_not_allowed: '没有权限', e_taken: '已被占用', e_last_admin: '至少要有一位管理员', e_empty_file: '文件是空的', e_signed_out: '登录已过期', e_bad_login: '账号格式不对', e_not_here: '这个会话不在本工作台，请稍后再试',
  empty_waiting: '没有人在等', empty_waiting_s: '有客户需要人工时，会出现在这里并响铃提醒。', empty_mine: '你手上没有会话', empty_mine_s: '从「等待中」接听一位客户，或上班后等待分配。', empty_all: '没有进行中的会话', empty_all_s: '客户找人工后会出现在这里。', empty_closed: '还没有结束的会话', empty_closed_s: '结束的会话会保留在这里，可随时查看。', empty_search: '没有找到', empty_search_s: '换个词试试。', go_on_duty: '现在上班',
  pick: '选择一个会话', pick_s: '左边是客户队列。按 J / K 上下移动，C 接听。',
  g_title: '三步开始接待', g1: '上班', g1_s: '点右上角的「上班」，系统开始给你分配客户。', g2: '接听', g2_s: '在「等待中」点一位客户，右侧能看到机器人已了解的情况，然后点「接听」。', g3: '回复', g3_s: '直接打字就是回复客户；切到「备注」只有同事看得到。✓ 表示平台已收下。', g_try: '没有客户？用自己的手机在演示页输入「人工」试一试。', g_sound: '打开提示音与通知', g_hide: '知道了', g_keys: '查看快捷键',
  keys: '快捷键', k_move: '下一个 / 上一个会话', k_claim: '接听', k_reply: '回复客户', k_note: '写备注', k_transfer: '转接', k_park: '挂起', k_close: '结束会话', k_search: '搜索', k_canned: '在输入框中打开快捷回复', k_help: '显示快捷键', k_esc: '离开输入框 / 关闭',
  sound: '提示音', notify: '桌面通知', notify_denied: '浏览器已禁止通知，请在地址栏中允许', theme: '外观', auto: '跟随系统', light: '浅色', dark: '深色', password: '修改密码', signout: '退出登录', signout_on: '你还在上班，退出前先下班？', switch_lang: 'English',
  new_waiting: '新客户在等待', new_ring: '{name} 在等你接听', new_message: '{name} 发来消息',
  ev_answered: '机器人已回答', ev_clarified: '机器人在确认意思', ev_fellback: '机器人没听懂', ev_flowed: '进入流程 {flow}', ev_called: '查询了 {system}', ev_handed_off: '转人工 · {topic}', ev_queued: '进入队列，前面 {ahead} 位', ev_exited: '离开队列', ev_left_message: '客户留言', ev_rang: '分配给 {agent}', ev_missed: '{agent} 未接听', ev_claimed: '{by} 接听', ev_returned: '{by} 放回队列', ev_transferred: '{by} 转给 {to}', ev_parked: '{by} 挂起', ev_refused: '操作被拒绝', ev_closed: '{by} 结束会话 · {outcome}', ev_reopened: '会话重新打开', ev_survey: '已发送评价邀请', ev_rated: '客户评分 {score}', ev_gave_up: '一条消息不再重发', ev_dropped: '一条消息已取消', ev_ignored: '忽略了刷屏或自动邮件', ev_presence: '{by} 切换了状态',
  today: '今天', yesterday: '昨天', file: '文件', image: '图片', audio: '语音', video: '视频', place: '位置', joined: '客户进入', leftpeer: '客户离开', other_part: '不支持的内容（{kind}）', chose: '选择：{label}', form_in: '表单',
  canned_title: '快捷回复', canned_s: '在输入框键入 / 即可使用。{name} 客户称呼、{me} 我的名字、{=内容} 会选中等你填写。', canned_team: '团队共用', canned_mine: '我的', c_key: '快捷词', c_title: '标题', c_text: '内容', canned_empty: '还没有快捷回复', canned_empty_s: '把每天都要打的话存下来，一个 / 就能发出。', canned_none: '没有匹配的快捷回复', canned_bad: '快捷词不能为空、重复或含空格，内容不能为空。', canned_lead: '团队共用的由组长维护。',
  team_title: '团队', team_s: '谁在岗，手上有多少客户。', on_duty: '在岗', on_break: '小休', off_duty: '离岗', in_line: '排队', active: '处理中', longest: '最久', misses: '连续未接 {n} 次', nobody_on: '现在没有人上班，客户会被告知并可留言。', since_at: '自 {time}',
  acc_title: '账号', acc_s: '谁能登录、做什么。', invite: '邀请同事', role: '角色', role_agent: '客服', role_lead: '组长', role_admin: '管理员', role_agent_s: '接待客户', role_lead_s: '另可查看全组、维护快捷回复', role_admin_s: '另可管理账号', name: '名称', max: '同时接待上限', max_default: '默认', topics_of: '负责组别', topics_all: '不限', langs_of: '语言', langs_all: '不限',
  invite_made: '把这个链接发给 {name}', invite_made_s: '只能用一次，7 天内有效。打开后设置账号和密码即可。', new_colleague: '新同事', pending: '等待加入', expires: '{date} 前有效', withdraw: '撤回', disable: '停用', enable: '启用', disabled: '已停用', disable_q: '停用 {name}？', disable_qs: '会立即退出登录，手上的客户回到队列最前面。', reset: '重设密码', reset_made: '重设密码的链接', reset_made_s: '只能用一次，24 小时内有效。', made_at: '{date} 加入', your_name_ph: '例如 小林', edit_acc: '编辑账号',
  note_warn: '以 // 或「备注」开头，会存为备注，客户看不到。', command_warn: '以 ! 开头会当作命令，不会发给客户。', switch_note: '切到备注', by_template: '用模板发', templates_of: '模板消息', templates_s: '平台的模板消息，回复时限过后也能发', template_need: '先在输入框写内容', template_text: '您写的内容', template_sent: '模板消息 · {title}', template_files: '附件发不了，会留在输入框里。', template_yes: '，或改用模板发送。', drop_here: '松开即可添加附件', back: '返回', narrow: '筛选', by_channel: '渠道', by_topic: '组别', by_agent: '客服', by_tag: '标签', by_any: '不限', new: '新', minutes: '分钟', view_ticket: '打开 {id}', details: '资料', unread: '未读', presence_of: '状态',
  away_close: '还有 {n} 位客户没处理完', away_close_s: '现在下班，他们会回到队列最前面，由同事接待。',
};

export type Word = keyof typeof zh;

const en: Record<Word, string> = {
  inbox: 'Inbox', team: 'Team', accounts: 'Accounts', canned: 'Canned replies', guide: 'Getting started', notices: 'Notices', search: 'Search name, order, text…',
  waiting: 'Waiting', mine: 'Mine', all: 'All', closed: 'Closed',
  on: 'On duty', break: 'Break', off: 'Off', on_hint: 'Takes new customers', break_hint: 'Nothing new for now', break_for: 'For how long?', break_15: '15 minutes', break_30: '30 minutes', break_60: '1 hour', break_back: 'Until I’m back', break_till: 'Break until {time}', break_short: 'till {time}', back_at: 'on duty again at {time}', off_hint: 'Done for today',
  load: 'Serving', today_closed: 'Closed today', today_wait: 'Avg. wait', today_handle: 'Avg. handling',
  s_waiting: 'Waiting', s_ringing: 'Ringing', s_active: 'Active', s_parked: 'Parked', s_message: 'Message', s_closed: 'Closed',
  claim: 'Claim', claim_other: 'Take over', release: 'Back to the line', transfer: 'Transfer', note: 'Note', park: 'Park', close: 'Close', bot: 'Hand back to the bot', priority: 'Priority', more: 'More',
  unpark: 'Resume', reopen: 'Open again', c0: 'Urgent', c1: 'High', c2: 'Normal', c3: 'Low',
  reply: 'Reply', reply_ph: 'Reply to {name}…  type / for canned replies', note_ph: 'Write a note; only colleagues see it…', send: 'Send', save_note: 'Save note', enter_hint: 'Enter to send · Shift+Enter for a new line',
  attach: 'Attach files', ringing_you: '{name} is waiting for you', you: 'You', bot_name: 'Bot', system: 'System', unnamed: 'Visitor',
  says: '{name}: ', typing: 'is typing', typing_by: '{name} is typing', someone_else: '{name} has this conversation. What you write stays a note.', take_first: 'Claim it to reply to the customer.', ring_reply: 'A reply claims it.', claim_reply: 'Claim and reply', rename: 'Rename', rename_ph: 'What to call this customer', f_called: 'called', closed_now: 'This conversation is closed.', queue_note: 'You can leave a note already.',
  sending: 'Sending', filed: 'Filed', p_pending: 'On its way', p_sent: 'The platform took it', p_delivered: 'Delivered', p_read: 'Read', p_failed: 'Not delivered', p_unknown: 'It may have arrived; check before sending again', p_dropped: 'Not sent: overtaken by events',
  retry: 'Retry', discard: 'Discard', not_sent: 'This was not sent',
  context: 'Customer', understood: 'What the bot understood', intent: 'Intent', form: 'Collected', wait: 'Waiting', waited_for: 'Waited', promised: 'Promised', promised_v: 'within {n} min, {ahead} ahead', promised_place: '{ahead} ahead', promised_next: 'next in line', f_page: 'page', home_page: 'home page', f_title: 'title', f_zone: 'time zone', f_referrer: 'from', f_browser: 'browser', f_city: 'city', f_tier: 'tier', f_email: 'email', f_phone: 'phone', seconds: 's', over: 'overdue',
  left: 'May still send', left_n: '{n} messages', left_any: 'any number', until: '{time} left', window_gone: 'The customer left or blocked us: nothing can be sent', window_window: 'The platform’s reply window has closed; it opens when the customer writes again', window_quota: 'The platform’s message allowance is used up; it is renewed when the customer writes again',
  will_take: 'takes {n} of {left} messages', pieces: 'will be sent as {n} messages', history: 'Earlier conversations', no_history: 'First time here', last_agent: 'Last agent', topic: 'Topic', lang: 'Language', ticket: 'Ticket', hops: 'transferred {n} times', tags: 'Tags', since: 'Arrived', handled: 'Handled for', facts: 'About', person: 'Verified as',
  m_angry: 'Angry', m_negative: 'Unhappy', m_urgent: 'In a hurry', m_distress: 'In distress', m_selfharm: 'self-harm', m_violence: 'violence', m_medical: 'medical emergency', m_swindle: 'swindle',
  transfer_to: 'Transfer to', transfer_note: 'Note for them', transfer_note_ph: 'What they need to know, so the customer is not asked again', agents: 'Colleagues', topics: 'Topics', pick_target: 'Choose a colleague or a topic', default_topic: 'General',
  park_until: 'Park until', park_30: 'in 30 minutes', park_120: 'in 2 hours', park_tom: 'tomorrow, 9:00', park_write: 'the customer writes again', park_hint: 'It comes back to you at that time, or when the customer writes.',
  outcome: 'Outcome', o_solved: 'Solved', o_unsolved: 'Not solved', o_gone: 'Customer gone', o_left: 'Customer left', o_message: 'Left a message', o_duplicate: 'Duplicate', o_spam: 'Spam', summary: 'Summary', summary_ph: 'One sentence on what was done', tags_ph: 'Type and press Enter', survey: 'Ask the customer for a rating', close_title: 'Close conversation',
  cancel: 'Cancel', save: 'Save', delete: 'Delete', add: 'Add', edit: 'Edit', copy: 'Copy', copied: 'Copied', done: 'Done',
  offline: 'Connection lost, reconnecting… What you have written is kept.', load_more: 'Earlier messages', failed_load: 'Could not be loaded', again: 'Try again', jump: 'New messages',
  claimed_by: '{name} has claimed it', refused: 'Not done: {why}', act_failed: 'Not done: {why}',
  e_offline: 'no connection', e_broken: 'the server cannot do it right now', e_not_found: 'it is gone', e_bad_request: 'something is wrong with it', e_too_large: 'it is too large', too_long: 'Too long: at most {n} characters. Please send it in parts.', e_not_allowed: 'you may not', e_taken: 'it is taken', e_last_admin: 'there must be one administrator', e_empty_file: 'the file is empty', e_signed_out: 'your session has ended', e_bad_login: 'not a valid account', e_not_here: 'this desk does not show the conversation (yet)',
  empty_waiting: 'Nobody is waiting', empty_waiting_s: 'Customers who need a person appear here, with a sound.', empty_mine: 'You have no conversations', empty_mine_s: 'Claim a customer under Waiting, or go on duty and be given one.', empty_all: 'No open conversations', empty_all_s: 'Customers appear here once they ask for a person.', empty_closed: 'Nothing closed yet', empty_closed_s: 'Closed conversations stay here to be looked up.', empty_search: 'Nothing found', empty_search_s: 'Try another word.', go_on_duty: 'Go on duty',
  pick: 'Choose a conversation', pick_s: 'Customers are on the left. J / K moves, C claims.',
  g_title: 'Three steps to your first reply', g1: 'Go on duty', g1_s: 'Press “On duty” at the top right and customers are assigned to you.', g2: 'Claim', g2_s: 'Open somebody under Waiting, see on the right what the bot already knows, and press Claim.', g3: 'Reply', g3_s: 'What you type goes to the customer; switch to Note for words that only colleagues see. ✓ means that the platform took it.', g_try: 'No customers yet? Open the demo page on your phone and type “human”.', g_sound: 'Turn on sound and notifications', g_hide: 'Got it', g_keys: 'Keyboard shortcuts',
  keys: 'Keyboard shortcuts', k_move: 'Next / previous conversation', k_claim: 'Claim', k_reply: 'Reply', k_note: 'Write a note', k_transfer: 'Transfer', k_park: 'Park', k_close: 'Close conversation', k_search: 'Search', k_canned: 'Canned replies, in the composer', k_help: 'Show shortcuts', k_esc: 'Leave the composer / close',
  sound: 'Sound', notify: 'Desktop notifications', notify_denied: 'The browser blocks notifications; allow them in the address bar', theme: 'Appearance', auto: 'System', light: 'Light', dark: 'Dark', password: 'Change password', signout: 'Sign out', signout_on: 'You are on duty. Go off duty first?', switch_lang: '中文',
  new_waiting: 'A customer is waiting', new_ring: '{name} is waiting for you', new_message: '{name} wrote',
  ev_answered: 'The bot answered', ev_clarified: 'The bot asked what was meant', ev_fellback: 'The bot did not understand', ev_flowed: 'Flow {flow}', ev_called: 'Asked {system}', ev_handed_off: 'Handed over · {topic}', ev_queued: 'Joined the line, {ahead} ahead', ev_exited: 'Left the line', ev_left_message: 'Left a message', ev_rang: 'Offered to {agent}', ev_missed: '{agent} did not answer', ev_claimed: '{by} claimed it', ev_returned: '{by} put it back in line', ev_transferred: '{by} transferred it to {to}', ev_parked: '{by} parked it', ev_refused: 'An action was refused', ev_closed: '{by} closed it · {outcome}', ev_reopened: 'Opened again', ev_survey: 'Asked for a rating', ev_rated: 'Rated {score}', ev_gave_up: 'A message was given up', ev_dropped: 'A message was dropped', ev_ignored: 'Flood or automatic mail ignored', ev_presence: '{by} changed presence',
  today: 'Today', yesterday: 'Yesterday', file: 'File', image: 'Picture', audio: 'Voice', video: 'Video', place: 'Place', joined: 'The customer came in', leftpeer: 'The customer left', other_part: 'Content that cannot be shown ({kind})', chose: 'Chose: {label}', form_in: 'Form',
  canned_title: 'Canned replies', canned_s: 'Type / in the composer to use one. {name} is the customer, {me} is you, {=words} is selected for you to fill in.', canned_team: 'Team', canned_mine: 'Mine', c_key: 'Shortcut', c_title: 'Title', c_text: 'Text', canned_empty: 'No canned replies yet', canned_empty_s: 'Keep what you type every day, and send it with one /.', canned_none: 'No canned reply matches', canned_bad: 'A shortcut may not be empty, repeated or contain spaces; the text may not be empty.', canned_lead: 'Team leads maintain the shared ones.',
  team_title: 'Team', team_s: 'Who is on duty, and with how many customers.', on_duty: 'On duty', on_break: 'On break', off_duty: 'Off duty', in_line: 'In line', active: 'Active', longest: 'Longest', misses: 'missed {n} in a row', nobody_on: 'Nobody is on duty: customers are told so and can leave a message.', since_at: 'since {time}',
  acc_title: 'Accounts', acc_s: 'Who may sign in, and do what.', invite: 'Invite a colleague', role: 'Role', role_agent: 'Agent', role_lead: 'Team lead', role_admin: 'Administrator', role_agent_s: 'looks after customers', role_lead_s: 'also sees the whole team and keeps the canned replies', role_admin_s: 'also manages accounts', name: 'Name', max: 'Customers at a time', max_default: 'default', topics_of: 'Topics', topics_all: 'any', langs_of: 'Languages', langs_all: 'any',
  invite_made: 'Send this link to {name}', invite_made_s: 'It works once and for 7 days. They choose an account and a password, and that is all.', new_colleague: 'your new colleague', pending: 'Invited', expires: 'until {date}', withdraw: 'Withdraw', disable: 'Switch off', enable: 'Switch on', disabled: 'off', disable_q: 'Switch {name} off?', disable_qs: 'They are signed out at once and their customers go to the front of the line.', reset: 'Reset password', reset_made: 'Link to a new password', reset_made_s: 'It works once and for 24 hours.', made_at: 'since {date}', your_name_ph: 'e.g. Lin', edit_acc: 'Edit account',
  note_warn: 'Starting with // or 备注 it is kept as a note; the customer does not see it.', command_warn: 'Starting with ! it is taken as a command, not sent to the customer.', switch_note: 'Switch to note', by_template: 'Send by template', templates_of: 'Templates', templates_s: 'Messages the platform lets through after its reply window, too', template_need: 'Write something first', template_text: 'what you write', template_sent: 'Template · {title}', template_files: 'Files cannot go with it; they stay in the composer.', template_yes: '. A template still goes through.', drop_here: 'Drop to attach', back: 'Back', narrow: 'Filter', by_channel: 'Channel', by_topic: 'Topic', by_agent: 'Agent', by_tag: 'Tag', by_any: 'any', new: 'New', minutes: 'min', view_ticket: 'Open {id}', details: 'Details', unread: 'Unread', presence_of: 'Presence',
  away_close: '{n} customers are still with you', away_close_s: 'If you go off duty now, they return to the front of the line for your colleagues.',
};

export type Lang = 'zh' | 'en';

function stored(): Lang {
  const m = /(?:^|; )frontdesk_lang=(zh|en)/.exec(document.cookie);
  if (m) return m[1] as Lang;
  return (navigator.languages ?? [navigator.language]).find((l) => /^(zh|en)/i.test(l))?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

let lang: Lang = stored();
const ears = new Set<() => void>();

export function setLang(l: Lang) {
  lang = l;
  document.cookie = `frontdesk_lang=${l}; path=/console/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  document.documentElement.lang = l === 'zh' ? 'zh-CN' : 'en';
  for (const f of ears) f();
}

export const getLang = () => lang;

let titles: Record<string, Record<string, string>> = {}; // by language and topic
export const nameTopics = (all?: Record<string, Record<string, string>>) => { titles = all ?? {}; };

/** What people call a topic. */
export const topicName = (id?: string) => (id && (titles[lang.slice(0, 2)]?.[id] || id)) || t('default_topic');

export function useLang(): Lang {
  return useSyncExternalStore((f) => (ears.add(f), () => ears.delete(f)), getLang);
}

// t is the word in the chosen language, with {names} filled in.
export function t(word: Word, vars?: Record<string, string | number | undefined>): string {
  const s = (lang === 'zh' ? zh : en)[word];
  return vars ? s.replace(/\{(\w+)\}/g, (all, k) => (k in vars ? String(vars[k] ?? '') : all)) : s;
}

// has reports whether a word exists; for words made of what the server says.
export const has = (word: string): word is Word => word in zh;

export function tOr(word: string, otherwise: string, vars?: Record<string, string | number | undefined>): string {
  return has(word) ? t(word, vars) : otherwise;
}

const locale = () => (lang === 'zh' ? 'zh-CN' : 'en-GB');

export function clockTime(at: string | number): string {
  return new Date(at).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', hour12: false });
}

export function dayOf(at: string | number, now: number): string {
  const d = new Date(at);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400_000);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  return d.toLocaleDateString(locale(), { year: d.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric', month: 'long', day: 'numeric', weekday: 'short' });
}

export function shortDate(at: string): string {
  return new Date(at).toLocaleDateString(locale(), { month: 'short', day: 'numeric' });
}

export function problem(e: unknown): string {
  return tOr('e_' + ((e as { word?: string })?.word ?? 'broken'), t('e_broken'));
}
