/** What a test changes of an ordinary entry. */
export interface HtmlEntry {
  header?: string;
  title?: string;
  url?: string | null;
  verb?: string;
  channel?: string | null;
  time?: string;
  details?: string | null;
  extra?: string;
}

/** An entry as Takeout writes it. */
export function block(entry: HtmlEntry = {}): string {
  const { header = "YouTube", title = "A quiet walk", verb = "Watched", extra = "" } = entry;
  const { url = "https://www.youtube.com/watch?v=abcdefghijk", channel = "Walks" } = entry;
  const { time = "Aug 15, 2025, 11:04:01 AM CDT", details = null } = entry;
  const subject = url === null ? title : `${verb}&nbsp;<a href="${url}">${title}</a>`;
  const by =
    channel === null ? "" : `<a href="https://www.youtube.com/channel/UCwalks">${channel}</a><br>`;
  const more = details === null ? "" : `<b>Details:</b><br>&emsp;${details}<br>`;
  return (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">' +
    `<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${header}<br></p></div>` +
    `<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${subject}<br>${by}${extra}${time}<br></div>` +
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>' +
    `<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;${header}<br>${more}<b>Why is this here?</b><br>&emsp;This activity was saved to your Google Account, which shows you advertising by Google Ads.</div>` +
    "</div></div>"
  );
}

/** An HTML export of these entries. */
export function page(...blocks: string[]): string {
  return `<html><head><title>My Activity History</title><style>.x{}</style></head><body><div class="mdl-grid">${blocks.join("")}</div></body></html>`;
}
