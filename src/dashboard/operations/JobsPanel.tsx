import { useQuery } from "convex/react";
import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { useFormats } from "../shared/formats";
import { JobRuns } from "./JobRuns";
import { OperationsPanel } from "./OperationsPanel";

/** Jobs over many users, and the recomputes that are scheduled or running. */
export function JobsPanel(): ReactNode {
  const runs = useQuery(api.operations.runs, {});
  const jobs = useQuery(api.operations.jobs, {});
  const { number } = useFormats();
  return (
    <OperationsPanel title="At work">
      {runs !== undefined && runs.length > 0 && <JobRuns runs={runs} />}
      {jobs === undefined && <p aria-busy>Loading …</p>}
      {jobs?.length === 0 && <p>All results are up to date; nothing is scheduled.</p>}
      {jobs !== undefined && jobs.length > 0 && (
        <div className="scroll" role="region" aria-label="Recomputes" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">User</th>
                <th scope="col">Recompute</th>
                <th scope="col">Records</th>
                <th scope="col">Failed runs</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map(({ userId, phase, recordCount, attempts, lastError }) => (
                <tr key={userId}>
                  <th scope="row">{userId}</th>
                  <td>{phase}</td>
                  <td className="amount">{number(recordCount)}</td>
                  <td>{attempts === 0 ? "" : `${number(attempts)}: ${lastError ?? ""}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </OperationsPanel>
  );
}
