/**
 * One room's timeline as its reader uses it: rows, what may be done with a message, what has been seen, what to say aloud.
 *
 * Rules: a receipt goes out for the messages whose body was on the screen of a focused window and for no others (F16): not
 * for what was jumped across; a mark as unread holds until the room is opened again and its message seen, so one made
 * while the room is open, here or on another device, stays (C8); new messages are announced once, batched when they come fast (A6); receipts and edits are never announced. Why an action is denied comes
 * from the same rules as the server's answer.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import { oneEmoji } from "#core/emoji";
import type { Core } from "#core/index";
import { inLanguage } from "#core/naming";
import type { LocalFile } from "#core/ports";
import type { Version } from "#core/protocol";
import { roleIn, ruleRoom } from "#core/roomRules";
import { type Deny, mayEdit, mayReact, mayRedact } from "#core/rules";
import type { MessageItem, PersonId, RoomId, TimelineSnapshot, UploadId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

import { reachesLine, type Row, timelineRows } from "./rows";

/** What a screen reader is to say next; `turn` grows with each announcement. */
export interface Announcement {
  readonly turn: number;
  readonly messages: readonly MessageItem[];
}

export interface TimelineView {
  readonly timeline: TimelineSnapshot;
  readonly rows: readonly Row[];
  /** The place where the room opens is loaded: the first unread message, else the newest. */
  readonly ready: boolean;
}

const ANNOUNCE_AFTER_MS = 1_000;

export class TimelineModel implements Readable<TimelineView> {
  readonly snapshot: () => TimelineView;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  readonly announcement = new Store<Announcement>({ turn: 0, messages: [] });
  readonly room: RoomId;
  readonly me: PersonId;
  readonly #core: Core;
  readonly #timeline: ReturnType<Core["timeline"]>;
  readonly #ready = new Store(false);
  #jumped = false;
  /** The mark as unread with which the room was opened. */
  #mark: number | null = null;
  #focused = false;
  #announced: number | null = null;
  #waiting: MessageItem[] = [];

  constructor(core: Core, room: RoomId, me: PersonId) {
    this.#core = core;
    this.room = room;
    this.me = me;
    this.#timeline = core.timeline(room);
    const rows = derived([this.#timeline], () => timelineRows(this.#timeline.snapshot(), me));
    const joined = derived([rows, this.#ready], () => ({
      timeline: this.#timeline.snapshot(),
      rows: rows.snapshot(),
      ready: this.#ready.snapshot(),
    }));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  /** Opens the timeline; the function it returns closes it. */
  start(): () => void {
    this.#timeline.open();
    this.#mark = this.#unreadFrom();
    void this.#core.rooms.load(this.room).catch(() => undefined);
    const stop = this.#timeline.subscribe(() => {
      this.#findPlace();
      this.#noticeArrivals();
    });
    this.#findPlace();
    return () => {
      stop();
      this.#core.watchEnd(this.room, false);
      this.#timeline.close();
    };
  }

  get typing(): Readable<readonly PersonId[]> {
    return this.#core.typing.in(this.room);
  }

  readonly person = (id: PersonId) => this.#core.people.person(id);
  /** `logged` is how the log wrote the name. */
  readonly nameOf = (id: PersonId, logged: string | null = null): string => this.#core.people.nameOf(id, logged);
  /** The name of an agency of the room; its short name where the room does not tell it. */
  readonly agencyName = (id: string): string => {
    const agency = this.#core.rooms.room(this.room).snapshot()?.view.agencies?.find((one) => one.id === id);
    return agency === undefined ? id : inLanguage(this.#core.people.language.snapshot(), agency.name, agency.name_en);
  };
  readonly now = (): number => this.#core.clock.now();
  readonly loadOlder = (): void => void this.#timeline.loadOlder().catch(() => undefined);
  readonly loadNewer = (): void => void this.#timeline.loadNewer().catch(() => undefined);
  readonly jumpToNewest = (): Promise<boolean> => this.attempt.run(() => this.#timeline.jumpToNewest(), "newest");
  readonly jumpTo = (n: number): Promise<boolean> => this.attempt.run(() => this.#timeline.jumpTo(n), `jump ${n}`);

  // --- what may be done, and doing it ---

  readonly denied = (action: "edit" | "retract" | "react", item: MessageItem): Deny | null => {
    const room = this.#core.rooms.room(this.room).snapshot();
    if (room === null) return "not_a_member";
    const target = { type: item.type, sender: item.sender, at: item.at, redacted: item.hidden !== null };
    const [rules, role] = [ruleRoom(room.view), roleIn(room.view)];
    switch (action) {
      case "edit":
        return mayEdit(rules, role, this.me, target, this.now());
      case "retract":
        return mayRedact(rules, role, this.me, target, this.now());
      case "react":
        return mayReact(rules, role, target);
    }
  };

  readonly react = (item: MessageItem, picked: string): Promise<boolean> => {
    const emoji = oneEmoji(picked) ?? picked;
    const mine = item.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
    return this.attempt.run(() => this.#timeline.react(item.n, emoji, !mine), `react ${item.n} ${emoji} ${!mine}`);
  };

  readonly retract = (n: number, reason: string): Promise<boolean> =>
    this.attempt.run(() => this.#timeline.retract(n, reason), `retract ${n}`);
  readonly history = (n: number): Promise<readonly Version[]> => this.#timeline.history(n);
  readonly markUnread = (n: number): Promise<boolean> => {
    this.#mark = null;
    return this.attempt.run(() => this.#core.rooms.markUnread(this.room, n), `unread ${n}`);
  };
  readonly uncover = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.uncover(this.room), "uncover");
  readonly retrySend = (txnId: string): void => void this.#core.outbox.retry(txnId);
  readonly removeUnsent = (txnId: string): Promise<boolean> => this.attempt.run(() => this.#core.outbox.remove(txnId), `remove ${txnId}`);

  /** What can be done about the files of a message that waits; taking one out is taking the message back. */
  readonly unsentFiles = {
    pause: (id: UploadId): void => void this.attempt.run(() => this.#core.uploads.pause(id), `pause ${id}`),
    resume: (id: UploadId): void => void this.attempt.run(() => this.#core.uploads.resume(id), `resume ${id}`),
    retry: (id: UploadId): void => void this.attempt.run(() => this.#core.uploads.retry(id), `retry ${id}`),
    chooseAgain: (id: UploadId, file: LocalFile): Promise<boolean> => this.#core.uploads.chooseAgain(id, file),
    localOf: (id: UploadId): LocalFile | null => this.#core.uploads.fileOf(id),
    bytesOf: (id: UploadId): Promise<Blob | null> => this.#core.uploads.bytes(id),
    addressOf: (remote: string): string => this.#core.fileUrl(remote),
  };

  /** Takes an unsent message back into the field, in front of what stands there; false when it has left this device. */
  readonly editUnsent = async (txnId: string): Promise<boolean> => {
    let back = false;
    const work = async () => void (back = await this.#core.takeBack(this.room, txnId));
    return (await this.attempt.run(work, `take back ${txnId}`)) && back;
  };

  /** Keys of long messages that the reader opened in full: a row that comes back on the screen is as it was left. */
  readonly unfolded = new Set<string>();

  /** Sets the composer to answer this message: they meet in the room's draft. */
  readonly replyTo = (n: number): void => {
    const draft = this.#core.drafts.draft(this.room).snapshot();
    this.#core.drafts.set(this.room, { ...draft, replyTo: n });
  };

  // --- receipts ---

  /** The window has the focus and is visible, or not any more. */
  readonly setFocused = (focused: boolean): void => {
    this.#focused = focused;
    if (!focused) this.#core.watchEnd(this.room, false);
  };

  /** The newest message is on the screen, or not any more. */
  readonly setAtEnd = (atEnd: boolean): void => this.#core.watchEnd(this.room, atEnd && this.#focused);

  /** The bodies of positions `first` to `last` are on the screen now. */
  readonly saw = (first: number, last: number): void => {
    if (!this.#focused) return;
    this.#core.rooms.markRead(this.room, first, last);
    if (this.#mark !== null && last >= this.#mark) void this.#endMark(this.#mark);
  };

  async #endMark(mark: number): Promise<void> {
    this.#mark = null;
    if (this.#unreadFrom() !== mark) return;
    // Without a line the mark stays, and the next look at its message tries again.
    await this.#core.rooms.endUnreadMark(this.room).catch(() => (this.#mark = mark));
  }

  #unreadFrom(): number | null {
    return this.#core.rooms.room(this.room).snapshot()?.view.unread_from ?? null;
  }

  /** Opens at the first unread message, however far back it is: reading goes on where it stopped. */
  #findPlace(): void {
    const timeline = this.#timeline.snapshot();
    if (this.#ready.snapshot() || this.#jumped || timeline.loading === "first") return;
    if (timeline.unreadLine === null || timeline.items.length === 0 || reachesLine(timeline)) return this.#ready.set(true);
    this.#jumped = true;
    void this.#timeline
      .jumpTo(timeline.unreadLine)
      .catch(() => undefined)
      .finally(() => this.#ready.set(true));
  }

  // --- announcements ---

  #noticeArrivals(): void {
    const { items, hasNewer } = this.#timeline.snapshot();
    const newest = items.at(-1)?.n;
    if (newest === undefined || hasNewer) return;
    const since = this.#announced;
    this.#announced = Math.max(newest, since ?? newest);
    if (since === null) return;
    const fresh = items.filter((item): item is MessageItem => item.kind === "message" && item.n > since && !item.mine);
    if (fresh.length === 0) return;
    if (this.#waiting.length === 0) this.#core.ports.time.setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS);
    this.#waiting.push(...fresh);
  }

  #announce(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    this.announcement.update(({ turn }) => ({ turn: turn + 1, messages }));
  }
}
