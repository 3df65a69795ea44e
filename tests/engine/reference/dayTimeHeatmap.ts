import type { DayTimeHeatmap } from "../../../src/engine/index";
import { histogram } from "./arithmetic";
import type { Selection } from "./selection";

export function dayTimeHeatmap(selection: Selection): DayTimeHeatmap {
  const locals = selection.dated.map((record) => record.local);
  const hoursOn = (dayOfWeek: number) =>
    locals.filter((local) => local.dayOfWeek === dayOfWeek).map((local) => local.hour);
  return { videos: [0, 1, 2, 3, 4, 5, 6].map((day) => histogram(hoursOn(day), 24)) };
}
