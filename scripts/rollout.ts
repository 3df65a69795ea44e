import { ownSurroundings } from "./console/surroundings";
import { rollout } from "./rollout/command";

process.exitCode = await rollout(ownSurroundings());
