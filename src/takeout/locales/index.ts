import type { LocaleWordings } from "./localeWordings";
import { en } from "./en";
import { de } from "./de";
import { fr } from "./fr";
import { es } from "./es";
import { it } from "./it";
import { ptBR } from "./pt-BR";
import { nl } from "./nl";
import { pl } from "./pl";
import { tr } from "./tr";
import { ru } from "./ru";
import { ja } from "./ja";
import { zhCN } from "./zh-CN";
import { zhTW } from "./zh-TW";
import { ko } from "./ko";
import { bg } from "./bg";
import { cs } from "./cs";
import { el } from "./el";
import { fi } from "./fi";
import { hu } from "./hu";
import { nb } from "./nb";
import { ro } from "./ro";
import { sv } from "./sv";
import { uk } from "./uk";

/**
 * One file a language: all that the parser knows about it. To add one, copy a file, fill it in from
 * an export in that language, and name it here; nothing else has to change. A title in a language
 * that is not here stays whole, and the entry is kept.
 */
export const LOCALES: Readonly<Record<string, LocaleWordings>> = {
  en,
  de,
  fr,
  es,
  it,
  "pt-BR": ptBR,
  nl,
  pl,
  tr,
  ru,
  ja,
  "zh-CN": zhCN,
  "zh-TW": zhTW,
  ko,
  bg,
  cs,
  el,
  fi,
  hu,
  nb,
  ro,
  sv,
  uk,
};
