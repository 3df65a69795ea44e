import type { ConvexReactClient } from "convex/react";
import { api } from "../../../convex/_generated/api";
import type { AggregationOptions } from "../options";
import type { ReadSample } from "./readWatch";
import { WakeTimer } from "./wakeTimer";

/** What one report may hold; more, until it is sent, is left out. */
const MAX_SAMPLES = 200;
/** Reads of a page come in bursts: a report waits this long for the others. */
const GATHER_MS = 10_000;
/** A laptop that slept is not a slow server. */
const MAX_RESPONSE_MS = 60_000;

/**
 * Sends how reads were answered, in batches: one mutation an interval at most, none where nothing
 * was read. Whether a page takes part is drawn once; lost reports are not sent again.
 */
export class Telemetry {
  private samples: ReadSample[] = [];
  private mayReportAt = 0;
  private readonly isSampled: boolean;
  private readonly timer = new WakeTimer(() => this.send());
  // A page that goes into the background may not come back.
  private readonly onVisibilityChange = () => {
    if (isPageHidden() && this.options.now() >= this.mayReportAt) this.send();
  };

  constructor(
    private readonly client: ConvexReactClient,
    private readonly options: AggregationOptions,
  ) {
    this.isSampled = options.random() < options.telemetrySampleRate;
  }

  /** Adds a sample. What a page in the background waited for says nothing about the server. */
  note(sample: ReadSample): void {
    if (!this.isSampled || isPageHidden() || sample.responseMs > MAX_RESPONSE_MS) return;
    if (this.samples.length === MAX_SAMPLES) return;
    this.samples.push(sample);
    if (this.samples.length === 1) this.schedule();
  }

  /** Drops what has not been sent: somebody else has signed in. */
  forget(): void {
    this.samples = [];
    this.timer.set(Infinity, 0);
    if (typeof document === "undefined") return;
    document.removeEventListener("visibilitychange", this.onVisibilityChange);
  }

  private schedule(): void {
    const now = this.options.now();
    const gatherMs = Math.min(GATHER_MS, this.options.telemetryIntervalMs);
    this.timer.set(Math.max(this.mayReportAt, now + gatherMs), now);
    if (typeof document === "undefined") return;
    document.addEventListener("visibilitychange", this.onVisibilityChange);
  }

  private send(): void {
    const { samples } = this;
    this.forget();
    this.mayReportAt = this.options.now() + this.options.telemetryIntervalMs;
    void this.report(samples);
  }

  private async report(samples: ReadSample[]): Promise<void> {
    try {
      await this.client.mutation(api.telemetry.report, { samples });
    } catch {
      // A page works without its telemetry, one that has closed its client, too; that none arrives
      // is noticed by the monitoring.
    }
  }
}

function isPageHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}
