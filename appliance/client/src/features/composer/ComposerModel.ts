/**
 * Writing in one room: the draft, whom it mentions, what it answers, or which message it edits.
 *
 * Rules: the draft lives in the core, so it survives leaving the room, and a reply chosen in the timeline arrives here; an
 * edit never touches the draft, and is not told to the others as typing: no message comes of it. A mention counts only while its name stands in the text. Sending ends with the message
 * safe in the outbox, not with the answer of the server. Words with the writer's own password in them go only when the
 * writer, asked, says so (F75).
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import { filesOf, withFiles } from "#core/drafts";
import { isStuck } from "#core/fileFailures";
import type { Core } from "#core/index";
import { spellingsOf } from "#core/naming";
import type { Recorder } from "#core/recorder";
import { sendable } from "#core/sendable";
import type { DraftText, MessageItem, PersonId, RoomId, RoomSnapshot } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { rankedByName } from "#core/text";
import { EVERYONE_WORDS } from "#i18n/everyone";
import { messageLine } from "#i18n/files";
import { nameOf, unitOf } from "#ui/names";

import { AttachModel } from "./AttachModel";
import { voiceFile } from "./fileNames";
import type { Candidate } from "./mentions";
import { VoiceModel } from "./VoiceModel";

interface Editing {
  readonly n: number;
  readonly text: string;
  readonly mentions: readonly PersonId[];
}

export interface ComposerSnapshot {
  readonly text: string;
  /** Characters as the server counts them, or null where the limit is far. */
  readonly length: number | null;
  readonly mode: { readonly kind: "write" } | { readonly kind: "reply"; readonly n: number } | { readonly kind: "edit"; readonly n: number };
  /** Why nothing may be written here; null when it may. */
  readonly denied: string | null;
  readonly everyoneDenied: string | null;
  /** Why no files may be sent here; null when they may. */
  readonly attachDenied: string | null;
  /** The writer is asked whether to send words that hold their own password. */
  readonly asking: boolean;
  /** Why nothing can be sent now; null when it can. */
  readonly blocked: Blocked | null;
  /** How often somebody has tried to send it all the same. */
  readonly told: number;
}

export type Blocked = "too_long" | "empty" | "stuck";

export const EVERYONE = "everyone";
const MAX_CANDIDATES = 8;
/** Longer text is refused by the server. */
export const MAX_TEXT = 20_000;
/** From here on the writer is shown how long the text is. */
export const COUNTED_FROM = 18_000;

export class ComposerModel implements Readable<ComposerSnapshot> {
  readonly snapshot: () => ComposerSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  readonly room: RoomId;
  readonly files: AttachModel;
  readonly voice: VoiceModel;
  readonly #core: Core;
  readonly #draft: Readable<DraftText>;
  readonly #editing = new Store<Editing | null>(null);
  readonly #asking = new Store(false);
  readonly #told = new Store<{ readonly why: Blocked; readonly times: number } | null>(null);
  #kept: Promise<boolean> = Promise.resolve(true);

  constructor(core: Core, room: RoomId, recorder: Recorder) {
    this.#core = core;
    this.room = room;
    this.files = new AttachModel(core, room);
    this.voice = new VoiceModel(recorder, this.files, room, (recording) => voiceFile(recording, core.clock.now()));
    this.#draft = core.drafts.draft(room);
    const roomState = core.rooms.room(room);
    const joined = derived([this.#draft, this.#editing, this.#asking, this.#told, this.files, roomState], () => this.#compute(roomState.snapshot()));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly setText = (text: string): void => {
    this.#told.set(null);
    const editing = this.#editing.snapshot();
    if (editing) return this.#editing.set({ ...editing, text });
    this.#core.drafts.set(this.room, { ...this.#draft.snapshot(), text });
    if (text !== "") this.#core.typing.tell(this.room);
  };

  /** Remembers that the name just put into the text means this person. */
  readonly addMention = (id: PersonId): void => {
    if (id === EVERYONE) return;
    const editing = this.#editing.snapshot();
    if (editing) this.#editing.set({ ...editing, mentions: [...editing.mentions, id] });
    else {
      const draft = this.#draft.snapshot();
      this.#core.drafts.set(this.room, { ...draft, mentions: [...draft.mentions, id] });
    }
  };

  readonly startEdit = (item: MessageItem): void => {
    this.attempt.clear();
    this.#editing.set({ n: item.n, text: item.text, mentions: item.mentions });
  };

  /** Leaves the edit or the reply; the words of a reply stay in the draft. */
  readonly cancelMode = (): void => {
    this.attempt.clear();
    if (this.#editing.snapshot()) this.#editing.set(null);
    else this.#core.drafts.set(this.room, { ...this.#draft.snapshot(), replyTo: null });
  };

  /** True when the message is safe on this device, or the edit is with the server. What cannot be sent stays, and says why. */
  readonly send = (): Promise<boolean> => {
    const { blocked } = this.snapshot();
    this.#told.update((before) => (blocked === null ? null : { why: blocked, times: (before?.times ?? 0) + 1 }));
    if (blocked !== null) return Promise.resolve(false);
    if (this.#core.session.passwordGuard.isIn(this.snapshot().text)) {
      this.#asking.set(true);
      return Promise.resolve(false);
    }
    return this.sendAnyway();
  };

  /** The writer goes back to the words that hold their password. */
  readonly keepWriting = (): void => this.#asking.set(false);

  /** As `send`, with a password or without. */
  readonly sendAnyway = (): Promise<boolean> => {
    this.#asking.set(false);
    const editing = this.#editing.snapshot();
    if (editing) return this.attempt.run(() => this.#saveEdit(editing), "edit");
    // A file that is still being looked at belongs to this message.
    return this.files.snapshot().reading === 0 ? this.#sendDraft() : this.files.settled().then(() => this.#sendDraft());
  };

  /** Ends the recording and sends it with what is written. */
  readonly sendVoice = async (): Promise<boolean> => (await this.voice.keep()) && (await this.send());

  /** The time of the server, for names that have a time in them. */
  readonly now = (): number => this.#core.clock.now();

  readonly candidates = (query: string): readonly Candidate[] => {
    const room = this.#core.rooms.room(this.room).snapshot();
    const people = (room?.members ?? []).filter((member) => member.person !== this.#me());
    const ranked = rankedByName(people, query, (member) => [nameOf(member), ...this.#spellingsOf(member.person)]).slice(0, MAX_CANDIDATES);
    return ranked.map((member) => ({ id: member.person, name: nameOf(member), detail: unitOf(member) }));
  };

  readonly person = (id: PersonId) => this.#core.people.person(id);

  /** What position `n` says, as far as it is loaded. */
  readonly quoted = (n: number): { sender: PersonId; text: string } | null => {
    const item = this.#core.timeline(this.room).snapshot().items.find((one) => one.n === n);
    return item?.kind === "message" ? { sender: item.sender, text: messageLine(item.text, item.files) } : null;
  };

  /** The last message of ours that may still be edited, for «arrow up in an empty field». */
  readonly lastOwn = (): MessageItem | null => {
    const items = this.#core.timeline(this.room).snapshot().items;
    return items.findLast((item): item is MessageItem => item.kind === "message" && item.mine && item.hidden === null) ?? null;
  };

  /**
   * Empties the field before anything is awaited: keeping a message takes a moment, and what is typed meanwhile is the
   * next one. Messages are kept one after the other; words that could not be kept return in front of the new ones.
   */
  async #sendDraft(): Promise<boolean> {
    const text = sendable(this.#draft.snapshot().text).trim();
    const { attachments, drafts, outbox } = this.#core;
    if (text === "" && attachments(this.room).snapshot().length === 0) return false;
    const draft = drafts.leave(this.room);
    this.files.forgetRefused();
    const spoken = withFiles({ ...this.#spoken(text, draft.mentions), replyTo: draft.replyTo }, filesOf(draft));
    const add = () => outbox.add(this.room, spoken, () => drafts.left(this.room, draft));
    const kept = this.#kept.then(() => this.attempt.run(add, "send"));
    this.#kept = kept;
    if (await kept) return true;
    drafts.stay(this.room, draft);
    return false;
  }

  async #saveEdit(editing: Editing): Promise<void> {
    const text = sendable(editing.text).trim();
    if (text === "") return;
    await this.#core.timeline(this.room).edit(editing.n, { ...this.#spoken(text, editing.mentions), replyTo: null });
    // Whoever went on writing meanwhile is still editing.
    if (this.#editing.snapshot() === editing) this.#editing.set(null);
  }

  /** Text with only the mentions whose name, in one language or the other, is still in it. */
  #spoken(text: string, mentions: readonly PersonId[]): Omit<DraftText, "replyTo"> {
    const named = [...new Set(mentions)].filter((id) => this.#spellingsOf(id).some((name) => text.includes(`@${name}`)));
    return { text, mentions: named, everyone: EVERYONE_WORDS.some((word) => text.includes(word)) };
  }

  #spellingsOf(id: PersonId): readonly string[] {
    const member = this.#core.rooms.room(this.room).snapshot()?.members.find((one) => one.person === id);
    return [...(member ? spellingsOf(member) : []), ...(this.#core.people.known(id)?.spellings ?? [])];
  }

  #me(): PersonId | null {
    const session = this.#core.session.snapshot();
    return session.kind === "signed_in" ? session.me.person.id : null;
  }

  #compute(room: RoomSnapshot | null): ComposerSnapshot {
    const draft = this.#draft.snapshot();
    const editing = this.#editing.snapshot();
    const mode = editing
      ? ({ kind: "edit", n: editing.n } as const)
      : draft.replyTo === null
        ? ({ kind: "write" } as const)
        : ({ kind: "reply", n: draft.replyTo } as const);
    const text = editing ? editing.text : draft.text;
    const length = lengthNear(text);
    const blocked = this.#blocked(text, length, editing !== null);
    const told = this.#told.snapshot();
    return {
      text,
      length,
      blocked,
      // What is blocked by something else since is not what was told.
      told: told !== null && told.why === blocked ? told.times : 0,
      mode,
      denied: room?.denied["post"] ?? null,
      everyoneDenied: room?.denied["mention_everyone"] ?? null,
      attachDenied: room?.denied["attach"] ?? null,
      asking: this.#asking.snapshot(),
    };
  }

  #blocked(text: string, length: number | null, isEdit: boolean): Blocked | null {
    const { files, reading } = this.files.snapshot();
    if (tooLong({ length })) return "too_long";
    if (text.trim() === "" && (isEdit || (files.length === 0 && reading === 0))) return "empty";
    return !isEdit && files.some(isStuck) ? "stuck" : null;
  }
}

export function tooLong({ length }: Pick<ComposerSnapshot, "length">): boolean {
  return length !== null && length > MAX_TEXT;
}

/** Code points of what would be sent, counted only where the limit is near: a text has no more of them than code units. */
function lengthNear(text: string): number | null {
  if (text.length < COUNTED_FROM) return null;
  const length = Array.from(sendable(text).trim()).length;
  return length < COUNTED_FROM ? null : length;
}
