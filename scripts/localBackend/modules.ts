import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

export type ModuleLoaders = Record<string, () => Promise<unknown>>;

/**
 * The modules of a Convex folder, by the relative names convex-test looks them up with. Those of a
 * component that lies in it are the component's.
 */
export function findModules(
  directory: string,
  wrap: (module: Record<string, unknown>) => Record<string, unknown>,
): ModuleLoaders {
  const loaders: ModuleLoaders = {};
  // A transaction has no timers, but whatever loads a module for it (such as Vite) needs them.
  const outside = AsyncLocalStorage.snapshot();
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const components = paths.filter((path) => /[\\/]convex\.config\.[jt]s$/.test(path)).map(dirname);
  for (const path of paths) {
    const isModule = /\.[cm]?[jt]sx?$/.test(path) && !/\.d\.ts$|\.test\.|\.config\./.test(path);
    if (!isModule || components.some((component) => path.startsWith(component + sep))) continue;
    const url = pathToFileURL(join(directory, path)).href;
    const name = `./${relative(directory, join(directory, path)).split(sep).join("/")}`;
    let loaded: Promise<unknown> | null = null;
    loaders[name] = () => (loaded ??= outside(() => import(url)).then(wrap));
  }
  return loaders;
}

/** A module's default export; null where there is no such file. */
export async function importDefault(directory: string, name: string): Promise<unknown> {
  const path = join(directory, name);
  if (!existsSync(path)) return null;
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return module.default ?? null;
}
