import { useEffect, useState } from "react";
import { usePageStore } from "./AggregationConfig";

/** Channels found so far; those of the text before while `loading`. */
export interface ChannelSearch {
  channels: readonly string[];
  loading: boolean;
}

const NOTHING: readonly string[] = [];

/** Channels of the signed-in user whose titles contain a text, best matches first, at most 20. */
export function useChannelSearch(text: string): ChannelSearch {
  const store = usePageStore();
  const [found, setFound] = useState({ text: "", channels: NOTHING });
  const wanted = text.trim();
  useEffect(() => {
    if (wanted === "") return;
    return store.searchChannels(wanted, (channels) => setFound({ text: wanted, channels }));
  }, [store, wanted]);
  if (wanted === "") return { channels: NOTHING, loading: false };
  return { channels: found.channels, loading: found.text !== wanted };
}
