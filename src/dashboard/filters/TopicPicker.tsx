import { useMemo, type ReactNode } from "react";
import { useAggregation } from "../../react";
import { Menu } from "../shared/Menu";

const EVERYTHING = { timeframe: "All", product: "All", topics: [], channels: [] } as const;

interface TopicChoice {
  chosen: readonly string[];
  onChange: (topics: string[]) => void;
}

/** Any of the user's own topics, most watched first. */
export function TopicPicker({ chosen, onChange }: TopicChoice): ReactNode {
  const count = chosen.length === 0 ? "" : ` (${String(chosen.length)})`;
  return (
    <Menu label={`Topics${count}`}>
      <TopicList chosen={chosen} onChange={onChange} />
    </Menu>
  );
}

function TopicList({ chosen, onChange }: TopicChoice): ReactNode {
  const { data, loading } = useAggregation("topics_leaderboard", EVERYTHING);
  const topics = useMemo(
    () => [...new Set([...(data ?? []).map(({ topic }) => topic), ...chosen])],
    [data, chosen],
  );
  const toggle = (topic: string) =>
    onChange(
      chosen.includes(topic) ? chosen.filter((other) => other !== topic) : [...chosen, topic],
    );
  return (
    <fieldset className="checks">
      <legend>Any of these topics</legend>
      {topics.length === 0 && <p className="faint">{loading ? "Loading …" : "No topics yet."}</p>}
      {topics.map((topic) => (
        <label key={topic}>
          <input type="checkbox" checked={chosen.includes(topic)} onChange={() => toggle(topic)} />
          {topic}
        </label>
      ))}
    </fieldset>
  );
}
