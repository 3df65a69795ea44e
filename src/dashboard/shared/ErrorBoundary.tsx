import { Component, type ReactNode } from "react";
import { Notice } from "./Notice";

/** Shows what went wrong instead of an empty page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Notice title="This page stopped working">
        <p>
          <q>{error.message}</q>
        </p>
        <p>Your records are on the server and were not touched. Load the page again.</p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load again
        </button>
      </Notice>
    );
  }
}
