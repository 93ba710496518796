/**
 * What views get to see: immutable snapshots derived from the log, with no behaviour.
 *
 * Owns the shapes. Words, formats and colours belong to the views; every reason is a code of the server.
 */

import type { Failure } from "./failure";
import type { Departure, Factor, FileView, Form, Id, Me, MemberView, Millis, MyRequest, PersonView, Position, RoomView, Terms, TxnId } from "./protocol";

export type RoomId = Id;
export type PersonId = Id;

// --- session and connection ------------------------------------------------------------------------------------

/** Why nobody is signed in. `stale`: the cache was destroyed because the server was out of reach too long (C4). */
export type SignedOutReason = "none" | "logout" | "ended" | "stale" | "no_cookie" | EndCode;

/** The server's word for why it ended a session; `ended` where it gave none. */
export type EndCode = `session_ended_${string}`;

export type SessionState =
  | { readonly kind: "starting" }
  | { readonly kind: "signed_out"; readonly reason: SignedOutReason }
  | {
      readonly kind: "second_factor";
      readonly factors: readonly Factor[];
      readonly passkeyOptions: Record<string, unknown> | null;
    }
  | { readonly kind: "terms"; readonly me: Me; readonly terms: Terms | null }
  | { readonly kind: "password_change"; readonly me: Me }
  | { readonly kind: "signed_in"; readonly me: Me };

/** `since` is the time (server clock, ms) from which the state holds; the banner says «offline since 10:42». */
export type Connection =
  | { readonly kind: "connecting"; readonly since: Millis }
  | { readonly kind: "online"; readonly since: Millis }
  | { readonly kind: "offline"; readonly since: Millis; readonly retryAt: Millis | null };

// --- rooms -----------------------------------------------------------------------------------------------------

/** A room of the list. `title` is null for a direct room whose other person is not known yet. */
export interface RoomSummary {
  readonly id: RoomId;
  readonly kind: string;
  readonly title: string | null;
  /** The other person of a direct room, else null. */
  readonly other: PersonId | null;
  readonly unread: number;
  readonly mentions: number;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly closed: boolean;
  readonly marked: boolean;
  /** When the reader cleared it from their screen; null when they have not. */
  readonly clearedAt: Millis | null;
  /** What the row's second line shows; null when nothing may be shown (cleared, or nothing said yet). */
  readonly last: TimelineItem | null;
  /** Time of the last activity, which orders the list. */
  readonly at: Millis;
}

export interface RoomList {
  readonly loaded: boolean;
  /** Pinned rooms, then the others, each newest activity first; hidden rooms left out. */
  readonly rooms: readonly RoomSummary[];
  readonly hidden: readonly RoomSummary[];
  /** Sums over rooms that are not muted. */
  readonly unread: number;
  readonly mentions: number;
}

export interface RoomSnapshot {
  readonly id: RoomId;
  readonly view: RoomView;
  readonly title: string | null;
  readonly other: PersonId | null;
  readonly unread: number;
  readonly mentions: number;
  /** Position of the first unread message, if it is known. */
  readonly firstUnread: Position | null;
  /** Empty until `rooms.load(id)` has answered, except for direct rooms. */
  readonly members: readonly MemberView[];
  readonly membersLoaded: boolean;
  /** Action name → Deny code; an action that is absent is allowed. */
  readonly denied: Readonly<Record<string, string>>;
}

// --- timeline --------------------------------------------------------------------------------------------------

export interface ReactionView {
  readonly emoji: string;
  readonly people: readonly PersonId[];
  readonly mine: boolean;
}

export type Quote =
  | { readonly kind: "known"; readonly n: Position; readonly sender: PersonId; readonly text: string; readonly files: readonly FileView[] }
  | { readonly kind: "gone"; readonly n: Position }
  | { readonly kind: "loading"; readonly n: Position };

export interface MessageItem {
  readonly kind: "message";
  /** The type of its entry, by which rules ask what it takes. */
  readonly type: string;
  /** Stable across pending → sent: the view's key. */
  readonly key: string;
  readonly n: Position;
  readonly id: string;
  readonly sender: PersonId;
  readonly mine: boolean;
  readonly at: Millis;
  readonly text: string;
  readonly mentions: readonly PersonId[];
  readonly everyone: boolean;
  readonly mentionsMe: boolean;
  readonly edited: Millis | null;
  /** Why the text may not be seen (`retracted`, `secret`, …); then `text` is empty. */
  readonly hidden: string | null;
  readonly reply: Quote | null;
  /** In the order in which they were attached; none once the words may not be seen. */
  readonly files: readonly FileView[];
  readonly reactions: readonly ReactionView[];
  /** How many others have read this far, of how many; `of` is 0 until the members are loaded. */
  readonly read: { readonly by: number; readonly of: number };
}

/** The id of a file that is attached on this device; the server's is `Attachment.remote`. */
export type UploadId = string;

/**
 * How far an attached file has got. `waiting`: for its turn, for the network, for its message. `preparing`: the server has
 * all bytes and looks at them. `missing`: this device has lost bytes that the server has not, so the file has to be chosen
 * again. `failed`: refused, see `failure`.
 */
export type UploadState = "waiting" | "sending" | "paused" | "preparing" | "ready" | "failed" | "missing";

/** Why a file that is to be sent stands still and goes on by itself: the line is cut, or the server takes nothing now. */
export type Cut = "line" | "server";

/** A file that is attached to a draft or to a message that waits to be sent. */
/** A file as others will get it: cleaning may have changed its name and its size. Of a picture in pixels. */
export interface SentAs {
  readonly name: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
}

export interface Attachment {
  readonly id: UploadId;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly form: Form;
  /** As the device wrote it, with whatever it says of place and device. */
  readonly original: boolean;
  /** Whether `original` may still be changed, since all its bytes are at hand: it is sent anew then. */
  readonly originalFree: boolean;
  /** Of the upright picture in pixels, and of sound and video, as far as this device knows. */
  readonly width: number | null;
  readonly height: number | null;
  readonly seconds: number | null;
  readonly state: UploadState;
  /** Bytes that the server has: what was only sent does not count. */
  readonly acknowledged: number;
  /** While it waits or is sent, and its last try came to nothing. */
  readonly cut: Cut | null;
  readonly failure: Failure | null;
  /** How it will be sent, once it is ready and the server was asked; null before, and when it goes as it is here. */
  readonly sent: SentAs | null;
  /** The upload's id at the server once it has begun there. When it is `ready`, `core.fileUrl(remote)` shows it. */
  readonly remote: Id | null;
}

/**
 * A message of ours on its way. `failed` offers retry and delete; `code` is the server's reason. `elsewhere`: the server has
 * it, and waits for the agency that orders the room.
 */
export type Delivery =
  | { readonly kind: "waiting" }
  | { readonly kind: "elsewhere"; readonly agency: string }
  | { readonly kind: "sending" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

export interface PendingItem {
  readonly kind: "pending";
  readonly key: string;
  readonly txnId: TxnId;
  readonly room: RoomId;
  readonly at: Millis;
  readonly text: string;
  readonly mentions: readonly PersonId[];
  readonly everyone: boolean;
  readonly replyTo: Position | null;
  readonly reply: Quote | null;
  /** What it carries, with how far each has got: the message leaves when all are ready. */
  readonly files: readonly Attachment[];
  /** It has left this device and may stand in the log already. */
  readonly tried: boolean;
  readonly delivery: Delivery;
}

export interface NamedPerson {
  readonly p: PersonId;
  readonly name: string | null;
}

/** What happened to the room itself. */
export type Notice =
  | { readonly what: "created"; readonly name: string | null }
  | { readonly what: "added"; readonly people: readonly NamedPerson[] }
  | { readonly what: "removed"; readonly people: readonly NamedPerson[] }
  | { readonly what: "removed_by_system"; readonly people: readonly NamedPerson[]; readonly why: string }
  | { readonly what: "transferred"; readonly to: PersonId }
  | { readonly what: "reassigned"; readonly to: PersonId; readonly why: string }
  | { readonly what: "renamed"; readonly name: string; readonly old: string | null }
  | { readonly what: "closed" }
  | { readonly what: "closed_by_system"; readonly why: string }
  | { readonly what: "damaged" };

export interface NoticeItem {
  readonly kind: "notice";
  readonly key: string;
  readonly n: Position;
  readonly sender: PersonId | null;
  readonly at: Millis;
  readonly notice: Notice;
}

export type TimelineItem = MessageItem | NoticeItem;

export interface TimelineSnapshot {
  readonly room: RoomId;
  /** Oldest first, contiguous: nothing is missing between the first and the last. */
  readonly items: readonly TimelineItem[];
  /** Our own unsent messages, oldest first; shown after the items when `hasNewer` is false. */
  readonly pending: readonly PendingItem[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: "none" | "first" | "older" | "newer" | "around";
  /** Code of the last failed load (`offline` without network), null after success. */
  readonly error: string | null;
  /** Where the «new messages» line goes: fixed while the timeline is open. */
  readonly unreadLine: Position | null;
  /** When the reader cleared what came before; null when nothing is kept from sight. */
  readonly clearedAt: Millis | null;
}

// --- people ----------------------------------------------------------------------------------------------------

/** What is known of a person, named in the language of the page; `full` when their profile has been read. */
export interface PersonCard {
  readonly id: PersonId;
  readonly name: string;
  /** Every way the name is written, in Thai and English: a mention may hold either. */
  readonly spellings: readonly string[];
  readonly unit: string | null;
  readonly post: string | null;
  readonly rank: string | null;
  /** What they say of themselves. */
  readonly status: string | null;
  readonly active: boolean;
  /** Names their photograph; another one has another name. */
  readonly photo: string | null;
  readonly full: PersonView | null;
}

/** What people have written on this device and nowhere else. */
export interface Unsent {
  /** Not sent yet, refused ones among them. */
  readonly messages: number;
  /** Rooms in which somebody has begun to write. */
  readonly drafts: number;
}

export interface DraftText {
  readonly text: string;
  readonly mentions: readonly PersonId[];
  readonly everyone: boolean;
  readonly replyTo: Position | null;
  /** The files that go with it, in their order; absent for none. */
  readonly files?: readonly UploadId[];
}

/** The requests to rooms' owners that concern us, as the server last told them. */
export interface RequestList {
  /** Answers to us; then what waits, our own first; then other answers. Of what waits the oldest come first, of answers the newest. */
  readonly requests: readonly MyRequest[];
  /** How much waits for our answer, and how many answers we have not seen: on all pages, read or not. */
  readonly waiting: number;
  readonly answers: number;
  /** How many profile photographs wait for our judgement (F17). */
  readonly photos: number;
  /** Whether the server has more of them. */
  readonly more: boolean;
  readonly departures: readonly Departure[];
  /** The agency's settings; null until the server has told them. */
  readonly escalatesDays: number | null;
  readonly repeatsDays: number | null;
}

/** How much we have to be told, by what it is: requests that wait for us, answers to ours, rooms that we were taken off. */
export interface News {
  readonly waiting: number;
  readonly answers: number;
  readonly gone: number;
}

/** What has just happened and is worth a notification (C6, C7). Only the leading tab hears it. */
export type Incoming = IncomingMessage | IncomingChange | { readonly kind: "requests"; readonly news: News };

export interface IncomingMessage {
  readonly kind: "message";
  readonly room: RoomId;
  readonly message: MessageItem;
  readonly mention: boolean;
  /** From a private conversation. */
  readonly direct: boolean;
}

/** We were added to a room, or made its owner. */
export interface IncomingChange {
  readonly kind: "added" | "owner";
  readonly room: RoomId;
}
