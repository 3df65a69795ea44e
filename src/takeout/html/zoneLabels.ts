import { GREENWICH } from "./dateForms";
import { plainStamp } from "./stamps";

const MINUTE_MS = 60_000;
const STEP_MS = 14 * 86_400_000;
/** An export is made in the year after its newest row, or at least bears a label of the zone's. */
const SOON = 28;
/** Twenty-one years. */
const EVER = 26 * 21;
/** Exports in other languages bear English labels as well, each region its own. */
const ENGLISH = ["en-US", "en-GB", "en-AU", "en-CA", "en-NZ", "en-IE", "en-IN", "en-ZA"];

/**
 * What labels of zones in HTML exports stand for, in minutes ahead of UTC. ICU names most zones by
 * their offset; exports have these names, too.
 */
const OFFSETS: Readonly<Record<string, number>> = {
  Z: 0,
  // Europe
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  MEZ: 60,
  MESZ: 120,
  HNEC: 60,
  HEEC: 120,
  EET: 120,
  EEST: 180,
  OEZ: 120,
  OESZ: 180,
  MSK: 180,
  MSD: 240,
  TRT: 180,
  МСК: 180,
  IDT: 180,
  // America
  NST: -210,
  NDT: -150,
  ADT: -180,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  HAST: -600,
  BRT: -180,
  BRST: -120,
  ART: -180,
  CLT: -240,
  CLST: -180,
  COT: -300,
  PET: -300,
  // French Canada
  HNTN: -210,
  HATN: -150,
  HNA: -240,
  HAA: -180,
  HNE: -300,
  HAE: -240,
  HNC: -360,
  HAC: -300,
  HNR: -420,
  HAR: -360,
  HNP: -480,
  HAP: -420,
  // Africa and Asia
  WAT: 60,
  CAT: 120,
  SAST: 120,
  EAT: 180,
  GST: 240,
  PKT: 300,
  NPT: 345,
  ICT: 420,
  WIB: 420,
  WITA: 480,
  WIT: 540,
  HKT: 480,
  SGT: 480,
  PHT: 480,
  PHST: 480,
  MYT: 480,
  JST: 540,
  KST: 540,
  // Australia and New Zealand
  AWST: 480,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};

/**
 * Labels that several parts of the world use, by what ICU calls the times of those zones in
 * English. A user there has their own in mind.
 */
const REGIONAL: Readonly<Record<string, readonly string[]>> = {
  AST: ["Atlantic Standard Time", "Arabian Standard Time"],
  ADT: ["Atlantic Daylight Time", "Arabian Daylight Time"],
  BST: ["British Summer Time", "Bangladesh Standard Time"],
  CDT: ["Central Daylight Time", "Cuba Daylight Time"],
  CST: [
    "Central Standard Time",
    "China Standard Time",
    "Macao Standard Time",
    "Taipei Standard Time",
    "Taiwan Standard Time",
    "Cuba Standard Time",
    "Australian Central Standard Time",
    "Australian Central Daylight Time",
  ],
  EDT: ["Eastern Daylight Time", "Australian Eastern Daylight Time"],
  EST: [
    "Eastern Standard Time",
    "Australian Eastern Standard Time",
    "Australian Eastern Daylight Time",
  ],
  IST: ["India Standard Time", "Irish Standard Time", "Israel Standard Time"],
  MSD: ["Moscow Summer Time"],
  MSK: ["Moscow Standard Time"],
  MST: ["Mountain Standard Time", "Mexican Pacific Standard Time", "Malaysia Time"],
  PST: ["Pacific Standard Time", "Philippine Standard Time"],
};

/** What the labels in one export stand for: each is settled once, by the first row that bears it. */
export class ZoneLabels {
  private readonly offsets = new Map<string, number | null>();

  /** @param timeZone the user's IANA zone, where it is known. */
  constructor(private readonly timeZone: string | undefined) {}

  /**
   * How far clocks that bear a label are ahead of UTC, in milliseconds: the offset that the user's
   * zone calls so, next to the file's newest row. Where the zone has no such label, the offset that
   * the label stands for all over the world; null where that may be several, or none.
   *
   * @param newestMs about when the newest row is, in epoch milliseconds: files begin with it.
   */
  offsetOf(label: string, languages: readonly string[], newestMs: number): number | null {
    let offset = this.offsets.get(label);
    if (offset === undefined) {
      offset = this.settle(comparable(label), languages, newestMs);
      this.offsets.set(label, offset);
    }
    return offset;
  }

  private settle(label: string, languages: readonly string[], newestMs: number): number | null {
    const { timeZone } = this;
    if (timeZone !== undefined) {
      const namesAt = zoneNames(timeZone, [...languages, ...ENGLISH]);
      const regional = REGIONAL[label] ?? [];
      for (const { at, offset } of periodsAround(newestMs, timeZone)) {
        const { short, long } = namesAt(at);
        if (short.includes(label) || regional.includes(long)) return offset;
      }
    }
    const isGreenwich = GREENWICH.some((word) => comparable(word) === label);
    const minutes = isGreenwich ? 0 : OFFSETS[label];
    return minutes === undefined ? null : minutes * MINUTE_MS;
  }
}

/**
 * The offsets that a zone has: those soon after a time, then those before it, the nearest first, and
 * those long after it. Within a year, a zone has one name for an offset.
 */
function* periodsAround(time: number, timeZone: string): Generator<{ at: number; offset: number }> {
  const offsets = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const seen = new Set<string>();
  for (const step of steps()) {
    const at = time + step * STEP_MS;
    const name = nameIn(offsets, at);
    const key = `${String(new Date(at).getUTCFullYear())} ${name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { at, offset: offsetNamed(name) };
  }
}

function* steps(): Generator<number> {
  for (let step = 0; step <= SOON; step++) yield step;
  for (let step = 1; step <= EVER; step++) yield -step;
  for (let step = SOON + 1; step <= EVER; step++) yield step;
}

/** "GMT-03:30" in milliseconds. */
function offsetNamed(name: string): number {
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  const ahead = (60 * Number(hours ?? 0) + Number(minutes ?? 0)) * MINUTE_MS;
  return sign === "-" ? -ahead : ahead;
}

/** What a zone is called at an instant: for short in each of some languages, and in full in English. */
function zoneNames(timeZone: string, languages: readonly string[]) {
  const formatOf = (language: string, timeZoneName: "short" | "long") =>
    new Intl.DateTimeFormat(language, { timeZone, timeZoneName });
  const short = Intl.DateTimeFormat.supportedLocalesOf([...new Set(languages)]).map((language) =>
    formatOf(language, "short"),
  );
  const long = formatOf("en-US", "long");
  return (at: number) => ({
    short: short.map((format) => comparable(nameIn(format, at))),
    long: nameIn(long, at),
  });
}

function nameIn(format: Intl.DateTimeFormat, at: number): string {
  return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function comparable(label: string): string {
  return plainStamp(label).toUpperCase();
}
