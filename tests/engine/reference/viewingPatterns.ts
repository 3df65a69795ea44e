import type { ViewingPatterns } from "../../../src/engine/index";
import { percentageOf } from "./arithmetic";
import type { LocalTime } from "./localTime";
import type { Selection } from "./selection";

export function viewingPatterns(selection: Selection): ViewingPatterns {
  const locals = selection.dated.map((record) => record.local);
  const bins = (first: number, last: number, binOf: (local: LocalTime) => number) =>
    Array.from({ length: last - first + 1 }, (_, index) => {
      const bin = first + index;
      const videos = locals.filter((local) => binOf(local) === bin).length;
      return { bin, counts: { videos, percentage: percentageOf(videos, locals.length) } };
    });
  return {
    hourly: bins(0, 23, (local) => local.hour).map(({ bin, counts }) => ({
      hour: bin,
      ...counts,
    })),
    daily: bins(0, 6, (local) => local.dayOfWeek).map(({ bin, counts }) => ({
      dayOfWeek: bin,
      ...counts,
    })),
    weekly: bins(1, 5, weekOfMonth).map(({ bin, counts }) => ({ weekOfMonth: bin, ...counts })),
    monthly: bins(1, 12, monthOfYear).map(({ bin, counts }) => ({ month: bin, ...counts })),
  };
}

function weekOfMonth(local: LocalTime): number {
  return Math.floor((local.dayOfMonth - 1) / 7) + 1;
}

function monthOfYear(local: LocalTime): number {
  return Number(local.month.slice(5));
}
