import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("take over runs that died", { minutes: 1 }, internal.maintenance.sweep, {});
crons.cron("turn the day", "3-59/5 * * * *", internal.maintenance.refreshDays, {});
crons.interval("look at the figures", { minutes: 1 }, internal.monitoring.tick, {});
crons.hourly("clean up telemetry", { minuteUTC: 41 }, internal.monitoring.cleanUp, {});
crons.hourly("clean up", { minuteUTC: 17 }, internal.maintenance.cleanUp, {});
crons.cron("look after jobs and the monitoring", "1-59/2 * * * *", internal.jobs.watch, {});
crons.cron("upgrade results", "4-59/5 * * * *", internal.upgrade.look, {});
crons.hourly("validate a sample", { minuteUTC: 29 }, internal.validation.sampleHourly, {});
crons.hourly("look for drift", { minuteUTC: 53 }, internal.drift.compareHourly, {});

export default crons;
