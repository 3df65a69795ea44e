import { ownSurroundings } from "./console/surroundings";
import { demo } from "./demo/command";

process.exit(await demo(ownSurroundings()));
