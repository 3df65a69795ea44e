import {
  createContext,
  use,
  useEffect,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";

const CloseContext = createContext<() => void>(() => undefined);

/**
 * A button that opens a small panel below it; closes with Escape and by clicking elsewhere. What is
 * in the panel is rendered while it is open only.
 */
export function Menu({
  label,
  children,
  isChosen = false,
  align = "start",
}: {
  label: string;
  children: ReactNode;
  /** What the label names was chosen in the panel. */
  isChosen?: boolean;
  /** The edge of the button that the panel keeps to. */
  align?: "start" | "end";
}): ReactNode {
  const menu = useRef<HTMLDetailsElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  useClosing(menu);
  const closeFromInside = () => {
    const details = menu.current;
    if (details === null) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  };
  return (
    <details
      className={`menu ${align}`}
      ref={menu}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary className={isChosen ? "button chosen" : "button"}>{label}</summary>
      {isOpen && (
        <div className="menu-panel">
          <CloseContext value={closeFromInside}>{children}</CloseContext>
        </div>
      )}
    </details>
  );
}

/** Closes the menu with Escape, and by clicking elsewhere. */
function useClosing(menu: RefObject<HTMLDetailsElement | null>): void {
  useEffect(() => {
    const close = (event: Event) => {
      const details = menu.current;
      if (details === null || !details.open) return;
      const isInside = event.target instanceof Node && details.contains(event.target);
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        if (isInside) details.querySelector("summary")?.focus();
      } else if (isInside) return;
      details.open = false;
    };
    document.addEventListener("keydown", close);
    document.addEventListener("pointerdown", close);
    return () => {
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    };
  }, [menu]);
}

/** An entry of a menu's panel: closes the menu, and then does what it says. */
export function MenuEntry({
  className = "",
  isDisabled = false,
  isChosen = false,
  isSubmit = false,
  onChoose,
  children,
}: {
  className?: string;
  isDisabled?: boolean;
  isChosen?: boolean;
  /** Enter in a field of its form chooses it. */
  isSubmit?: boolean;
  onChoose: () => void;
  children: ReactNode;
}): ReactNode {
  const close = use(CloseContext);
  return (
    <button
      type={isSubmit ? "submit" : "button"}
      className={`button quiet ${className}`}
      disabled={isDisabled}
      aria-pressed={isChosen || undefined}
      onClick={() => {
        close(); // before, so that a dialog gives the focus back to the menu
        onChoose();
      }}
    >
      {children}
    </button>
  );
}
