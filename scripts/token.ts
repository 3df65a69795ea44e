import { UsageError } from "./console/usageError";
import { mintToken } from "./localBackend";
import { parseOptions, USAGE } from "./token/options";

try {
  const { subject, claims, ttlSeconds } = parseOptions(process.argv.slice(2));
  console.log(await mintToken(subject, claims, ttlSeconds));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = error.exitCode;
}
