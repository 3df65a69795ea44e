import { ownSurroundings } from "./console/surroundings";
import { token } from "./token/command";

process.exitCode = await token(ownSurroundings());
