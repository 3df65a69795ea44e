import js from "@eslint/js";
import convexPlugin from "@convex-dev/eslint-plugin";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports point one way: dashboard → react → engine; convex → engine; importer → takeout → engine; scripts → anything. */
function forbidImports(files, ...group) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [{ group, message: "This import points against the direction of the layers." }],
        },
      ],
    },
  };
}

/** Globals of Node.js that neither Convex's runtime nor a browser has. */
const NODE_GLOBALS = [
  "Buffer",
  "process",
  "global",
  "require",
  "module",
  "__dirname",
  "__filename",
];
const NODE_TIMERS = ["setImmediate", "clearImmediate"];

export default tseslint.config(
  { ignores: ["node_modules", "dist", "artifacts", "convex/_generated", "scripts/sample"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...convexPlugin.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.mjs"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Typed arrays are indexed all over the engine; noUncheckedIndexedAccess asks for the mark.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true, argsIgnorePattern: "^_" },
      ],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["src/**/*.{ts,tsx}", "tests/react/**"], ...reactHooks.configs.flat.recommended },
  { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
  { files: ["scripts/**", "tests/**"], rules: { "no-console": "off" } },
  {
    // Evaluated when it is deployed, before any function: it has no typed environment.
    files: ["convex/auth.config.ts"],
    rules: { "@convex-dev/no-process-env": "off" },
  },
  {
    files: ["convex/**/*.ts", "src/**/*.{ts,tsx}"],
    ignores: ["convex/auth.config.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...[...NODE_GLOBALS, ...NODE_TIMERS].map((name) => ({
          name,
          message: "Only Node.js has this.",
        })),
      ],
    },
  },
  forbidImports(
    ["src/engine/**"],
    "**/takeout/**",
    "**/react/**",
    "**/convex/**",
    "convex/*",
    "node:*",
  ),
  forbidImports(["src/takeout/**"], "**/react/**", "**/convex/**", "convex/*", "node:*"),
  forbidImports(["src/importer/**"], "**/react/**", "**/convex/**", "convex/*", "node:*"),
  forbidImports(["src/react/**"], "**/dashboard/**", "**/scripts/**", "node:*"),
  forbidImports(["src/dashboard/**"], "**/scripts/**", "node:*"),
  {
    files: ["convex/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "TemplateLiteral > CallExpression[callee.property.name=/^(slice|substring|substr)$/]",
          message: "Use cutText: half a surrogate pair may not leave a function.",
        },
      ],
    },
  },
  {
    // Every write of a watch record passes the wrapped `db` of convex/functions.ts.
    files: ["convex/**/*.ts"],
    ignores: ["convex/functions.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/_generated/server"],
              importNames: ["mutation", "internalMutation"],
              message: "Use the wrapped constructors of ./functions: they log every change.",
            },
            {
              group: ["node:*", "**/scripts/**", "**/react/**"],
              message: "Not available in Convex's runtime.",
            },
          ],
        },
      ],
    },
  },
);
