/** One trace a line on standard input, a JSON list of what differs a line on standard output. The core is the one in `src/`. */
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath, URL } from "node:url";

import { createServer } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vite = await createServer({
  root,
  configFile: false,
  logLevel: "error",
  appType: "custom",
  cacheDir: `${root}/.cache/traces`,
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  resolve: { alias: [{ find: /^#core\//, replacement: `${root}/src/core/` }] },
});
const { differences } = await vite.ssrLoadModule("/tests/traces/replay.ts");
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await differences(JSON.parse(line)))}\n`);
}
await vite.close();
