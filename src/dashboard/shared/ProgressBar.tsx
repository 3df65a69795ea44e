import type { ReactNode } from "react";

/** How far something is; `value` is null where that cannot be told. */
export function ProgressBar({
  label,
  value,
  max,
}: {
  label: string;
  value: number | null;
  max: number;
}): ReactNode {
  // Without a value the browser takes it as going on, nobody knows how long.
  const shown = value === null || max <= 0 ? undefined : Math.min(value, max);
  return <progress aria-label={label} value={shown} max={Math.max(max, 1)} />;
}
