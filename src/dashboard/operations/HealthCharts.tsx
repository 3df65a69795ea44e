import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState, type ReactNode } from "react";
import { api } from "../../../convex/_generated/api";
import { LineChart, type LineSeries } from "../charts/LineChart";
import { Choice } from "../filters/Choice";
import { useFormats } from "../shared/formats";
import { OperationsPanel } from "./OperationsPanel";
import { percentText, type Report } from "./vocabulary";

type ChartPoint = FunctionReturnType<typeof api.operations.charts>[number];
type Field = Exclude<keyof ChartPoint, "at">;

const SPANS = ["1", "6"] as const;
const SPAN_LABELS = { "1": "Last hour", "6": "Last six hours" } as const;

interface ChartShape {
  label: string;
  lines: readonly (readonly [Field, string])[];
  format: (value: number) => string;
}

/** What happened in the last hours, as pictures. */
export function HealthCharts({ report }: { report: Report }): ReactNode {
  const [span, setSpan] = useState<(typeof SPANS)[number]>("1");
  const points = useQuery(api.operations.charts, { hours: span === "1" ? 1 : 6 });
  const { number, compact } = useFormats();
  const milliseconds = (value: number) => `${compact(value)} ms`;
  const shapes: ChartShape[] = [
    {
      label: "Response time",
      format: milliseconds,
      lines: [
        ["responseP50Ms", "p50"],
        ["responseP95Ms", "p95"],
        ["responseP99Ms", "p99"],
      ],
    },
    {
      label: "Answers of pages",
      format: percentText,
      lines: [
        ["hitRate", "hits"],
        ["fallbackRate", "fallbacks"],
        ["errorRate", "errors"],
      ],
    },
    { label: "Change to result, p95", format: milliseconds, lines: [["lagP95Ms", "lag"]] },
    {
      label: "Reads and recomputes",
      format: number,
      lines: [
        ["reads", "reads"],
        ["recomputes", "recomputes"],
      ],
    },
    {
      label: "Bytes of recomputes",
      format: (value) => `${compact(value)}B`,
      lines: [
        ["bytesRead", "read"],
        ["bytesWritten", "written"],
      ],
    },
  ];
  return (
    <OperationsPanel title="The last hours" size="full">
      <Choice legend="Span" options={SPANS} labels={SPAN_LABELS} value={span} onChange={setSpan} />
      {points === undefined && <p aria-busy>Loading …</p>}
      {points?.length === 0 && <p>Nothing was measured yet.</p>}
      {points !== undefined && points.length > 0 && (
        <div className="small-charts">
          {shapes.map((shape) => (
            <HealthChart key={shape.label} shape={shape} points={points} report={report} />
          ))}
        </div>
      )}
    </OperationsPanel>
  );
}

function HealthChart({
  shape: { label, lines, format },
  points,
  report,
}: {
  shape: ChartShape;
  points: readonly ChartPoint[];
  report: Report;
}): ReactNode {
  const { clock } = useFormats();
  const series: LineSeries[] = lines.map(([field, name]) => ({
    name,
    values: points.map((point) => point[field]),
  }));
  const limit = lines.some(([field]) => field === "responseP95Ms")
    ? report.thresholds.responseP95Ms
    : lines.some(([field]) => field === "lagP95Ms")
      ? report.thresholds.lagP95Ms
      : null;
  return (
    <div>
      <h3>{label}</h3>
      <LineChart
        label={label}
        names={points.map(({ at }) => clock(at))}
        series={series}
        format={format}
        limit={limit}
      />
    </div>
  );
}
