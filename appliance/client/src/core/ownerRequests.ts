/**
 * What members ask of a room's owner, in two kinds that live alike: to be taken off (F41), or that others be added (F34).
 *
 * Pure. The server tells each kind in a shape and by an event of its own; here both carry their kind.
 */
import type { Event, MemberSuggestion, RemovalRequest } from "./protocol";

export type Removal = RemovalRequest & { readonly kind: "removal" };
export type Suggestion = MemberSuggestion & { readonly kind: "suggestion" };
export type OwnerRequest = Removal | Suggestion;

export const asRemoval = (request: RemovalRequest): Removal => ({ ...request, kind: "removal" });
export const asSuggestion = (suggestion: MemberSuggestion): Suggestion => ({ ...suggestion, kind: "suggestion" });

/** The request an event of one's own feed tells of; null when it tells of something else. */
export function requestIn({ type, state }: Event): OwnerRequest | null {
  if (typeof state?.["id"] !== "string") return null;
  if (type === "removal_request") return asRemoval(state as unknown as RemovalRequest);
  return type === "member_suggestion" ? asSuggestion(state as unknown as MemberSuggestion) : null;
}

export const isWaiting = (request: OwnerRequest): boolean => typeof request.answered !== "number";

/** Those known from more than one source, each once; what comes later in `all` is the newer. Oldest first. */
export function distinctRequests(all: readonly OwnerRequest[]): readonly OwnerRequest[] {
  const newest = new Map<string, OwnerRequest>();
  for (const request of all) {
    const known = newest.get(request.id);
    if (known === undefined || isWaiting(known)) newest.set(request.id, request);
  }
  return [...newest.values()].sort((a, b) => a.asked - b.asked);
}
