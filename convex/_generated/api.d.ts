/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as aggregations from "../aggregations.js";
import type * as channels from "../channels.js";
import type * as crons from "../crons.js";
import type * as errors from "../errors.js";
import type * as flags from "../flags.js";
import type * as functions from "../functions.js";
import type * as http from "../http.js";
import type * as importReceipts from "../importReceipts.js";
import type * as maintenance from "../maintenance.js";
import type * as metricValidators from "../metricValidators.js";
import type * as model_admin from "../model/admin.js";
import type * as model_alerts from "../model/alerts.js";
import type * as model_auditTrail from "../model/auditTrail.js";
import type * as model_bearer from "../model/bearer.js";
import type * as model_changeLog from "../model/changeLog.js";
import type * as model_charts from "../model/charts.js";
import type * as model_columns from "../model/columns.js";
import type * as model_compare from "../model/compare.js";
import type * as model_compute from "../model/compute.js";
import type * as model_figures from "../model/figures.js";
import type * as model_flagRules from "../model/flagRules.js";
import type * as model_flags from "../model/flags.js";
import type * as model_fold from "../model/fold.js";
import type * as model_health from "../model/health.js";
import type * as model_histogram from "../model/histogram.js";
import type * as model_judgement from "../model/judgement.js";
import type * as model_monitorState from "../model/monitorState.js";
import type * as model_partitions from "../model/partitions.js";
import type * as model_prometheus from "../model/prometheus.js";
import type * as model_records from "../model/records.js";
import type * as model_report from "../model/report.js";
import type * as model_results from "../model/results.js";
import type * as model_rollback from "../model/rollback.js";
import type * as model_rollups from "../model/rollups.js";
import type * as model_runSteps from "../model/runSteps.js";
import type * as model_samples from "../model/samples.js";
import type * as model_schedule from "../model/schedule.js";
import type * as model_settings from "../model/settings.js";
import type * as model_shownFlag from "../model/shownFlag.js";
import type * as model_silence from "../model/silence.js";
import type * as model_survey from "../model/survey.js";
import type * as model_thresholds from "../model/thresholds.js";
import type * as model_trackedFilters from "../model/trackedFilters.js";
import type * as model_validations from "../model/validations.js";
import type * as model_work from "../model/work.js";
import type * as monitoring from "../monitoring.js";
import type * as operations from "../operations.js";
import type * as recompute from "../recompute.js";
import type * as rollout from "../rollout.js";
import type * as rolloutTables from "../rolloutTables.js";
import type * as settings from "../settings.js";
import type * as telemetry from "../telemetry.js";
import type * as validation from "../validation.js";
import type * as validators from "../validators.js";
import type * as watchRecords from "../watchRecords.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  aggregations: typeof aggregations;
  channels: typeof channels;
  crons: typeof crons;
  errors: typeof errors;
  flags: typeof flags;
  functions: typeof functions;
  http: typeof http;
  importReceipts: typeof importReceipts;
  maintenance: typeof maintenance;
  metricValidators: typeof metricValidators;
  "model/admin": typeof model_admin;
  "model/alerts": typeof model_alerts;
  "model/auditTrail": typeof model_auditTrail;
  "model/bearer": typeof model_bearer;
  "model/changeLog": typeof model_changeLog;
  "model/charts": typeof model_charts;
  "model/columns": typeof model_columns;
  "model/compare": typeof model_compare;
  "model/compute": typeof model_compute;
  "model/figures": typeof model_figures;
  "model/flagRules": typeof model_flagRules;
  "model/flags": typeof model_flags;
  "model/fold": typeof model_fold;
  "model/health": typeof model_health;
  "model/histogram": typeof model_histogram;
  "model/judgement": typeof model_judgement;
  "model/monitorState": typeof model_monitorState;
  "model/partitions": typeof model_partitions;
  "model/prometheus": typeof model_prometheus;
  "model/records": typeof model_records;
  "model/report": typeof model_report;
  "model/results": typeof model_results;
  "model/rollback": typeof model_rollback;
  "model/rollups": typeof model_rollups;
  "model/runSteps": typeof model_runSteps;
  "model/samples": typeof model_samples;
  "model/schedule": typeof model_schedule;
  "model/settings": typeof model_settings;
  "model/shownFlag": typeof model_shownFlag;
  "model/silence": typeof model_silence;
  "model/survey": typeof model_survey;
  "model/thresholds": typeof model_thresholds;
  "model/trackedFilters": typeof model_trackedFilters;
  "model/validations": typeof model_validations;
  "model/work": typeof model_work;
  monitoring: typeof monitoring;
  operations: typeof operations;
  recompute: typeof recompute;
  rollout: typeof rollout;
  rolloutTables: typeof rolloutTables;
  settings: typeof settings;
  telemetry: typeof telemetry;
  validation: typeof validation;
  validators: typeof validators;
  watchRecords: typeof watchRecords;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;
