import { z } from "zod";

const pushedModule = z.object({
  path: z.string(),
  source: z.string(),
  sourceMap: z.string().optional(),
  environment: z.enum(["isolate", "node"]),
});

const component = z.object({
  definition: pushedModule.nullable(),
  schema: pushedModule.nullable(),
});

const requestBody = z.object({
  appDefinition: component.extend({ changedModules: z.array(pushedModule) }),
  componentDefinitions: z.array(
    component.extend({ definitionPath: z.string(), functions: z.array(pushedModule) }),
  ),
});

/** A bundle: an entry module, or a chunk that several of them share (below `_deps/`). */
export type PushedModule = z.infer<typeof pushedModule>;

/** The app, or one component, as `npx convex deploy` sends it. */
export interface PushedComponent {
  /** The folder of its definition, relative to the app's; empty for the app. */
  definitionPath: string;
  definition: PushedModule | null;
  schema: PushedModule | null;
  modules: PushedModule[];
}

/** The app, followed by the components it uses. */
export type Push = readonly PushedComponent[];

/** The push in a request body of the CLI. @throws ZodError where it has another shape. */
export function parsePush(body: string): Push {
  const { appDefinition, componentDefinitions } = requestBody.parse(JSON.parse(body));
  const { changedModules, ...app } = appDefinition;
  return [
    { ...app, definitionPath: "", modules: changedModules },
    ...componentDefinitions.map(({ functions, ...rest }) => ({ ...rest, modules: functions })),
  ];
}

/** Chunks hold code only; every other module is an entry that a deployment looks for functions in. */
export function isChunk({ path }: PushedModule): boolean {
  return path.startsWith("_deps/");
}

/** All that a component consists of. */
export function allModules({ definition, schema, modules }: PushedComponent): PushedModule[] {
  return [definition, schema, ...modules].filter((module) => module !== null);
}

/** How a module is called in messages: "crons.js", "@convex-dev/workpool: lib.js". */
export function nameModule({ definitionPath }: PushedComponent, path: string): string {
  if (definitionPath === "") return path;
  const name = definitionPath
    .replace(/^.*node_modules\//, "")
    .replace(/\/(dist|src)\/component$/, "");
  return `${name}: ${path}`;
}
