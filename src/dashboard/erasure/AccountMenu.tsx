import { useRef, type ReactNode } from "react";
import { Menu, MenuEntry } from "../shared/Menu";
import { EraseDialog } from "./EraseDialog";
import type { ErasureControl } from "./useErasure";

/** What a person may do with all that is kept of them. */
export function AccountMenu({
  erasure: { isErasing, start },
  isImporting,
}: {
  erasure: ErasureControl;
  isImporting: boolean;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <Menu label="Account">
        <MenuEntry
          className="destructive"
          isDisabled={isErasing}
          onChoose={() => dialog.current?.showModal()}
        >
          Erase my data …
        </MenuEntry>
      </Menu>
      <EraseDialog ref={dialog} isImporting={isImporting} onConfirm={start} />
    </>
  );
}
