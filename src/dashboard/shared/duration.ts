const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** How long something took or takes: "4.2 s", "42 s", "3 min 12 s", "2 h 5 min", "3 d 4 h". */
export function durationText(durationMs: number): string {
  const tenths = Math.round(durationMs / (SECOND_MS / 10));
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(durationMs / SECOND_MS);
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ${seconds % MINUTE_S} s`;
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ${minutes} min`;
  return `${Math.floor(seconds / DAY_S)} d ${Math.floor((seconds % DAY_S) / HOUR_S)} h`;
}

/** How long something may still take, in whole seconds: it is an estimate. */
export function timeLeftText(remainingMs: number): string {
  const seconds = Math.ceil(remainingMs / SECOND_MS);
  return seconds < 10 ? `${seconds} s` : durationText(seconds * SECOND_MS);
}
