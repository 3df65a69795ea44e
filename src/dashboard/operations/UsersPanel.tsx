import { useConvex } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState, type ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { useFormats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { addCounts, ranked, sumOf } from "./userCounts";
import { onOff, percentText, RULE_NAMES, type UserCount } from "./vocabulary";

interface Count {
  rows: UserCount[];
  isDone: boolean;
}

/** How many users are on and why, counted when it is asked for: every user is looked at. */
export function UsersPanel(): ReactNode {
  const { count, problem, isBusy, start } = useUserCount();
  return (
    <OperationsPanel title="Users">
      <button type="button" className="button" disabled={isBusy} onClick={() => void start()}>
        Count users
      </button>
      {problem !== null && <p role="alert">The count broke off: {problem}</p>}
      {count !== null && <CountShown rows={count.rows} isBusy={isBusy} />}
    </OperationsPanel>
  );
}

/** Counts page by page, showing what there is so far. */
function useUserCount() {
  const convex = useConvex();
  const [count, setCount] = useState<Count | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const start = async () => {
    setProblem(null);
    setCount({ rows: [], isDone: false });
    let rows: UserCount[] = [];
    try {
      for (let cursor: string | null = null, isDone = false; !isDone;) {
        const page: FunctionReturnType<typeof api.operations.survey> = await convex.query(
          api.operations.survey,
          { cursor },
        );
        rows = addCounts(rows, page.counts);
        ({ cursor, isDone } = page);
        setCount({ rows, isDone });
      }
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return { count, problem, isBusy: count !== null && !count.isDone && problem === null, start };
}

function CountShown({ rows, isBusy }: { rows: readonly UserCount[]; isBusy: boolean }): ReactNode {
  const { number, count } = useFormats();
  const total = sumOf(rows);
  return (
    <>
      <p role="status">
        {number(sumOf(rows.filter(({ value }) => value)))} of {count(total, "user")} on
        {isBusy && ", counting …"}
      </p>
      <CountTable rows={rows} total={total} />
    </>
  );
}

function CountTable({ rows, total }: { rows: readonly UserCount[]; total: number }): ReactNode {
  const { number } = useFormats();
  return (
    <div className="scroll" role="region" aria-label="Users by rule" tabIndex={0}>
      <table>
        <tbody>
          {ranked(rows).map(({ value, rule, reason, users }) => (
            <tr key={`${rule} ${String(value)}`}>
              <th scope="row">{onOff(value)}</th>
              <td className="amount">{number(users)}</td>
              <td className="amount">{percentText(users / total)}</td>
              <td>{RULE_NAMES[rule] ?? rule}</td>
              <td className="faint">{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
