// The client that the README shows, as it stands there, through connections that break.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { start } from "./server.mjs";

test("the README's client follows through broken connections, with no gap and no duplicate", async () => {
  const server = await start();
  const port = Number(new URL(server.url).port);
  const open = new Set();
  const proxy = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => {});
    open.add(client);
    client.on("close", () => (open.delete(client), upstream.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shown = /```js\n([\s\S]*?)```/.exec(readme)[1];
  assert.ok(shown.trim().split("\n").length <= 20, "twenty lines");
  const file = new URL("./shown.generated.mjs", import.meta.url).pathname;
  writeFileSync(file, shown.replace("127.0.0.1:4000", `127.0.0.1:${proxy.address().port}`));
  const client = spawn(process.execPath, [file], { env: { ...process.env, TOKEN: server.token } });
  let told = "";
  client.stdout.on("data", (text) => (told += text));
  const ask = async (query, variables) => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${server.token}` },
      body: JSON.stringify({ query, variables }),
    });
    const answer = await response.json();
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return Object.values(answer.data)[0];
  };
  const errors = "userErrors { message field }";
  const made = async (query, input) => {
    const payload = await ask(query, { input });
    assert.deepEqual(payload.userErrors, []);
    return Object.values(payload).find((value) => value?.id)?.id;
  };
  try {
    const address = { line1: "x", city: "x", countryCode: "DE" };
    const legalEntityId = await made(`mutation($input: LegalEntityUpsertInput!) { legalEntityUpsert(input: $input) { legalEntity { id } ${errors} } }`, { name: "x", countryCode: "DE", baseCurrency: "EUR" });
    const location = await made(`mutation($input: LocationUpsertInput!) { locationUpsert(input: $input) { location { id } ${errors} } }`, { code: "x", name: "x", kind: "WAREHOUSE", timeZone: "UTC", address });
    const channelId = await made(`mutation($input: ChannelUpsertInput!) { channelUpsert(input: $input) { channel { id } ${errors} } }`, { code: "web", name: "x", kind: "WEB", currencyCode: "EUR", taxIncluded: true, legalEntityId, locationIds: [location] });
    await made(`mutation($input: ProductsUpsertInput!) { productsUpsert(input: $input) { products { id } ${errors} } }`, { products: [{ name: "x", variants: [{ sku: "A", name: "x", prices: [{ channelId, amount: "1.00", taxRate: "0.19" }] }] }] });
    await made(`mutation($input: StockReceiveInput!) { stockReceive(input: $input) { stockLevels { id } ${errors} } }`, { locationId: location, lines: [{ sku: "A", quantity: 100 }] });
    const place = `mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id number } ${errors} } }`;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const orders = 24;
    for (let order = 0; order < orders; order += 1) {
      await made(place, { channelId, lines: [{ sku: "A", quantity: 1 }] });
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (order % 8 === 3) open.forEach((socket) => socket.destroy());
    }
    const heard = () => [...told.matchAll(/order\.placed \{[^}]*number: '([^']+)'/g)].map((found) => found[1]);
    for (let wait = 0; wait < 50 && heard().length < orders; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(heard().length, orders, told);
    assert.equal(new Set(heard()).size, orders, told);
  } finally {
    client.kill();
    proxy.close();
    open.forEach((socket) => socket.destroy());
    rmSync(file, { force: true });
    await server.stop();
  }
});
