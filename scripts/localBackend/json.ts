/** The deepest JSON that the real backend parses: the recursion limit of its parser, serde_json. */
const MAX_DEPTH = 128;
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
/** `JSON.stringify` escapes half a surrogate pair, and never a whole one. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** What the real backend's parser says about half a surrogate pair. */
export const LONE_SURROGATE = "lone leading surrogate in hex escape";

/**
 * Parses JSON as strictly as the real backend does.
 *
 * @throws SyntaxError where the text is not JSON, is nested too deeply, or contains half a
 *   surrogate pair.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeperThan(MAX_DEPTH, value)) throw new SyntaxError("recursion limit exceeded");
  if (hasUnpairedSurrogate(text)) throw new SyntaxError(LONE_SURROGATE);
  return value;
}

/** Whether any string in a JSON text contains half a surrogate pair. */
export function hasUnpairedSurrogate(json: string): boolean {
  if (UNPAIRED_SURROGATE.test(json)) return true;
  // An escaped backslash in front of "ud800" looks the same: only parsing tells them apart.
  return ESCAPED_SURROGATE.test(json) && containsSurrogate(JSON.parse(json));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether any string in a value, names of fields included, contains half a surrogate pair. */
export function containsSurrogate(value: unknown): boolean {
  if (typeof value === "string") return UNPAIRED_SURROGATE.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([name, child]) => UNPAIRED_SURROGATE.test(name) || containsSurrogate(child),
  );
}

function isDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(limit - 1, child));
}
