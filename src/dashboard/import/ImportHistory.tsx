import { useConvexAuth, useQuery } from "convex/react";
import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import type { ImportReceipt } from "../../importer";
import { useFormats } from "../shared/formats";
import { Menu } from "../shared/Menu";
import { ReceiptDetails } from "./ReceiptDetails";

/** The receipts of earlier imports, loaded when they are looked at. */
export function ImportHistory(): ReactNode {
  return (
    <Menu label="Imports" align="end">
      <Receipts />
    </Menu>
  );
}

function Receipts(): ReactNode {
  const { isAuthenticated } = useConvexAuth();
  const receipts = useQuery(api.importReceipts.list, isAuthenticated ? {} : "skip");
  if (receipts === undefined) return <p>Loading …</p>;
  if (receipts.length === 0) return <p>Nothing was imported yet.</p>;
  return (
    <ul className="receipts" aria-label="Earlier imports">
      {receipts.map((receipt) => (
        <li key={receipt.importId}>
          <Receipt receipt={receipt} />
        </li>
      ))}
    </ul>
  );
}

const OUTCOMES: Record<ImportReceipt["outcome"], string> = {
  complete: "complete",
  "ended-early": "the file ends early",
  refused: "no watch history",
  stopped: "stopped",
  failed: "failed",
};

function Receipt({ receipt }: { receipt: ImportReceipt }): ReactNode {
  const { dateTime, count } = useFormats();
  const { finishedAt, fileName, outcome, inserted, undated, entries } = receipt;
  return (
    <details>
      <summary>
        {fileName},{" "}
        <time dateTime={new Date(finishedAt).toISOString()}>{dateTime(finishedAt)}</time>:{" "}
        {OUTCOMES[outcome]}, {count(inserted + undated, "new record")} of{" "}
        {count(entries, "entry", "entries")}
      </summary>
      <ReceiptDetails receipt={receipt} />
    </details>
  );
}
