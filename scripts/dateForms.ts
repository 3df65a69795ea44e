import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dateForms, greenwichWords } from "./dateForms/dateForms";

// Writes how each language writes dates, as ICU knows it, to the table that HTML exports are read
// with. Run it with a new Node.js, whose ICU is newer.

const FILE = join(import.meta.dirname, "../src/takeout/html/dateForms.ts");

const rows = dateForms().map((row) => `  ${JSON.stringify(row)},\n`);
writeFileSync(
  FILE,
  `// Made by \`npm run date-forms\` with ICU ${process.versions["icu"] ?? ""}: do not edit.

/**
 * How HTML exports write moments, one way a line: the languages, templates, the names of the months
 * where they are words, and what stands for the hours before and after noon.
 */
export const DATE_FORMS: readonly string[] = [
${rows.join("")}];

/** What stands for Greenwich beside an offset. */
export const GREENWICH: readonly string[] = [
${greenwichWords()
  .map((word) => `  ${JSON.stringify(word)},\n`)
  .join("")}];
`,
);
console.log(`${String(rows.length)} forms written to ${FILE}`);
