/** No module imports itself by a detour: types and parts that are loaded later count as well. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";
import { expect, test } from "vitest";

type Imports = ReadonlyMap<string, readonly string[]>;

const SRC = fileURLToPath(new URL("../src", import.meta.url));
/** Modules, but no tests and no declarations. */
const MODULE = /^(?!.*\.(?:test|d)\.tsx?$).*\.tsx?$/u;
const ENDINGS = [".ts", ".tsx", "/index.ts"];

function imported(file: string): string[] {
  return ts.preProcessFile(readFileSync(join(SRC, file), "utf8")).importedFiles.flatMap(({ fileName }) => {
    if (!/^[#.]/u.test(fileName)) return [];
    const path = fileName.startsWith("#") ? fileName.slice(1) : join(dirname(file), fileName);
    const ending = ENDINGS.find((end) => existsSync(join(SRC, path + end)));
    return ending === undefined ? [] : [normalize(path + ending)];
  });
}

/** Returns the modules from which a walk along the imports comes back to where it began, as the way it took. */
function circles(imports: Imports): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (module: string, way: readonly string[]): void => {
    if (way.includes(module)) return void found.push([...way.slice(way.indexOf(module)), module].join(" → "));
    if (done.has(module)) return;
    for (const next of imports.get(module) ?? []) walk(next, [...way, module]);
    done.add(module);
  };
  for (const module of imports.keys()) walk(module, []);
  return found;
}

test("a planted circle is found", () => {
  const planted: Imports = new Map([
    ["main", ["a", "c"]],
    ["a", ["b"]],
    ["b", ["c", "a"]],
    ["c", []],
  ]);
  expect(circles(planted)).toEqual(["a → b → a"]);
});

test("there is no circle of imports in the client", () => {
  const modules = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => MODULE.test(file));
  const imports = new Map(modules.map((module) => [module, imported(module)] as const));
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
  expect(circles(imports)).toEqual([]);
});
