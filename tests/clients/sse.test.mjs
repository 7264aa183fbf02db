// graphql-sse in its distinct connections mode.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "graphql-sse";
import { start } from "./server.mjs";

let server;
before(async () => (server = await start()));
after(() => server.stop());

const client = () =>
  createClient({ url: server.url, headers: () => ({ Authorization: `Bearer ${server.token}` }), retryAttempts: 0 });

test("a query answers once and completes", async () => {
  const answers = [];
  await new Promise((resolve, reject) =>
    client().subscribe({ query: "{ viewer { permissions } }" }, { next: (value) => answers.push(value), error: reject, complete: resolve }),
  );
  assert.equal(answers.length, 1);
  assert.ok(answers[0].data.viewer.permissions.length > 20);
});

test("a subscription follows what happens", async () => {
  const sse = client();
  const events = sse.iterate({ query: "subscription { events { cursor event { type } } }" });
  const first = events.next();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await new Promise((resolve, reject) =>
    client().subscribe(
      { query: `mutation { legalEntityUpsert(input: { name: "A", countryCode: "DE", baseCurrency: "EUR" }) { userErrors { code } } }` },
      { next() {}, error: reject, complete: resolve },
    ),
  );
  let event = await first;
  while (event.value.data.events.event.type !== "legal_entity.saved") event = await events.next();
  await events.return();
  sse.dispose();
});

test("a quiet stream is kept open with comments", async () => {
  const headers = { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${server.token}` };
  const body = JSON.stringify({ query: `subscription { events { cursor } }` });
  const leave = new AbortController();
  const answer = await fetch(server.url, { method: "POST", headers, body, signal: leave.signal });
  const begun = Date.now();
  let text = "";
  for await (const chunk of answer.body) {
    text += Buffer.from(chunk).toString();
    if (/^:/m.test(text)) break;
  }
  assert.ok(Date.now() - begun < 17_000);
  leave.abort();
});

test("a document that cannot run is an error", async () => {
  await assert.rejects(
    new Promise((resolve, reject) =>
      client().subscribe({ query: "{ nothing }" }, { next() {}, error: reject, complete: resolve }),
    ),
  );
});
