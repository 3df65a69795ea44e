import type { ReactNode } from "react";

/** The page of who has no records yet. */
export function Welcome(): ReactNode {
  return (
    <section className="welcome">
      <h2>Bring your watch history</h2>
      <ol>
        <li>
          Open{" "}
          <a href="https://takeout.google.com/" target="_blank" rel="noreferrer">
            Google Takeout
          </a>{" "}
          and choose “YouTube and YouTube Music”, with only the history.
        </li>
        <li>Under “Multiple formats”, set the history to JSON, and export.</li>
        <li>
          Unpack what you get, and drop <code>watch-history.json</code> on this page, or choose it
          with “Import …” above.
        </li>
      </ol>
    </section>
  );
}
