/**
 * Recognises the reader's own password in what they are about to send (F75), without keeping it.
 *
 * Rules: of the password stay its length and 32 bits of a hash with a random start, in memory alone: enough to notice it
 * in a text, too little to find it again. It is learnt where it is typed (signing in, changing it), so after a reload
 * nothing is known until then, and it is forgotten with the session.
 */
import { streamSafe } from "./text";

export class PasswordGuard {
  readonly #start: number;
  #known: { readonly length: number; readonly hash: number } | null = null;

  /** `random`: as `Math.random`. */
  constructor(random: () => number) {
    this.#start = Math.floor(random() * 2 ** 32);
  }

  learn(password: string): void {
    const text = streamSafe(password).normalize("NFC");
    this.#known = { length: text.length, hash: this.#hash(text, 0, text.length) };
  }

  forget(): void {
    this.#known = null;
  }

  /** Whether the password stands anywhere in the text. */
  isIn(text: string): boolean {
    if (this.#known === null) return false;
    const { length, hash } = this.#known;
    const where = streamSafe(text).normalize("NFC");
    for (let at = 0; at + length <= where.length; at += 1) {
      if (this.#hash(where, at, at + length) === hash) return true;
    }
    return false;
  }

  /** FNV-1a over the code units of a part of a text. */
  #hash(text: string, from: number, to: number): number {
    let hash = this.#start;
    for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    return hash;
  }
}
