// Lays the files that the page needs into dist/, each checked against the hash it is pinned to. With
// `--pin` it writes the hashes of what is installed into assets.json instead, after an update.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const assets = JSON.parse(readFileSync(new URL("assets.json", here)));
const pin = process.argv.includes("--pin");
const dist = new URL("dist/", here);
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const asset of assets) {
  const home = new URL(`node_modules/${asset.package}/`, here);
  const { version } = JSON.parse(readFileSync(new URL("package.json", home)));
  const content = readFileSync(new URL(asset.path, home));
  const integrity = `sha384-${createHash("sha384").update(content).digest("base64")}`;
  if (pin) {
    Object.assign(asset, { version, integrity });
  } else if (version !== asset.version || integrity !== asset.integrity) {
    console.error(`${asset.package} ${version}: ${asset.path} is not what assets.json pins`);
    process.exit(1);
  }
  writeFileSync(new URL(asset.name, dist), content);
}
if (pin) writeFileSync(new URL("assets.json", here), JSON.stringify(assets, null, 2) + "\n");
