// The playground: each phone plays one customer against one fake platform.
const kinds = [
  { api: 'wechat/', name: '微信 WeChat', who: 'oPlayground000000000000001',
    acts: [['follow', '关注'], ['unfollow', '取消关注'], ['scan', '扫码 shop-12', { text: 'shop-12' }], ['click', '菜单 人工', { text: '人工' }], ['image', '图片'], ['voice', '语音'],
      ['close_window', '关闭窗口 / close the window'], ['break_token', '令牌失效 / break the token'], ['fail', '下一条 45047', { code: 45047 }], ['fail', '系统繁忙 -1', { code: -1 }]] },
  { api: 'weibo/', name: '微博 Weibo', who: '9007199254740993',
    acts: [['follow', '关注'], ['unfollow', '取消关注'], ['mention', '@提到', { text: '@小禾 在吗' }], ['click', '菜单 人工', { text: '人工' }], ['image', '图片'],
      ['close_window', '关闭窗口 / close the window'], ['end_token', '令牌到期 / end the token'], ['new_token', '更新令牌'], ['fail', '下一条 26403', { code: 26403 }]] },
]
const how = { passive: '随消息返回 · 不计条数 / in the response, free', active: '主动发送 / sent by us', template: '模板消息 / template message', follower: '', fan: '', notice: '' }
const words = { follow: '（关注了）', scan: '（扫码）', click: '（点菜单）', mention: '（公开提到）', image: '[图片]', voice: '[语音]', video: '[视频]', transfer_customer_service: '（已转到微信自带客服）' }

function el(tag, cls, text) {
  const e = document.createElement(tag)
  if (cls) e.className = cls
  if (text !== undefined) e.textContent = text
  return e
}

async function start(kind) {
  const first = await fetch(kind.api + '?who=' + encodeURIComponent(kind.who)).catch(() => null)
  if (!first?.ok) return // this platform is not mounted
  const root = document.querySelector('#phone').content.cloneNode(true).firstElementChild
  root.dataset.api = kind.api
  const $ = (q) => root.querySelector(q)
  $('.name').textContent = kind.name
  $('.who').value = kind.who
  document.querySelector('#phones').append(root)
  const act = (body) => fetch(kind.api, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ who: $('.who').value, ...body }) })
  for (const [name, label, more] of kind.acts) {
    const b = el('button', '', label)
    b.type = 'button'
    b.onclick = () => act({ do: name, ...more })
    $('.acts').append(b)
  }
  $('.write').onsubmit = (e) => {
    e.preventDefault()
    const text = $('.text').value
    if (!text.trim()) return
    $('.text').value = ''
    act({ do: 'say', text })
  }
  let shown = ''
  const draw = (s) => {
    const now = JSON.stringify([s.screen, s.typing])
    if (now !== shown) {
      shown = now
      $('.screen').replaceChildren(...(s.screen ?? []).map((m) => bubble(m, act)))
      $('.screen').scrollTop = 1e9
    }
    const facts = [['关注 / follows', s.follows ? '是 / yes' : '否 / no']]
    if (s.left !== undefined) facts.push(['还可发送 / may be sent', `${s.left} 条，${Math.floor(s.seconds / 3600)} 小时 ${Math.floor(s.seconds / 60) % 60} 分`])
    if (s.tokens !== undefined) facts.push(['令牌 / tokens issued', s.tokens])
    facts.push(['重复推送 / repeats', s.repeats])
    $('.facts').replaceChildren(...facts.flatMap(([k, v]) => [el('dt', '', k), el('dd', '', v)]))
    $('.calls').replaceChildren(...(s.calls ?? []).map((c) => el('li', '', `${c.Path} → ${c.Code}`)))
  }
  for (;;) {
    const r = await fetch(kind.api + '?who=' + encodeURIComponent($('.who').value)).catch(() => null)
    if (r?.ok) draw(await r.json())
    await new Promise((done) => setTimeout(done, 400))
  }
}

function bubble(m, act) {
  const li = el('li', m.type === 'notice' ? 'notice' : m.mine ? 'mine' : 'ours')
  li.dataset.how = m.how
  const b = el('div', 'bubble', [words[m.type], plain(m.text)].filter(Boolean).join(' '))
  if (m.url) b.append(el('div', 'how', m.url))
  for (const e of m.menu ?? []) {
    const tap = el('button', 'menu', e.content)
    tap.onclick = () => act({ do: 'tap', id: e.id, text: e.content })
    b.append(tap)
  }
  li.append(b)
  const notes = [how[m.how], m.agent && '客服 ' + m.agent, m.ai && 'AI 生成 / by an AI'].filter(Boolean)
  if (notes.length) li.append(el('div', 'how', notes.join(' · ')))
  return li
}

// plain shows what a phone shows of <a href>: its words.
function plain(s) { return (s ?? '').replace(/<a [^>]*>([^<]*)<\/a>/g, '$1') }

for (const kind of kinds) start(kind)
