import { useId, type ReactNode } from "react";
import { durationText } from "../shared/duration";
import { useFormats } from "../shared/formats";
import { ProgressBar } from "../shared/ProgressBar";
import {
  JOB_NAMES,
  JOB_STATUSES,
  jobFindings,
  jobOptionsText,
  jobPaceText,
  jobProgressText,
  jobTotal,
  type JobRun,
} from "./vocabulary";

/** The latest run of each kind of job over many users. */
export function JobRuns({ runs }: { runs: readonly JobRun[] }): ReactNode {
  return (
    <ul className="job-runs" aria-label="Jobs over users">
      {runs.map((run) => (
        <Run key={run.kind} run={run} />
      ))}
    </ul>
  );
}

function Run({ run }: { run: JobRun }): ReactNode {
  const { number } = useFormats();
  const id = useId();
  const { kind, status, isCounted, done, failed } = run;
  const options = jobOptionsText(run.options);
  const isRunning = status === "running";
  const pace = jobPaceText(run, number);
  return (
    <li data-job={kind} data-status={status} aria-labelledby={id}>
      <header>
        <h3 id={id}>{JOB_NAMES[kind]}</h3>
        <span className={`badge ${isRunning ? "new" : ""}`}>{JOB_STATUSES[status]}</span>
      </header>
      {options !== "" && <p className="faint">{options}</p>}
      {(isRunning || (isCounted && jobTotal(run) > 0)) && (
        <ProgressBar
          label={`${JOB_NAMES[kind]}, users`}
          value={isCounted ? done + failed : null}
          max={jobTotal(run)}
        />
      )}
      <p>
        {jobProgressText(run, number)}
        {pace !== null && `; ${pace}`}
      </p>
      <Findings run={run} />
      <Times run={run} />
      <Failures run={run} />
    </li>
  );
}

function Findings({ run }: { run: JobRun }): ReactNode {
  const { number } = useFormats();
  const findings = jobFindings(run, number);
  if (findings.length === 0) return null;
  return (
    <ul className="findings" aria-label="Found">
      {findings.map(({ name, text, isFault }) => (
        <li key={name} className={isFault ? "fault" : ""}>
          {text}
        </li>
      ))}
    </ul>
  );
}

function Times({ run: { startedAt, finishedAt } }: { run: JobRun }): ReactNode {
  const { dateTime } = useFormats();
  const time = (at: number) => <time dateTime={new Date(at).toISOString()}>{dateTime(at)}</time>;
  return (
    <p className="faint">
      started {time(startedAt)}
      {finishedAt !== null && (
        <>
          , ended {time(finishedAt)} after {durationText(finishedAt - startedAt)}
        </>
      )}
    </p>
  );
}

/** Who failed and why, those that are being tried again or were left open, and how to go on. */
function Failures({ run: { failed, failures, retrying, left, next } }: { run: JobRun }): ReactNode {
  const { count, number } = useFormats();
  if (failures.length + retrying.length + left.length === 0) return null;
  const parts = [
    failed > 0 ? `${count(failed, "user")} failed` : "",
    retrying.length > 0 ? `${count(retrying.length, "user")} being tried again` : "",
    left.length > 0 ? `${count(left.length, "user")} left open` : "",
  ];
  return (
    <details className="more">
      <summary>{parts.filter((part) => part !== "").join(", ")}</summary>
      {failures.length > 0 && <FailureTable label="Users that failed" rows={failures} />}
      {failed > failures.length && <p>These are the first {number(failures.length)}.</p>}
      {retrying.length > 0 && <FailureTable label="Users being tried again" rows={retrying} />}
      {left.length > 0 && <FailureTable label="Users left open" rows={left} />}
      <pre className="commands">{next}</pre>
    </details>
  );
}

function FailureTable({ label, rows }: { label: string; rows: JobRun["failures"] }): ReactNode {
  const { number } = useFormats();
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="failures">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">User</th>
            <th scope="col">Attempts</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ userId, attempts, error }) => (
            <tr key={userId}>
              <th scope="row">{userId}</th>
              <td className="amount">{number(attempts)}</td>
              <td className="why">{error}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
