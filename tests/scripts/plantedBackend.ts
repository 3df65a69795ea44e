import { join } from "node:path";
import { makeFunctionReference } from "convex/server";
import { runAsAdmin } from "../../scripts/adminClient";
import {
  developmentUserId,
  startLocalBackend,
  type LocalBackend,
} from "../../scripts/localBackend";

const CONVEX_DIRECTORY = join(import.meta.dirname, "../fixtures/plantedConvex");

function sabotage<Args extends Record<string, unknown>, Result = null>(name: string) {
  return makeFunctionReference<"mutation", Args, Result>(`sabotage:${name}`);
}

const SET_GATE = sabotage<{ of: "work" | "adoption"; isOpen: boolean }>("setGate");

const RECORDS = 3;

/** A backend whose tables are written by other means than its functions, and commands for it. */
export class PlantedBackend {
  private constructor(readonly backend: LocalBackend) {}

  static async start(): Promise<PlantedBackend> {
    return new PlantedBackend(
      await startLocalBackend({ withCrons: false, convexDirectory: CONVEX_DIRECTORY }),
    );
  }

  /** Three records each, written without the functions that list users. */
  async plant(...subjects: string[]): Promise<void> {
    const plant = sabotage<{ userId: string; records: number }>("plant");
    for (const subject of subjects) {
      await runAsAdmin(this.backend, plant, {
        userId: developmentUserId(subject),
        records: RECORDS,
      });
    }
  }

  /** From now on a run does not end until `release`. */
  async hold(): Promise<void> {
    await runAsAdmin(this.backend, SET_GATE, { of: "work", isOpen: false });
  }

  async release(): Promise<void> {
    await runAsAdmin(this.backend, SET_GATE, { of: "work", isOpen: true });
  }

  /** The stored number of videos is another in all six filters. */
  async damageResults(subject: string, totalVideos: number): Promise<void> {
    const damage = sabotage<{ userId: string; totalVideos: number }>("damageResults");
    await runAsAdmin(this.backend, damage, { userId: developmentUserId(subject), totalVideos });
  }

  async deleteSegments(subject: string): Promise<void> {
    const deletion = sabotage<{ userId: string }>("deleteSegments");
    await runAsAdmin(this.backend, deletion, { userId: developmentUserId(subject) });
  }

  async countResults(subject: string): Promise<number> {
    const count = sabotage<{ userId: string }, number>("countResults");
    return await runAsAdmin(this.backend, count, { userId: developmentUserId(subject) });
  }

  /** Where commands find the backend. */
  get environment(): Record<string, string> {
    return environmentOf(this.backend.url, this.backend.adminKey);
  }
}

export function environmentOf(url: string, adminKey: string): Record<string, string> {
  return {
    CONVEX_SELF_HOSTED_URL: url,
    CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey,
  };
}
