import type { GenericSchema, SchemaDefinition } from "convex/server";
import { loadApp, type Definition, type Environment } from "../componentDefinitions";
import { findModules, importDefault, type ModuleLoaders } from "./modules";

/** A component at its place in the app. */
export interface MountedComponent {
  /** Names from the app down to it: "workpool", "workpool/batchWorker". */
  path: string;
  /** Null for a component without tables. */
  schema: SchemaDefinition<GenericSchema, boolean> | null;
  modules: ModuleLoaders;
}

/**
 * The components that the app of a Convex folder uses, and those that they use; none without a
 * `convex.config.ts`. What they are given for their environment is set in this process's.
 */
export async function mountComponents(convexDirectory: string): Promise<MountedComponent[]> {
  const app = await loadApp(convexDirectory);
  return app === null ? [] : await mountChildren(app, "");
}

async function mountChildren(parent: Definition, parentPath: string): Promise<MountedComponent[]> {
  const mounted: MountedComponent[] = [];
  for (const [name, child, environment] of parent._childComponents) {
    setEnvironment(environment);
    const path = parentPath + name;
    const directory = child.componentDefinitionPath;
    const modules = findModules(directory, (module) => module);
    mounted.push({ path, schema: await importSchema(directory), modules });
    mounted.push(...(await mountChildren(child, `${path}/`)));
  }
  return mounted;
}

async function importSchema(directory: string): Promise<MountedComponent["schema"]> {
  const schema =
    (await importDefault(directory, "schema.ts")) ?? (await importDefault(directory, "schema.js"));
  return schema as MountedComponent["schema"]; // what a schema module exports by default
}

/** All that runs in one process shares one environment. */
function setEnvironment(environment: Environment): void {
  for (const [name, value] of Object.entries(environment)) {
    const set = typeof value === "string" ? value : process.env[value.__envVarRef];
    if (set !== undefined) process.env[name] = set;
  }
}
