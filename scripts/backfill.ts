import { backfill } from "./backfill/command";
import { ownSurroundings } from "./console/surroundings";

process.exitCode = await backfill(ownSurroundings());
