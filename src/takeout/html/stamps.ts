import { DATE_FORMS, GREENWICH } from "./dateForms";

/**
 * What the numbers of a stamp are, in their order: day, month, year, hour, minute, second, and hours
 * and minutes of an offset.
 */
type Role = "d" | "n" | "y" | "h" | "m" | "s" | "H" | "M";

/** A way to read the stamps of one look. */
export interface Reading {
  roles: readonly Role[];
  /** 1 to 12; null where it is among the numbers. */
  month: number | null;
  /** The hours of the day that its word for the half stands for; null where it has none. */
  half: Half | null;
  /** What names the zone; null where nothing does. Of an offset, its sign. */
  zone: { label: string } | { sign: 1 | -1 } | null;
  /** Those that write like this. */
  languages: readonly string[];
  /** Whether it counts only where the rows of the file rule out the others. */
  isRare: boolean;
}

/** The first and the last hour of the day, 0 to 23. */
export type Half = readonly [first: number, last: number];

type Look = Omit<Reading, "zone">;

/**
 * What older files have and today's ICU no longer writes, as public reports show it, and the forms
 * that exports of any language share: ISO days, and times of Europe in languages that have names
 * for the halves of the day.
 */
const FURTHER_FORMS: readonly string[] = [
  "iso|{y}-{n}-{d} {h}:{m}:{s} {z}|||",
  "zh-CN|{y}年{n}月{d}日 {p}{h}:{m}:{s} {z}||凌晨/清晨/早上/上午|中午/下午/晚上",
  "zh-TW zh-HK|{y}年{n}月{d}日 {h}:{m}:{s} {z};{y}年{n}月{d}日 {p}{h}:{m}:{s} {z}||早上|晚上",
  "en-US en-CA|{n}/{d}/{y}, {h}:{m}:{s} {p} {z}||AM|PM",
  "en-GB en-IN en-NZ en-ZA en-IE en-AU|{d} {M} {y}, {h}:{m}:{s} {p} {z};{d} {M} {y}, {h}:{m}:{s} {z}|Jan/Feb/Mar/Apr/May/Jun/Jul/Aug/Sep/Oct/Nov/Dec|am|pm",
  "en-US|{M} {d}, {y}, {h}:{m}:{s} {p} {z}|Jan/Feb/Mar/Apr/May/Jun/Jul/Aug/Sept/Oct/Nov/Dec|AM|PM",
  "de de-AT de-CH|{d}. {M} {y}, {h}:{m}:{s} {z}|Jan.~Jän./Feb./Mär.~März~Mrz/Apr./Mai/Jun.~Juni/Jul.~Juli/Aug./Sep.~Sept./Okt./Nov./Dez.|vorm.|nachm.",
  "fr fr-CA fr-CH|{d} {M} {y} à {h}:{m}:{s} {z};{d} {M} {y} à {h} h {m} min {s} s {z};{d} {M} {y}, {h}:{m}:{s} {z}|janv./févr.~fév./mars/avr./mai/juin/juil.~juill./août~aout/sept./oct./nov./déc.|AM|PM",
  "es es-419 es-MX es-US|{d} {M} {y} {h}:{m}:{s} {p} {z};{d} {M} {y} {h}:{m}:{s} {z};{d} de {M} de {y}, {h}:{m}:{s} {z}|ene./feb./mar./abr./may./jun./jul./ago./sep.~sept.~set./oct./nov./dic.|a. m.|p. m.",
  "nl nl-BE|{d} {M} {y} {h}:{m}:{s} {z}|jan./feb./mrt./apr./mei/jun./jul./aug./sep./okt./nov./dec.|a.m.|p.m.",
  "ro|{d} {M} {y} {h}:{m}:{s} {z}|ian./feb./mar./apr./mai/iun./iul./aug./sep./oct./noi.~nov./dec.|a.m.|p.m.",
  "ru|{d} {M} {y} г., {h}:{m}:{s} {z}|янв./февр.~фев./мар.~марта/апр./мая~май/июн.~июня/июл.~июля/авг./сент.~сен./окт./нояб.~ноя./дек.|AM|PM",
  "bg|{d} {M} {y} г., {h}:{m}:{s} {z}|ян./фев./мар.~март/апр./май/юни/юли/авг./сеп./окт./ное./дек.|am|pm",
  "cs|{d}. {M} {y} {h}:{m}:{s} {z}|led./úno./bře./dub./kvě./čvn./čvc./srp./zář./říj./lis./pro.|dop.|odp.",
  "da|{d}. {M} {y} {h}.{m}.{s} {z}|jan./feb./mar.~mars/apr./maj/jun.~juni/jul.~juli/aug./sep./okt./nov./dec.|AM|PM",
  "nb|{d}. {M} {y}, {h}:{m}:{s} {z}|jan./feb./mar.~mars/apr./mai/jun.~juni/jul.~juli/aug./sep./okt./nov./des.|a.m.|p.m.",
  "fi|{d}. {M} {y} klo {h}.{m}.{s} {z}|tammik./helmik./maalisk./huhtik./toukok./kesäk./heinäk./elok./syysk./lokak./marrask./jouluk.|ap.|ip.",
  "el|{d} {M} {y}, {h}:{m}:{s} {p} {z}|Ιαν/Φεβ/Μαρ~Μάρ/Απρ/Μαΐ~Μαϊ~Μάι~Μαι/Ιουν~Ιούν/Ιουλ~Ιούλ/Αυγ~Αύγ/Σεπ/Οκτ/Νοε~Νοέ/Δεκ|π.μ.|μ.μ.",
];

/** Written by no release of ICU: people's own settings, of which a form of ICU may be a reading, too. */
const RARE_FORMS: readonly string[] = ["en-US en-CA|{n}/{d}/{y}, {h}:{m}:{s} {z}|||"];

/** What stood for the hours before and after noon in older releases of ICU. */
const OLDER_HALVES: Readonly<Record<string, readonly [morning: string, afternoon: string]>> = {
  bg: ["пр.об.", "сл.об."],
  hi: ["पूर्वाह्न", "अपराह्न"],
  hy: ["ԿԱ", "ԿՀ"],
  km: ["ព្រឹក", "ល្ងាច"],
  kn: ["ಪೂರ್ವಾಹ್ನ", "ಅಪರಾಹ್ನ"],
  ko: ["오전", "오후"],
  mr: ["म.पू.", "म.उ."],
  sq: ["e paradites", "e pasdites"],
  sw: ["Asubuhi", "Mchana"],
  ta: ["முற்பகல்", "பிற்பகல்"],
  th: ["ก่อนเที่ยง", "หลังเที่ยง"],
  ur: ["قبل دوپہر", "بعد دوپہر"],
};

const GREENWICH_WORDS = GREENWICH.map((word) => word.replace(/\s+/gu, "\\s*")).join("|");
const OFFSET = String.raw`(?<sign>[+\u2212\u2013-])\s*\d{1,4}(?:[:.](?<minutes>\d{2}))?(?!\d)`;
const OFFSET_BEHIND = new RegExp(String.raw`\[?(?:${GREENWICH_WORDS})\]?\s*${OFFSET}`, "iu");
const OFFSET_BEFORE = new RegExp(String.raw`${OFFSET}\s*(?:${GREENWICH_WORDS})`, "iu");

/** A word, or two that are cut short. */
const LABEL = /[\p{L}\p{M}]+(?:\. [\p{L}\p{M}]+\.)?/gu;

const MORNING: Half = [0, 11];
const AFTERNOON: Half = [12, 23];

/** What `AM` and `PM` mean does not depend on the language. */
const COMMON_HALVES = [
  ["am", MORNING],
  ["pm", AFTERNOON],
] as const;

/** Words for less than half of the day. */
const PARTS_OF_DAY: Readonly<Record<string, Half>> = {
  凌晨: [0, 6],
  清晨: [4, 11],
  早上: [4, 11],
  中午: [12, 13],
  晚上: [17, 23],
};

// Words in the place of what differs from stamp to stamp.
const MONTH = "monthname";
const HALF = "halfname";
const ZONE = "zonelabel";

/** How each language writes, by the look of a stamp: see `exactLook` and `looseLook`. */
let looks: ReadonlyMap<string, Look[]> | null = null;

/** Digits of any script as those of ASCII; marks of direction gone, blanks plain. */
export function plainStamp(text: string): string {
  return text
    .replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u061c\ufeff]/gu, "")
    .replace(/\s+/gu, " ")
    .replace(/[^\P{Nd}0-9]/gu, (digit) => String(digitValue(digit)))
    .normalize("NFC")
    .trim();
}

/** Digits stand in tens from a code point whose last digit is 0 or 6 in every script. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero -= 1;
  return code - zero;
}

/**
 * The ways to read a stamp; where its punctuation is that of a language, only such. They hold for
 * every stamp that differs from it in its digits only.
 */
export function readingsOf(stamp: string): Reading[] {
  looks ??= allLooks();
  for (const lookOf of [exactLook, looseLook]) {
    for (const { text, zone, offsetAt, offsetRoles } of zonesIn(stamp)) {
      const found = looks.get(lookOf(text)) ?? [];
      if (found.length === 0) continue;
      const before = stamp.slice(0, offsetAt).match(/\d+/gu)?.length ?? 0;
      return found.map((look) => {
        const roles = [...look.roles.slice(0, before), ...offsetRoles, ...look.roles.slice(before)];
        return { ...look, roles, zone };
      });
    }
  }
  return [];
}

interface ZoneInStamp {
  /** The stamp, with a word in the zone's place. */
  text: string;
  zone: Reading["zone"];
  offsetAt: number;
  offsetRoles: readonly Role[];
}

/** An offset is the zone; else there is none, or one of the words is it. */
function* zonesIn(stamp: string): Generator<ZoneInStamp> {
  const offset = OFFSET_BEHIND.exec(stamp) ?? OFFSET_BEFORE.exec(stamp);
  if (offset !== null) {
    const { sign, minutes } = offset.groups ?? {};
    yield {
      text: stamp.replace(offset[0], ` ${ZONE} `),
      zone: { sign: sign === "+" ? 1 : -1 },
      offsetAt: offset.index,
      offsetRoles: minutes === undefined ? ["H"] : ["H", "M"],
    };
    return;
  }
  yield { text: stamp, zone: null, offsetAt: 0, offsetRoles: [] };
  for (const { 0: label, index } of [...stamp.matchAll(LABEL)].reverse()) {
    const text = stamp.slice(0, index) + ZONE + stamp.slice(index + label.length);
    yield { text, zone: { label }, offsetAt: 0, offsetRoles: [] };
  }
}

function allLooks(): ReadonlyMap<string, Look[]> {
  const all = new Map<string, Look[]>();
  for (const line of [...DATE_FORMS, ...FURTHER_FORMS]) addForm(all, line, false);
  for (const line of RARE_FORMS) addForm(all, line, true);
  return all;
}

function addForm(all: Map<string, Look[]>, line: string, isRare: boolean): void {
  const [languages = "", templates = "", months = "", mornings = "", afternoons = ""] =
    line.split("|");
  const form: Form = {
    languages: languages.split(" "),
    months: months
      .split("/")
      .flatMap((names, index) => names.split("~").map((name) => [name, index + 1] as const)),
    halves: [
      ...olderHalvesOf(languages.split(" ")),
      ...mornings.split("/").map((name) => [name, PARTS_OF_DAY[name] ?? MORNING] as const),
      ...afternoons.split("/").map((name) => [name, PARTS_OF_DAY[name] ?? AFTERNOON] as const),
      ...COMMON_HALVES,
    ],
    isRare,
  };
  for (const template of templates.split(";")) addLooks(all, form, template);
}

function olderHalvesOf(languages: readonly string[]): Form["halves"] {
  return languages.flatMap((language) => {
    const [morning, afternoon] = OLDER_HALVES[language] ?? [];
    if (morning === undefined || afternoon === undefined) return [];
    return [[morning, MORNING] as const, [afternoon, AFTERNOON] as const];
  });
}

interface Form {
  languages: readonly string[];
  months: readonly (readonly [name: string, month: number])[];
  halves: readonly (readonly [name: string, half: Half])[];
  isRare: boolean;
}

function addLooks(all: Map<string, Look[]>, form: Form, template: string): void {
  const { languages, isRare } = form;
  const roles = [...template.matchAll(/\{([dnyhms])\}/gu)].map(([, role]) => role as Role);
  const months = template.includes("{M}") ? form.months : [["", null] as const];
  const halves = template.includes("{p}") ? form.halves : [["", null] as const];
  const text = template
    .replace(/\{[dnyhms]\}/gu, "1")
    .replace("{M}", MONTH)
    .replace("{p}", HALF);
  // Rows from before 2018 have no zone.
  const texts = [text.replace("{z}", ZONE), text.replace(/[[(]?\{z\}[\])]?/u, "")];
  for (const lookOf of [exactLook, looseLook]) {
    for (const look of texts.map((one) => lookOf(one))) {
      for (const [monthName, month] of months) {
        const ofMonth = look.replace(MONTH, lookOf(monthName));
        for (const [halfName, half] of halves) {
          const key = ofMonth.replace(HALF, lookOf(halfName));
          const known = all.get(key) ?? [];
          known.push({ roles, month, half, languages, isRare });
          all.set(key, known);
        }
      }
    }
  }
}

/** Numbers, words and punctuation. Commas and blanks come and go with releases of ICU. */
function exactLook(text: string): string {
  return plainStamp(text)
    .toLowerCase()
    .replace(/\d+/gu, "#")
    .replace(/[\s,،、]+/gu, " ")
    .replace(/ ?([^\p{L}\p{M} ]) ?/gu, "$1")
    .trim();
}

/** Numbers and words alone; "a. m." is one word. */
function looseLook(text: string): string {
  return plainStamp(text)
    .toLowerCase()
    .replace(/\d+/gu, "#")
    .replace(/[^\p{L}\p{M}#]+/gu, " ")
    .replace(/ ?(#) ?/gu, "$1")
    .replace(/(?<![\p{L}\p{M}])(\p{L}) (?=\p{L}(?![\p{L}\p{M}]))/gu, "$1")
    .trim();
}
