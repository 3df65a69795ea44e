import { ownSurroundings } from "./console/surroundings";
import { pushCheck } from "./pushCheck/command";

process.exit(await pushCheck(ownSurroundings()));
