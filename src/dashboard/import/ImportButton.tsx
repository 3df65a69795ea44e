import { useRef, type ReactNode } from "react";

/** Chooses a file, for who does not drag and drop. */
export function ImportButton({
  onFile,
  isBusy,
}: {
  onFile: (file: File) => void;
  isBusy: boolean;
}): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,.html,.htm,.zip,.tgz,.gz,application/json,text/html,application/zip"
        className="visually-hidden"
        tabIndex={-1}
        aria-label="Watch history file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ""; // so that the same file can be chosen again
          if (file !== undefined) onFile(file);
        }}
      />
      <button
        type="button"
        className="button primary"
        disabled={isBusy}
        onClick={() => input.current?.click()}
      >
        Import …
      </button>
    </>
  );
}
