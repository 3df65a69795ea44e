import { ownSurroundings } from "./console/surroundings";
import { dev } from "./dev/command";

process.exit(await dev(ownSurroundings()));
