import { useEffect, useState, type ReactNode } from "react";

/**
 * Takes a file dropped anywhere on the page, and says so while one is held over it.
 *
 * @param refusal why none is taken now; null where one is.
 */
export function DropZone({
  onFile,
  refusal,
}: {
  onFile: (file: File) => void;
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
      const file = event.dataTransfer?.files[0];
      if (file !== undefined && refusal === null) onFile(file);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [onFile, refusal]);
  if (!isOver) return null;
  return <div className="drop-veil">{refusal ?? "Drop your watch history to import it"}</div>;
}
