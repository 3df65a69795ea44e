/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as account from "../account.js";
import type * as aggregations from "../aggregations.js";
import type * as answers from "../answers.js";
import type * as backfill from "../backfill.js";
import type * as channels from "../channels.js";
import type * as check from "../check.js";
import type * as crons from "../crons.js";
import type * as drift from "../drift.js";
import type * as errors from "../errors.js";
import type * as flags from "../flags.js";
import type * as functions from "../functions.js";
import type * as http from "../http.js";
import type * as importReceipts from "../importReceipts.js";
import type * as jobTables from "../jobTables.js";
import type * as jobs from "../jobs.js";
import type * as maintenance from "../maintenance.js";
import type * as metricValidators from "../metricValidators.js";
import type * as model_admin from "../model/admin.js";
import type * as model_alerts from "../model/alerts.js";
import type * as model_answer from "../model/answer.js";
import type * as model_auditTrail from "../model/auditTrail.js";
import type * as model_bearer from "../model/bearer.js";
import type * as model_browserColumns from "../model/browserColumns.js";
import type * as model_changeLog from "../model/changeLog.js";
import type * as model_charts from "../model/charts.js";
import type * as model_check_answers from "../model/check/answers.js";
import type * as model_check_checkUser from "../model/check/checkUser.js";
import type * as model_check_differences from "../model/check/differences.js";
import type * as model_check_duplicates from "../model/check/duplicates.js";
import type * as model_check_facts from "../model/check/facts.js";
import type * as model_check_pages from "../model/check/pages.js";
import type * as model_check_report from "../model/check/report.js";
import type * as model_check_results from "../model/check/results.js";
import type * as model_check_segments from "../model/check/segments.js";
import type * as model_check_store from "../model/check/store.js";
import type * as model_columns from "../model/columns.js";
import type * as model_compare from "../model/compare.js";
import type * as model_compute from "../model/compute.js";
import type * as model_drift_findDrift from "../model/drift/findDrift.js";
import type * as model_drift_reads from "../model/drift/reads.js";
import type * as model_drift_turns from "../model/drift/turns.js";
import type * as model_drive from "../model/drive.js";
import type * as model_dueTimes from "../model/dueTimes.js";
import type * as model_erase from "../model/erase.js";
import type * as model_erasure from "../model/erasure.js";
import type * as model_failures from "../model/failures.js";
import type * as model_figures from "../model/figures.js";
import type * as model_flagRules from "../model/flagRules.js";
import type * as model_flags from "../model/flags.js";
import type * as model_fold from "../model/fold.js";
import type * as model_headroom from "../model/headroom.js";
import type * as model_health from "../model/health.js";
import type * as model_histogram from "../model/histogram.js";
import type * as model_jobs_attempt from "../model/jobs/attempt.js";
import type * as model_jobs_hourlySample from "../model/jobs/hourlySample.js";
import type * as model_jobs_pool from "../model/jobs/pool.js";
import type * as model_jobs_queue from "../model/jobs/queue.js";
import type * as model_jobs_runs from "../model/jobs/runs.js";
import type * as model_jobs_sample from "../model/jobs/sample.js";
import type * as model_jobs_sources from "../model/jobs/sources.js";
import type * as model_jobs_status from "../model/jobs/status.js";
import type * as model_jobs_upkeep from "../model/jobs/upkeep.js";
import type * as model_judgement from "../model/judgement.js";
import type * as model_monitorState from "../model/monitorState.js";
import type * as model_page from "../model/page.js";
import type * as model_partitions from "../model/partitions.js";
import type * as model_pointer from "../model/pointer.js";
import type * as model_prometheus from "../model/prometheus.js";
import type * as model_records from "../model/records.js";
import type * as model_report from "../model/report.js";
import type * as model_request from "../model/request.js";
import type * as model_results from "../model/results.js";
import type * as model_rollback from "../model/rollback.js";
import type * as model_rollups from "../model/rollups.js";
import type * as model_rows from "../model/rows.js";
import type * as model_runSteps from "../model/runSteps.js";
import type * as model_samples from "../model/samples.js";
import type * as model_schedule from "../model/schedule.js";
import type * as model_settings from "../model/settings.js";
import type * as model_shellWord from "../model/shellWord.js";
import type * as model_shownFlag from "../model/shownFlag.js";
import type * as model_silence from "../model/silence.js";
import type * as model_survey from "../model/survey.js";
import type * as model_thresholds from "../model/thresholds.js";
import type * as model_trackedFilters from "../model/trackedFilters.js";
import type * as model_userNames from "../model/userNames.js";
import type * as model_users from "../model/users.js";
import type * as model_validations from "../model/validations.js";
import type * as model_work from "../model/work.js";
import type * as monitoring from "../monitoring.js";
import type * as operations from "../operations.js";
import type * as quietRuns from "../quietRuns.js";
import type * as recompute from "../recompute.js";
import type * as rollout from "../rollout.js";
import type * as rolloutTables from "../rolloutTables.js";
import type * as settings from "../settings.js";
import type * as telemetry from "../telemetry.js";
import type * as upgrade from "../upgrade.js";
import type * as userId from "../userId.js";
import type * as users from "../users.js";
import type * as validation from "../validation.js";
import type * as validators from "../validators.js";
import type * as wakeups from "../wakeups.js";
import type * as watchRecords from "../watchRecords.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  account: typeof account;
  aggregations: typeof aggregations;
  answers: typeof answers;
  backfill: typeof backfill;
  channels: typeof channels;
  check: typeof check;
  crons: typeof crons;
  drift: typeof drift;
  errors: typeof errors;
  flags: typeof flags;
  functions: typeof functions;
  http: typeof http;
  importReceipts: typeof importReceipts;
  jobTables: typeof jobTables;
  jobs: typeof jobs;
  maintenance: typeof maintenance;
  metricValidators: typeof metricValidators;
  "model/admin": typeof model_admin;
  "model/alerts": typeof model_alerts;
  "model/answer": typeof model_answer;
  "model/auditTrail": typeof model_auditTrail;
  "model/bearer": typeof model_bearer;
  "model/browserColumns": typeof model_browserColumns;
  "model/changeLog": typeof model_changeLog;
  "model/charts": typeof model_charts;
  "model/check/answers": typeof model_check_answers;
  "model/check/checkUser": typeof model_check_checkUser;
  "model/check/differences": typeof model_check_differences;
  "model/check/duplicates": typeof model_check_duplicates;
  "model/check/facts": typeof model_check_facts;
  "model/check/pages": typeof model_check_pages;
  "model/check/report": typeof model_check_report;
  "model/check/results": typeof model_check_results;
  "model/check/segments": typeof model_check_segments;
  "model/check/store": typeof model_check_store;
  "model/columns": typeof model_columns;
  "model/compare": typeof model_compare;
  "model/compute": typeof model_compute;
  "model/drift/findDrift": typeof model_drift_findDrift;
  "model/drift/reads": typeof model_drift_reads;
  "model/drift/turns": typeof model_drift_turns;
  "model/drive": typeof model_drive;
  "model/dueTimes": typeof model_dueTimes;
  "model/erase": typeof model_erase;
  "model/erasure": typeof model_erasure;
  "model/failures": typeof model_failures;
  "model/figures": typeof model_figures;
  "model/flagRules": typeof model_flagRules;
  "model/flags": typeof model_flags;
  "model/fold": typeof model_fold;
  "model/headroom": typeof model_headroom;
  "model/health": typeof model_health;
  "model/histogram": typeof model_histogram;
  "model/jobs/attempt": typeof model_jobs_attempt;
  "model/jobs/hourlySample": typeof model_jobs_hourlySample;
  "model/jobs/pool": typeof model_jobs_pool;
  "model/jobs/queue": typeof model_jobs_queue;
  "model/jobs/runs": typeof model_jobs_runs;
  "model/jobs/sample": typeof model_jobs_sample;
  "model/jobs/sources": typeof model_jobs_sources;
  "model/jobs/status": typeof model_jobs_status;
  "model/jobs/upkeep": typeof model_jobs_upkeep;
  "model/judgement": typeof model_judgement;
  "model/monitorState": typeof model_monitorState;
  "model/page": typeof model_page;
  "model/partitions": typeof model_partitions;
  "model/pointer": typeof model_pointer;
  "model/prometheus": typeof model_prometheus;
  "model/records": typeof model_records;
  "model/report": typeof model_report;
  "model/request": typeof model_request;
  "model/results": typeof model_results;
  "model/rollback": typeof model_rollback;
  "model/rollups": typeof model_rollups;
  "model/rows": typeof model_rows;
  "model/runSteps": typeof model_runSteps;
  "model/samples": typeof model_samples;
  "model/schedule": typeof model_schedule;
  "model/settings": typeof model_settings;
  "model/shellWord": typeof model_shellWord;
  "model/shownFlag": typeof model_shownFlag;
  "model/silence": typeof model_silence;
  "model/survey": typeof model_survey;
  "model/thresholds": typeof model_thresholds;
  "model/trackedFilters": typeof model_trackedFilters;
  "model/userNames": typeof model_userNames;
  "model/users": typeof model_users;
  "model/validations": typeof model_validations;
  "model/work": typeof model_work;
  monitoring: typeof monitoring;
  operations: typeof operations;
  quietRuns: typeof quietRuns;
  recompute: typeof recompute;
  rollout: typeof rollout;
  rolloutTables: typeof rolloutTables;
  settings: typeof settings;
  telemetry: typeof telemetry;
  upgrade: typeof upgrade;
  userId: typeof userId;
  users: typeof users;
  validation: typeof validation;
  validators: typeof validators;
  wakeups: typeof wakeups;
  watchRecords: typeof watchRecords;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {
  workpool: import("@convex-dev/workpool/_generated/component.js").ComponentApi<"workpool">;
};
