import { expect, test } from "vitest";

import { file, variant } from "./fixtures";
import { extensionOf, opensInViewer, pagesOf, placeOf, playable, thumbOf, viewOf } from "./sources";

const thumb = variant("thumb");
const view = variant("view");
const plays = (...types: string[]) => (type: string) => (types.includes(type) ? "maybe" : "");

test("a picture is shown as the appliance made it, never as it was sent", () => {
  const picture = file({}, { variants: [thumb, view] });
  expect([thumbOf(picture), viewOf(picture)]).toEqual([thumb, view]);
  expect(viewOf(file({}, { variants: [thumb] }))).toEqual(thumb);
  expect(viewOf(file({ type: "image/svg+xml" }))).toBeNull();
});

test("a small GIF moves in the viewer, a large one does not", () => {
  expect(viewOf(file({ type: "image/gif", size: 1_000 }, { variants: [view] }))).toEqual({ id: "f_1", type: "image/gif" });
  expect(viewOf(file({ type: "image/gif", size: 9_000_000 }, { variants: [view] }))).toEqual(view);
});

test("pages are in order, however they came", () => {
  const pages = [variant("page", { page: 10 }), variant("page", { page: 2 }), variant("page", { page: 1 })];
  expect(pagesOf(file({ form: "document" }, { variants: [thumb, ...pages] })).map(({ page }) => page)).toEqual([1, 2, 10]);
});

const voice = file({ form: "voice", type: "audio/webm" }, { variants: [variant("audio")] });

test.each<[string, readonly string[], string | null]>([
  ["what was sent, where the browser can play it", ["audio/webm", "audio/mp4"], "f_1"],
  ["the variant, where it cannot", ["audio/mp4"], "v_audio"],
  ["nothing, where it can play neither", ["audio/ogg"], null],
])("of a voice message is played %s", (_, types, id) => {
  expect(playable(voice, plays(...types))?.id ?? null).toBe(id);
});

test("a video has no variant to play in its place", () => {
  const video = file({ form: "video", type: "video/quicktime" }, { variants: [variant("audio"), variant("poster")] });
  expect(playable(video, plays("audio/mp4"))).toBeNull();
  expect(playable(video, plays("video/quicktime"))?.id).toBe("f_1");
});

test.each([
  ["a picture with a small picture", file({}, { variants: [thumb] }), "picture"],
  ["a picture that is being prepared", file({}, { state: "pending", preparing: true }), "picture"],
  ["a picture that is held until it is scanned", file({}, { state: "pending", held: true }), "picture"],
  ["a picture of which nothing could be made", file({}, { state: "pending" }), "card"],
  ["an infected picture, whatever was made of it before", file({}, { state: "infected", variants: [thumb] }), "card"],
  ["a damaged picture, whatever was made of it before", file({}, { state: "damaged", variants: [thumb] }), "card"],
  ["a picture that was destroyed", file({}, { state: "gone", variants: [thumb] }), "card"],
  ["a video with a poster", file({ form: "video" }, { variants: [variant("poster")] }), "film"],
  ["a video of which nothing could be made", file({ form: "video" }), "card"],
  ["a voice message", voice, "player"],
  ["a document with a first page", file({ form: "document" }, { variants: [thumb] }), "card"],
  ["an SVG, whatever was made of it", file({ form: "document", type: "image/svg+xml", name: "a.svg" }), "card"],
])("%s stands as its place", (_, one, place) => {
  expect(placeOf(one)).toBe(place);
});

test("documents open in the viewer when they have pages", () => {
  expect(opensInViewer(file({ form: "document" }))).toBe(false);
  expect(opensInViewer(file({ form: "document" }, { variants: [variant("page", { page: 1 })] }))).toBe(true);
  expect(opensInViewer(file({}, { variants: [thumb] }))).toBe(true);
});

test.each([
  ["รายงาน.pdf", "PDF"],
  ["a.tar.gz", "GZ"],
  ["ไม่มีนามสกุล", ""],
  [".bashrc", ""],
  ["ราคา 10.500 บาท", ""],
  ["a.verylongend", ""],
])("%s is of the kind «%s»", (name, kind) => {
  expect(extensionOf(name)).toBe(kind);
});
