import { useEffect, useState } from "react";

/** Long after a first paint, soon enough for whoever comes to read. */
const DELAY_MS = 500;

/** False at first: for what nobody sees and what a first paint need not wait for. */
export function useIsIdle(): boolean {
  const [isIdle, setIsIdle] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsIdle(true), DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return isIdle;
}
