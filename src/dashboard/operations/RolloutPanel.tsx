import type { ReactNode } from "react";
import { useFormats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { onOff, type FlagSettings } from "./vocabulary";

/** The rules of the flag as they stand. */
export function RolloutPanel({ flag }: { flag: FlagSettings }): ReactNode {
  const { number } = useFormats();
  const { isEnabled, minRecords } = flag.sufficientData;
  const facts: [string, string][] = [
    ["Beta group", onOff(flag.isBetaOn)],
    ["Enough data", isEnabled ? `from ${number(minRecords)} records` : "off"],
    ["Percentage", `${number(flag.percentage)} %`],
    ["Default", onOff(flag.defaultValue)],
  ];
  return (
    <OperationsPanel title="Rollout">
      <RolloutState flag={flag} />
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details className="more">
        <summary>How to change it</summary>
        <pre className="commands">
          {[
            "npm run rollout -- percentage 25",
            "npm run rollout -- disable USER",
            flag.killed === null
              ? 'npm run rollout -- kill --why "…"'
              : "npm run rollout -- revive",
          ].join("\n")}
        </pre>
      </details>
    </OperationsPanel>
  );
}

function RolloutState({ flag: { killed, problem, exists } }: { flag: FlagSettings }): ReactNode {
  const { dateTime } = useFormats();
  if (problem !== null) {
    return <p className="warning">Off for everybody, as the settings make no sense: {problem}</p>;
  }
  if (killed !== null) {
    return (
      <p className="warning">
        Killed, off for everybody since {dateTime(killed.at)}: {killed.why ?? "no reason given"}
      </p>
    );
  }
  return <p>{exists ? "Alive: the rules below hold." : "No rule for everybody is set yet."}</p>;
}
