import { backend } from "./backend/command";
import { ownSurroundings } from "./console/surroundings";

process.exit(await backend(ownSurroundings()));
