/**
 * Writes compressed copies of the built text files beside them: `encoded/br/…` and `encoded/gzip/…`, under the same names.
 *
 * The appliance sends them as they are (appliance/api/pages.py), so that nothing is compressed at run time. They have a
 * folder of their own, since they are no files of the shell. Fonts and pictures are compressed already.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

import type { Plugin } from "vite";

export const ENCODED = "encoded";
const TEXT = /\.(?:css|html|js|json|svg|txt|webmanifest)$/;
/** The shortest file that is worth it: a shorter one travels in one packet in any case. */
const SHORTEST = 1_000;

const ENCODINGS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

async function encode(outDir: string): Promise<void> {
  await rm(join(outDir, ENCODED), { recursive: true, force: true });
  const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile() && TEXT.test(one.name))) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (bytes.length < SHORTEST) continue;
    for (const [name, compress] of Object.entries(ENCODINGS)) {
      const copy = join(outDir, ENCODED, name, relative(outDir, path));
      const compressed = await compress(bytes);
      if (compressed.length >= bytes.length) continue;
      await mkdir(dirname(copy), { recursive: true });
      await writeFile(copy, compressed);
    }
  }
}

/** Goes last among the plugins: what it compresses must be finished. */
export function encodedFiles(): Plugin {
  let outDir = "";
  return {
    name: "gchat-encoded-files",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    closeBundle: { sequential: true, handler: () => encode(outDir) },
  };
}
