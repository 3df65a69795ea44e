import { useState, type KeyboardEvent } from "react";

/** Which of a chart's marks is looked at, by pointer, touch or arrow keys. */
export interface Active {
  index: number | null;
  set: (index: number | null) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** @param rowLength marks a row, where up and down move between rows. */
export function useActive(count: number, rowLength = 1): Active {
  const [index, set] = useState<number | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event.key, index, count, rowLength);
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  };
  return { index: index !== null && index < count ? index : null, set, onKeyDown };
}

function moved(
  key: string,
  index: number | null,
  count: number,
  rowLength: number,
): number | null | undefined {
  if (key === "Escape") return null;
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -rowLength,
    ArrowDown: rowLength,
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  if (index === null) return step < 0 ? count - 1 : 0;
  const next = index + step;
  return next < 0 || next >= count ? index : next;
}
