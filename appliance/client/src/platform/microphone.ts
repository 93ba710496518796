/**
 * The microphone, recorded by MediaRecorder in a type that this browser writes.
 *
 * AAC in MP4 first, which everything plays; else Opus in WebM or Ogg, of which the server makes a copy that Safari plays.
 */
import { type MicrophonePort, type MicrophoneRefusal, MicrophoneRefused, type Take } from "#core/recorder";

const TYPES = ["audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", "audio/webm"];
/** Speech needs no more. */
const BITS_PER_SECOND = 48_000;
/** Bytes come out this often, so that a device that stops keeps nearly all. */
const SLICE_MS = 1_000;
/** Speech at an arm's length is about here; louder fills the meter. */
const FULL = 0.25;

/** The first type that can be recorded; null where none can. */
export function recordedType(supported: (type: string) => boolean): string | null {
  return TYPES.find(supported) ?? null;
}

/** Why `getUserMedia` refused, by the name of its error. */
export function refusalOf(name: string): MicrophoneRefusal {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unsupported";
  }
}

export const browserMicrophone: MicrophonePort = {
  open: async (ended) => {
    if (!window.isSecureContext) throw new MicrophoneRefused("insecure");
    const canRecord = "mediaDevices" in navigator && "MediaRecorder" in window;
    const type = canRecord ? recordedType((one) => MediaRecorder.isTypeSupported(one)) : null;
    if (type === null) throw new MicrophoneRefused("unsupported");
    const stream = await heard();
    try {
      return recorded(stream, type, ended);
    } catch {
      letGo(stream);
      throw new MicrophoneRefused("unsupported");
    }
  },
};

async function heard(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  } catch (error) {
    throw new MicrophoneRefused(refusalOf(error instanceof Error ? error.name : ""));
  }
}

function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function recorded(stream: MediaStream, mimeType: string, ended: () => void): Take {
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
  const type = mimeType.split(";")[0] as string;
  const meter = meterOf(stream);
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const stopped = new Promise<void>((resolve) => recorder.addEventListener("stop", () => resolve(), { once: true }));
  const end = (): void => {
    meter.close();
    letGo(stream);
  };
  void stopped.then(() => {
    end();
    ended();
  });
  recorder.start(SLICE_MS);
  return {
    type,
    level: meter.level,
    pause: () => recorder.state === "recording" && recorder.pause(),
    resume: () => recorder.state === "paused" && recorder.resume(),
    stop: async () => {
      if (recorder.state !== "inactive") recorder.stop();
      await stopped;
      return new Blob(parts, { type });
    },
    cancel: () => {
      if (recorder.state !== "inactive") recorder.stop();
      end();
    },
  };
}

/** How loud a stream is now; always 0 where the browser gives no look at the sound. */
function meterOf(stream: MediaStream): { level: () => number; close: () => void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      return Math.sqrt(Math.sqrt(power) / FULL);
    },
    close: () => void context.close().catch(() => undefined),
  };
}
