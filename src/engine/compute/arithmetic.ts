/** `a` as a percentage of `b`; 0 where `b` is 0. */
export function percentage(a: number, b: number): number {
  return b === 0 ? 0 : (a / b) * 100;
}

/** The change from `previous` to `current` in percent; null where `previous` is 0. */
export function change(current: number, previous: number): number | null {
  return previous === 0 ? null : ((current - previous) / previous) * 100;
}

/** `a / b`; 0 where there is nothing to average. */
export function average(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
