/** What several files are called together: the first, and how many more. */
export function nameOfFiles(names: readonly string[]): string {
  const [first = "", ...others] = names;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
