import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JSONValue } from "convex/values";
import { build, type Plugin } from "esbuild";

/** An app or a component, as `defineApp` and `defineComponent` of convex make them. */
export interface Definition {
  /** The folder it is defined in; the app itself has none. */
  componentDefinitionPath?: string;
  _childComponents: [name: string, definition: ComponentDefinition, environment: Environment][];
  /** What Convex keeps of it: components by name and folder, declared environment variables. */
  export: () => { childComponents: { name: string; path: string }[] } & Record<string, JSONValue>;
}

export type ComponentDefinition = Definition & { componentDefinitionPath: string };

/** What a component is given for its environment variables: values, or variables of its user. */
export type Environment = Record<string, string | { __envVarRef: string }>;

const CONFIG = /convex\.config(\.[jt]s)?$/;

/** The app that `convex.config.ts` of a Convex folder defines; null where there is none. */
export async function loadApp(convexDirectory: string): Promise<Definition | null> {
  const entryPoint = join(convexDirectory, "convex.config.ts");
  if (!existsSync(entryPoint)) return null;
  // Bundled as for a push: packages leave resolving to the bundler.
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    plugins: [placeComponents],
    logLevel: "silent",
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString("base64");
  const module = (await import(`data:text/javascript;base64,${code}`)) as { default: Definition };
  return module.default;
}

/** Tells each component where it is and how it is called, before another one uses it. */
const placeComponents: Plugin = {
  name: "place-components",
  setup(bundler) {
    const namespace = "placed-component";
    bundler.onResolve(
      { filter: CONFIG },
      async ({ path, kind, importer, resolveDir, namespace: from }) => {
        if (kind === "entry-point" || from === namespace) return null;
        const resolved = await bundler.resolve(path, { kind, importer, resolveDir, namespace });
        return { ...resolved, namespace };
      },
    );
    bundler.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `
        import definition from ${JSON.stringify(path)};
        definition.componentDefinitionPath = ${JSON.stringify(dirname(path))};
        definition.defaultName = definition._name;
        export default definition;`,
      resolveDir: dirname(path),
    }));
  },
};
