/** Every text of the source is in both catalogues, and every English one is filled in. */
import { getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { expect, test } from "vitest";

test("run `npm run i18n:extract` and fill in en.po", async () => {
  const config = getConfig({ cwd: `${import.meta.dirname}/..` });
  for (const catalogue of await getCatalogs(config)) {
    const inSource = Object.keys((await catalogue.collect()) ?? {}).sort();
    const thai = await catalogue.read("th");
    const english = await catalogue.read("en");
    expect(inSource.length).toBeGreaterThan(0);
    expect(Object.keys(thai).sort()).toEqual(inSource);
    expect(Object.keys(english).sort()).toEqual(inSource);
    expect(inSource.filter((id) => !english[id]?.translation)).toEqual([]);
  }
});
