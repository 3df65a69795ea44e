import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState, type ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { LineChart, type LineSeries } from "../charts/LineChart";
import { Choice } from "../filters/Choice";
import { useFormats, type Formats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { percentText, type Report } from "./vocabulary";

type ChartPoint = FunctionReturnType<typeof api.operations.charts>[number];
type Field = Exclude<keyof ChartPoint, "at">;

const SPANS = ["1", "6"] as const;
const SPAN_LABELS = { "1": "Last hour", "6": "Last six hours" } as const;

interface ChartShape {
  label: string;
  lines: readonly (readonly [Field, string])[];
  unit: "ms" | "share" | "count" | "bytes";
  /** The limit that is drawn across. */
  limit?: "responseP95Ms" | "lagP95Ms";
}

const SHAPES: readonly ChartShape[] = [
  {
    label: "Response time",
    unit: "ms",
    limit: "responseP95Ms",
    lines: [
      ["responseP50Ms", "p50"],
      ["responseP95Ms", "p95"],
      ["responseP99Ms", "p99"],
    ],
  },
  {
    label: "Answers of pages",
    unit: "share",
    lines: [
      ["hitRate", "first reply"],
      ["storedRate", "stored"],
      ["fallbackRate", "fallbacks"],
      ["errorRate", "errors"],
    ],
  },
  { label: "Change to result, p95", unit: "ms", limit: "lagP95Ms", lines: [["lagP95Ms", "lag"]] },
  {
    label: "Reads and recomputes",
    unit: "count",
    lines: [
      ["reads", "reads"],
      ["recomputes", "recomputes"],
    ],
  },
  {
    label: "Bytes of recomputes",
    unit: "bytes",
    lines: [
      ["bytesRead", "read"],
      ["bytesWritten", "written"],
    ],
  },
];

/** What happened in the last hours, as pictures. */
export function HealthCharts({ report }: { report: Report }): ReactNode {
  const [span, setSpan] = useState<(typeof SPANS)[number]>("1");
  const points = useQuery(api.operations.charts, { hours: span === "1" ? 1 : 6 });
  return (
    <OperationsPanel title="The last hours" size="full">
      <Choice legend="Span" options={SPANS} labels={SPAN_LABELS} value={span} onChange={setSpan} />
      {points === undefined && <p aria-busy>Loading …</p>}
      {points?.length === 0 && <p>Nothing was measured yet.</p>}
      {points !== undefined && points.length > 0 && (
        <div className="small-charts">
          {SHAPES.map((shape) => (
            <HealthChart key={shape.label} shape={shape} points={points} report={report} />
          ))}
        </div>
      )}
    </OperationsPanel>
  );
}

function HealthChart({
  shape: { label, lines, unit, limit },
  points,
  report,
}: {
  shape: ChartShape;
  points: readonly ChartPoint[];
  report: Report;
}): ReactNode {
  const formats = useFormats();
  const { clock } = formats;
  const series: LineSeries[] = lines.map(([field, name]) => ({
    name,
    values: points.map((point) => point[field]),
  }));
  return (
    <div>
      <h3>{label}</h3>
      <LineChart
        label={label}
        names={points.map(({ at }) => clock(at))}
        series={series}
        format={(value) => valueText(value, unit, formats)}
        limit={limit === undefined ? null : report.thresholds[limit]}
      />
    </div>
  );
}

function valueText(value: number, unit: ChartShape["unit"], { number, compact }: Formats): string {
  switch (unit) {
    case "ms":
      return `${compact(value)} ms`;
    case "share":
      return percentText(value);
    case "count":
      return number(value);
    case "bytes":
      return `${compact(value)}B`;
  }
}
