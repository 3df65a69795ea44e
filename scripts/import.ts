import { ownSurroundings } from "./console/surroundings";
import { importHistory } from "./import/command";
import { stopSignal } from "./import/stopSignal";

process.exitCode = await importHistory(ownSurroundings(stopSignal()));
