// graphql-ws against our sockets, and the state machine of graphql-transport-ws by hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { start } from "./server.mjs";

let server;
let address;
before(async () => {
  server = await start({ AFTERCART_LIMIT_INIT_SECONDS: "1", AFTERCART_LIMIT_SOCKET_OPERATIONS: "5" });
  address = server.url.replace("http:", "ws:");
});
after(() => server.stop());

const bearer = () => ({ Authorization: `Bearer ${server.token}` });

function open(protocols = "graphql-transport-ws", options = {}) {
  const socket = new WebSocket(address, protocols, options);
  const heard = [];
  const waiting = [];
  socket.on("message", (text) => {
    const message = JSON.parse(String(text));
    waiting.length ? waiting.shift()(message) : heard.push(message);
  });
  socket.closed = new Promise((resolve) =>
    socket.on("close", (code, reason) => resolve([code, String(reason)])),
  );
  socket.on("error", () => {});
  socket.next = () =>
    heard.length ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve));
  socket.say = (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  socket.ready = new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
    socket.on("unexpected-response", (_, response) => reject(new Error(String(response.statusCode))));
  });
  return socket;
}

async function acknowledged(payload = bearer()) {
  const socket = open();
  await socket.ready;
  socket.say({ type: "connection_init", payload });
  assert.deepEqual(await socket.next(), { type: "connection_ack" });
  return socket;
}

const subscribe = (id, query, more = {}) => ({ id, type: "subscribe", payload: { query, ...more } });

test("graphql-ws asks, changes and follows", async () => {
  const client = createClient({ url: address, webSocketImpl: WebSocket, connectionParams: bearer, retryAttempts: 0 });
  const once = (query, variables) =>
    new Promise((resolve, reject) => {
      let answer;
      client.subscribe({ query, variables }, { next: (value) => (answer = value), error: reject, complete: () => resolve(answer) });
    });
  const asked = await once("{ viewer { permissions } }");
  assert.ok(asked.data.viewer.permissions.length > 20);
  assert.ok(asked.extensions.cost.requested >= 1);

  const events = client.iterate({ query: "subscription { events { cursor event { type } } }" });
  const first = events.next();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const made = await once(
    `mutation { legalEntityUpsert(input: { name: "A", countryCode: "DE", baseCurrency: "EUR" }) { legalEntity { id } userErrors { code } } }`,
  );
  assert.ok(made.data.legalEntityUpsert.legalEntity.id);
  let event = await first;
  while (event.value.data.events.event.type !== "legal_entity.saved") event = await events.next();
  await events.return();
  await client.dispose();
});

test("what cannot run is one error message", async () => {
  const socket = await acknowledged();
  for (const [query, code] of [
    ["{", "GRAPHQL_PARSE_FAILED"],
    ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["subscription { a: events { cursor } b: events { cursor } }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ orders(first: 100) { nodes { timeline(first: 100) { nodes { id } } } } }", "LIMIT_EXCEEDED"],
    [`subscription { events(after: "nonsense") { cursor } }`, "CURSOR_INVALID"],
  ]) {
    socket.say(subscribe("1", query));
    const message = await socket.next();
    assert.equal(message.type, "error", JSON.stringify(message));
    assert.equal(message.id, "1");
    assert.equal(message.payload[0].extensions.code, code);
  }
  // Each of them ended: the id is free again.
  socket.say(subscribe("1", "{ __typename }"));
  assert.equal((await socket.next()).type, "next");
  assert.deepEqual(await socket.next(), { id: "1", type: "complete" });
  socket.close();
});

test("a document that expands is refused here too", async () => {
  const socket = await acknowledged({});
  let text = "{ ...f0 }";
  for (let level = 0; level < 60; level++) text += ` fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`;
  text += " fragment f60 on Query { __typename }";
  socket.say(subscribe("1", text));
  const message = await socket.next();
  assert.equal(message.payload[0].extensions.code, "LIMIT_EXCEEDED");
  socket.close();
});

test("every wrong step closes with its code", async (context) => {
  const cases = [
    ["no subprotocol", [4406, "Subprotocol not acceptable"], async () => open([])],
    ["the legacy subprotocol", [4406, "Subprotocol not acceptable"], async () => open("graphql-ws")],
    ["silence at the start", [4408, "Connection initialisation timeout"], async () => open()],
    ["no JSON", [4400, "Invalid message"], async () => said("nonsense")],
    ["an unknown message", [4400, "Invalid message"], async () => said({ type: "hello" })],
    ["a subscribe before the init", [4401, "Unauthorized"], async () => said(subscribe("1", "{ __typename }"))],
    ["a bad token", [4403, "Forbidden"], async () => said({ type: "connection_init", payload: { Authorization: "Bearer aft_x" } })],
    [
      "a second init",
      [4429, "Too many initialisation requests"],
      async () => {
        const socket = await acknowledged();
        socket.say({ type: "connection_init" });
        return socket;
      },
    ],
    [
      "an id that is taken",
      [4409, "Subscriber already exists"],
      async () => {
        const socket = await acknowledged();
        for (let time = 0; time < 2; time++) socket.say(subscribe("1", "subscription { events { cursor } }"));
        return socket;
      },
    ],
    [
      "a subscribe without a query",
      [4400, "Invalid message"],
      async () => {
        const socket = await acknowledged();
        socket.say({ id: "1", type: "subscribe", payload: "query" });
        return socket;
      },
    ],
  ];
  async function said(message) {
    const socket = open();
    await socket.ready;
    socket.say(message);
    return socket;
  }
  for (const [name, code, begin] of cases) {
    await context.test(name, async () => {
      const socket = await begin();
      assert.deepEqual(await socket.closed, code);
    });
  }
});

test("a socket whose token is revoked closes within five seconds", async () => {
  const ask = async (query) => {
    const headers = { "content-type": "application/json", ...bearer() };
    const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }) });
    return (await answer.json()).data;
  };
  const made = (await ask(`mutation { apiTokenCreate(input: { name: "partner", permissions: [ORDERS_READ] }) { apiToken { id } secret } }`)).apiTokenCreate;
  const socket = await acknowledged({ Authorization: `Bearer ${made.secret}` });
  socket.say(subscribe("1", "subscription { events { cursor } }"));
  const begun = Date.now();
  await ask(`mutation { apiTokenRevoke(input: { apiTokenId: "${made.apiToken.id}" }) { userErrors { code } } }`);
  const closed = new Promise((resolve) => socket.on("close", (code) => resolve(code)));
  assert.equal(await closed, 4403);
  assert.ok(Date.now() - begun < 5_000);
});

test("a socket whose token runs out closes within five seconds", async () => {
  const until = new Date(Date.now() + 2_000);
  const query = `mutation { apiTokenCreate(input: { name: "short", permissions: [ORDERS_READ], expiresAt: "${until.toISOString()}" }) { secret userErrors { message } } }`;
  const headers = { "content-type": "application/json", ...bearer() };
  const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { secret } = (await answer.json()).data.apiTokenCreate;
  const socket = await acknowledged({ Authorization: `Bearer ${secret}` });
  const [code] = await socket.closed;
  assert.equal(code, 4403);
  assert.ok(Date.now() >= until && Date.now() - until < 5_000);
});

test("a peer that is silent is pinged, and gone within thirty seconds", async () => {
  const socket = open("graphql-transport-ws", { autoPong: false });
  let pings = 0;
  socket.on("ping", () => pings++);
  await socket.ready;
  socket.say({ type: "connection_init", payload: bearer() });
  const begun = Date.now();
  await socket.closed;
  assert.ok(pings >= 2, `${pings} pings`);
  assert.ok(Date.now() - begun < 30_000);
});

test("a ping is answered with its payload", async () => {
  const socket = open();
  await socket.ready;
  socket.say({ type: "ping", payload: { a: 1 } });
  assert.deepEqual(await socket.next(), { type: "pong", payload: { a: 1 } });
  socket.close();
});

test("a socket carries so many operations and no more", async () => {
  const socket = await acknowledged();
  for (let number = 1; number <= 6; number++) socket.say(subscribe(String(number), "subscription { events { cursor } }"));
  const message = await socket.next();
  assert.deepEqual([message.type, message.id, message.payload[0].extensions.code], ["error", "6", "LIMIT_EXCEEDED"]);
  // One that is completed makes room.
  socket.say({ id: "1", type: "complete" });
  socket.say(subscribe("7", "{ __typename }"));
  assert.equal((await socket.next()).id, "7");
  socket.close();
});

test("a page of another origin opens no socket", async () => {
  const other = open("graphql-transport-ws", { origin: "https://evil.example" });
  await assert.rejects(other.ready, /403/);
  const own = open("graphql-transport-ws", { origin: server.url.replace("/graphql", "") });
  await own.ready;
  own.close();
});

test("the server's end closes with 1001", async () => {
  const other = await start();
  const socket = new WebSocket(other.url.replace("http:", "ws:"), "graphql-transport-ws");
  await new Promise((resolve) => socket.on("open", resolve));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const stopped = other.stop();
  assert.equal(await closed, 1001);
  await stopped;
});

async function asked(query, variables) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer() },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

test("a reader too far behind is closed with 1013 and goes on by its cursor", async () => {
  const socket = await acknowledged();
  // Each event is shown forty times over: large answers from few changes.
  const shown = Array.from({ length: 40 }, (_, index) => `d${index}: data`).join(" ");
  const document = `subscription($after: String) { events(after: $after, filter: { types: ["product.saved"] }) { cursor event { ${shown} } } }`;
  socket.say(subscribe("1", document));
  await new Promise((resolve) => setTimeout(resolve, 500));
  socket.pause();
  const save = "mutation($input: ProductsUpsertInput!) { productsUpsert(input: $input) { products { id } userErrors { message } } }";
  const variants = Array.from({ length: 200 }, (_, index) => ({ sku: `${"S".repeat(50)}-${index}`, name: "x" }));
  const changes = 40;
  for (let change = 0; change < changes; change += 1) {
    const saved = await asked(save, { input: { products: [{ name: `take ${change}`, variants }] } });
    assert.deepEqual(saved.productsUpsert.userErrors, []);
  }
  const cursors = [];
  socket.on("message", (text) => cursors.push(JSON.parse(String(text)).payload.data.events.cursor));
  socket.resume();
  const [code] = await socket.closed;
  assert.equal(code, 1013);
  assert.ok(cursors.length > 0 && cursors.length < changes, String(cursors.length));
  const again = await acknowledged();
  again.say(subscribe("1", document, { variables: { after: cursors.at(-1) } }));
  for (let left = changes - cursors.length; left > 0; left -= 1) {
    const message = await again.next();
    assert.equal(message.type, "next", JSON.stringify(message).slice(0, 200));
    assert.ok(!cursors.includes(message.payload.data.events.cursor));
    cursors.push(message.payload.data.events.cursor);
  }
  assert.equal(cursors.length, changes);
  again.close();
});
