const MINUTE_MS = 60_000;

/**
 * What abbreviations of zones in HTML exports stand for, in minutes before UTC (behind: negative).
 * Several where the same letters are used in several parts of the world: then the user's own zone
 * decides. From the zone database and from what ICU writes in the languages of `locales.ts`.
 */
const OFFSETS: Readonly<Record<string, readonly number[]>> = {
  UTC: [0],
  GMT: [0],
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
  CST: [-360, 480, -300],
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

const NUMERIC = /^(?:UTC|GMT)\s*(?<sign>[+\u2212-])(?<hours>\d{1,2})(?::?(?<minutes>\d{2}))?$/u;

/** The offsets in milliseconds that a zone's abbreviation may stand for; none where unknown. */
export function offsetsOf(abbreviation: string): readonly number[] {
  const text = abbreviation.toUpperCase();
  const numeric = NUMERIC.exec(text)?.groups;
  if (numeric === undefined) return (OFFSETS[text] ?? []).map((minutes) => minutes * MINUTE_MS);
  const minutes = Number(numeric["hours"]) * 60 + Number(numeric["minutes"] ?? 0);
  return [(numeric["sign"] === "+" ? minutes : -minutes) * MINUTE_MS];
}
