import { benchDashboard } from "./bench/dashboard/command";

process.exit(await benchDashboard({ args: process.argv.slice(2) }));
