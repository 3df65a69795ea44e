import { afterEach, describe, expect, it, vi } from "vitest";
import { interruption } from "../../scripts/console/endSignals";
import { stopSignal } from "../../scripts/import/stopSignal";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const before = SIGNALS.map((signal) => process.listeners(signal));

afterEach(() => {
  vi.restoreAllMocks();
  for (const [index, signal] of SIGNALS.entries()) {
    for (const listener of process.listeners(signal)) {
      if (before[index]?.includes(listener) !== true) process.off(signal, listener);
    }
  }
});

describe("Ctrl-C during an import", () => {
  it("stops it once, though npm passes the same keystroke on; a later one exits", () => {
    vi.spyOn(console, "error").mockReturnValue();
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never); // the test goes on
    let nowMs = 1_000;
    const signal = stopSignal(() => nowMs);
    process.emit("SIGINT");
    expect(signal.aborted).toBe(true);
    nowMs += 20;
    process.emit("SIGINT");
    expect(exit).not.toHaveBeenCalled();
    expect(console.error).toHaveBeenCalledTimes(1);
    nowMs += 2_000;
    process.emit("SIGINT");
    expect(exit).toHaveBeenCalledWith(130);
  });
});

describe("Ctrl-C or SIGTERM during another command", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends it once: %s with exit code %i", (name, exitCode) => {
    const signal = interruption();
    process.emit(name);
    process.emit(name === "SIGINT" ? "SIGTERM" : "SIGINT");
    expect(signal.reason).toMatchObject({ name: "Interrupted", exitCode });
  });
});
