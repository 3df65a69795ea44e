const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The local date, "YYYY-MM-DD".
 *
 * @param now epoch milliseconds.
 * @param timeZone an IANA zone; one that the browser does not know counts as UTC.
 */
export function todayIn(timeZone: string, now: number): string {
  const parts = formatOf(timeZone).formatToParts(now);
  const valueOf = (wanted: string) => parts.find(({ type }) => type === wanted)?.value ?? "";
  return `${valueOf("year").padStart(4, "0")}-${valueOf("month")}-${valueOf("day")}`;
}

/** Making one takes longer than all that it is used for in an hour. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) formats.set(timeZone, (format = newFormat(timeZone)));
  return format;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const date = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const locale = "en-u-ca-gregory-nu-latn";
  try {
    return new Intl.DateTimeFormat(locale, { ...date, timeZone });
  } catch {
    return new Intl.DateTimeFormat(locale, { ...date, timeZone: "UTC" });
  }
}
