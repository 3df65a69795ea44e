import { useMemo, useState, type ReactNode } from "react";
import type { EnhancedChannelMetrics, FilterOptions } from "../../engine";
import { useAggregation } from "../../react";
import { useFormats } from "../shared/formats";
import {
  CHANNEL_COLUMNS,
  NAME_COLUMN,
  sortChannels,
  type Channel,
  type ChannelColumn,
  type Sorting,
} from "./channelColumns";
import { ChannelLink } from "./ChannelLink";
import { Panel } from "./Panel";

/** Habits and loyalty of channels, sortable by every column. */
export function ChannelTablePanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("enhanced_channel_metrics", filters);
  return (
    <Panel
      type="enhanced_channel_metrics"
      state={state}
      isEmpty={(data) => data.length === 0}
      size="full"
    >
      {(data) => <ChannelTable data={data} />}
    </Panel>
  );
}

function ChannelTable({ data }: { data: EnhancedChannelMetrics }): ReactNode {
  const [sorting, setSorting] = useState<Sorting>({ key: "videos", isDescending: true });
  const channels = useMemo(() => sortChannels(data, sorting), [data, sorting]);
  return (
    <div className="scroll tall" role="region" aria-label="Table of channels" tabIndex={0}>
      <table className="channels">
        <thead>
          <tr>
            {CHANNEL_COLUMNS.map((column) => (
              <SortableHeader
                key={column.key}
                column={column}
                sorting={sorting}
                onSort={setSorting}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {channels.map((channel) => (
            <ChannelRow key={channel.channel} channel={channel} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SortableHeader({
  column: { key, title, hint },
  sorting,
  onSort,
}: {
  column: ChannelColumn;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
}): ReactNode {
  const isSorted = sorting.key === key;
  const order = sorting.isDescending ? "descending" : "ascending";
  const next = isSorted ? !sorting.isDescending : key !== NAME_COLUMN;
  const arrow = sorting.isDescending ? "▼" : "▲";
  return (
    <th scope="col" aria-sort={isSorted ? order : undefined}>
      <button type="button" title={hint} onClick={() => onSort({ key, isDescending: next })}>
        {title}
        <span aria-hidden="true" className="sort-arrow">
          {isSorted ? arrow : ""}
        </span>
      </button>
    </th>
  );
}

function ChannelRow({ channel }: { channel: Channel }): ReactNode {
  const formats = useFormats();
  const [, ...columns] = CHANNEL_COLUMNS;
  return (
    <tr>
      <th scope="row">
        <ChannelLink name={channel.channel} url={channel.channelUrl} />
        {channel.discovery.isNew && <span className="badge new">new</span>}
        <span className="faint topics-of">{channel.topics.slice(0, 3).join(", ")}</span>
      </th>
      {columns.map((column) => (
        <td key={column.key} className="amount">
          {column.key === "loyalty" ? (
            <Loyalty score={channel.loyaltyScore} />
          ) : (
            column.show(channel, formats)
          )}
        </td>
      ))}
    </tr>
  );
}

function Loyalty({ score }: { score: number }): ReactNode {
  const { number } = useFormats();
  return (
    <span className="loyalty">
      <span className="meter" style={{ inlineSize: `${score / 2}px` }} />
      {number(score)}
    </span>
  );
}
