import { useId, type ReactNode, type RefObject } from "react";
import { useIsConnected } from "../status/useIsConnected";

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
  const id = useId();
  const close = () => ref.current?.close();
  return (
    <dialog ref={ref} className="dialog" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Erase all your data?</h2>
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
      <Buttons
        onCancel={close}
        onConfirm={() => {
          close();
          onConfirm();
        }}
      />
    </dialog>
  );
}

function Buttons({
  onCancel,
  onConfirm,
}: {
  onCancel: () => void;
  onConfirm: () => void;
}): ReactNode {
  // What is asked for without a connection would be done much later, when nobody expects it.
  const isConnected = useIsConnected();
  return (
    <>
      {!isConnected && (
        <p className="warning" role="status">
          There is no connection to the server: wait until there is one again.
        </p>
      )}
      <div className="dialog-buttons">
        {/* The first that can be focused is, once the dialog opens. */}
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          className="button destructive"
          disabled={!isConnected}
          onClick={onConfirm}
        >
          Erase everything
        </button>
      </div>
    </>
  );
}
