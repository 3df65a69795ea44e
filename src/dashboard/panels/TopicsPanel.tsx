import type { ReactNode } from "react";
import type { FilterOptions, TopicsLeaderboard } from "../../engine";
import { useAggregation } from "../../react";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

type Topic = TopicsLeaderboard[number];

const TRENDS: Record<Topic["trend"], { arrow: string; name: string }> = {
  up: { arrow: "▲", name: "rising" },
  down: { arrow: "▼", name: "falling" },
  stable: { arrow: "▬", name: "steady" },
};

/** What is watched, and whether it is on the rise. */
export function TopicsPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("topics_leaderboard", filters);
  return (
    <Panel
      type="topics_leaderboard"
      state={state}
      isEmpty={(data) => data.length === 0}
      size="third"
    >
      {(data) => (
        <ol className="ranking topics">
          {data.map((topic) => (
            <TopicRow key={topic.topic} topic={topic} greatest={data[0]?.percentage ?? 100} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function TopicRow({ topic, greatest }: { topic: Topic; greatest: number }): ReactNode {
  const { percent, number } = useFormats();
  const { arrow, name } = TRENDS[topic.trend];
  const months = `${number(topic.recentVideos)} in the last month, ${number(topic.previousVideos)} in the one before`;
  return (
    <li>
      <span className="channel-name">{topic.topic}</span>
      <span className="amount">
        {percent(topic.percentage)}{" "}
        <span className={`change ${topic.trend}`} title={months}>
          <span aria-hidden="true">{arrow}</span>
          <span className="visually-hidden">
            {name}: {months}
          </span>
        </span>
      </span>
      <span className="meter" style={{ inlineSize: `${(100 * topic.percentage) / greatest}%` }} />
    </li>
  );
}
