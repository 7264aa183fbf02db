// GraphQL over HTTP, as the audit suite of graphql-http checks it: all of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverAudits } from "graphql-http";
import { start } from "./server.mjs";

let server;
before(async () => (server = await start()));
after(() => server.stop());

test("every audit passes", async (context) => {
  const audits = serverAudits({ url: () => server.url, fetchFn: fetch });
  assert.ok(audits.length >= 61, `${audits.length} audits`);
  for (const audit of audits) {
    await context.test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      assert.equal(result.status, "ok", result.reason);
    });
  }
});
