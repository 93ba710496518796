/**
 * Applies what the appliance has told one person to the core's own feed, and compares the outcome with a fresh snapshot:
 * `old snapshot + events == fresh snapshot`.
 *
 * A trace is recorded by the server's tests (`tests/log/stations.py`). Rooms are compared as the list shows them, members
 * as the room's own view names them, and messages as a page of the log gives them. Does no I/O: `serve.mjs` has the pipe.
 */
import { isDeepStrictEqual } from "node:util";

import { MemoryTables } from "#core/db/tables";
import { loadRows } from "#core/db/messages";
import { Feed } from "#core/feed";
import type { Event, RoomView, Sync } from "#core/protocol";

/** What a device heard, in its order: the snapshot it began with, answers to `/sync`, frames of the stream. */
interface Step {
  readonly source: "snapshot" | "catch_up" | "live";
  readonly said: Pick<Sync, "pos" | "events">;
}

export interface Trace {
  readonly me: string;
  /** Each room of the first snapshot read on its own, with its members, as when somebody opens it. */
  readonly begun: Readonly<Record<string, RoomView>>;
  readonly steps: readonly Step[];
  readonly fresh: Pick<Sync, "pos" | "events">;
  /** Each room read on its own, with its members. */
  readonly views: Readonly<Record<string, RoomView>>;
  /** The whole log of each room, as pages give it. */
  readonly messages: Readonly<Record<string, readonly Event[]>>;
}

/** Returns what differs, in words; nothing when the core has come to what the appliance says. */
export async function differences(trace: Trace): Promise<string[]> {
  const [heard, fresh] = [await opened(trace.me), await opened(trace.me)];
  const stale = new Set<string>();
  heard.feed.onStale = (room) => void stale.add(room);
  for (const [at, { source, said }] of trace.steps.entries()) {
    const outcome = await heard.feed.apply({ pos: said.pos, events: said.events, source });
    if (outcome === "gap") return [`step ${at}: a gap`];
    if (at === 0) for (const view of Object.values(trace.begun)) await heard.feed.viewed(view);
  }
  for (const room of stale) {
    const view = trace.views[room];
    if (view !== undefined) await heard.feed.viewed(view);
  }
  await fresh.feed.apply({ ...trace.fresh, source: "snapshot" });
  return [...roomsDiffer(heard.feed, fresh.feed), ...membersDiffer(heard.feed, trace), ...(await messagesDiffer(heard, trace))];
}

interface Opened {
  readonly feed: Feed;
  readonly tables: MemoryTables;
}

async function opened(me: string): Promise<Opened> {
  const [feed, tables] = [new Feed(), new MemoryTables()];
  await feed.open(tables, me);
  return { feed, tables };
}

function roomsDiffer(heard: Feed, fresh: Feed): string[] {
  const [mine, theirs] = [listed(heard), listed(fresh)];
  const rooms = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...rooms].flatMap((room) => differ(`room ${room}`, mine[room], theirs[room]));
}

/** Every room as the list knows it: members are read apart, and a row shows no reactions. */
function listed(feed: Feed): Record<string, unknown> {
  const rows = [...feed.rooms.snapshot()].map(([room, { view }]) => {
    const { members: _, last, ...rest } = view;
    return [room, { ...rest, last: last === undefined || last === null ? null : bare(last) }] as const;
  });
  return Object.fromEntries(rows);
}

function bare({ reactions: _, txn_id: __, ...event }: Event): Omit<Event, "reactions" | "txn_id"> {
  return event;
}

function membersDiffer(heard: Feed, { views }: Trace): string[] {
  return [...heard.rooms.snapshot()].flatMap(([room, { view }]) => {
    if (view.members === undefined || view.members.length === 0) return [];
    const sorted = (members: RoomView["members"]) => [...(members ?? [])].sort((a, b) => (a.person < b.person ? -1 : 1)).map(marks);
    return differ(`members of ${room}`, sorted(view.members), sorted(views[room]?.members));
  });
}

/** What changes by events; names and posts come from the directory. */
function marks({ person, role, since, read, skipped }: NonNullable<RoomView["members"]>[number]): unknown {
  return { person, role, since, read: read ?? null, skipped: skipped ?? [] };
}

async function messagesDiffer({ feed, tables }: Opened, { messages }: Trace): Promise<string[]> {
  const found: string[] = [];
  for (const [room, { ranges }] of feed.rooms.snapshot()) {
    for (const [first, last] of ranges) {
      for (const { event } of await loadRows(tables, room, first, last)) {
        const said = messages[room]?.find(({ n }) => n === event.n);
        found.push(...differ(`message ${event.n} of ${room}`, folded(event), said === undefined ? undefined : folded(said)));
      }
    }
  }
  return found;
}

/** An entry with what later ones made of it; an edit's words live in the message it changes. */
function folded(event: Event): unknown {
  const { txn_id: _, reactions, ...rest } = event;
  const people = (reactions ?? []).map((one) => ({ emoji: one.emoji, people: [...one.people].sort() }));
  const said = { ...rest, reactions: people.sort((a, b) => (a.emoji < b.emoji ? -1 : 1)) };
  if (event.type !== "message.edit") return said;
  const { body: __, hidden: ___, ...edit } = said;
  return edit;
}

function differ(what: string, mine: unknown, theirs: unknown): string[] {
  if (isDeepStrictEqual(mine, theirs)) return [];
  return [`${what}\n  by events: ${JSON.stringify(mine)}\n  by asking: ${JSON.stringify(theirs)}`];
}
