import type { ReactNode } from "react";
import { PRODUCTS, TIMEFRAMES } from "../../engine/query";
import { PRODUCT_LABELS, TIMEFRAME_LABELS } from "../shared/vocabulary";
import { ChannelPicker } from "./ChannelPicker";
import { Choice } from "./Choice";
import { DaysPicker } from "./DaysPicker";
import { TopicPicker } from "./TopicPicker";
import { DEFAULT_FILTERS } from "./urlFilters";
import type { FilterControl } from "./useFilters";

/** All filters of the page, and what is chosen of those that can be many. */
export function FilterBar({ filters, change }: FilterControl): ReactNode {
  return (
    <section className="filter-bar" aria-label="Filters">
      <div className="filter-row">
        <Choice
          legend="Timeframe"
          options={TIMEFRAMES}
          labels={TIMEFRAME_LABELS}
          value={filters.timeframe}
          onChange={(timeframe) => change({ timeframe })}
        />
        <DaysPicker value={filters.timeframe} onChange={(timeframe) => change({ timeframe })} />
        <Choice
          legend="Product"
          options={PRODUCTS}
          labels={PRODUCT_LABELS}
          value={filters.product}
          onChange={(product) => change({ product })}
        />
        <TopicPicker chosen={filters.topics} onChange={(topics) => change({ topics })} />
        <ChannelPicker filters={filters} onChange={(channels) => change({ channels })} />
      </div>
      <ChosenFilters filters={filters} change={change} />
    </section>
  );
}

function ChosenFilters({ filters, change }: FilterControl): ReactNode {
  const { topics, channels } = filters;
  if (topics.length + channels.length === 0) return null;
  return (
    <ul className="chips" aria-label="Chosen topics and channels">
      {topics.map((topic) => (
        <Chip
          key={`topic ${topic}`}
          kind="Topic"
          name={topic}
          onRemove={() => change({ topics: topics.filter((other) => other !== topic) })}
        />
      ))}
      {channels.map((channel) => (
        <Chip
          key={`channel ${channel}`}
          kind="Channel"
          name={channel}
          onRemove={() => change({ channels: channels.filter((other) => other !== channel) })}
        />
      ))}
      <li>
        <button
          type="button"
          className="button quiet"
          onClick={() => change({ ...DEFAULT_FILTERS, timeframe: filters.timeframe })}
        >
          Clear
        </button>
      </li>
    </ul>
  );
}

function Chip({
  kind,
  name,
  onRemove,
}: {
  kind: string;
  name: string;
  onRemove: () => void;
}): ReactNode {
  return (
    <li className="chip">
      <span>
        <span className="visually-hidden">{kind} </span>
        {name}
      </span>
      <button type="button" aria-label={`Remove ${kind.toLowerCase()} ${name}`} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}
