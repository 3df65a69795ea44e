import { useQuery } from "convex/react";
import type { ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { AuditPanel } from "./AuditPanel";
import { HealthCharts } from "./HealthCharts";
import { HealthPanel } from "./HealthPanel";
import { JobsPanel } from "./JobsPanel";
import { useIsAdmin } from "./OperationsLink";
import { RolloutPanel } from "./RolloutPanel";
import { UsersPanel } from "./UsersPanel";

/** Where the rollout stands and how well it goes, for holders of the admin claim. */
export default function Operations(): ReactNode {
  const isAdmin = useIsAdmin();
  if (isAdmin === undefined) return <p aria-busy>Loading …</p>;
  if (!isAdmin) {
    return (
      <p role="alert">
        This view is for operators: your sign-in does not carry the admin claim. Your own history is
        behind <a href="#">Watch history</a>.
      </p>
    );
  }
  return <View />;
}

function View(): ReactNode {
  const overview = useQuery(api.operations.overview, {});
  if (overview === undefined) return <p aria-busy>Loading …</p>;
  const { flag, report } = overview;
  return (
    <div className="panels operations">
      <RolloutPanel flag={flag} />
      <HealthPanel report={report} />
      <HealthCharts report={report} />
      <UsersPanel />
      <JobsPanel />
      <AuditPanel />
    </div>
  );
}
