import { ConvexReactClient } from "convex/react";
import { AGGREGATION_TYPES } from "../../engine/query";
import { preloadAggregations } from "../../react";
import { filtersFromSearch } from "../filters/urlFilters";

/** What the development server says of itself and of who is signed in. */
interface Session {
  url: string;
  /** Good for a first sign-in; later ones ask for a new session. */
  token: string;
}

/** A client, and the hook that `ConvexProviderWithAuth` signs it in with. */
export interface Connection {
  client: ConvexReactClient;
  useAuth: ReturnType<typeof createUseAuth>;
}

/** Asked for early: index.html has the browser preload it. */
const SESSION_PATH = "/development/session";

/** Finds the local backend and opens a connection to it. */
export async function connect(): Promise<Connection> {
  const session = await loadSession();
  const client = new ConvexReactClient(session.url);
  // The answers are on their way while the page is rendered for the first time.
  client.setAuth(() => Promise.resolve(session.token));
  preloadAggregations(client, AGGREGATION_TYPES, filtersFromSearch(window.location.search));
  return { client, useAuth: createUseAuth(session) };
}

async function loadSession(): Promise<Session> {
  const response = await fetch(SESSION_PATH);
  if (!response.ok) throw new Error(`${SESSION_PATH} answered ${String(response.status)}`);
  return (await response.json()) as Session; // our own server's answer
}

/** Convex's `useAuth` for a development identity: always signed in, tokens from the server. */
function createUseAuth(session: Session) {
  let unused: string | null = session.token;
  const fetchAccessToken = async (): Promise<string | null> => {
    const token = unused;
    unused = null;
    try {
      return token ?? (await loadSession()).token;
    } catch {
      return null; // Convex shows the page as signed out
    }
  };
  const auth = { isLoading: false, isAuthenticated: true, fetchAccessToken };
  return () => auth;
}
