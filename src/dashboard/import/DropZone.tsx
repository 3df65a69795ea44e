import { useEffect, useState, type ReactNode } from "react";
import { droppedIn, type ChosenFile } from "./chosenFiles";

/**
 * Takes files and folders dropped anywhere on the page, and says so while they are held over it.
 *
 * @param refusal why none is taken now; null where one is.
 */
export function DropZone({
  onFiles,
  refusal,
}: {
  onFiles: (files: ChosenFile[]) => void;
  refusal: string | null;
}): ReactNode {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setIsOver(false);
      if (event.dataTransfer === null || refusal !== null) return;
      void droppedIn(event.dataTransfer).then((files) => {
        if (files.length > 0) onFiles(files);
      });
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [onFiles, refusal]);
  if (!isOver) return null;
  return <div className="drop-veil">{refusal ?? "Drop your watch history to import it"}</div>;
}
