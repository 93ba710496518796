/** From what the browser hands over to what is attached: names that the server takes, and a look at each file. */
import { t } from "@lingui/core/macro";

import { browserFile, fileName, isPastedName } from "#platform/localFiles";

import type { Chosen } from "./AttachModel";
import { pastedName } from "./fileNames";

/** `at` names what was pasted without a name of its own. */
export function chosenOf(files: readonly File[], at: number): readonly Chosen[] {
  return files.map((file, n) => {
    const name = nameOf(file, at, files.length > 1 ? n + 1 : 0);
    return { name, read: () => browserFile(file, name) };
  });
}

function nameOf(file: File, at: number, number: number): string {
  if (!isPastedName(file.name)) return fileName(file.name, t`ไฟล์`);
  const [, end = "png"] = file.name.split(".");
  const name = pastedName(at, end);
  return number === 0 ? name : `${number} ${name}`;
}
