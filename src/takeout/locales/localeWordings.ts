/** What exports write in one language of the account. */
export interface LocaleWordings {
  /**
   * Around the title of a watched video; `{title}` stands for it. Blanks next to it that only some
   * exports have are left out here. Of two that fit the first counts, so the one that says more
   * stands first.
   */
  watched: readonly string[];
  /** Whole titles of watches whose video is gone; they stay as they are. */
  removed: readonly string[];
  /** Titles without an address that tell of something else than a watch; `{}` stands for any text. */
  notVideos: readonly string[];
  /** What, beside "Google", names its ads in an entry's details, whatever the case. */
  ads: readonly string[];
  /**
   * How the names of the twelve months begin in HTML exports, short and long ones, in lower case;
   * "|" between two beginnings. None where months are numbers.
   */
  months?: string;
  /** What stands for the hours before and after noon, in lower case without dots and blanks. */
  morning?: readonly string[];
  afternoon?: readonly string[];
}
