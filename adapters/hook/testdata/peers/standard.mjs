// What somebody else's programs say of our webhooks. Each line of the input is a
// question; the answer is one line of JSON.
import { createInterface } from "node:readline";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Webhook } from "standardwebhooks";

const asks = {
  sign: ({ secret, id, body }) => {
    const at = new Date();
    return { id, time: String(Math.floor(at / 1000)), sign: new Webhook(secret).sign(id, at, body) };
  },
  verify: ({ secret, headers, body }) => ({ payload: new Webhook(secret).verify(body, headers) }),
  openapi: async ({ document }) => {
    const v = new Validator();
    const { valid, errors } = await v.validate(document);
    return { valid, version: v.version, errors: JSON.stringify(errors ?? "") };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const q = JSON.parse(line);
  let answer;
  try {
    answer = await asks[q.do](q);
  } catch (e) {
    answer = { refused: `${e.name}: ${e.message}` };
  }
  console.log(JSON.stringify(answer));
}
