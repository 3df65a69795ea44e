import { ConvexProviderWithAuth } from "convex/react";
import { useEffect, useState, type ReactNode } from "react";
import { Notice } from "../shared/Notice";
import { connecting } from "./connection";
import type { Connection } from "./developmentSession";

/**
 * Connects to the backend as the signed-in user. This one signs in a development identity; an
 * application with Clerk, Auth0 or Convex Auth replaces it by its own provider, see the README.
 */
export function SignIn({ children }: { children: ReactNode }): ReactNode {
  const [connection, setConnection] = useState<Connection | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    connecting.then(setConnection, (error: unknown) => setProblem(String(error)));
  }, []);
  if (problem !== null) return <NoSession problem={problem} />;
  if (connection === null) return <Notice title="Connecting …" isBusy />;
  return (
    <ConvexProviderWithAuth client={connection.client} useAuth={connection.useAuth}>
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
