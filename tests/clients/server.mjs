// Starts the program itself, on a database of its own, and stops it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = process.env.AFTERCART ?? new URL("../../target/debug/aftercart", import.meta.url).pathname;

export async function start(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "aftercart-clients-"));
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: `sqlite://${join(folder, "shop.db")}?mode=rwc`,
    AFTERCART_LISTEN: "127.0.0.1:0",
    AFTERCART_LOG: "warn",
    ...settings,
  };
  const run = (...words) => {
    const ended = spawnSync(program, words, { env, encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`${words.join(" ")}: ${ended.stderr}`);
    return ended.stdout.trim();
  };
  run("migrate");
  const token = run("token", "create", "--name", "clients", "--all").split("\n").at(-1);
  const server = spawn(program, ["serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`serve ended with ${code}`)));
    server.stdout.on("data", (text) => {
      const found = /http:\/\/\S+/.exec(String(text));
      if (found) resolve(found[0]);
    });
  });
  return {
    url,
    token,
    run,
    async stop() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
