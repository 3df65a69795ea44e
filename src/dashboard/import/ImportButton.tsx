import { useRef, type ReactNode } from "react";
import { chosenIn, type ChosenFile } from "./chosenFiles";

/** Chooses files, for people who do not drag and drop. */
export function ImportButton({
  onFiles,
  isBusy,
}: {
  onFiles: (files: ChosenFile[]) => void;
  isBusy: boolean;
}): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        accept=".json,.html,.htm,.zip,.tgz,.gz,application/json,text/html,application/zip"
        className="visually-hidden"
        tabIndex={-1}
        aria-label="Watch history file"
        onChange={(event) => {
          const files = chosenIn(event.target);
          event.target.value = ""; // so that the same file can be chosen again
          if (files.length > 0) onFiles(files);
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
