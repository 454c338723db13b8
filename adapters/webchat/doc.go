// Package webchat is the chat window on the business's own web pages: the
// server's side of it, the widget that a page embeds with one script tag, and a
// demo page.
//
// # How a line travels
//
// The transport carries no truth. What a visitor sees is the record of their
// conversation (core.Views.Past with Peer set), read after a cursor: the Seq of
// the last record they have. Send, an arriving line and hints from other
// processes only wake the visitor's sockets, which then read the record after
// their cursor. So the order is the record's, and neither a reload, a lost
// socket, a crash nor a second process loses or repeats a line:
//
//   - towards the visitor, a record is shown once its delivery has been begun
//     (Send was called) and never before: a row that is still pending may be
//     dropped by a person taking over. Until then it holds back what follows.
//   - from the visitor, each line has an id that the widget made up. It becomes
//     the Ref, so a line sent again after a lost acknowledgement is filed once.
//     The widget keeps a line in localStorage until it is acknowledged, which
//     is after Inbox.Receive has returned.
//
// Sending again what Send was given before shows nothing twice: the record has
// it once. That is why Limits.Idempotent is true.
//
// # Wire
//
// WebSocket at <prefix>v1/socket, JSON text frames, hello first and soon:
//
//	→ {"op":"hello","token":"…","after":981,"log":"a1","page":"https://shop/x","title":"Teas","zone":"Asia/Shanghai","lang":"zh-CN"}
//	← {"op":"ready","seq":990,"lines":[…],"more":true,"log":"a1","who":{…},"banner":{…}}
//	→ {"op":"send","id":"c1","text":"你好"}  or  "pick":{"option":"1","label":"查订单"}  or  "file":"<from upload>"
//	← {"op":"ack","id":"c1"}
//	← {"op":"lines","seq":991,"lines":[{"seq":991,"id":"…","from":{"kind":"bot","name":"…"},"at":"…","parts":[…]}]}
//	→ {"op":"open"}  {"op":"typing"}  {"op":"read","seq":991}  {"op":"past","before":900}
//	← {"op":"typing"}  {"op":"banner","banner":{…},"who":{…}}  {"op":"past",…}  {"op":"error","code":"rate","id":"c1","retry":12}
//
// Close codes: 1001 going away, 1012 read everything again, 4400 bad frame,
// 4401 token refused, 4403 origin, 4429 too many. A proxy that breaks WebSocket
// leaves POST v1/messages and GET v1/events?after=&wait= (a long poll), which
// carry the same frames. There is no event stream (SSE): it would be a third
// path for browsers that all have the first, and proxies buffer it.
//
// # Who is there
//
// A visitor is a random name in a signed token, kept in localStorage of the
// page's own origin: no cookie, so it works where third-party cookies don't.
// The host may prove who is logged in with a JWT (HS256; claims user_id, exp,
// optionally name, email, attributes, lang) or, for compatibility, an HMAC of the
// user_id. Only then are conversations merged and Peer.Person set. After that
// the visitor's anonymous token is refused: it would open the customer's file.
//
// # On the page
//
// One tag, anywhere:
//
//	<script src="https://desk.example.com/chat/widget.js" async></script>
//
// data-lang, data-colour, data-side, data-theme (auto, light, dark), data-title,
// data-launcher and data-open on it override the configuration. The page's own
// script may call window.Frontdesk, before the widget is there too if it puts
// the calls in a queue:
//
//	window.Frontdesk = window.Frontdesk || function () { (Frontdesk.q = Frontdesk.q || []).push(arguments) }
//	Frontdesk('open')  ('close')  ('toggle')  ('send', text)  ('unread')
//	Frontdesk('identify', {jwt, refresh: async () => jwt})  or  {userId, userHash}  or  {name}
//	Frontdesk('shutdown')                      // on logout: forgets token, lines and drafts
//	Frontdesk('on', 'message', m => …)         // also ready, open, close, unread; 'off' takes it back
//
// It lives in a shadow root and not in an iframe: that keeps styles apart both
// ways, and the widget loads with one request, can size itself and its keyboard
// area without messages between frames, and keeps its token in the page's own
// storage. What an iframe would add, keeping the page's scripts out, matters
// little: a page that may embed the widget could as well draw a copy of it. So
// nothing is in the widget that the page's visitor may not see. Styles are
// constructed sheets, so a strict Content-Security-Policy allows them.
//
// # Memory
//
// A quiet window costs neither a goroutine nor a buffer (poll_linux.go):
// BenchmarkIdle has the figure, 2.8 kB resident for each of 10,000. Elsewhere
// than on Linux, and where the program itself ends TLS, each has a goroutine.
// Pings come from one goroutine for all.
//
// Sources: RFC 6455 (WebSocket), RFC 7519 and 7515 (JWT, HS256), WHATWG Fetch
// (CORS), CSP Level 3, EXIF 2.32 (orientation), the WAI-ARIA practices for
// role=log and dialogs.
package webchat
