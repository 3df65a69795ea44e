import { describe, expect, it } from "vitest";
import {
  PENDING,
  reduce,
  type Inputs,
  type State,
  type AnsweredRow,
} from "../../src/react/store/reduce";

const NOW = 1_000;
const ROW = {
  data: { videos: 1 },
  computedAt: 500,
  expiresAt: 2_000,
  changesPending: false,
  basis: "results" as const,
};
const WAITING: Inputs = {
  wantsServer: true,
  row: { state: "waiting" },
  changesPending: false,
  computed: null,
  problem: null,
  refusal: null,
  progress: null,
  now: NOW,
};
const answered = (value: AnsweredRow | null): Partial<Inputs> => ({
  row: { state: "answered", value },
});
const after = (inputs: Partial<Inputs>, previous: State = PENDING) =>
  reduce({ ...WAITING, ...inputs }, previous);
const SHOWN = after(answered(ROW));
const COMPUTED = {
  data: { videos: 1 },
  computedAt: 900,
  basis: "records" as const,
  isOutdated: false,
};
const PROBLEM = { code: "NO_CONNECTION", message: "no way through" };

describe("the state of an aggregation", () => {
  it("is pending until something is known", () => {
    expect(after({})).toBe(PENDING);
    expect(after(answered(null))).toBe(PENDING);
    expect(after({ wantsServer: null })).toBe(PENDING);
  });

  it("is stale from the end of the row's day on, not a moment before", () => {
    expect(after({ ...answered(ROW), now: 1_999 })).toMatchObject({ isStale: false });
    expect(after({ ...answered(ROW), now: 2_000 })).toMatchObject({ isStale: true, loading: true });
  });

  it.each([
    ["the server has changes that it does not show", { ...answered(ROW), changesPending: true }],
    ["it is of another zone or version", answered({ ...ROW, changesPending: true })],
  ])("is stale while %s", (_what, inputs) => {
    expect(after(inputs)).toMatchObject({ status: "success", isStale: true, loading: true });
  });

  it("says what it was taken from", () => {
    expect(after(answered(ROW))).toMatchObject({ source: "precomputed", basis: "results" });
    expect(after(answered({ ...ROW, basis: "segments" }))).toMatchObject({
      source: "precomputed",
      basis: "segments",
    });
    expect(after({ computed: COMPUTED })).toMatchObject({
      source: "client-side",
      basis: "records",
    });
    const fromColumns = { ...COMPUTED, basis: "segments" as const };
    expect(after({ computed: fromColumns })).toMatchObject({
      source: "client-side",
      basis: "segments",
    });
  });

  it("keeps what is shown, stale, when the row goes away, the flag flips or nothing answers", () => {
    for (const inputs of [answered(null), { wantsServer: false }, {}, { problem: PROBLEM }]) {
      expect(after(inputs, SHOWN)).toMatchObject({
        status: "success",
        data: ROW.data,
        source: "precomputed",
        isStale: true,
        loading: true,
      });
    }
  });

  it("takes what the browser computed where no row is, and the row again when it comes", () => {
    const computed = after({ ...answered(null), computed: COMPUTED }, SHOWN);
    expect(computed).toMatchObject({ source: "client-side", isStale: false, computedAt: 900 });
    expect(after({ ...answered(ROW), computed: COMPUTED }, computed)).toMatchObject({
      source: "precomputed",
    });
  });

  it("prefers what the browser computed while the flag is off", () => {
    const state = after({ ...answered(ROW), wantsServer: false, computed: COMPUTED });
    expect(state).toMatchObject({ source: "client-side" });
  });

  it("is an error only where there is nothing to show", () => {
    expect(after({ problem: PROBLEM })).toMatchObject({ status: "error", error: PROBLEM });
    expect(after({ problem: PROBLEM, computed: COMPUTED })).toMatchObject({ status: "success" });
  });

  it("drops all data of who is no longer signed in", () => {
    const refusal = { code: "UNAUTHENTICATED", message: "You are not signed in" };
    expect(after({ ...answered(ROW), refusal }, SHOWN)).toMatchObject({
      status: "error",
      data: undefined,
    });
  });

  it("is an error where the server refuses for good, not where it fails", () => {
    const failure = (code: string): Partial<Inputs> => ({
      row: { state: "failed", error: { code, message: "" } },
    });
    expect(after(failure("INVALID_FILTERS"), SHOWN).status).toBe("error");
    expect(after(failure("SERVER_ERROR"), SHOWN).status).toBe("success");
  });

  it("is the same object while nothing differs, with the same data while that is equal", () => {
    expect(after(answered({ ...ROW, data: { videos: 1 } }), SHOWN)).toBe(SHOWN);
    const newer = after(answered({ ...ROW, data: { videos: 1 }, computedAt: 700 }), SHOWN);
    expect(newer).not.toBe(SHOWN);
    expect(newer.data).toBe(SHOWN.data);
    expect(after(answered({ ...ROW, data: { videos: 2 } }), SHOWN).data).toEqual({ videos: 2 });
  });
});
