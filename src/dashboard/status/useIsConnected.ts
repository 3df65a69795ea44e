import { useConvexConnectionState } from "convex/react";
import { useEffect, useState } from "react";

/** Shorter breaks nobody needs to know of. */
const GRACE_MS = 1_500;

/** Whether the page is connected to its backend, short breaks apart. */
export function useIsConnected(): boolean {
  const { isWebSocketConnected } = useConvexConnectionState();
  const [isGone, setIsGone] = useState(false);
  useEffect(() => {
    const timer = setTimeout(
      () => setIsGone(!isWebSocketConnected),
      isWebSocketConnected ? 0 : GRACE_MS,
    );
    return () => clearTimeout(timer);
  }, [isWebSocketConnected]);
  return !isGone;
}
