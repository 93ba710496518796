/**
 * What the compiler does not see: who may import whom, named exports only, no clock of one's own.
 *
 * The layers are main → features → ui → platform → core; i18n is beside ui. Across layers an import says `#layer/…`, so
 * a relative path never leaves the folder it starts in.
 */
import { readFileSync } from "node:fs";

import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";
import ts from "typescript";

const COMPONENTS = {
  group: ["react-aria-components", "react-aria-components/*", "react-aria", "react-stately"],
  message: "Only ui/ imports React Aria: give the component a home there.",
};
const VIEWS = { group: ["react", "react/*", "react-dom", "react-dom/*"], message: "This layer knows no React." };

/** @param {string[]} layers */
const closed = (layers) => ({
  regex: `^#(${layers.join("|")})/`,
  message: "Imports point one way: main → features → ui → platform → core.",
});
/** @param {string} regex */
const leaving = (regex) => ({ regex, message: "A relative import stays in its folder; across layers write #layer/…." });

/**
 * @param {string} files
 * @param {object[]} patterns
 */
const layer = (files, ...patterns) => ({ files: [files], rules: { "no-restricted-imports": ["error", { patterns }] } });

const NO_DEFAULT_EXPORT = { selector: "ExportDefaultDeclaration", message: "Named exports only." };
/** `/[.!]+$/` looks from every place of a run to its end: it takes the square of the text's length. */
const NO_TRAILING_RUN = {
  selector: "Literal[regex.pattern=/^(?!\\^).*[+*]\\)?\\$$/]",
  message: "A run at the end takes the square of the text's length: trim from the end in a loop.",
};
const POLICIES = readFileSync(`${import.meta.dirname}/src/core/roomPolicies.ts`, "utf8");
const KINDS = [...POLICIES.matchAll(/^ {2}(\w+): \{$/gm)].map(([, kind]) => kind);
/**
 * Names of kinds stand in the generated table alone: what is not the one kind would be taken for the other, and every new kind
 * with it. Of the same words, icons, ARIA roles and names of properties in types are none.
 */
const NO_KIND_OF_ROOM = {
  selector: [
    `Literal[value=/^(${KINDS.join("|")})$/]`,
    ":not(:matches(JSXAttribute[name.name=/^(icon|name|role)$/], Property[key.name=/^(icon|role)$/], TSTypeParameterInstantiation) Literal)",
  ].join(""),
  message: "Ask the policy of the room, or take the kind that begins (core/policy.ts).",
};
const NO_OWN_CLOCK = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: "Take the time from clock.ts." },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Take the time from clock.ts." },
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: "Take ids from the core." },
];

/**
 * A number that people read passes through `formatNumber`, so that it has the digits they chose. `plural` does so itself.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
const FORMATTED_NUMBERS = {
  meta: { type: "problem", schema: [], messages: { bare: "Write formatNumber(…): the reader chooses the digits." } },
  create(context) {
    const { program, esTreeNodeToTSNodeMap } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    const check = (node) => {
      const type = checker.getTypeAtLocation(esTreeNodeToTSNodeMap.get(node));
      const parts = type.isUnion() ? type.types : [type];
      // Elements are objects: what may be one is a part of the page that somebody else wrote.
      const isText = parts.every((part) => (part.flags & ts.TypeFlags.Object) === 0);
      if (isText && parts.some((part) => part.flags & ts.TypeFlags.NumberLike)) context.report({ node, messageId: "bare" });
    };
    return {
      ":matches(JSXElement, JSXFragment) > JSXExpressionContainer > :not(JSXEmptyExpression)": check,
      "TaggedTemplateExpression[tag.name=/^(t|msg)$/] > TemplateLiteral > :not(TemplateElement)": check,
    };
  },
};

export default tseslint.config(
  { ignores: ["dist", ".cache", "src/core/schema.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // `() => void listener()` and `() => listener()` say the same to their caller.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": ["error", NO_DEFAULT_EXPORT, NO_TRAILING_RUN, NO_KIND_OF_ROOM],
    },
  },
  { files: ["**/*.tsx"], extends: [reactHooks.configs.flat.recommended] },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { texts: { rules: { "formatted-numbers": FORMATTED_NUMBERS } } },
    rules: { "texts/formatted-numbers": "error" },
  },

  layer("src/core/*.ts", closed(["platform", "ui", "features", "i18n"]), COMPONENTS, VIEWS, leaving("^\\.\\./")),
  layer("src/core/*/**/*.ts", closed(["platform", "ui", "features", "i18n"]), COMPONENTS, VIEWS, leaving("^\\.\\./\\.\\./")),
  layer("src/platform/**/*.ts", closed(["ui", "features", "i18n"]), COMPONENTS, VIEWS, leaving("^\\.\\./")),
  layer("src/i18n/**/*.ts", closed(["core", "platform", "ui", "features"]), COMPONENTS, leaving("^\\.\\./")),
  layer("src/ui/**/*.{ts,tsx}", closed(["features"]), leaving("^\\.\\./")),
  layer("src/features/*/*.{ts,tsx}", closed(["features"]), COMPONENTS, leaving("^\\.\\./")),
  layer("src/features/*/*/**/*.{ts,tsx}", closed(["features"]), COMPONENTS, leaving("^\\.\\./\\.\\./")),
  layer("src/*.{ts,tsx}", COMPONENTS),

  { files: ["src/core/**/*.ts"], ignores: ["src/core/clock.ts"], rules: { "no-restricted-syntax": ["error", NO_DEFAULT_EXPORT, NO_TRAILING_RUN, NO_KIND_OF_ROOM, ...NO_OWN_CLOCK] } },
  // The server in memory knows kinds, as the real one does, and so do the examples of tests.
  { files: ["tests/**/*.ts", "src/**/*.test.ts"], rules: { "no-restricted-syntax": ["error", NO_DEFAULT_EXPORT, NO_TRAILING_RUN] } },
  { files: ["src/core/roomPolicies.ts", "src/core/**/*.test.ts"], rules: { "no-restricted-syntax": ["error", NO_DEFAULT_EXPORT, NO_TRAILING_RUN, ...NO_OWN_CLOCK] } },
  // Read by browsers as it is, the oldest included.
  { files: ["public/*.js"], languageOptions: { ecmaVersion: 5, sourceType: "script", globals: { window: "readonly", document: "readonly" } } },
  // Tools read their configuration from a default export.
  { files: ["*.config.{ts,js}"], rules: { "no-restricted-syntax": "off" } },
);
