/**
 * Names of people, posts, ranks and units in the language of the page. `core/naming.ts` decides; this knows the page.
 *
 * A card of the core is named already. A view that shows something else of the server's asks here while it is drawn.
 */
import { i18n } from "@lingui/core";

import { inLanguage, type Language } from "#core/naming";

interface Written {
  readonly name: string;
  readonly name_en?: string | null;
}

/** A person of a list; the unit is a name with its English one beside it, or a reference that has both. */
interface Placed {
  readonly post?: string | null;
  readonly post_en?: string | null;
  readonly unit?: string | Written | null;
  readonly unit_en?: string | null;
}

export function pageLanguage(): Language {
  return i18n.locale === "en" ? "en" : "th";
}

/** The one of two names that is shown. */
export function inPageLanguage<T extends string | null | undefined>(thai: T, english: string | null | undefined): T | string {
  return inLanguage(pageLanguage(), thai, english);
}

/** The name of a person or a unit. */
export function nameOf({ name, name_en: english }: Written): string {
  return inPageLanguage(name, english);
}

/** The unit of a person, if it is known. */
export function unitOf({ unit, unit_en: english }: Placed): string | null {
  return typeof unit === "object" && unit !== null ? nameOf(unit) : (inPageLanguage(unit, english) ?? null);
}

/** Where a person works, on one line. */
export function placeOf(person: Placed): string {
  return placeText(inPageLanguage(person.post, person.post_en), unitOf(person));
}

/** The post, and the unit unless the post names it already. */
export function placeText(post: string | null | undefined, unit: string | null | undefined): string {
  if (!post) return unit ?? "";
  if (!unit || post.includes(unit)) return post;
  return `${post} · ${unit}`;
}
