import { runCommand } from "../console/command";
import type { Surroundings } from "../console/surroundings";
import { mintToken } from "../localBackend";
import { parseOptions, USAGE } from "./options";

/** `npm run token`: prints a sign-in token for the local backend. Returns the exit code. */
export async function token(around: Surroundings): Promise<number> {
  return await runCommand(USAGE, around, async () => {
    const { subject, claims, ttlSeconds } = parseOptions(around.args);
    console.log(await mintToken(subject, claims, ttlSeconds));
    return 0;
  });
}
