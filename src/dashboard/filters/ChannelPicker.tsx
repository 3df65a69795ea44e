import { useCombobox } from "downshift";
import { useMemo, useState, type ReactNode } from "react";
import { FILTER_LIMITS, type FilterOptions } from "../../engine/query";
import { useAggregation, useChannelSearch } from "../../react";

const MAX_SUGGESTIONS = 8;

/** Finds channels among the user's own by typing; the most watched before anything is typed. */
export function ChannelPicker({
  filters,
  onChange,
}: {
  filters: FilterOptions;
  onChange: (channels: string[]) => void;
}): ReactNode {
  const [text, setText] = useState("");
  const { channels: chosen } = filters;
  const { channels, loading } = useSuggestions(text, filters);
  const combobox = useCombobox<string>({
    items: channels,
    inputValue: text,
    selectedItem: null,
    defaultHighlightedIndex: 0,
    itemToString: (channel) => channel ?? "",
    onSelectedItemChange: ({ selectedItem }) => {
      setText("");
      if (selectedItem === null || chosen.length >= FILTER_LIMITS.maxChannels) return;
      onChange([...chosen, selectedItem]);
    },
  });
  const { isOpen, getInputProps, getLabelProps, getMenuProps } = combobox;
  return (
    <div className="combobox">
      <label className="visually-hidden" {...getLabelProps()}>
        Channel
      </label>
      <input
        {...getInputProps({
          placeholder: "Filter by channel …",
          spellCheck: false,
          // Not by the combobox's own callback, which comes late and drops letters typed fast.
          onChange: (event) => setText(event.currentTarget.value),
        })}
        className="input"
      />
      <ul {...getMenuProps()} className={isOpen ? "options open" : "options"}>
        {isOpen && <Options combobox={combobox} channels={channels} text={text} busy={loading} />}
      </ul>
    </div>
  );
}

function Options({
  combobox: { getItemProps, highlightedIndex },
  channels,
  text,
  busy,
}: {
  combobox: Pick<ReturnType<typeof useCombobox<string>>, "getItemProps" | "highlightedIndex">;
  channels: readonly string[];
  text: string;
  busy: boolean;
}): ReactNode {
  if (channels.length === 0) {
    const message = busy ? "Searching …" : `No channel of yours contains “${text}”.`;
    return (
      <li className="faint" role="option" aria-disabled="true" aria-selected="false">
        {text === "" ? "No channels yet." : message}
      </li>
    );
  }
  return channels.map((channel, index) => (
    <li
      key={channel}
      className={index === highlightedIndex ? "highlighted" : undefined}
      {...getItemProps({ item: channel, index })}
    >
      {channel}
    </li>
  ));
}

function useSuggestions(text: string, filters: FilterOptions) {
  const { channels: chosen } = filters;
  const top = useAggregation("top_channels", { ...filters, channels: [] }).data;
  const { channels: found, loading } = useChannelSearch(text);
  const channels = useMemo(() => {
    const all = text.trim() === "" ? (top ?? []).map(({ channel }) => channel) : found;
    return all.filter((channel) => !chosen.includes(channel)).slice(0, MAX_SUGGESTIONS);
  }, [text, top, found, chosen]);
  return { channels, loading };
}
