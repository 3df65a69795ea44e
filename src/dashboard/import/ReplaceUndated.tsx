import { useQuery } from "convex/react";
import { useRef, type ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { hasTimes, type ImportReceipt } from "../../importer";
import { ConfirmDialog } from "../shared/ConfirmDialog";

/** Offers to replace the watches that other files brought without a time, where there are any. */
export function ReplaceUndated({
  receipt,
  onReplace,
}: {
  receipt: ImportReceipt;
  onReplace: () => void;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const { withoutTime } = receipt;
  // Watches without a time come first; one more than this file has is of another file.
  const paginationOpts = { numItems: withoutTime + 1, cursor: null };
  const isOffered = hasTimes(receipt);
  const watches = useQuery(api.watchRecords.page, isOffered ? { paginationOpts } : "skip");
  if (watches?.page[withoutTime]?.watchedAt !== null) return null;
  return (
    <>
      <p>
        Other files brought watches without a time. If these are watches of this file, too, they are
        there twice.{" "}
        <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
          Replace them …
        </button>
      </p>
      <ConfirmDialog
        ref={dialog}
        title="Replace the watches without a time?"
        action="Remove and import again"
        onConfirm={onReplace}
      >
        <p>
          All watches without a time are removed. Then {receipt.fileName} is imported again: nothing
          is added twice.
        </p>
        <p>
          <strong>It cannot be undone.</strong> Watches without a time that are not in this file
          come back only if you import theirs again.
        </p>
      </ConfirmDialog>
    </>
  );
}
