import { createContext, use, useMemo, type ReactNode } from "react";

/** Numbers and dates as the user writes them, in the zone their days are counted in. */
export interface Formats {
  timeZone: string;
  number: (value: number) => string;
  /** "1 month", "12 months" */
  count: (value: number, one: string, many?: string) => string;
  compact: (value: number) => string;
  decimal: (value: number) => string;
  /** Of a share from 0 to 100. */
  percent: (value: number) => string;
  /** With its sign. */
  change: (percent: number) => string;
  /** Hours and minutes. */
  duration: (seconds: number) => string;
  date: (at: number) => string;
  dateTime: (at: number) => string;
  time: (at: number) => string;
  /** Hours and minutes of the day. */
  clock: (at: number) => string;
  /** "2026-03-05" → "Mar 5, 2026" */
  day: (date: string) => string;
  /** "2026-03" → "Mar 2026" */
  month: (month: string) => string;
  monthOfYear: (month: number) => string;
  /** 0 is Sunday. */
  weekday: (day: number, style?: "short" | "long") => string;
  hour: (hour: number) => string;
}

/** A Sunday, at noon UTC. */
const SUNDAY = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;

export function createFormats(locale: string | undefined, timeZone: string): Formats {
  const numbers = (options?: Intl.NumberFormatOptions) =>
    whenUsed(() => new Intl.NumberFormat(locale, options));
  const dates = (options: Intl.DateTimeFormatOptions) =>
    whenUsed(() => new Intl.DateTimeFormat(locale, options));
  const percent = numbers({ style: "percent", maximumFractionDigits: 1 });
  const change = numbers({ style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
  const month = dates({ month: "short", year: "numeric", timeZone: "UTC" });
  const day = dates({ dateStyle: "medium", timeZone: "UTC" });
  const monthOfYear = dates({ month: "short", timeZone: "UTC" });
  const weekdays = {
    short: dates({ weekday: "short", timeZone: "UTC" }),
    long: dates({ weekday: "long", timeZone: "UTC" }),
  };
  const hour = dates({ hour: "numeric", timeZone: "UTC" });
  const number = numbers();
  return {
    timeZone,
    number,
    count: (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`,
    compact: numbers({ notation: "compact", maximumFractionDigits: 1 }),
    decimal: numbers({ maximumFractionDigits: 1 }),
    percent: (value) => percent(value / 100),
    change: (value) => change(value / 100),
    duration: durations(locale),
    date: dates({ dateStyle: "medium", timeZone }),
    dateTime: dates({ dateStyle: "medium", timeStyle: "short", timeZone }),
    time: dates({ timeStyle: "medium" }),
    clock: dates({ timeStyle: "short", timeZone }),
    day: (text) => day(Date.parse(`${text}T00:00:00Z`)),
    month: (text) => month(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, 1)),
    monthOfYear: (number) => monthOfYear(Date.UTC(2026, number - 1, 1)),
    weekday: (day, style = "short") => weekdays[style](SUNDAY + day * DAY_MS),
    hour: (number) => hour(Date.UTC(2026, 0, 1, number)),
  };
}

/** Formats take milliseconds to make: none before it is used. */
function whenUsed(make: () => { format: (value: number) => string }): (value: number) => string {
  let made: { format: (value: number) => string } | null = null;
  return (value) => (made ??= make()).format(value);
}

function durations(locale: string | undefined): (seconds: number) => string {
  const unit = (name: "hour" | "minute", maximumFractionDigits: number) =>
    whenUsed(
      () =>
        new Intl.NumberFormat(locale, {
          style: "unit",
          unit: name,
          unitDisplay: "short",
          maximumFractionDigits,
        }),
    );
  const hours = unit("hour", 0);
  const fewHours = unit("hour", 1);
  const minutes = unit("minute", 0);
  return (seconds) => {
    if (seconds < 3_600) return minutes(seconds / 60);
    return (seconds < 36_000 ? fewHours : hours)(seconds / 3_600);
  };
}

const FormatsContext = createContext<Formats>(createFormats("en", "UTC"));

export function FormatsProvider({
  timeZone,
  children,
}: {
  timeZone: string;
  children: ReactNode;
}): ReactNode {
  const formats = useMemo(() => createFormats(navigator.language, timeZone), [timeZone]);
  return <FormatsContext value={formats}>{children}</FormatsContext>;
}

export function useFormats(): Formats {
  return use(FormatsContext);
}
