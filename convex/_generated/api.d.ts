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
import type * as importReceipts from "../importReceipts.js";
import type * as maintenance from "../maintenance.js";
import type * as model_changeLog from "../model/changeLog.js";
import type * as model_columns from "../model/columns.js";
import type * as model_compute from "../model/compute.js";
import type * as model_fold from "../model/fold.js";
import type * as model_partitions from "../model/partitions.js";
import type * as model_records from "../model/records.js";
import type * as model_results from "../model/results.js";
import type * as model_runSteps from "../model/runSteps.js";
import type * as model_schedule from "../model/schedule.js";
import type * as model_settings from "../model/settings.js";
import type * as model_trackedFilters from "../model/trackedFilters.js";
import type * as model_work from "../model/work.js";
import type * as recompute from "../recompute.js";
import type * as settings from "../settings.js";
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
  importReceipts: typeof importReceipts;
  maintenance: typeof maintenance;
  "model/changeLog": typeof model_changeLog;
  "model/columns": typeof model_columns;
  "model/compute": typeof model_compute;
  "model/fold": typeof model_fold;
  "model/partitions": typeof model_partitions;
  "model/records": typeof model_records;
  "model/results": typeof model_results;
  "model/runSteps": typeof model_runSteps;
  "model/schedule": typeof model_schedule;
  "model/settings": typeof model_settings;
  "model/trackedFilters": typeof model_trackedFilters;
  "model/work": typeof model_work;
  recompute: typeof recompute;
  settings: typeof settings;
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
