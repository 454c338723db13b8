// Runs the Slack service of the npm package `emulate`: emulator.mjs EVENTS_URL
// It ends when stdin does. Only a plugin can subscribe to its events, so its
// registration is wrapped.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const dist = path.resolve('node_modules/emulate/dist');
const file = readdirSync(dist).find(f => f.startsWith('dist-') && f.endsWith('.js') && readFileSync(path.join(dist, f), 'utf8').includes('slackPlugin'));
const { slackPlugin } = await import(pathToFileURL(path.join(dist, file)));
const { createEmulator } = await import(pathToFileURL(path.join(dist, 'api.js')));
const register = slackPlugin.register;
slackPlugin.register = function (app, store, webhooks, ...rest) {
  webhooks.register({ url: process.argv[2], events: ['*'], active: true, owner: 'slack' });
  return register.call(this, app, store, webhooks, ...rest);
};
const port = await new Promise(done => {
  const s = createServer().listen(0, () => { const { port } = s.address(); s.close(() => done(port)); });
});
const emulator = await createEmulator({ service: 'slack', port, seed: { slack: {
  signing_secret: 'test_signing_secret',
  users: [{ name: 'lin', real_name: 'Lin' }, { name: 'csbot', real_name: 'CS bot' }],
  channels: [{ name: 'support' }],
  oauth_apps: [{ client_id: '1.2', client_secret: 's', app_id: 'A000000001', name: 'cs', redirect_uris: ['http://127.0.0.1/x'], scopes: ['chat:write', 'files:read'], bot_name: 'csbot' }],
  tokens: [{ token: 'xoxb-test', user: 'csbot', app_id: 'A000000001' }, { token: 'xoxp-agent', user: 'lin' }],
} } });
console.log('up http://localhost:' + port); // its own links say localhost
process.stdin.on('end', async () => { await emulator.close(); process.exit(0); }).resume();
