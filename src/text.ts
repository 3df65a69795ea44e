/**
 * Texts that people wrote, made safe to store and to send. Convex takes no text that holds half of
 * a surrogate pair, and cutting a text in the middle of an emoji leaves exactly that.
 */

/** With the `u` flag a pair is one character, so this finds the unpaired ones only. */
const UNPAIRED_SURROGATES = /\p{Surrogate}/gu;
/** Most texts have nothing but ASCII and no-break spaces: they are well-formed and NFC as they are. */
const BEYOND_ASCII = /[^\x20-\x7e\xa0\u2002\u2003\u202f]/;

/** The text with U+FFFD in place of each unpaired surrogate. Its length stays the same. */
export function wellFormed(text: string): string {
  // Not `toWellFormed`: browsers from before 2023 lack it.
  return BEYOND_ASCII.test(text) ? text.replace(UNPAIRED_SURROGATES, "\uFFFD") : text;
}

/** The text as the contract of the aggregations has it: well-formed, NFC and trimmed. */
export function normalizeText(text: string): string {
  return BEYOND_ASCII.test(text) ? wellFormed(text).normalize("NFC").trim() : text.trim();
}

/**
 * The first `maxLength` UTF-16 code units of a text, or one fewer where the cut would split a
 * surrogate pair. What it returns is well-formed, whatever the text is.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return wellFormed(text);
  // Only a pair that begins at the last unit has a code point this large.
  const splitsPair = (text.codePointAt(maxLength - 1) ?? 0) > 0xffff;
  return wellFormed(text.slice(0, splitsPair ? maxLength - 1 : maxLength));
}
