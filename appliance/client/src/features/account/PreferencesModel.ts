/**
 * How the page looks and speaks on this device: language, era, digits, theme, contrast, text size.
 *
 * Owns reading, keeping and applying them; takes effect at once, without a reload (L1, L2). Nothing here is secret, and
 * nothing is sent to the server but the language of its messages.
 */
import type { SettingsPort } from "#core/index";
import { type Readable, Store } from "#core/store";

export type Theme = "auto" | "light" | "dark";
export type Contrast = "auto" | "more";
/** The whole interface grows with it: everything is measured in the page's own letter size. */
export type TextSize = "normal" | "large" | "larger" | "largest";
export type Language = "th" | "en";
export type Era = "auto" | "buddhist" | "common";
export type Digits = "arabic" | "thai";

export interface Preferences {
  readonly language: Language;
  readonly era: Era;
  readonly digits: Digits;
  readonly theme: Theme;
  readonly contrast: Contrast;
  readonly textSize: TextSize;
}

const CHOICES: { readonly [K in keyof Preferences]: readonly Preferences[K][] } = {
  language: ["th", "en"],
  era: ["auto", "buddhist", "common"],
  digits: ["arabic", "thai"],
  theme: ["auto", "light", "dark"],
  contrast: ["auto", "more"],
  textSize: ["normal", "large", "larger", "largest"],
};

function read<K extends keyof Preferences>(settings: SettingsPort, key: K): Preferences[K] {
  const kept = settings.get(key);
  const choices: readonly Preferences[K][] = CHOICES[key];
  return choices.find((choice) => choice === kept) ?? (choices[0] as Preferences[K]);
}

export class PreferencesModel implements Readable<Preferences> {
  readonly #settings: SettingsPort;
  readonly #apply: (preferences: Preferences) => Promise<void>;
  readonly #state: Store<Preferences>;
  readonly snapshot: () => Preferences;
  readonly subscribe: (listener: () => void) => () => void;

  /** `apply` puts a choice into effect; a snapshot changes only after it has. */
  constructor(settings: SettingsPort, apply: (preferences: Preferences) => Promise<void>) {
    this.#settings = settings;
    this.#apply = apply;
    this.#state = new Store({
      language: read(settings, "language"),
      era: read(settings, "era"),
      digits: read(settings, "digits"),
      theme: read(settings, "theme"),
      contrast: read(settings, "contrast"),
      textSize: read(settings, "textSize"),
    });
    this.snapshot = this.#state.snapshot;
    this.subscribe = this.#state.subscribe;
  }

  start(): Promise<void> {
    return this.#apply(this.snapshot());
  }

  readonly choose = async <K extends keyof Preferences>(key: K, value: Preferences[K]): Promise<void> => {
    const next: Preferences = { ...this.snapshot(), [key]: value };
    this.#settings.set(key, value);
    await this.#apply(next);
    this.#state.set(next);
  };
}
