import { benchFilters } from "./bench/filters/command";

process.exit(await benchFilters({ args: process.argv.slice(2) }));
