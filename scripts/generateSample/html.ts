import { offsetAt } from "../../src/engine";
import type { ActivityEntry, TakeoutJsonEntry } from "./entry";

const HEAD =
  '<html><head><meta charset="utf-8"><title>My Activity History</title></head><body><div class="mdl-grid">';
const FOOT = "</div></body></html>";

/**
 * The entries as an HTML export has them, in one line; damaged ones and those of before 2018 are
 * left out. The export is made at the time of its newest entry.
 */
export function* serializeHtml(
  entries: readonly TakeoutJsonEntry[],
  timeZone: string,
): Generator<string> {
  const activities = entries.filter(isActivity);
  const instants = activities.map(({ time }) => Date.parse(time ?? ""));
  const madeAt = instants.find((instant) => !Number.isNaN(instant)) ?? 0;
  const stampOf = stampWriter(timeZone, madeAt);
  yield HEAD;
  for (const entry of activities) yield block(entry, stampOf);
  yield FOOT;
}

/**
 * How an export in English writes moments: each with the offset and the label that the zone has
 * when the export is made, whatever the season of the row.
 */
export function stampWriter(timeZone: string, madeAt: number): (instant: number) => string {
  const offset = offsetAt(madeAt, timeZone);
  const zone = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "short" });
  const label = zone.formatToParts(madeAt).find(({ type }) => type === "timeZoneName")?.value;
  const clock = new Intl.DateTimeFormat("en-US", {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone: "UTC",
  });
  return (instant) => `${clock.format(instant + offset)} ${label ?? ""}`;
}

function isActivity(entry: TakeoutJsonEntry): entry is ActivityEntry {
  return typeof entry === "object" && entry !== null && "products" in entry;
}

function block(entry: ActivityEntry, stampOf: (instant: number) => string): string {
  const product = escaped(entry.header);
  return (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">' +
    `<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${product}<br></p></div>` +
    `<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${body(entry, stampOf)}</div>` +
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>' +
    `<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">${caption(entry)}</div>` +
    "</div></div>"
  );
}

function body(
  { title, titleUrl, subtitles = [], time }: ActivityEntry,
  stampOf: (instant: number) => string,
) {
  const subject =
    titleUrl === undefined
      ? escaped(title)
      : title.replace(/^(\S+) (.*)$/s, (_all, verb: string, rest: string) => {
          return `${escaped(verb)}&nbsp;<a href="${escaped(titleUrl)}">${escaped(rest)}</a>`;
        });
  const channels = subtitles.map(({ name, url }) =>
    url === undefined ? escaped(name) : `<a href="${escaped(url)}">${escaped(name)}</a>`,
  );
  const instant = Date.parse(time ?? "");
  const shown = Number.isNaN(instant) ? escaped(time ?? "") : stampOf(instant);
  return [subject, ...channels, shown].map((line) => `${line}<br>`).join("");
}

function caption({ products, details = [] }: ActivityEntry): string {
  const lines = [
    "<b>Products:</b>",
    ...products.map((product) => `&emsp;${escaped(product)}`),
    ...(details.length === 0 ? [] : ["<b>Details:</b>"]),
    ...details.map(({ name }) => `&emsp;${escaped(name)}`),
    "<b>Why is this here?</b>",
    "&emsp;This activity was saved because YouTube watch history was on.",
  ];
  return lines.map((line) => `${line}<br>`).join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
