import { convexToJson, jsonToConvex, type JSONValue } from "convex/values";
import {
  getFunctionName,
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
} from "convex/server";

type AnyFunction = FunctionReference<"query" | "mutation" | "action", "public" | "internal">;

interface Answer {
  value: JSONValue;
  /** Of a function that failed; what its ConvexError says, where it is one, is in the data. */
  errorMessage?: string;
  errorData?: { message?: string };
  /** Of a call the deployment itself refused. */
  message?: string;
}

/**
 * Runs any function, internal ones too, as `npx convex run` does: with the admin key.
 *
 * @param request what the call goes through.
 */
export async function runAsAdmin<F extends AnyFunction>(
  backend: { url: string; adminKey: string },
  reference: F,
  args: FunctionArgs<F>,
  request = fetch,
): Promise<FunctionReturnType<F>> {
  const path = getFunctionName(reference);
  const response = await request(`${backend.url}/api/function`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Convex ${backend.adminKey}`,
    },
    body: JSON.stringify({ path, args: convexToJson(args), format: "json" }),
  });
  const answer = (await response.json()) as Answer;
  if (answer.errorMessage !== undefined) {
    throw new Error(`${path}: ${answer.errorData?.message ?? answer.errorMessage}`);
  }
  if (!response.ok) {
    const reason = (answer.message ?? `status ${response.status}`).replace(/\.$/, "");
    throw new Error(`${path}: ${reason}. Nothing was changed.`);
  }
  return jsonToConvex(answer.value); // the function's own validator
}
