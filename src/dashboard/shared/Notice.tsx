import type { ReactNode } from "react";

/** A message that takes the place of the page. */
export function Notice({
  title,
  isBusy = false,
  children,
}: {
  title: string;
  isBusy?: boolean;
  children?: ReactNode;
}): ReactNode {
  return (
    <main className="notice" aria-busy={isBusy}>
      <h1>{title}</h1>
      {children}
    </main>
  );
}
