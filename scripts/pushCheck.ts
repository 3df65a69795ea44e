import { pushCheck } from "./pushCheck/command";

process.exitCode = await pushCheck({ args: process.argv.slice(2) });
