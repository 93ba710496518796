/**
 * The field's caret and the people offered for what is typed behind an «@».
 *
 * Rules: the list follows the caret, and stays closed where it was dismissed until the words change; the writer of an
 * English page is offered everyone in English, and only where everyone may be mentioned. What sets the caret is asked for
 * by the view once (`takeWanted`), in the commit that changes the text: what is typed next finds it in its place.
 */
import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";

import { derived } from "#core/derived";
import { type Readable, Store } from "#core/store";
import { mentionAt } from "#core/text";
import { EVERYONE_WORDS } from "#i18n/everyone";

import { type ComposerModel, EVERYONE } from "./ComposerModel";
import { type Candidate, withMention } from "./mentions";

export interface FieldSnapshot {
  readonly offered: readonly Candidate[];
  /** Which of them Enter chooses. */
  readonly marked: number;
}

interface Place {
  readonly caret: number;
  readonly marked: number;
  /** Where a list was closed that nobody wanted. */
  readonly dismissed: number | null;
}

const START: Place = { caret: 0, marked: 0, dismissed: null };

export class FieldModel implements Readable<FieldSnapshot> {
  readonly snapshot: () => FieldSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly #place = new Store<Place>(START);
  #wanted: number | null = null;

  constructor(private readonly composer: ComposerModel) {
    const joined = derived([composer, this.#place], () => this.#compute());
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly typed = (text: string, caret: number): void => {
    this.#place.set({ ...START, caret });
    this.composer.setText(text);
  };

  readonly moved = (caret: number): void => {
    if (caret !== this.#place.snapshot().caret) this.#place.update((place) => ({ ...place, caret }));
  };

  /** Marks the next of those offered, or the one before. */
  readonly mark = (step: 1 | -1): void => {
    const { offered, marked } = this.snapshot();
    this.#place.update((place) => ({ ...place, marked: (marked + step + offered.length) % offered.length }));
  };

  readonly choose = (person: Candidate | undefined): void => {
    const { text } = this.composer.snapshot();
    const { caret } = this.#place.snapshot();
    const at = mentionAt(text, caret);
    if (person === undefined || at === null) return;
    this.#put(withMention(text, caret, at.start, person.name));
    this.composer.addMention(person.id);
  };

  readonly dismiss = (): void => {
    const { text } = this.composer.snapshot();
    this.#place.update((place) => ({ ...place, dismissed: mentionAt(text, place.caret)?.start ?? null }));
  };

  /** Puts an emoji in place of what is marked in the field. */
  readonly insert = (emoji: string, from: number, to: number): void => {
    const { text } = this.composer.snapshot();
    this.#put({ text: text.slice(0, from) + emoji + text.slice(to), caret: from + emoji.length });
  };

  /** The words have left. */
  readonly emptied = (): void => this.#place.set(START);

  /** Where the caret is to stand, once; null where it stands well. */
  takeWanted(): number | null {
    const wanted = this.#wanted;
    this.#wanted = null;
    return wanted;
  }

  #put({ text, caret }: { text: string; caret: number }): void {
    this.#wanted = caret;
    this.typed(text, caret);
  }

  #compute(): FieldSnapshot {
    const { text } = this.composer.snapshot();
    const { caret, marked, dismissed } = this.#place.snapshot();
    const at = mentionAt(text, caret);
    const offered = at === null || dismissed === at.start ? [] : this.#offers(at.typed);
    return { offered, marked: Math.min(marked, offered.length - 1) };
  }

  #offers(query: string): readonly Candidate[] {
    const everyone = i18n.locale === "en" ? EVERYONE_WORDS[1] : EVERYONE_WORDS[0];
    const all: Candidate = { id: EVERYONE, name: everyone.slice(1), detail: t`สมาชิกทุกคนในห้อง` };
    const people = this.composer.candidates(query);
    return this.composer.snapshot().everyoneDenied === null && all.name.includes(query) ? [...people.slice(0, 7), all] : people;
  }
}
