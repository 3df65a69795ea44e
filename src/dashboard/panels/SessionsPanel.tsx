import { useMemo, type ReactNode } from "react";
import type { FilterOptions, SessionAnalysis } from "../../engine";
import { useAggregation } from "../../react";
import { BarChart } from "../charts/BarChart";
import { useFormats } from "../shared/formats";
import { Panel } from "./Panel";

const MINUTE_SECONDS = 60;

/** Sittings: how many, how long, when they begin. */
export function SessionsPanel({ filters }: { filters: FilterOptions }): ReactNode {
  const state = useAggregation("session_analysis", filters);
  return (
    <Panel type="session_analysis" state={state} isEmpty={(data) => data.totalSessions === 0}>
      {(data) => (
        <>
          <Averages data={data} />
          <StartHours data={data} />
          <Lengths data={data} />
          <RecentSessions data={data} />
        </>
      )}
    </Panel>
  );
}

function Averages({ data }: { data: SessionAnalysis }): ReactNode {
  const { number, decimal, duration, date } = useFormats();
  const { longestSession } = data;
  return (
    <dl className="facts">
      <Fact name="Sessions" value={number(data.totalSessions)} />
      <Fact name="Average length" value={duration(data.averageDurationMinutes * MINUTE_SECONDS)} />
      <Fact name="Videos each" value={decimal(data.averageVideosPerSession)} />
      <Fact name="Pause between" value={duration(data.averageGapMinutes * MINUTE_SECONDS)} />
      {longestSession !== null && (
        <Fact
          name="Longest"
          value={`${duration(longestSession.durationMinutes * MINUTE_SECONDS)}, ${date(longestSession.startedAt)}`}
        />
      )}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function StartHours({ data }: { data: SessionAnalysis }): ReactNode {
  const { hour, number, count, compact } = useFormats();
  const { sessionsByStartHour } = data;
  const bars = useMemo(
    () =>
      sessionsByStartHour.map((value, index) => ({
        tick: hour(index),
        name: hour(index),
        value,
      })),
    [sessionsByStartHour, hour],
  );
  return (
    <>
      <h3>By the hour they begin</h3>
      <BarChart
        label="Sessions by hour of their start"
        data={bars}
        format={number}
        formatTick={compact}
        summary={count(data.totalSessions, "session")}
        height={140}
      />
    </>
  );
}

function Lengths({ data }: { data: SessionAnalysis }): ReactNode {
  const { number, compact, percent } = useFormats();
  const { sessionsByLength } = data;
  const bars = useMemo(
    () =>
      sessionsByLength.map(({ label, sessions }) => ({
        tick: label,
        name: label === "1" ? "1 video" : `${label} videos`,
        value: sessions,
      })),
    [sessionsByLength],
  );
  const single = (100 * (sessionsByLength[0]?.sessions ?? 0)) / data.totalSessions;
  return (
    <>
      <h3>By videos watched</h3>
      <BarChart
        label="Sessions by number of videos"
        data={bars}
        format={number}
        formatTick={compact}
        summary={`${percent(single)} of a single video`}
        height={140}
      />
    </>
  );
}

function RecentSessions({ data }: { data: SessionAnalysis }): ReactNode {
  const { dateTime, duration, number, count } = useFormats();
  return (
    <details className="more">
      <summary>The last {count(data.recentSessions.length, "session")}</summary>
      <div className="scroll" role="region" aria-label="The last sessions" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Began</th>
              <th scope="col">Lasted</th>
              <th scope="col">Videos</th>
              <th scope="col">Channels</th>
            </tr>
          </thead>
          <tbody>
            {data.recentSessions.map((session) => (
              <tr key={session.startedAt}>
                <td>{dateTime(session.startedAt)}</td>
                <td className="amount">{duration(session.durationMinutes * MINUTE_SECONDS)}</td>
                <td className="amount">{number(session.videos)}</td>
                <td className="amount">{number(session.channels)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
