import { useQuery } from "convex/react";
import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { useFormats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { settingText, type RolloutEvent } from "./vocabulary";

/** Who changed what, when and why, newest first. */
export function AuditPanel(): ReactNode {
  const events = useQuery(api.operations.events, {});
  return (
    <OperationsPanel title="Audit trail" size="full">
      {events === undefined && <p aria-busy>Loading …</p>}
      {events?.length === 0 && <p>Nothing was changed yet.</p>}
      {events !== undefined && events.length > 0 && (
        <div className="scroll tall" role="region" aria-label="Changes" tabIndex={0}>
          <table className="audit">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Before → after</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <EventRow
                  key={`${String(event.at)} ${event.action} ${event.subject ?? ""}`}
                  event={event}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </OperationsPanel>
  );
}

function EventRow({ event }: { event: RolloutEvent }): ReactNode {
  const { dateTime, number } = useFormats();
  const { at, actor, action, subject, before, after, why, decision } = event;
  return (
    <tr>
      <td>{dateTime(at)}</td>
      <td>{actor}</td>
      <td>
        {action} {subject}
      </td>
      <td>
        {settingText(before, number)} → {settingText(after, number)}
      </td>
      <td className="why">
        {why}
        {decision !== null && (
          <span className="faint">
            {" "}
            ({decision.metric} {number(decision.value)}, limit {number(decision.threshold)},{" "}
            {number(decision.samples)} samples)
          </span>
        )}
      </td>
    </tr>
  );
}
