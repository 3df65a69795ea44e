import type { ReactNode } from "react";
import { receiptLines, type ImportReceipt } from "../../importer";
import { useFormats } from "../shared/formats";

/** Where every entry of an import went, and what a person should know of it. */
export function ReceiptDetails({ receipt }: { receipt: ImportReceipt }): ReactNode {
  const { number, date } = useFormats();
  const { message, warnings, histories, firstWatchedAt, lastWatchedAt, entries } = receipt;
  const found = histories.flatMap(({ path }) => (path === null ? [] : [path]));
  return (
    <>
      {message !== null && <p>{message}</p>}
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      {entries > 0 && (
        <dl className="facts">
          {[["entries read", entries] as const, ...receiptLines(receipt)].map(([label, count]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
      {firstWatchedAt !== null && lastWatchedAt !== null && (
        <p>
          Watches from {date(firstWatchedAt)} to {date(lastWatchedAt)}
          {found.length > 0 && <>, found in {found.join(", ")}</>}
        </p>
      )}
    </>
  );
}
