import { useConvexAuth } from "convex/react";
import type { ReactNode } from "react";
import { Dashboard } from "./Dashboard";
import { SignIn } from "./session/SignIn";
import { Notice } from "./shared/Notice";

/** The page for whoever is signed in. */
export function App(): ReactNode {
  return (
    <SignIn>
      <SignedIn />
    </SignIn>
  );
}

/** Shows the page while the server still checks the token: its queries wait for that anyway. */
function SignedIn(): ReactNode {
  const { isLoading, isAuthenticated } = useConvexAuth();
  if (isLoading || isAuthenticated) return <Dashboard />;
  return (
    <Notice title="You are signed out">
      <p>
        Your identity provider gave no valid token. Sign in again to see your watch history; it is
        kept on the server and nothing of it was lost.
      </p>
    </Notice>
  );
}
