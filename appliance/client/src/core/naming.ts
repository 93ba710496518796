/**
 * Which name is shown of a person, a post, a rank or a unit: on an English page the register's English one where it has
 * one, else the Thai.
 *
 * Pure, and the only place that decides. Views ask through `ui/names.ts`, which knows the language of the page; cards of
 * people (`people.ts`) carry the names already chosen. Stored and sent are always both.
 */

export type Language = "th" | "en";

interface Written {
  readonly name: string;
  readonly name_en?: string | null;
}

/** The name in a language; Thai where there is no other. */
export function inLanguage<T extends string | null | undefined>(language: Language, thai: T, english: string | null | undefined): T | string {
  return language === "en" && english ? english : thai;
}

/** Every way a name is written, the Thai one first: who is looked for, or mentioned, may be written either way. */
export function spellingsOf({ name, name_en: english }: Written): readonly string[] {
  return english ? [name, english] : [name];
}

/** The agency in the id of a person of another one (`p_…@slug`); null for the reader's own people, whose ids are bare. */
export function agencyOfPerson(person: string): string | null {
  const at = person.indexOf("@");
  return at < 0 ? null : person.slice(at + 1);
}
