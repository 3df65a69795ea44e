import { durationText, timeLeftText } from "../../src/dashboard/shared/duration";
import { startCounter, startProgress, type Counter, type Progress } from "../console/progress";
import { numbers, rateText } from "../console/text";
import type { RunDisplay } from "./follow";
import type { RunStatus } from "./job";

function lostText(delayMs: number): string {
  return `no answer, retrying in ${durationText(delayMs)}`;
}

/** Shows a run: how many users there are, then how many are done, the rate and the time left. */
export class RunProgress implements RunDisplay {
  private counter: Counter | null = null;
  private bar: Progress | null = null;
  private latest: RunStatus | null = null;
  private isLost = false;

  /**
   * @param label stands before the bar: "Backfill".
   * @param noteOf what else to show; may be empty.
   */
  constructor(
    private readonly label: string,
    private readonly noteOf: (status: RunStatus) => string = () => "",
  ) {}

  show(status: RunStatus): void {
    const isBack = this.isLost;
    this.latest = status;
    this.isLost = false;
    if (status.isCounted) this.showBar(status, isBack);
    else this.showCount(status.total, "");
  }

  showLost(delayMs: number): void {
    const text = lostText(delayMs);
    const isNews = !this.isLost;
    this.isLost = true;
    if (this.bar !== null && this.latest !== null) {
      this.bar.update(finishedOf(this.latest), text, isNews);
    } else {
      this.showCount(this.latest?.total ?? 0, text);
    }
  }

  stop(): void {
    this.counter?.stop();
    this.bar?.stop();
  }

  private showCount(users: number, note: string): void {
    this.counter ??= startCounter("counting users");
    this.counter.update(users, note);
  }

  private showBar(status: RunStatus, isBack: boolean): void {
    const finished = finishedOf(status);
    // Users who arrive during the run are done as well, but were not counted.
    const total = Math.max(status.total, finished);
    const isFirst = this.bar === null;
    this.bar ??= this.startBar(total);
    this.bar.setTotal(total);
    const isNews = isFirst || isBack || status.status !== "running";
    this.bar.update(finished, this.describe(status), isNews);
  }

  private startBar(total: number): Progress {
    this.counter?.stop();
    this.counter = null;
    return startProgress(this.label, total, "users", { showsTimeLeft: false });
  }

  private describe(status: RunStatus): string {
    const { usersPerSecond, remainingMs, failed, retrying } = status;
    const parts = [
      usersPerSecond === null ? "" : `${rateText(usersPerSecond)}/s`,
      remainingMs === null ? "" : `${timeLeftText(remainingMs)} left`,
      failed === 0 ? "" : `${numbers.format(failed)} failed`,
      retrying.length === 0 ? "" : `${numbers.format(retrying.length)} being retried`,
      this.noteOf(status),
    ];
    return parts.filter((part) => part !== "").join(", ");
  }
}

function finishedOf({ done, failed }: RunStatus): number {
  return done + failed;
}
