/**
 * Which files are not worth an upload, by what the server has told of its limits: the twin of `rules/uploads.py` and of
 * `rules/file_types.py: extension`. The server decides again, also by the bytes.
 */
import type { LocalFile } from "./ports";
import type { Me } from "./protocol";

/** Why a file would be refused, or null; without limits nothing is known before. */
export function refusedFile({ name, size }: Pick<LocalFile, "name" | "size">, limits: Me["files"] | undefined): string | null {
  if (size === 0) return "file_empty";
  if (limits === undefined) return null;
  if (size > limits.largest) return "upload_too_large";
  return blockedKind(name, limits) === null ? null : "file_type_blocked";
}

/** Why files with this end of the name are never taken, as the server sorts them (`rules/file_types.py: BlockedKind`). */
export function blockedKind(name: string, limits: Me["files"] | undefined): string | null {
  const end = endOf(name);
  const found = Object.entries(limits?.blocked ?? {}).find(([, ends]) => ends.includes(end));
  return found?.[0] ?? null;
}

/** The end of a name in lower case, without the dot; empty where it has none. */
export function endOf(name: string): string {
  const bare = withoutEnd(name);
  const dot = bare.lastIndexOf(".");
  return dot < 0 ? "" : bare.slice(dot + 1).trim().toLowerCase();
}

/** Without spaces and dots behind it: systems leave them out, and «a.exe.» runs. «.bat» alone runs too. */
function withoutEnd(name: string): string {
  let to = name.length;
  while (to > 0 && " .".includes(name[to - 1] as string)) to -= 1;
  return name.slice(0, to);
}
