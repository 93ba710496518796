/**
 * Initials and colours of avatars.
 *
 * Rules: a form of address is no part of the initials (นาย, ดร., พล.ต.อ. …); a Thai initial is the first *consonant*, as
 * in Thai abbreviations (เกศินี → ก), never a leading vowel; Latin names give capitals. Pure.
 */

import { wordsOf } from "#core/text";

const CIVIL = ["นาย", "นาง", "นางสาว", "คุณ", "อาจารย์", "ศาสตราจารย์", "รองศาสตราจารย์", "ผู้ช่วยศาสตราจารย์", "หม่อมหลวง", "หม่อมราชวงศ์"];
const MEDICAL = ["นายแพทย์", "แพทย์หญิง", "ทันตแพทย์", "สัตวแพทย์", "นายสัตวแพทย์", "เภสัชกร"];
const UNIFORMED = ["พลตำรวจ", "พันตำรวจ", "ร้อยตำรวจ", "พล", "พัน", "ร้อย", "นาวา", "เรือ", "นาวาอากาศ", "เรืออากาศ", "พลอากาศ", "พลเรือ"].flatMap((corps) =>
  ["เอก", "โท", "ตรี"].flatMap((grade) => [`${corps}${grade}`, `ว่าที่${corps}${grade}`]),
);
/** Forms of address that may stand glued to a given name, longest first so that นางสาว wins over นาง. */
const GLUED_TITLES = [...CIVIL, ...MEDICAL, ...UNIFORMED].flatMap((title) => [title, `${title}หญิง`]).sort((a, b) => b.length - a.length);
/** «ดร.» or «พ.ต.อ.» with the name right behind it. */
const GLUED_ABBREVIATIONS = /^.+\.(?=\p{L})/u;
const THAI_CONSONANT = /[ก-ฮ]/u;
const TONES = 8;

function withoutTitle(whole: string): string {
  const word = whole.replace(GLUED_ABBREVIATIONS, "");
  const glued = GLUED_TITLES.find((title) => word.startsWith(title) && word.length > title.length + 1);
  return glued ? word.slice(glued.length) : word;
}

/** True for words such as «ดร.», «พ.ต.อ.», «Dr.», «นาย» alone. */
function isTitle(word: string): boolean {
  return word.endsWith(".") || GLUED_TITLES.includes(word) || /^(mr|mrs|ms|miss|dr)$/iu.test(word);
}

function initialOf(word: string): string {
  const thai = THAI_CONSONANT.exec(word);
  if (thai) return thai[0];
  const letter = /\p{L}|\p{N}/u.exec(word);
  return letter ? letter[0].toUpperCase() : "";
}

/** One or two letters for a name as shown; an empty name gives «?». */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const named = words.filter((word, i) => !isTitle(word) || i === words.length - 1);
  const letters = named.map((word, i) => initialOf(i === 0 ? withoutTitle(word) : word)).filter(Boolean);
  return [letters[0], letters.length > 1 ? letters.at(-1) : undefined].filter(Boolean).join("") || "?";
}

/** The given name alone, for places with little room: «นางสาวนภัสสร วัฒนกุล» → «นภัสสร». */
export function givenName(name: string): string {
  return sortName(name).split(" ")[0] ?? name;
}

/** Two letters for a room: of the first two words of its name, or the first two of its only one. */
export function roomLetters(name: string): string {
  const words = wordsOf(name).map(({ word }) => word);
  const letters = words.map(initialOf).filter(Boolean).slice(0, 2);
  if (letters.length === 2) return letters.join("");
  const only = (words[0] ?? "").match(/[ก-ฮ]|\p{Script=Latin}|\p{N}/gu) ?? [];
  return only.slice(0, 2).join("").toUpperCase() || "?";
}

/** The name as lists are sorted by it: without forms of address, so that นาง does not stand before every นาย. */
export function sortName(name: string): string {
  const words = name.trim().split(/\s+/u);
  const named = words.filter((word, i) => !isTitle(word) || i === words.length - 1);
  return [withoutTitle(named[0] ?? ""), ...named.slice(1)].join(" ");
}

/** Which of the eight colours an id has, the same on every device. */
export function avatarTone(id: string): number {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % TONES;
}
