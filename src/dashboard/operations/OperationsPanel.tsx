import { useId, type ReactNode } from "react";

/** The frame of a panel of this view. */
export function OperationsPanel({
  title,
  size = "half",
  children,
}: {
  title: string;
  size?: "half" | "full";
  children: ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <section className={`panel ${size}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
      </header>
      {children}
    </section>
  );
}
