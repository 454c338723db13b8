// grammY, an independent client of the Bot API, against our fake of it:
//   node grammy.mjs <api root> <token> <group>
// The Go test plays the people: a line "do <what>" asks it to act, it answers
// with one line of JSON. Every "ok" line is a rule that both sides agree on.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { Bot, GrammyError, InputFile } from "grammy";

const [apiRoot, token, groupArg] = process.argv.slice(2);
const group = Number(groupArg);
const bot = new Bot(token, { client: { apiRoot } });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const people = async (what) => {
  console.log("do " + what);
  return JSON.parse((await lines.next()).value);
};
const ok = (what) => console.log("ok " + what);
const refused = async (promise, code, text) => {
  const err = await promise.then(() => assert.fail("was taken"), (e) => e);
  assert.ok(err instanceof GrammyError, String(err));
  assert.equal(err.error_code, code);
  assert.match(err.description, text);
  return err;
};

const me = await bot.api.getMe();
assert.ok(me.is_bot && me.id === Number(token.split(":")[0]));
await refused(new Bot("1:wrong", { client: { apiRoot } }).api.getMe(), 401, /Unauthorized/);
ok("getMe");

const chat = await bot.api.getChat(group);
assert.ok(chat.type === "supergroup" && chat.is_forum);
const topic = await bot.api.createForumTopic(group, "#7 🟠 王**");
const thread = { message_thread_id: topic.message_thread_id };
const said = await bot.api.sendMessage(group, "a card", { ...thread, reply_markup: { inline_keyboard: [[{ text: "认领", callback_data: "claim" }]] } });
assert.ok(said.message_thread_id === topic.message_thread_id && said.is_topic_message);
ok("topics");

await bot.api.editMessageText(group, said.message_id, "another", { reply_markup: { inline_keyboard: [[{ text: "认领", callback_data: "claim" }]] } });
await refused(bot.api.editMessageText(group, said.message_id, "another", { reply_markup: { inline_keyboard: [[{ text: "认领", callback_data: "claim" }]] } }), 400, /message is not modified/);
await refused(bot.api.editMessageText(group, 99999, "x"), 400, /message to edit not found/);
await refused(bot.api.sendMessage(group, " "), 400, /message text is empty/);
await refused(bot.api.sendMessage(group, "字".repeat(4097)), 400, /message is too long/);
await refused(bot.api.sendMessage(group, "x", { reply_markup: { inline_keyboard: [[{ text: "x", callback_data: "字".repeat(22) }]] } }), 400, /BUTTON_DATA_INVALID/);
ok("edits and refusals");

const photo = await bot.api.sendPhoto(group, new InputFile(Buffer.from("a picture"), "a.png"), { ...thread, caption: "see" });
assert.ok(photo.photo.length > 0 && photo.caption === "see");
const document = await bot.api.sendDocument(group, new InputFile(Buffer.from("a bill"), "bill.pdf"), thread);
assert.equal(document.document.file_name, "bill.pdf");
const file = await bot.api.getFile(document.document.file_id);
const bytes = await fetch(`${apiRoot}/file/bot${token}/${file.file_path}`).then((r) => r.text());
assert.equal(bytes, "a bill");
ok("files");

await bot.api.setMessageReaction(group, said.message_id, [{ type: "emoji", emoji: "👌" }]);
await refused(bot.api.setMessageReaction(group, said.message_id, [{ type: "emoji", emoji: "✅" }]), 400, /REACTION_INVALID/);
await bot.api.sendChatAction(group, "typing", thread);
await bot.api.editForumTopic(group, topic.message_thread_id, { name: "#7 🟢 王**" });
await bot.api.closeForumTopic(group, topic.message_thread_id);
await refused(bot.api.closeForumTopic(group, topic.message_thread_id), 400, /TOPIC_NOT_MODIFIED/);
await bot.api.reopenForumTopic(group, topic.message_thread_id);
assert.equal((await bot.api.getChatMember(group, 9)).status, "member");
assert.equal((await bot.api.getChatMember(group, 66)).status, "left");
ok("reactions, topics' names, members");

const heard = [];
bot.on(["message", "edited_message"], (ctx) => ctx.from.is_bot || heard.push([ctx.editedMessage ? "edit" : "message", ctx.msg.text ?? ctx.msg.caption ?? "", ctx.msg.message_thread_id ?? 0, ctx.msg.media_group_id ?? ""]));
bot.on("callback_query:data", async (ctx) => {
  await ctx.answerCallbackQuery();
  heard.push(["press", ctx.callbackQuery.data, ctx.callbackQuery.message.message_thread_id ?? 0, ""]);
});
const want = await people(`talk ${topic.message_thread_id} ${said.message_id}`);
await new Promise((done, fail) => {
  const late = setTimeout(() => fail(new Error("heard only " + JSON.stringify(heard))), 10_000);
  const look = setInterval(() => {
    if (heard.length >= want.length) (clearTimeout(late), clearInterval(look), done());
  }, 5);
  bot.start({ allowed_updates: ["message", "edited_message", "callback_query"] }).catch(fail);
});
assert.deepEqual(heard, want);
await bot.stop();
const open = refused(bot.api.getUpdates({ timeout: 10 }), 409, /terminated by other getUpdates/);
await people("second"); // somebody else polls
await open;
ok("long poll");

await people(`delete ${topic.message_thread_id}`);
await refused(bot.api.sendMessage(group, "x", thread), 400, /message thread not found/);
await people("throttle");
const wait = await refused(bot.api.sendMessage(group, "x"), 429, /retry after/);
assert.equal(wait.parameters.retry_after, 7);
ok("deleted topics and 429");

await bot.api.sendMessage(7, "to a person");
await people("block");
await refused(bot.api.sendMessage(7, "x"), 403, /blocked by the user/);
await refused(bot.api.sendMessage(8, "x"), 403, /can't initiate conversation/);
const { id } = await people("migrate");
const moved = await refused(bot.api.sendMessage(group, "x"), 400, /upgraded to a supergroup/);
assert.equal(moved.parameters.migrate_to_chat_id, id);
ok("people who left and groups that moved");
console.log("ok all");
process.exit(0);
