import { useEffect, useState } from "react";

/** False until the browser has painted and has nothing more urgent to do. */
export function useIsIdle(): boolean {
  const [isIdle, setIsIdle] = useState(false);
  useEffect(() => {
    // Safari has no idle callbacks; a little later will do.
    if (typeof requestIdleCallback === "undefined") {
      const timer = setTimeout(() => setIsIdle(true), 300);
      return () => clearTimeout(timer);
    }
    const handle = requestIdleCallback(() => setIsIdle(true));
    return () => cancelIdleCallback(handle);
  }, []);
  return isIdle;
}
