import type { Value } from "convex/values";
import type { Engine } from "./engine";
import { CallError } from "./functions";

/** The few functions of Convex's own that its CLI calls: those behind `npx convex data`. */
export function runSystemFunction(
  engine: Engine,
  path: string,
  args: Record<string, Value>,
): Promise<Value> {
  engine.noteTable(tableArgument(args));
  switch (path) {
    case "_system/cli/tables:default":
      return Promise.resolve({
        page: engine.tableNames().map((name) => ({ name })),
        isDone: true,
        continueCursor: "",
      });
    case "_system/cli/tableData:default":
      return new Promise((resolve) => resolve(tableData(engine, args)));
    case "_system/frontend/components:list":
      return Promise.resolve([]);
    default:
      return Promise.reject(new CallError(`The local backend does not have ${path}.`));
  }
}

/** A page of a table; the cursor is the number of documents before it. */
function tableData(engine: Engine, args: Record<string, Value>): Value {
  const { cursor, numItems } = args["paginationOpts"] as {
    cursor: string | null;
    numItems: number;
  };
  const table = tableArgument(args);
  if (!engine.tableNames().includes(table)) throw new CallError(`There is no table "${table}".`);
  const documents = engine.documentsOf(table);
  if (args["order"] !== "asc") documents.reverse();
  const start = cursor === null ? 0 : Number(cursor);
  const end = start + numItems;
  return {
    page: documents.slice(start, end) as Value[], // stored documents hold Convex values
    isDone: end >= documents.length,
    continueCursor: String(end),
  };
}

function tableArgument({ table }: Record<string, Value>): string {
  return typeof table === "string" ? table : "";
}
