import type { ReactNode } from "react";

/** The page of people who have no records yet. */
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
          and choose “YouTube and YouTube Music”, with only the history, in either format.
        </li>
        <li>
          Drop the <code>.zip</code> you get on this page, or choose it with “Import …” above. It
          need not be unpacked; a folder, all parts of a large export, a{" "}
          <code>watch-history.html</code> or a <code>.json</code> will do as well.
        </li>
      </ol>
    </section>
  );
}
