import { ConvexProviderWithAuth, ConvexReactClient } from "convex/react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { Notice } from "../shared/Notice";
import { createUseAuth, loadSession, type Session } from "./developmentSession";

/**
 * Connects to the backend as the signed-in user. This one signs in a development identity; an
 * application with Clerk, Auth0 or Convex Auth replaces it by its own provider, see the README.
 */
export function SignIn({ children }: { children: ReactNode }): ReactNode {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    loadSession().then(setSession, (error: unknown) => setProblem(String(error)));
  }, []);
  if (problem !== null) return <NoSession problem={problem} />;
  if (session === null) return <Notice title="Connecting …" isBusy />;
  return <Connected session={session}>{children}</Connected>;
}

/** The client and the identity it signs in with; read anew only with another session. */
function Connected({ session, children }: { session: Session; children: ReactNode }): ReactNode {
  const client = useMemo(() => new ConvexReactClient(session.url), [session.url]);
  const useAuth = useMemo(() => createUseAuth(session), [session]);
  return (
    <ConvexProviderWithAuth client={client} useAuth={useAuth}>
      {children}
    </ConvexProviderWithAuth>
  );
}

function NoSession({ problem }: { problem: string }): ReactNode {
  return (
    <Notice title="No backend to connect to">
      <p>
        This page is served by <code>npm run demo</code> or <code>npm run dev</code>, which also say
        where the backend is and who is signed in. Neither answered: <q>{problem}</q>.
      </p>
      <p>Start one of them and load this page again. Nothing was changed.</p>
    </Notice>
  );
}
