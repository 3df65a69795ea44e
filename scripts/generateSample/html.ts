import type { ActivityEntry, TakeoutJsonEntry } from "./entry";

const HEAD =
  '<html><head><meta charset="utf-8"><title>My Activity History</title></head><body><div class="mdl-grid">';
const FOOT = "</div></body></html>";

/** The entries as an HTML export has them, in one line; damaged ones and those of before 2018 are left out. */
export function* serializeHtml(
  entries: readonly TakeoutJsonEntry[],
  timeZone: string,
): Generator<string> {
  const times = new Intl.DateTimeFormat("en-US", {
    dateStyle: "medium",
    timeStyle: "long",
    timeZone,
  });
  yield HEAD;
  for (const entry of entries) {
    if (isActivity(entry)) yield block(entry, times);
  }
  yield FOOT;
}

function isActivity(entry: TakeoutJsonEntry): entry is ActivityEntry {
  return typeof entry === "object" && entry !== null && "products" in entry;
}

function block(entry: ActivityEntry, times: Intl.DateTimeFormat): string {
  const product = escaped(entry.header);
  return (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">' +
    `<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${product}<br></p></div>` +
    `<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${body(entry, times)}</div>` +
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>' +
    `<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">${caption(entry)}</div>` +
    "</div></div>"
  );
}

function body(
  { title, titleUrl, subtitles = [], time }: ActivityEntry,
  times: Intl.DateTimeFormat,
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
  const shown = Number.isNaN(instant) ? escaped(time ?? "") : times.format(instant);
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
