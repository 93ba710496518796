/**
 * Recognises the reader's own password in what they are about to send (F75), without keeping it.
 *
 * Rules: of the password stay its length and 20 bits of a hash with a random start. That notices it in a text (a thousand
 * characters raise a false question once in a thousand times) and leaves whoever breaks the seal with a million candidates
 * for each right one, which the server does not let them try. It is learnt wherever the password is typed (signing in,
 * changing it, confirming it), kept sealed beside the session so that a reload knows it again, and forgotten with it. On a
 * shared computer nothing is kept: after a reload it is known again from the next time it is typed.
 */
import { streamSafe } from "./text";

const BITS = (1 << 20) - 1;

export interface GuardMark {
  readonly start: number;
  readonly length: number;
  readonly hash: number;
}

export class PasswordGuard {
  #mark: GuardMark | null = null;

  /** `random`: as `Math.random`. */
  constructor(private readonly random: () => number) {}

  /** What may be kept of it; null when nothing is known. */
  get mark(): GuardMark | null {
    return this.#mark;
  }

  learn(password: string): void {
    const text = streamSafe(password).normalize("NFC");
    const start = Math.floor(this.random() * 2 ** 32);
    this.#mark = { start, length: text.length, hash: hashOf(start, text, 0, text.length) };
  }

  /** Takes up what was kept. */
  recall(mark: GuardMark | null): void {
    this.#mark = mark;
  }

  forget(): void {
    this.#mark = null;
  }

  /** Whether the password stands anywhere in the text. */
  isIn(text: string): boolean {
    if (this.#mark === null) return false;
    const { start, length, hash } = this.#mark;
    const where = streamSafe(text).normalize("NFC");
    for (let at = 0; at + length <= where.length; at += 1) {
      if (hashOf(start, where, at, at + length) === hash) return true;
    }
    return false;
  }
}

/** FNV-1a over the code units of a part of a text, folded to the bits that are kept. */
function hashOf(start: number, text: string, from: number, to: number): number {
  let hash = start;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return ((hash >>> 20) ^ hash) & BITS;
}
