import { useCallback, useMemo, type ReactNode } from "react";
import type { ChannelRelationships, FilterOptions } from "../../engine";
import { useAggregation } from "../../react";
import { RadialNetwork } from "../charts/RadialNetwork";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

type Relationship = ChannelRelationships[number];

const PARTNERS_NAMED = 4;

/** Which channels share sessions: as a network, and pair by pair. */
export function RelationshipsPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("channel_relationships", filters);
  return (
    <Panel
      type="channel_relationships"
      state={state}
      isEmpty={(data) => data.length === 0}
      emptyText="No two channels were watched together often enough."
      size="full"
    >
      {(data) => (
        <div className="side-by-side">
          <Network pairs={data} />
          <PairList pairs={data} />
        </div>
      )}
    </Panel>
  );
}

function Network({ pairs }: { pairs: ChannelRelationships }): ReactNode {
  const { percent, count } = useFormats();
  const edges = useMemo(
    () =>
      pairs.map(({ channel1, channel2, coWatchScore }) => ({
        from: channel1,
        to: channel2,
        weight: coWatchScore,
      })),
    [pairs],
  );
  const table = useMemo(
    () => ({
      columns: ["Pair", "Score"],
      rows: pairs.map((pair) => [
        `${pair.channel1} and ${pair.channel2}`,
        percent(pair.coWatchScore),
      ]),
    }),
    [pairs, percent],
  );
  const readout = useCallback(
    (name: string | null) =>
      name === null
        ? count(pairs.length, "pair of channels", "pairs of channels")
        : describe(name, pairs),
    [pairs, count],
  );
  return (
    <RadialNetwork
      label="Channels watched in the same sessions"
      edges={edges}
      height={560}
      readout={readout}
      table={table}
    />
  );
}

function describe(name: string, pairs: readonly Relationship[]): string {
  const partners = pairs
    .filter(({ channel1, channel2 }) => channel1 === name || channel2 === name)
    .map(({ channel1, channel2 }) => (channel1 === name ? channel2 : channel1));
  const more = partners.length - PARTNERS_NAMED;
  const named = partners.slice(0, PARTNERS_NAMED).join(", ");
  return `${name}, together with ${named}${more > 0 ? ` and ${String(more)} more` : ""}`;
}

function PairList({ pairs }: { pairs: ChannelRelationships }): ReactNode {
  return (
    <div className="scroll pairs" role="region" aria-label="Pairs of channels" tabIndex={0}>
      <ol className="ranking">
        {pairs.map((pair) => (
          <Pair key={JSON.stringify([pair.channel1, pair.channel2])} pair={pair} />
        ))}
      </ol>
    </div>
  );
}

function Pair({ pair }: { pair: Relationship }): ReactNode {
  const { count, percent, decimal } = useFormats();
  const topics = pair.topicOverlap.slice(0, 3).join(", ");
  return (
    <li title={`Correlation of their hours: ${decimal(pair.temporalCorrelation)}`}>
      <span className="channel-name">
        {pair.channel1} <span className="faint">with</span> {pair.channel2}
        <span className="faint topics-of">{topics}</span>
      </span>
      <span className="amount">
        {percent(pair.coWatchScore)}{" "}
        <span className="faint">{count(pair.coSessions, "session")}</span>
      </span>
      <span className="meter" style={{ inlineSize: `${pair.coWatchScore}%` }} />
    </li>
  );
}
