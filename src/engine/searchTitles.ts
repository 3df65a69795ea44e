/** How well a title matches: lower is better; null where it does not. */
function rankOf(title: string, text: string): number | null {
  const at = title.indexOf(text);
  if (at === -1) return null;
  if (at === 0) return title.length === text.length ? 0 : 1;
  // Two code units: the letter before may be a surrogate pair.
  return /[\p{L}\p{N}]$/u.test(title.slice(Math.max(0, at - 2), at)) ? 3 : 2;
}

/** Letters without case and accents, so that "beyonce" finds "Beyoncé". */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

/**
 * Titles that contain a text, whatever its case and accents: equal ones first, then those that
 * begin with it, then those where a word does; by name within each.
 */
export function searchTitles(titles: Iterable<string>, text: string, maxFound: number): string[] {
  const wanted = folded(text);
  if (wanted === "") return [];
  const found: { title: string; rank: number }[] = [];
  for (const title of titles) {
    const rank = rankOf(folded(title), wanted);
    if (rank !== null) found.push({ title, rank });
  }
  found.sort((a, b) => a.rank - b.rank || (a.title < b.title ? -1 : 1));
  return found.slice(0, maxFound).map(({ title }) => title);
}
