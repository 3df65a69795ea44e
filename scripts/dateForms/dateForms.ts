import { LANGUAGES } from "./languages";

type Part = Intl.DateTimeFormatPart;

/** Placeholders of a template, by the part of a formatted date. */
const PLACEHOLDERS: Partial<Record<Part["type"], string>> = {
  day: "{d}",
  year: "{y}",
  hour: "{h}",
  minute: "{m}",
  second: "{s}",
  dayPeriod: "{p}",
  timeZoneName: "{z}",
};

const LONG = { dateStyle: "medium", timeStyle: "long", timeZone: "UTC" } as const;
/** Exports also write the short form of a time, and put the zone behind all. */
const MEDIUM = { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" } as const;

/** One line for each way of writing dates, the languages that share it together. */
export function dateForms(): string[] {
  const languages = new Map<string, string[]>();
  for (const language of LANGUAGES) {
    const form = formOf(language);
    languages.set(form, [...(languages.get(form) ?? []), language]);
  }
  return [...languages].map(([form, sharing]) => `${sharing.join(" ")}|${form}`);
}

/** The words that stand for Greenwich in front of an offset or behind it. */
export function greenwichWords(): string[] {
  const words = LANGUAGES.map((language) => {
    const format = new Intl.DateTimeFormat(language, { ...LONG, timeZone: "Asia/Dhaka" });
    const name = format.formatToParts(0).find(({ type }) => type === "timeZoneName")?.value ?? "";
    return name.replace(/[\u200b-\u200f[\]+\p{Nd}]/gu, "").trim();
  });
  return [...new Set(words)];
}

function formOf(language: string): string {
  const forms = [undefined, true, false].flatMap((hour12) =>
    [LONG, MEDIUM].map((style) =>
      readForm(language, hour12 === undefined ? style : { ...style, hour12 }),
    ),
  );
  const templates = new Set(forms.map(({ template }) => template));
  const months = Array.from({ length: 12 }, (_, index) =>
    [...new Set(forms.flatMap(({ months }) => months[index] ?? []))].join("~"),
  );
  const { mornings, afternoons } = halvesOf(language);
  return [
    [...templates].join(";"),
    months.join("") === "" ? "" : months.join("/"),
    mornings.join("/"),
    afternoons.join("/"),
  ].join("|");
}

interface Form {
  template: string;
  /** In the order of the language's own calendar; empty where months are numbers. */
  months: string[];
}

/** What differs from month to month is the month, as whole words. */
function readForm(language: string, options: Intl.DateTimeFormatOptions): Form {
  const format = new Intl.DateTimeFormat(language, options);
  const texts = daysOf(format.resolvedOptions().calendar).map((day) => {
    const text = format.formatToParts(day).map(templateOf).join("");
    return text.includes("{z}") ? text : `${text} {z}`;
  });
  const [first = ""] = texts;
  const rest = texts.slice(1);
  let start = 0;
  while (start < first.length && rest.every((text) => text[start] === first[start])) start += 1;
  if (start === first.length) return { template: first, months: [] };
  let end = 0;
  while (rest.every((text) => text.at(-1 - end) === first.at(-1 - end))) end += 1;
  while (/[\p{L}\p{M}]/u.test(first[start - 1] ?? "")) start -= 1;
  while (/[\p{L}\p{M}.]/u.test(first.at(-end) ?? "")) end -= 1;
  return {
    template: `${first.slice(0, start)}{M}${first.slice(first.length - end)}`,
    months: texts.map((text) => text.slice(start, text.length - end)),
  };
}

/** A morning in each month of a year, the first month first. */
function daysOf(calendar: string): number[] {
  return Array.from({ length: 12 }, (_, index) =>
    calendar === "persian"
      ? Date.UTC(2025, 2, 25 + 31 * index, 11, 4, 1)
      : Date.UTC(2025, index, 15, 11, 4, 1),
  );
}

function templateOf({ type, value }: Part): string {
  if (type === "month") return value.replace(/\p{Nd}+/u, "{n}");
  return PLACEHOLDERS[type] ?? value.replace(/[\u200e\u200f\u061c]/gu, "");
}

function halvesOf(language: string) {
  const format = new Intl.DateTimeFormat(language, { ...LONG, hour12: true });
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const parts = format.formatToParts(Date.UTC(2025, 7, 15, hour, 4, 1));
    return parts.find(({ type }) => type === "dayPeriod")?.value ?? "";
  });
  const mornings = [...new Set(hours.slice(0, 12))];
  const afternoons = [...new Set(hours.slice(12))];
  const both = mornings.find((name) => afternoons.includes(name));
  if (both !== undefined) throw new Error(`${language} writes ${both} before and after noon.`);
  return { mornings, afternoons };
}
