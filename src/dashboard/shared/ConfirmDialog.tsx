import { useId, type ReactNode, type RefObject } from "react";
import { useIsConnected } from "../status/useIsConnected";

/** Says what is lost and asks once more; opened by its `showModal`. */
export function ConfirmDialog({
  ref,
  title,
  children,
  action,
  onConfirm,
}: {
  ref: RefObject<HTMLDialogElement | null>;
  title: string;
  children: ReactNode;
  /** What the button says. */
  action: string;
  onConfirm: () => void;
}): ReactNode {
  const id = useId();
  // What is asked for without a connection would be done much later, when nobody expects it.
  const isConnected = useIsConnected();
  const close = () => ref.current?.close();
  return (
    <dialog ref={ref} className="dialog" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
      {!isConnected && (
        <p className="warning" role="status">
          There is no connection to the server: wait until there is one again.
        </p>
      )}
      <div className="dialog-buttons">
        {/* The first that can be focused is, once the dialog opens. */}
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          className="button destructive"
          disabled={!isConnected}
          onClick={() => {
            close();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </dialog>
  );
}
