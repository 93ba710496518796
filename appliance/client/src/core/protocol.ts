/**
 * The wire types of the staff API, in the server's own names.
 *
 * The shapes are generated (`schema.ts`, by `make api-types`, from the types the server decodes with); here stand only
 * the names that an OpenAPI document has no schema for: scalars, queries, and the frames of the stream as unions.
 * Fields the server omits when they hold their default are optional. Times are integer milliseconds since the epoch
 * (UTC); ids are opaque strings.
 */
import type { EventsFrame, FailedFrame, operations, Ping, PongFrame, Receipt, Send, SentFrame, Typing } from "./schema";

export type * from "./schema";

export type Id = string;
export type TxnId = string;
export type Millis = number;
export type Position = number;
export type Factor = "totp" | "passkey";

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
export type PeopleQuery = Query<"list_people">;
export type MessagesQuery = Query<"list_messages">;

export type ClientFrame = Ping | Typing | Receipt | Send;
export type ServerFrame = EventsFrame | SentFrame | FailedFrame | PongFrame;
