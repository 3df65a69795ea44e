import { useState, type ReactNode } from "react";
import type { FilterOptions, TopChannels } from "../../engine";
import { useAggregation } from "../../react";
import { useFormats } from "../shared/formats";
import { ChannelLink } from "./ChannelLink";
import { Panel } from "./Panel";

const FEW = 8;

/** Who is watched most. */
export function TopChannelsPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("top_channels", filters);
  return (
    <Panel type="top_channels" state={state} isEmpty={(data) => data.length === 0} size="third">
      {(data) => <Ranking data={data} />}
    </Panel>
  );
}

function Ranking({ data }: { data: TopChannels }): ReactNode {
  const { number, percent, duration } = useFormats();
  const [showsAll, setShowsAll] = useState(false);
  const greatest = data[0]?.videos ?? 1;
  return (
    <>
      <ol className="ranking">
        {data.slice(0, showsAll ? undefined : FEW).map((row) => (
          <li key={row.channel}>
            <ChannelLink name={row.channel} url={row.channelUrl} />
            <span className="amount" title={duration(row.watchTimeSeconds)}>
              {number(row.videos)} <span className="faint">{percent(row.percentage)}</span>
            </span>
            <span className="meter" style={{ inlineSize: `${(100 * row.videos) / greatest}%` }} />
          </li>
        ))}
      </ol>
      {data.length > FEW && (
        <button
          type="button"
          className="button quiet"
          aria-expanded={showsAll}
          onClick={() => setShowsAll(!showsAll)}
        >
          {showsAll ? "Show fewer" : `Show all ${number(data.length)}`}
        </button>
      )}
    </>
  );
}
