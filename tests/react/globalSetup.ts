import type { TestProject } from "vitest/node";
import { startLocalBackend } from "../../scripts/localBackend";

declare module "vitest" {
  interface ProvidedContext {
    backendUrl: string;
    adminKey: string;
  }
}

/** One backend for all tests of the hooks; each test has users of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const backend = await startLocalBackend({ withCrons: false });
  project.provide("backendUrl", backend.url);
  project.provide("adminKey", backend.adminKey);
  return () => backend.close();
}
