/** Files for the tests of this folder. */
import type { FileFacts, FileView, Variant } from "#core/protocol";

export function variant(kind: Variant["kind"], more: Partial<Variant> = {}): Variant {
  return { kind, id: `v_${kind}${more.page ?? ""}`, type: kind === "audio" ? "audio/mp4" : "image/webp", size: 900, ...more };
}

export function file(more: Partial<FileView> = {}, facts: Partial<FileFacts> = {}): FileView {
  return { id: "f_1", name: "ภาพถ่าย.jpg", type: "image/jpeg", size: 2_000_000, form: "picture", state: "clean", variants: [], ...more, ...facts };
}
