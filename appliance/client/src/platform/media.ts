/**
 * Sound and pictures as the browser plays and draws them: addresses for bytes that are in memory, and one sound at a time.
 * No decision in it; what plays and when is the model's.
 */

export interface PicturesPort {
  /** An address of this page for the bytes of a picture, until it is freed. */
  make(bytes: Uint8Array<ArrayBuffer>, type: string): string;
  free(address: string): void;
}

export interface SoundEvents {
  /** Seconds from the beginning. */
  onTime(position: number): void;
  onPlaying(playing: boolean): void;
  onEnded(): void;
  onFailed(): void;
}

/** A sound that is being listened to, or was. */
export interface Sound {
  play(): void;
  pause(): void;
  seek(seconds: number): void;
  setRate(rate: number): void;
  /** Stops it; it tells nothing any more. */
  close(): void;
}

export interface SoundsPort {
  /** Empty when the browser cannot play the type. */
  canPlay(type: string): string;
  open(address: string, events: SoundEvents): Sound;
}

/** Of these nothing can be but a picture, whatever the bytes are. */
const PICTURES: ReadonlySet<string> = new Set(["image/webp", "image/jpeg", "image/png", "image/gif"]);

export const browserPictures: PicturesPort = {
  make: (bytes, type) => URL.createObjectURL(new Blob([bytes], { type: PICTURES.has(type) ? type : "application/octet-stream" })),
  free: (address) => URL.revokeObjectURL(address),
};

export function browserSounds(): SoundsPort {
  const probe = document.createElement("video");
  return { canPlay: (type) => probe.canPlayType(type), open: openSound };
}

function openSound(address: string, events: SoundEvents): Sound {
  const audio = new Audio();
  const stop = new AbortController();
  const on = (type: string, listener: () => void) => audio.addEventListener(type, listener, { signal: stop.signal });
  on("timeupdate", () => events.onTime(audio.currentTime));
  on("play", () => events.onPlaying(true));
  on("pause", () => events.onPlaying(false));
  on("ended", () => events.onEnded());
  on("error", () => events.onFailed());
  audio.preload = "auto";
  audio.src = address;
  return {
    // Refused where the browser wants a gesture first, and when it is paused again before it began: «pause» is told.
    play: () => void audio.play().catch(() => undefined),
    pause: () => audio.pause(),
    seek: (seconds) => {
      audio.currentTime = seconds;
    },
    setRate: (rate) => {
      audio.defaultPlaybackRate = rate;
      audio.playbackRate = rate;
    },
    close: () => {
      stop.abort();
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
    },
  };
}

/** Whether the person wants to save data, as far as the browser tells. */
export function savesData(): boolean {
  const connection = (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection;
  return connection?.saveData === true;
}
