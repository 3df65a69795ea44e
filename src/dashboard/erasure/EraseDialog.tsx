import type { ReactNode, RefObject } from "react";
import { ConfirmDialog } from "../shared/ConfirmDialog";

/** Says what is erased and asks once more; opened by its `showModal`. */
export function EraseDialog({
  ref,
  isImporting,
  onConfirm,
}: {
  ref: RefObject<HTMLDialogElement | null>;
  isImporting: boolean;
  onConfirm: () => void;
}): ReactNode {
  return (
    <ConfirmDialog
      ref={ref}
      title="Erase all your data?"
      action="Erase everything"
      onConfirm={onConfirm}
    >
      <p>These are deleted from the server:</p>
      <ul>
        <li>all your watches,</li>
        <li>all results computed from them,</li>
        <li>your settings, such as the time zone,</li>
        <li>the receipts of your imports.</li>
      </ul>
      <p>
        <strong>It cannot be undone.</strong> Importing your export again brings the watches back,
        and the results with them; settings and receipts stay gone.
      </p>
      {isImporting && <p>The import that is running is broken off.</p>}
    </ConfirmDialog>
  );
}
