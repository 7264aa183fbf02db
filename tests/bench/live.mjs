// Live subscriptions, measured over WebSocket by one client process. Needs `npm ci` in tests/clients, a shop made by shop.py, and a
// file-descriptor limit above the number of subscribers.
//
//   node live.mjs filtered URL TOKEN CHANNEL SUBSCRIBERS RATE SECONDS   each order concerns ten subscribers (or all, if fewer)
//   node live.mjs all      URL TOKEN CHANNEL SUBSCRIBERS RATE SECONDS   every subscriber follows every event
//   node live.mjs idle     URL TOKEN PID SUBSCRIBERS                    memory of an idle subscription
//   node live.mjs breaks   URL TOKEN CHANNEL EVENTS BREAKS              random disconnects, resumed by cursor
//   node live.mjs replay   URL TOKEN EVENTS                             the log through one socket
//
// PLACE_URL names another node through which orders are placed. Delays are from `event.at`, the moment inside the transaction and so before its commit, to the message's arrival.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const { WebSocket } = createRequire(new URL("../clients/package.json", import.meta.url))("ws");

const [what, url, token, ...rest] = process.argv.slice(2);
const address = url.replace(/^http/, "ws");
const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(query, variables = {}) {
  const response = await fetch(process.env.PLACE_URL ?? url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

function follow(query, variables, heard) {
  const socket = new WebSocket(address, "graphql-transport-ws", { perMessageDeflate: false });
  socket.on("error", () => {});
  socket.ready = new Promise((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify({ type: "connection_init", payload: { Authorization: `Bearer ${token}` } })));
    socket.on("message", (text) => {
      const message = JSON.parse(text);
      if (message.type === "connection_ack") {
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables } }));
        resolve();
      } else if (message.type === "next") heard(message.payload, socket);
      else if (message.type === "error") throw new Error(JSON.stringify(message));
    });
  });
  return socket;
}

async function openAll(count, make) {
  const sockets = [];
  for (let start = 0; start < count; start += 50) {
    const some = Array.from({ length: Math.min(50, count - start) }, (_, index) => make(start + index));
    await Promise.all(some.map((socket) => socket.ready));
    sockets.push(...some);
  }
  return sockets;
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const place = "mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id customer { id } } userErrors { message } } }";
const order = (channelId, email) => ({
  channelId,
  customer: { create: { email } },
  lines: [{ sku: `SKU-${String(1 + Math.floor(Math.random() * 1_990)).padStart(5, "0")}`, quantity: 1 }],
  payments: [{ provider: "card", method: "card", authorized: "9999.00" }],
});

async function live(filtered) {
  const [channel, subscribers, rate, seconds] = [rest[0], ...rest.slice(1).map(Number)];
  const people = filtered ? Math.max(1, Math.floor(subscribers / 10)) : 1;
  const customers = [];
  for (let person = 0; person < people; person += 1) {
    const made = await ask(place, { input: order(channel, `person-${person}@bench.example`) });
    customers.push(made.orderPlace.order.customer.id);
  }
  await sleep(1_000);
  const delays = [];
  const document = filtered
    ? "subscription($ids: [ID!]) { orderUpdated(filter: { customerIds: $ids }) { cursor event { type at } order { id number state } } }"
    : "subscription { events { cursor event { id type at data } } }";
  let closed = 0;
  const sockets = await openAll(subscribers, (index) => {
    const ids = filtered ? [customers[index % people]] : undefined;
    const socket = follow(document, { ids }, (payload) => {
      const delivery = payload.data.orderUpdated ?? payload.data.events;
      delays.push(performance.timeOrigin + performance.now() - Date.parse(delivery.event.at));
    });
    socket.on("close", () => (closed += 1));
    return socket;
  });
  await sleep(2_000);
  delays.length = 0;
  let placed = 0;
  let failed = 0;
  const began = performance.now();
  const pending = [];
  while (performance.now() - began < seconds * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate);
    while (placed < due) {
      placed += 1;
      const email = `person-${Math.floor(Math.random() * people)}@bench.example`;
      pending.push(ask(place, { input: order(channel, email) }).then((data) => (failed += data.orderPlace.order ? 0 : 1), () => (failed += 1)));
    }
    await sleep(5);
  }
  await Promise.all(pending);
  await sleep(2_000);
  const gone = closed;
  delays.sort((a, b) => a - b);
  const at = (q) => (quantile(delays, q) ?? NaN).toFixed(1);
  console.log(
    `${what}: ${subscribers} subscribers, ${(placed / seconds).toFixed(0)} orders/s (${failed} failed), ${(delays.length / seconds).toFixed(0)} deliveries/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; ${gone} closed`,
  );
  sockets.forEach((socket) => socket.terminate());
}

async function idle() {
  const [pid, subscribers] = [rest[0], Number(rest[1])];
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  const some = await openAll(100, () => follow("subscription { events { cursor event { id } } }", {}, () => {}));
  await sleep(1_000);
  const before = memory();
  const sockets = await openAll(subscribers, () => follow("subscription { orderUpdated { cursor event { id type } order { id number } } }", {}, () => {}));
  await sleep(5_000);
  const with_them = memory();
  console.log(`idle: ${subscribers} subscriptions, a socket each: ${((with_them - before) / subscribers).toFixed(1)} kB each (${before} -> ${with_them} kB)`);
  // Abandoned: the connection goes without a word of the protocol.
  [...some, ...sockets].forEach((socket) => socket._socket.destroy());
  await sleep(5_000);
  console.log(`abandoned: ${memory()} kB`);
  const again = await openAll(subscribers, () => follow("subscription { orderUpdated { cursor } }", {}, () => {}));
  await sleep(2_000);
  console.log(`as many once more: ${memory()} kB`);
  again.forEach((socket) => socket.terminate());
}

async function breaks() {
  const [channel, events, times] = [rest[0], ...rest.slice(1).map(Number)];
  const first = await ask("{ events(last: 1) { nodes { cursor } } }");
  let after = first.events.nodes[0].cursor;
  const heard = [];
  let broken = 0;
  let socket;
  const document = "subscription($after: String) { events(after: $after, filter: { types: [\"order.placed\"] }) { cursor event { id data } } }";
  const open = () => {
    socket = follow(document, { after }, (payload, own) => {
      if (own !== socket) return;
      heard.push(payload.data.events.event.data.number);
      after = payload.data.events.cursor;
      if (broken < times && Math.random() < (times / events) * 1.5) {
        broken += 1;
        own._socket.destroy();
        open();
      }
    });
  };
  open();
  const placed = [];
  const number = "mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { number } userErrors { message } } }";
  for (let start = 0; start < events; start += 10) {
    const some = Array.from({ length: 10 }, (_, index) => ask(number, { input: order(channel, `break-${index}@bench.example`) }));
    placed.push(...(await Promise.all(some)).map((data) => data.orderPlace.order.number));
  }
  await sleep(3_000);
  const lost = placed.filter((one) => !heard.includes(one)).length;
  console.log(`breaks: ${placed.length} orders, ${broken} disconnects: ${lost} lost, ${heard.length - new Set(heard).size} twice`);
  socket.terminate();
}

async function replay() {
  const events = Number(rest[0]);
  const first = await ask("{ events(first: 1) { nodes { cursor } } }");
  let count = 0;
  let began;
  await new Promise((resolve) => {
    const socket = follow("subscription($after: String) { events(after: $after) { cursor event { id type at data } } }", { after: first.events.nodes[0].cursor }, () => {
      began ??= performance.now();
      count += 1;
      if (count === events) {
        socket.terminate();
        resolve();
      }
    });
  });
  console.log(`replay: ${count} events through one socket: ${(count / ((performance.now() - began) / 1_000)).toFixed(0)} a second`);
}

await { filtered: () => live(true), all: () => live(false), idle, breaks, replay }[what]();
process.exit(0);
