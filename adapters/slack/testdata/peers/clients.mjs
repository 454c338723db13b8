// Slack's own clients use the fake: node clients.mjs URL BOT_TOKEN APP_TOKEN CHANNEL USER
// What people have to do is asked for on stdout ("do …") and answered on stdin.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import { WebClient, LogLevel } from '@slack/web-api';
import { SocketModeClient } from '@slack/socket-mode';

const [url, token, appToken, channel, user] = process.argv.slice(2);
const slackApiUrl = url + '/api/';
const logLevel = LogLevel.ERROR;
const web = new WebClient(token, { slackApiUrl, logLevel, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function act(...what) {
  console.log('do ' + JSON.stringify(what));
  return JSON.parse((await lines.next()).value);
}
const fails = async (call, code) => {
  const e = await call.then(() => assert.fail('it was taken'), e => e);
  assert.equal(e.data?.error ?? e.code, code);
  return e;
};

// who we are, where we are
const me = await web.auth.test();
assert.ok(me.ok && me.user_id && me.bot_id && me.url);
assert.equal((await web.conversations.info({ channel })).channel.is_member, true);
assert.ok((await web.conversations.members({ channel })).members.includes(user));
assert.ok((await web.users.info({ user })).user.profile.display_name);
await fails(web.users.info({ user: 'U404' }), 'user_not_found');
await fails(new WebClient('xoxb-wrong', { slackApiUrl, logLevel }).auth.test(), 'invalid_auth');

// messages
const blocks = [
  { type: 'section', text: { type: 'mrkdwn', text: '*New*' } },
  { type: 'actions', block_id: 'card/0', elements: [{ type: 'button', action_id: 'o0', value: 'claim', text: { type: 'plain_text', text: 'Claim' } }] },
];
const card = await web.chat.postMessage({ channel, text: 'New', blocks, metadata: { event_type: 'x', event_payload: { id: 'e1' } } });
assert.match(card.ts, /^\d+\.\d{6}$/);
const thread_ts = card.ts;
const reply = await web.chat.postMessage({ channel, thread_ts, text: 'hi &amp; you', username: 'Wang', icon_emoji: ':x:' });
assert.equal(reply.message.username, 'Wang');
await web.chat.update({ channel, ts: card.ts, text: 'Taken', blocks });
const { messages } = await web.conversations.replies({ channel, ts: thread_ts, include_all_metadata: true });
assert.deepEqual(messages.map(m => m.text), ['Taken', 'hi &amp; you']);
assert.equal(messages[0].metadata.event_payload.id, 'e1');
assert.equal(messages[0].latest_reply, reply.ts);
assert.equal((await web.conversations.history({ channel, limit: 1 })).messages[0].ts, card.ts);
await web.chat.postEphemeral({ channel, user, thread_ts, text: 'only you' });
await fails(web.chat.postMessage({ channel, text: '' }), 'no_text');
await fails(web.chat.postMessage({ channel, thread_ts: '1.000001', text: 'x' }), 'thread_not_found');
await fails(web.chat.postMessage({ channel, text: 'x', blocks: [{ type: 'actions', elements: [] }] }), 'invalid_blocks');
await fails(web.chat.postMessage({ channel: 'C404', text: 'x' }), 'channel_not_found');
await web.reactions.add({ channel, timestamp: reply.ts, name: 'white_check_mark' });
await fails(web.reactions.add({ channel, timestamp: reply.ts, name: 'white_check_mark' }), 'already_reacted');
await web.reactions.remove({ channel, timestamp: reply.ts, name: 'white_check_mark' });
await fails(web.reactions.remove({ channel, timestamp: reply.ts, name: 'white_check_mark' }), 'no_reaction');
await act('refuse', 'chat.postMessage', '429');
assert.equal((await fails(web.chat.postMessage({ channel, text: 'x' }), 'slack_webapi_rate_limited_error')).retryAfter, 7);

// files
await web.filesUploadV2({ channel_id: channel, thread_ts, filename: 'a.txt', file: Buffer.from('bytes 文件'), initial_comment: 'see' });
const shared = (await web.conversations.replies({ channel, ts: thread_ts })).messages.at(-1).files[0];
const get = headers => fetch(shared.url_private_download, { headers, redirect: 'manual' });
assert.equal(await (await get({ authorization: 'Bearer ' + token })).text(), 'bytes 文件');
assert.equal((await get({})).status, 302);

// home
await web.views.publish({ user_id: user, view: { type: 'home', blocks } });
await fails(web.views.open({ trigger_id: 'used', view: { type: 'modal', title: { type: 'plain_text', text: 't' }, blocks } }), 'invalid_trigger_id');

// the socket: events, presses, commands, forms; what is not acknowledged comes again
const socket = new SocketModeClient({ appToken, logLevel, clientPingTimeout: 1000, clientOptions: { slackApiUrl } });
const waiting = [];
const came = [];
socket.on('slack_event', e => { (waiting.shift() ?? (x => came.push(x)))(e); });
const next = () => came.length ? came.shift() : new Promise(done => waiting.push(done));
await socket.start();
await act('say', thread_ts, '您好');
let e = await next();
assert.equal(e.type, 'events_api');
assert.equal(e.body.event.text, '您好');
assert.equal(e.body.event.thread_ts, thread_ts);
await act('redeliver');
const again = await next();
assert.equal(again.body.event_id, e.body.event_id);
assert.equal(again.retry_num, 1);
await again.ack();
assert.equal((await act('unacked')).n, 0);
await act('press', thread_ts, 'claim');
e = await next();
assert.equal(e.type, 'interactive');
assert.equal(e.body.actions[0].value, 'claim');
assert.equal(e.body.message.ts, thread_ts);
await e.ack();
const view = { type: 'modal', callback_id: 'close', private_metadata: 'x', title: { type: 'plain_text', text: 'Close' }, blocks: [
  { type: 'input', block_id: 'summary', label: { type: 'plain_text', text: 'S' }, element: { type: 'plain_text_input', action_id: 'summary' } }] };
await web.views.open({ trigger_id: e.body.trigger_id, view });
await act('submit', 'summary', '已补发');
e = await next();
assert.equal(e.body.view.state.values.summary.summary.value, '已补发');
await e.ack();
await act('slash', 'off force');
e = await next();
assert.equal(e.type, 'slash_commands');
assert.equal(e.body.text, 'off force');
await e.ack();
await act('disconnect', 'refresh_requested');
await act('socket');
await act('say', thread_ts, 'again');
e = await next();
assert.equal(e.body.event.text, 'again');
await e.ack();
await socket.disconnect();
console.log('ok');
process.exit(0);
