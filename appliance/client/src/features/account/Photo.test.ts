import { expect, test, vi } from "vitest";

import { CallError } from "#core/errors";
import type { Core } from "#core/index";
import { photoUrl, waitingUrl } from "#core/photos";
import type { OwnPhoto } from "#core/protocol";
import { Store } from "#core/store";

import { type ChosenPhoto, LARGEST_PHOTO, PhotoModel } from "./PhotoModel";

const picture = (size: number): ChosenPhoto => ({ name: "a.jpg", type: "image/jpeg", size, blob: new Blob(), slice: () => Promise.resolve(new ArrayBuffer(0)) });

const own = (state: Partial<OwnPhoto> = {}): OwnPhoto => ({ mode: "moderated", ...state });

function modelWith(photos: Partial<Core["photos"]>): PhotoModel {
  return new PhotoModel({ photos, people: { load: () => Promise.resolve({}) } } as unknown as Core);
}

test("a chosen picture is sent only when the reader says so, and then waits", async () => {
  const choose = vi.fn(() => Promise.resolve(own({ waiting: "f_1" })));
  const model = modelWith({ own: () => Promise.resolve(own()), choose });
  await model.load();
  model.choose(picture(10));
  expect(choose).not.toHaveBeenCalled();
  expect(await model.send("p_me")).toBe(true);
  expect(model.snapshot()).toEqual({ own: own({ waiting: "f_1" }), chosen: null, tooLarge: false });
});

test("one that is refused stays chosen, with the reason", async () => {
  const refused = CallError.of(400, { code: "photo_not_picture" }, null, "th");
  const model = modelWith({ choose: () => Promise.reject(refused) });
  model.choose(picture(10));
  expect(await model.send("p_me")).toBe(false);
  expect(model.snapshot().chosen).not.toBeNull();
  expect(model.attempt.snapshot().failure).not.toBeNull();
  model.cancel();
  expect(model.snapshot().chosen).toBeNull();
  expect(model.attempt.snapshot().failure).toBeNull();
});

test("one that is too large is not chosen", () => {
  const model = modelWith({});
  model.choose(picture(LARGEST_PHOTO));
  expect(model.snapshot().tooLarge).toBe(false);
  model.choose(picture(LARGEST_PHOTO + 1));
  expect(model.snapshot()).toMatchObject({ chosen: null, tooLarge: true });
});

test.each(["cancel", "leave"])("to %s ends what is under way, and is no failure", async (way) => {
  let ended = false;
  const model = modelWith({
    own: () => Promise.resolve(own()),
    changes: new Store(0),
    choose: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(CallError.offline());
        });
      }),
  });
  const leave = model.open();
  await vi.waitFor(() => expect(model.snapshot().own).not.toBeNull());
  model.choose(picture(10));
  const sent = model.send("p_me");
  await vi.waitFor(() => expect(model.attempt.snapshot().busy).toBe(true));
  (way === "leave" ? leave : model.cancel)();
  await sent;
  expect(ended).toBe(true);
  expect(model.attempt.snapshot()).toEqual({ busy: false, failure: null });
  expect(model.snapshot().chosen).toBeNull();
});

test("an address names person, photograph and size, whatever their ids are", () => {
  expect(photoUrl("p/1", "f?2", 96)).toBe("/api/v1/people/p%2F1/photo?size=96&of=f%3F2");
  expect(waitingUrl("p_1", "f_2")).toBe("/api/v1/people/p_1/photo?size=512&of=f_2&waiting=true");
});
