import { useId, useState, type ReactNode } from "react";
import {
  FIRST_YEAR,
  intervalOf,
  isInterval,
  LAST_YEAR,
  type Interval,
  type TimeframeFilter,
} from "../../engine/query";
import { useAggregation } from "../../react";
import { useFormats } from "../shared/formats";
import { Menu, MenuEntry } from "../shared/Menu";

const EVERYTHING = { timeframe: "All", product: "All", topics: [], channels: [] } as const;

interface DaysChoice {
  value: TimeframeFilter;
  onChange: (days: Interval) => void;
}

/** A year of the history, or any days. */
export function DaysPicker({ value, onChange }: DaysChoice): ReactNode {
  const { day } = useFormats();
  const chosen = intervalOf(value);
  return (
    <Menu label={chosen === null ? "Days" : nameOf(chosen, day)} isChosen={chosen !== null}>
      <Years chosen={value} onChange={onChange} />
      <Range chosen={chosen} onChange={onChange} />
    </Menu>
  );
}

/** Those that have a watch, the latest first. */
function Years({
  chosen,
  onChange,
}: {
  chosen: TimeframeFilter;
  onChange: DaysChoice["onChange"];
}): ReactNode {
  const { data, loading } = useAggregation("monthly_trend", EVERYTHING);
  const years = [...new Set((data ?? []).map(({ month }) => month.slice(0, 4)))].reverse();
  return (
    <div className="years" role="group" aria-label="Years">
      {years.length === 0 && <p className="faint">{loading ? "Loading …" : "No years yet."}</p>}
      {years.map((year) => (
        <MenuEntry
          key={year}
          isChosen={chosen === yearOf(year)}
          onChoose={() => onChange(yearOf(year))}
        >
          {year}
        </MenuEntry>
      ))}
    </div>
  );
}

function Range({
  chosen,
  onChange,
}: {
  chosen: Days | null;
  onChange: DaysChoice["onChange"];
}): ReactNode {
  const [first, setFirst] = useState(chosen?.first ?? "");
  const [last, setLast] = useState(chosen?.last ?? "");
  const problem = useId();
  const days = `${first}/${last}`;
  const isComplete = first !== "" && last !== "";
  const isWrong = isComplete && !isInterval(days);
  return (
    <form
      className="range"
      aria-label="Days from a first to a last"
      onSubmit={(event) => event.preventDefault()}
    >
      <Day label="From" value={first} onChange={setFirst} describedBy={problem} />
      <Day label="to" value={last} onChange={setLast} describedBy={problem} />
      <MenuEntry
        isSubmit
        isDisabled={!isInterval(days)}
        onChoose={() => {
          if (isInterval(days)) onChange(days);
        }}
      >
        Show
      </MenuEntry>
      <p id={problem} className="faint" role="status">
        {isWrong &&
          `The first day must not be after the last; years from ${FIRST_YEAR} to ${LAST_YEAR}.`}
      </p>
    </form>
  );
}

function Day({
  label,
  value,
  onChange,
  describedBy,
}: {
  label: string;
  value: string;
  onChange: (day: string) => void;
  describedBy: string;
}): ReactNode {
  return (
    <label>
      {label}{" "}
      <input
        type="date"
        className="input"
        min={`${FIRST_YEAR}-01-01`}
        max={`${LAST_YEAR}-12-31`}
        value={value}
        aria-describedby={describedBy}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

type Days = NonNullable<ReturnType<typeof intervalOf>>;

function yearOf(year: string): Interval {
  return `${year}-01-01/${year}-12-31`;
}

function nameOf({ first, last }: Days, day: (date: string) => string): string {
  const year = first.slice(0, 4);
  if (`${first}/${last}` === yearOf(year)) return year;
  return first === last ? day(first) : `${day(first)} – ${day(last)}`;
}
