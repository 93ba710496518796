/**
 * Sealing of cached values: AES-256-GCM under a key that no script can export (C2).
 *
 * Owns the key's life and the sealed form. The key exists in this browser's key storage and nowhere else; when its record
 * is deleted, every sealed value is noise. A value is bound to its place (store and key), so rows cannot be exchanged.
 */

export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly data: ArrayBuffer;
}

const IV_BYTES = 12;

export async function newKey(crypto: Crypto): Promise<CryptoKey> {
  return await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export class Seal {
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(
    private readonly crypto: Crypto,
    private readonly key: CryptoKey,
  ) {}

  async close(place: string, value: unknown): Promise<Sealed> {
    return await this.closeBytes(place, this.#encoder.encode(JSON.stringify(value)));
  }

  async closeBytes(place: string, clear: Uint8Array<ArrayBuffer>): Promise<Sealed> {
    const iv = this.crypto.getRandomValues(new Uint8Array(IV_BYTES));
    return { iv, data: await this.crypto.subtle.encrypt(this.#how(iv, place), this.key, clear) };
  }

  /** Rejects when the value was sealed under another key or for another place. */
  async open<T>(place: string, sealed: Sealed): Promise<T> {
    return JSON.parse(this.#decoder.decode(await this.openBytes(place, sealed))) as T;
  }

  /** Rejects as `open` does. */
  async openBytes(place: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.crypto.subtle.decrypt(this.#how(sealed.iv, place), this.key, sealed.data));
  }

  #how(iv: Uint8Array<ArrayBuffer>, place: string): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: this.#encoder.encode(place) };
  }
}
