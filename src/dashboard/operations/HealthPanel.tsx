import type { ReactNode } from "react";
import { useFormats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { FIGURE_NAMES, FIGURE_STATUSES, figureText, type Report } from "./vocabulary";

/** The judged figures of the last window, and what is wrong. */
export function HealthPanel({ report }: { report: Report }): ReactNode {
  const { number, time } = useFormats();
  const { evaluatedAt, figures, queueDepth } = report;
  return (
    <OperationsPanel title="Health">
      {evaluatedAt === null ? (
        <p>Not looked at yet: a cron does so every minute.</p>
      ) : (
        <p className="faint">
          Looked at {time(evaluatedAt)}; {number(queueDepth)} in the queue of recomputes
        </p>
      )}
      <Figures figures={figures} />
      <Alerts alerts={report.alerts} />
    </OperationsPanel>
  );
}

function Figures({ figures }: { figures: Report["figures"] }): ReactNode {
  const { number } = useFormats();
  return (
    <div className="scroll" role="region" aria-label="Figures" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Now</th>
            <th scope="col">Limit</th>
            <th scope="col">Samples</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {figures.map(({ metric, value, threshold, samples, status }) => (
            <tr key={metric} data-figure={metric} data-status={status}>
              <th scope="row">{FIGURE_NAMES[metric]}</th>
              <td className="amount">{figureText(metric, value, number)}</td>
              <td className="amount">
                {threshold === null ? "" : figureText(metric, threshold, number)}
              </td>
              <td className="amount">{number(samples)}</td>
              <td className={status}>{FIGURE_STATUSES[status]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Alerts({ alerts }: { alerts: Report["alerts"] }): ReactNode {
  const { dateTime } = useFormats();
  if (alerts.length === 0) return <p>No alert is open.</p>;
  return (
    <ul className="alerts" aria-label="Open alerts">
      {alerts.map(({ cause, message, openedAt, lastSeenAt }) => (
        <li key={cause} className="warning">
          <strong>{cause}</strong>: {message}
          <span className="faint">
            {" "}
            (since {dateTime(openedAt)}, last seen {dateTime(lastSeenAt)})
          </span>
        </li>
      ))}
    </ul>
  );
}
