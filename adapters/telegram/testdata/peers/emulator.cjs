// telegram-test-api, an independent emulator of the Bot API, on a free port of
// this machine, whose address it prints.
const http = require("node:http");
const TelegramServer = require("telegram-test-api");

const server = http.createServer(new TelegramServer({ storeTimeout: 600 }).webServer);
server.listen(0, "127.0.0.1", () => console.log(`up http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
process.on("unhandledRejection", () => {}); // a webhook that refuses it is no reason to die
