import { expect, test } from "vitest";
import { avatarTone, givenName, initials, roomLetters, sortName } from "./initials";

test.each([
  ["นายสมชาย ใจดี", "สจ"],
  ["นางสาวเกศินี แสงทอง", "กส"],
  ["พ.ต.อ. เอกชัย โอภาส", "ออ"],
  ["นายแพทย์นรินทร์ พิพัฒน์พงศ์", "นพ"],
  ["แพทย์หญิงสุภาวดี จิตต์อารีย์", "สจ"],
  ["เภสัชกรหญิงอาภา ใจงาม", "อจ"],
  ["ว่าที่ร้อยตรีหญิงกานดา สุขใจ", "กส"],
  ["ร้อยตำรวจเอกวีระ มั่นคง", "วม"],
  ["พลอย นางงาม", "พน"],
  ["ดร.พิมพ์ลภัส ธนากิจเจริญ", "พธ"],
  ["ดร. ไพโรจน์ ณ นคร", "พน"],
  ["Dr. Anong Srisuk", "AS"],
  ["กองคลัง", "ก"],
  ["", "?"],
])("initials of %s are %s", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

test.each([
  ["นายสมชาย ใจดี", "สมชาย ใจดี"],
  ["ดร. ไพโรจน์ ณ นคร", "ไพโรจน์ ณ นคร"],
  ["แพทย์หญิงอัจฉรา เทพพิทักษ์", "อัจฉรา เทพพิทักษ์"],
])("%s is sorted as %s", (name, expected) => {
  expect(sortName(name)).toBe(expected);
});

test.each([
  ["นางสาวนภัสสร วัฒนกุล", "นภัสสร"],
  ["แพทย์หญิงอัจฉรา เทพพิทักษ์", "อัจฉรา"],
  ["ดร. ไพโรจน์ ณ นคร", "ไพโรจน์"],
  ["Mr. Somchai Jaiman", "Somchai"],
  ["…", "…"],
])("%s is for short %s", (name, expected) => {
  expect(givenName(name)).toBe(expected);
});

test.each([
  ["ติดตามสถานการณ์ไข้เลือดออก", "ตส"],
  ["กองคลัง · งบประมาณ", "กค"],
  ["กองคลัง 2570", "กค"],
  ["เกษียณ", "กษ"],
  ["Budget 2570", "B2"],
  ["IT", "IT"],
  ["🎉", "?"],
])("the room %s has the letters %s", (name, expected) => {
  expect(roomLetters(name)).toBe(expected);
});

test("an id always has the same colour, one of eight", () => {
  expect(avatarTone("p_123")).toBe(avatarTone("p_123"));
  const tones = new Set(Array.from({ length: 200 }, (_, i) => avatarTone(`p_${i}`)));
  expect(tones.size).toBe(8);
});
