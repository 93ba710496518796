/** Files by the real tus-js-client to a real appliance, over a line that is cut. Run by tests/client. */
import { createHash } from "node:crypto";

import { afterEach, beforeEach, expect, test } from "vitest";

import { PIECE } from "#core/db/uploads";
import type { LocalFile } from "#core/index";

import { online, until } from "../core/world";
import { Line, openTab, type RealTab } from "./line";

const given = (name: string): string => process.env[name] ?? `no ${name}`;
const ROOM = given("GCHAT_ROOM");
const CUTS = 10;
/** `make soak` takes the largest file that an agency allows. */
const SIZE = process.env["GCHAT_REAL_FILE_BYTES"] === undefined ? 4 * PIECE + 12_345 : Number(process.env["GCHAT_REAL_FILE_BYTES"]);

interface Stored {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** The files of the newest message that has some, as the appliance has them. */
async function stored(): Promise<Stored[]> {
  const answer = await fetch(`${given("GCHAT_OTHERS")}/files`, { method: "POST", body: "{}" });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return (await answer.json()) as Stored[];
}

/** A file whose bytes are made when they are asked for: a large one takes no memory. */
function chosen(name: string, size: number): { file: LocalFile; sha256: string } {
  const bytes = (start: number, stop: number): Uint8Array<ArrayBuffer> => {
    const made = new Uint8Array(Math.min(stop, size) - start);
    for (let i = 0; i < made.length; i += 1) made[i] = Math.imul(start + i + 1, 2_654_435_761) >>> 24;
    return made;
  };
  const digest = createHash("sha256");
  for (let at = 0; at < size; at += PIECE) digest.update(bytes(at, at + PIECE));
  const slice = (start: number, stop: number): Promise<ArrayBuffer> => Promise.resolve(bytes(start, stop).buffer);
  return { file: { name, type: "", size, slice }, sha256: digest.digest("hex") };
}

let line: Line;
beforeEach(async () => {
  line = new Line(given("GCHAT_URL"));
  await line.listen();
});
afterEach(() => line.close());

async function signedIn(): Promise<RealTab> {
  const tab = openTab(line);
  await tab.core.start();
  await tab.core.session.login(given("GCHAT_USER"), given("GCHAT_PASSWORD"));
  await online(tab.core);
  return tab;
}

async function send({ core }: RealTab, text: string): Promise<void> {
  const draft = core.drafts.leave(ROOM);
  await core.outbox.add(ROOM, { ...draft, text }, () => core.drafts.left(ROOM, draft));
}

const acknowledged = ({ core }: RealTab): number => [...core.uploads.list.snapshot().values()].reduce((sum, one) => sum + one.acknowledged, 0);

/** Waits until nothing is left to be sent, however long that takes, as long as more of it arrives. */
async function sent(tab: RealTab): Promise<void> {
  const waits = (): boolean => tab.core.outbox.pending.snapshot().length > 0;
  while (waits()) {
    const before = acknowledged(tab);
    await until(() => !waits() || acknowledged(tab) > before, `more than ${before} bytes`);
  }
}

test("the line is cut ten times within a file and the tab is killed once: it arrives whole, in one message (C15)", async () => {
  const first = await signedIn();
  const { file, sha256 } = chosen("แผนที่ชายแดน.dat", SIZE);
  // The line breaks in the middle of what is sent, at even distances.
  let cuts = 0;
  line.breakAt = (request) => {
    if (request.startsWith("PATCH") && cuts < CUTS && line.cutAfter === Number.POSITIVE_INFINITY) {
      cuts += 1;
      line.cutAfter = SIZE / (CUTS + 2);
    }
    return null;
  };
  expect(await first.core.attachments(ROOM).add([file])).toEqual([]);
  await send(first, "ตามแนบ");
  await until(() => acknowledged(first) >= PIECE, "a piece");
  first.kill();
  line.cut();
  const tab = openTab(line, {}, first);
  await tab.core.start();
  await until(() => tab.core.outbox.pending.snapshot().length === 1, "kept");
  // What had been put into the cache by then goes on by itself; without the rest the file has to be chosen again.
  const [item] = tab.core.outbox.pending.snapshot()[0]?.files ?? [];
  if (item?.state === "missing") expect(await tab.core.uploads.chooseAgain(item.id, file)).toBe(true);
  await sent(tab);
  expect(cuts).toBe(CUTS);
  // Each cut, and the end of the tab, costs less than a piece.
  expect(line.sent).toBeLessThan(SIZE + (CUTS + 1) * PIECE);
  expect(await stored()).toEqual([{ name: "แผนที่ชายแดน.dat", size: file.size, sha256 }]);
  tab.core.stop();
}, 120_000 + SIZE / 1_000);

test("what is refused says why, with the words of its message kept", async () => {
  const tab = await signedIn();
  const { core } = tab;
  const asked = [{ file: chosen("โปรแกรม.exe", 1_000).file, form: "document", original: false } as const];
  await core.uploads.add(ROOM, asked, (ids) => core.drafts.carrying(ROOM, () => ids));
  await send(tab, "ถ้อยคำ");
  await until(() => core.outbox.pending.snapshot()[0]?.delivery.kind === "failed", "refused");
  expect(core.outbox.pending.snapshot()).toMatchObject([{ text: "ถ้อยคำ", delivery: { code: "file_type_blocked" } }]);
  await core.outbox.remove(core.outbox.pending.snapshot()[0]?.txnId ?? "");
  core.stop();
});
