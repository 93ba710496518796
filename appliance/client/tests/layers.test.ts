/** A planted wrong import is refused, arrow by arrow: the rule works, not only the present code. */
import { fileURLToPath } from "node:url";

import { ESLint } from "eslint";
import { expect, test } from "vitest";

const eslint = new ESLint({ cwd: fileURLToPath(new URL("..", import.meta.url)) });

async function refusedImports(filePath: string, specifier: string): Promise<number> {
  // Only the layer rule is asked: the type checker knows no planted file.
  const config = (await eslint.calculateConfigForFile(filePath)) as { rules: Record<string, unknown> };
  const only = new ESLint({
    overrideConfigFile: true,
    overrideConfig: { files: ["**/*.ts", "**/*.tsx"], rules: { "no-restricted-imports": config.rules["no-restricted-imports"] as never } },
  });
  const [result] = await only.lintText(`import ${JSON.stringify(specifier)};\n`, { filePath: "planted.ts" });
  return result?.messages.filter((message) => message.ruleId === "no-restricted-imports").length ?? -1;
}

const WRONG: [string, string][] = [
  ["src/core/sync.ts", "#platform/media"],
  ["src/core/sync.ts", "#ui/Brand"],
  ["src/core/sync.ts", "react"],
  ["src/core/sync.ts", "../platform/media"],
  ["src/core/db/rooms.ts", "../../features/rooms/RoomsModel"],
  ["src/core/db/rooms.ts", "#i18n/locale"],
  ["src/platform/media.ts", "#ui/Brand"],
  ["src/platform/media.ts", "react"],
  ["src/i18n/locale.ts", "#core/store"],
  ["src/ui/Brand.tsx", "#features/shell/ShellView"],
  ["src/features/rooms/RoomsView.tsx", "#features/shell/ShellView"],
  ["src/features/rooms/RoomsView.tsx", "../shell/ShellView"],
  ["src/features/rooms/RoomsView.tsx", "react-aria-components"],
  ["src/features/rooms/parts/Row.tsx", "../../shell/ShellView"],
  ["src/main.tsx", "react-aria-components"],
];

const RIGHT: [string, string][] = [
  ["src/core/db/rooms.ts", "../store"],
  ["src/core/sync.ts", "./db/rooms"],
  ["src/platform/media.ts", "#core/store"],
  ["src/ui/Brand.tsx", "react-aria-components"],
  ["src/ui/Brand.tsx", "#platform/media"],
  ["src/features/rooms/RoomsView.tsx", "#ui/Brand"],
  ["src/features/rooms/parts/Row.tsx", "../RoomsModel"],
  ["src/main.tsx", "#features/shell/ShellView"],
];

test.each(WRONG)("%s may not import %s", async (file, specifier) => {
  expect(await refusedImports(file, specifier)).toBe(1);
});

test.each(RIGHT)("%s may import %s", async (file, specifier) => {
  expect(await refusedImports(file, specifier)).toBe(0);
});

/** How much of a piece of code the rules of a file's syntax refuse. */
async function refusedSyntax(file: string, code: string): Promise<number | undefined> {
  const config = (await eslint.calculateConfigForFile(file)) as { rules: Record<string, unknown> };
  const only = new ESLint({
    overrideConfigFile: true,
    overrideConfig: { files: ["**/*.ts"], rules: { "no-restricted-syntax": config.rules["no-restricted-syntax"] as never } },
  });
  const [result] = await only.lintText(`${code};\n`, { filePath: "planted.ts" });
  return result?.messages.length;
}

test.each([
  ["text.replace(/[.,!]+$/u, '')", 1],
  ["text.replace(/(?:a|b)*$/, '')", 1],
  ["/(x+)$/.test(text)", 1],
  ["/^[a-z]+$/u.test(text)", 0],
  ["text.replace(/[.,!]$/u, '')", 0],
  ["text.replace(/\\s+/u, ' ')", 0],
])("a run at the end of a text is not looked for by an expression: %s", async (code, refused) => {
  for (const file of ["src/core/text.ts", "src/features/timeline/segments.ts", "src/ui/Brand.tsx"]) {
    expect(await refusedSyntax(file, code)).toBe(refused);
  }
});

test.each([
  ["room.kind === \"direct\"", 1],
  ["view.kind !== \"group\"", 1],
  ["isPair(policyOf(room.kind))", 0],
])("a room is not asked for its kind: %s", async (code, refused) => {
  for (const file of ["src/core/rules.ts", "src/features/room/RoomInfoView.tsx"]) {
    expect(await refusedSyntax(file, code)).toBe(refused);
  }
});
