/**
 * Builds `sw.js` after the client, with the list of files that make up the shell.
 *
 * A file with a content hash in its name is its own revision; for the others (the page, icons, the manifest) the
 * revision is the hash of their bytes. `--mode kill-switch` builds a worker that removes itself and its caches instead.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { build, type Plugin } from "vite";

import { FLOOR } from "./floor";

interface ShellFile {
  readonly url: string;
  readonly revision: string | null;
}

const HASHED = /^assets\/.+-[\w-]{8}\.\w+$/;
/** The worker itself, compressed copies, and pictures that only an offer to install shows. */
const NOT_SHELL = /^(?:sw\.js$|encoded\/|screenshots\/)/;

async function shellFiles(outDir: string): Promise<ShellFile[]> {
  const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(outDir, join(entry.parentPath, entry.name)))
    .filter((path) => !NOT_SHELL.test(path))
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      url: `/${path}`,
      revision: HASHED.test(path) ? null : createHash("sha256").update(await readFile(join(outDir, path))).digest("hex"),
    })),
  );
}

export function serviceWorker({ root, killSwitch }: { root: string; killSwitch: boolean }): Plugin {
  let outDir = "";
  return {
    name: "gchat-service-worker",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    closeBundle: {
      sequential: true,
      async handler() {
        await build({
          root,
          configFile: false,
          publicDir: false,
          logLevel: "warn",
          define: { __SHELL_FILES__: JSON.stringify(killSwitch ? [] : await shellFiles(outDir)) },
          build: {
            outDir,
            emptyOutDir: false,
            target: FLOOR,
            reportCompressedSize: false,
            rollupOptions: {
              input: join(root, "src/sw", killSwitch ? "killSwitch.ts" : "shell.ts"),
              output: { format: "iife", entryFileNames: "sw.js" },
            },
          },
        });
      },
    },
  };
}
