/**
 * What a chosen file is, as far as the browser can see: how it is shown, how large its picture is, how long it lasts, and
 * a small picture of it for the person who sends it.
 *
 * What cannot be read is not known, never an error: the server looks at every file itself. One file is looked at at a
 * time, so that many pictures of a camera do not fill the memory.
 */
import { formOf, mediaType } from "#core/fileForms";
import type { Form } from "#core/protocol";

export interface Measured {
  readonly form: Form;
  /** Of the upright picture. */
  readonly width: number | null;
  readonly height: number | null;
  readonly seconds: number | null;
  readonly thumb: Blob | null;
}

/** Pixels of the longer side of a small picture: twice what it is drawn with, for fine screens. */
const THUMB = 192;
/** A file that the browser says nothing of is let go after this. */
const PATIENCE_MS = 8_000;
/** Where in a video its small picture is taken from: many begin with a black one. */
const POSTER_S = 0.2;
let last: Promise<unknown> = Promise.resolve();

/** Looks at a file when those before it have been looked at. */
export function measure(file: Blob): Promise<Measured> {
  const measured = last.then(() => look(file));
  last = measured;
  return measured;
}

async function look(file: Blob): Promise<Measured> {
  const form = formOf(mediaType(file.type));
  const nothing: Measured = { form, width: null, height: null, seconds: null, thumb: null };
  if (form === "document") return nothing;
  const address = URL.createObjectURL(file);
  try {
    return { ...nothing, ...(form === "picture" ? await ofPicture(address) : await ofMedia(address, form === "video")) };
  } catch {
    return nothing;
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function ofPicture(address: string): Promise<Partial<Measured>> {
  const image = new Image();
  const loaded = happened(image, "load");
  image.src = address;
  await loaded;
  const { naturalWidth: width, naturalHeight: height } = image;
  return { ...sized(width, height), thumb: await drawn(image, width, height) };
}

async function ofMedia(address: string, isVideo: boolean): Promise<Partial<Measured>> {
  const media = document.createElement(isVideo ? "video" : "audio");
  media.muted = true;
  media.preload = isVideo ? "auto" : "metadata";
  const loaded = happened(media, isVideo ? "loadeddata" : "loadedmetadata");
  media.src = address;
  try {
    await loaded;
    const known: Partial<Measured> = { seconds: Number.isFinite(media.duration) ? media.duration : null };
    if (!(media instanceof HTMLVideoElement)) return known;
    const { videoWidth: width, videoHeight: height } = media;
    return { ...known, ...sized(width, height), thumb: await poster(media, width, height) };
  } finally {
    media.removeAttribute("src");
    media.load();
  }
}

async function poster(video: HTMLVideoElement, width: number, height: number): Promise<Blob | null> {
  try {
    const found = happened(video, "seeked");
    video.currentTime = Math.min(POSTER_S, video.duration / 2 || 0);
    await found;
    return await drawn(video, width, height);
  } catch {
    return null;
  }
}

function sized(width: number, height: number): { width: number | null; height: number | null } {
  return width > 0 && height > 0 ? { width, height } : { width: null, height: null };
}

async function drawn(source: CanvasImageSource, width: number, height: number): Promise<Blob | null> {
  if (width === 0 || height === 0) return null;
  const scale = Math.min(1, THUMB / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
}

/** Resolves with the event; rejects with an error of the element, or when nothing comes. */
function happened(element: HTMLElement, type: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE_MS);
    const settle = (then: () => void) => () => {
      clearTimeout(timer);
      then();
    };
    element.addEventListener(type, settle(resolve), { once: true });
    element.addEventListener("error", settle(() => reject(new Error("unreadable"))), { once: true });
  });
}
