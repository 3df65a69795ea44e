import type { ConvexReactClient } from "convex/react";
import { api } from "../../../convex/_generated/api";
import type { BrowserHistory } from "../fallback/browserHistory";
import { LiveQuery } from "./liveQuery";

const MAX_FOUND = 20;

/** Finds channels by title in `held` where it is given, else on the server; see `PageStore`. */
export function searchChannels(
  client: ConvexReactClient,
  held: BrowserHistory | null,
  text: string,
  onFound: (channels: string[]) => void,
): () => void {
  return held === null
    ? searchOnServer(client, text, onFound)
    : searchInBrowser(held, text, onFound);
}

function searchInBrowser(
  held: BrowserHistory,
  text: string,
  onFound: (channels: string[]) => void,
): () => void {
  let isEnded = false;
  held.searchChannels(text, MAX_FOUND).then(
    (channels) => isEnded || onFound(channels),
    () => isEnded || onFound([]),
  );
  return () => {
    isEnded = true;
  };
}

function searchOnServer(
  client: ConvexReactClient,
  text: string,
  onFound: (channels: string[]) => void,
): () => void {
  const query = new LiveQuery(client.watchQuery(api.channels.search, { text }), () => {
    const { answer } = query;
    if (answer.state === "answered") onFound(answer.value);
    else if (answer.state === "failed") onFound([]);
  });
  query.start();
  return () => query.stop();
}
