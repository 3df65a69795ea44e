import { GREENWICH } from "./dateForms";
import { plainStamp } from "./stamps";

const MINUTE_MS = 60_000;
const STEP_MS = 14 * 86_400_000;
/** An export is made in the year after its newest row, or at least bears a label of the zone's. */
const STEPS_AHEAD = 28;
const STEPS_BACK = 26 * 21;
/** Exports in other languages bear English labels as well, each region its own. */
const ENGLISH = ["en-US", "en-GB", "en-AU", "en-CA", "en-NZ", "en-IE", "en-IN", "en-ZA"];

/**
 * What labels of zones in HTML exports stand for, in minutes before UTC (behind: negative). Several
 * where the same letters are used in several parts of the world. ICU names most zones by their
 * offset; exports have these names, too.
 */
const OFFSETS: Readonly<Record<string, readonly number[]>> = {
  Z: [0],
  // Europe
  WET: [0],
  WEST: [60],
  CET: [60],
  CEST: [120],
  MEZ: [60],
  MESZ: [120],
  HNEC: [60],
  HEEC: [120],
  EET: [120],
  EEST: [180],
  OEZ: [120],
  OESZ: [180],
  MSK: [180],
  MSD: [240],
  TRT: [180],
  МСК: [180],
  BST: [60, 360, 660],
  IST: [330, 60, 120],
  IDT: [180],
  // America
  NST: [-210],
  NDT: [-150],
  AST: [-240, 180],
  ADT: [-180],
  EST: [-300],
  EDT: [-240],
  CST: [-360, 480],
  CDT: [-300],
  MST: [-420],
  MDT: [-360],
  PST: [-480],
  PDT: [-420],
  AKST: [-540],
  AKDT: [-480],
  HST: [-600],
  HAST: [-600],
  BRT: [-180],
  BRST: [-120],
  ART: [-180],
  CLT: [-240],
  CLST: [-180],
  COT: [-300],
  PET: [-300],
  // French Canada
  HNTN: [-210],
  HATN: [-150],
  HNA: [-240],
  HAA: [-180],
  HNE: [-300],
  HAE: [-240],
  HNC: [-360],
  HAC: [-300],
  HNR: [-420],
  HAR: [-360],
  HNP: [-480],
  HAP: [-420],
  // Africa and Asia
  WAT: [60],
  CAT: [120],
  SAST: [120],
  EAT: [180],
  GST: [240],
  PKT: [300],
  NPT: [345],
  ICT: [420],
  WIB: [420],
  WITA: [480],
  WIT: [540],
  HKT: [480],
  SGT: [480],
  PHT: [480],
  PHST: [480],
  MYT: [480],
  JST: [540],
  KST: [540],
  // Australia and New Zealand
  AWST: [480],
  ACST: [570],
  ACDT: [630],
  AEST: [600],
  AEDT: [660],
  NZST: [720],
  NZDT: [780],
};

/** What the labels in one export stand for: each is settled once, by the first row that bears it. */
export class ZoneLabels {
  private readonly offsets = new Map<string, number | null>();

  /** @param timeZone the user's IANA zone, where it is known. */
  constructor(private readonly timeZone: string | undefined) {}

  /**
   * How far clocks that bear a label are ahead of UTC, in milliseconds: the offset that the user's
   * zone calls so, next to the file's newest row. Without it, the one that the label stands for all
   * over the world; null where that may be several, or none.
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
    const isGreenwich = GREENWICH.some((word) => comparable(word) === label);
    const meanings = (isGreenwich ? [0] : (OFFSETS[label] ?? [])).map((at) => at * MINUTE_MS);
    const { timeZone } = this;
    if (timeZone !== undefined) {
      const periods = [...periodsAround(newestMs, timeZone)];
      const namesAt = zoneNames(timeZone, [...languages, ...ENGLISH]);
      const period =
        periods.find(({ at }) => namesAt(at).includes(label)) ??
        periods.find(({ offset }) => meanings.includes(offset));
      if (period !== undefined) return period.offset;
    }
    return meanings.length === 1 ? meanings[0]! : null;
  }
}

/**
 * The offsets that a zone has, those after a time first, the nearest first; then those before it.
 * Within a year, a zone has one name for an offset.
 */
function* periodsAround(time: number, timeZone: string): Generator<{ at: number; offset: number }> {
  const offsets = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const seen = new Set<string>();
  for (let step = 0; step <= STEPS_AHEAD + STEPS_BACK; step++) {
    const at = time + (step <= STEPS_AHEAD ? step : STEPS_AHEAD - step) * STEP_MS;
    const name = nameIn(offsets, at);
    const key = `${String(new Date(at).getUTCFullYear())} ${name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { at, offset: offsetNamed(name) };
  }
}

/** "GMT-03:30" in milliseconds. */
function offsetNamed(name: string): number {
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  const ahead = (60 * Number(hours ?? 0) + Number(minutes ?? 0)) * MINUTE_MS;
  return sign === "-" ? -ahead : ahead;
}

/** What a zone is called at an instant, in each of some languages. */
function zoneNames(timeZone: string, languages: readonly string[]): (at: number) => string[] {
  const formats = Intl.DateTimeFormat.supportedLocalesOf([...new Set(languages)]).map(
    (language) => new Intl.DateTimeFormat(language, { timeZone, timeZoneName: "short" }),
  );
  return (at) => formats.map((format) => comparable(nameIn(format, at)));
}

function nameIn(format: Intl.DateTimeFormat, at: number): string {
  return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function comparable(label: string): string {
  return plainStamp(label).toUpperCase();
}
