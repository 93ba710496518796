/** Every text of the source is in both catalogues, and every English one is filled in. */
import { readFileSync } from "node:fs";

import { getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { i18n } from "@lingui/core";
import { afterEach, expect, test, vi } from "vitest";

import { activateLocale } from "../src/i18n/locale";

afterEach(() => vi.unstubAllGlobals());

test("run `npm run i18n:extract` and fill in en.po", async () => {
  const config = getConfig({ cwd: `${import.meta.dirname}/..` });
  for (const catalogue of await getCatalogs(config)) {
    const inSource = Object.keys((await catalogue.collect()) ?? {}).sort();
    const thai = await catalogue.read("th");
    const english = await catalogue.read("en");
    expect(inSource.length).toBeGreaterThan(0);
    expect(Object.keys(thai).sort()).toEqual(inSource);
    expect(Object.keys(english).sort()).toEqual(inSource);
    expect(inSource.filter((id) => !english[id]?.translation)).toEqual([]);
  }
});

/** Words that the product's Thai does not use, each with the one that stands for it. */
const UNUSED: readonly (readonly [RegExp, string])[] = [
  [/[«»]/u, "“ ”"],
  [/กรุณา/u, "โปรด"],
  [/เซิร์ฟเวอร์|เซอร์เวอร์/u, "เครื่องแม่ข่าย"],
  [/ข้อตกลง/u, "ข้อกำหนด"],
  [/ฉัน/u, "ท่าน"],
  [/สิทธิให้/u, "สิทธิ์ให้"],
  [/ถอนข้อความ/u, "เรียกคืนข้อความ"],
  [/ร่องรอย/u, "a plain sentence"],
];

/** All that people read: the client's own texts, the server's answers, and the terms that an agency starts with. */
async function texts(): Promise<readonly string[]> {
  const catalogues = await getCatalogs(getConfig({ cwd: `${import.meta.dirname}/..` }));
  const own = catalogues.flatMap((catalogue) =>
    ["th", "en"].map(async (locale) => Object.values(await catalogue.read(locale)).map((one) => one.translation)),
  );
  const server = ["th", "en"].map((locale) => Object.values(JSON.parse(read(`${locale}.json`)) as Record<string, string>));
  const terms = ["th", "en"].flatMap((locale) => read(`terms_${locale}.txt`).split("\n"));
  return [...(await Promise.all(own)).flat(), ...server.flat(), ...terms];
}

const read = (name: string): string => readFileSync(`${import.meta.dirname}/../../locale/${name}`, "utf8");

test("one word for one thing, in the client, the server and the terms", async () => {
  const all = await texts();
  expect(all.length).toBeGreaterThan(1_000);
  for (const [unused, instead] of UNUSED) {
    expect(all.filter((text) => unused.test(text)), `use ${instead}`).toEqual([]);
  }
});

/** What keeps its own digits in a Thai sentence: names of standards and products. */
const NAMES = /TLS 1\.3|RFC \d{4}|FIPS 197|SP 800-38D|Argon2id|Ed25519|WCAG 2\.2|iOS 16\.4/gu;

test("with Thai digits chosen no Thai sentence has another but in a name", async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await activateLocale("th", "thai");
  const sentences = Object.keys(i18n.messages).map((id) => i18n._(id));
  expect(sentences.filter((sentence) => /[๐-๙]/u.test(sentence)).length).toBeGreaterThan(8);
  expect(sentences.filter((sentence) => /\d/u.test(sentence.replace(/<\/?\d+\/?>/gu, "").replace(NAMES, "")))).toEqual([]);
  await activateLocale("th", "arabic");
  const again = Object.keys(i18n.messages).map((id) => i18n._(id));
  expect(again.filter((sentence) => /[๑-๙]/u.test(sentence.replace("๐–๙", "")))).toEqual([]);
});
