import { ownSurroundings } from "./console/surroundings";
import { validate } from "./validate/command";

process.exitCode = await validate(ownSurroundings());
