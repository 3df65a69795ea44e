import { useConvex, type ConvexReactClient } from "convex/react";
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import { DEFAULT_OPTIONS, type AggregationOptions } from "./options";
import { PageStore } from "./store/pageStore";

const StoreContext = createContext<PageStore | null>(null);

/** Stores of clients used without `AggregationConfig`. */
const stores = new WeakMap<ConvexReactClient, PageStore>();

/**
 * Sets delays and the clock for the hooks below it. Optional: without it, hooks share one store a
 * Convex client with `DEFAULT_OPTIONS`. Options are read once, when it mounts.
 *
 * @example
 * <ConvexProviderWithAuth client={convex} useAuth={useAuth}>
 *   <AggregationConfig fallbackDelayMs={3_000}>
 *     <Dashboard />
 *   </AggregationConfig>
 * </ConvexProviderWithAuth>
 */
export function AggregationConfig({
  children,
  ...given
}: Partial<AggregationOptions> & { children: ReactNode }): ReactNode {
  const client = useConvex();
  const [options] = useState(() => ({ ...DEFAULT_OPTIONS, ...given }));
  const store = useMemo(() => new PageStore(client, options), [client, options]);
  return <StoreContext value={store}>{children}</StoreContext>;
}

/** The store of the nearest `AggregationConfig`, else that of the Convex client. */
export function usePageStore(): PageStore {
  const client = useConvex();
  return use(StoreContext) ?? storeOf(client);
}

/** The store that hooks of a client share without `AggregationConfig`. */
export function storeOf(client: ConvexReactClient): PageStore {
  let store = stores.get(client);
  if (store === undefined) stores.set(client, (store = new PageStore(client, DEFAULT_OPTIONS)));
  return store;
}
