import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { build } from "esbuild";
import type { Figure } from "../report";

const ROOT = join(import.meta.dirname, "../../..");
/** What every application with Convex and React has already. */
const SHARED = ["react", "react-dom", "convex", "convex/*"];
const KIB = 1_024;

/** Gzipped bytes of the hooks, and of what they load when the browser has to compute. */
export async function bundleSizes(): Promise<{ hooksBytes: number; engineBytes: number }> {
  const hooks = await outputs("src/react/index.ts", true);
  const entry = hooks.find(({ path }) => path.endsWith("/index.js"));
  if (entry === undefined) throw new Error("the hooks' bundle has no entry");
  const initial = hooks.filter(
    ({ path }) => path === entry.path || entry.text.includes(name(path)),
  );
  const isStatic = ({ path }: Output) =>
    path === entry.path || new RegExp(`from"\\./${name(path)}"`).test(entry.text);
  const hooksBytes = sum(initial.filter(isStatic));
  const [engine] = await outputs("src/react/fallback/computation.worker.ts", false);
  return { hooksBytes, engineBytes: sum(engine === undefined ? [] : [engine]) };
}

export async function bundleFigures(): Promise<Figure[]> {
  const { hooksBytes, engineBytes } = await bundleSizes();
  const figure = (what: string, bytes: number, target: number): Figure => ({
    what,
    at: "gzip",
    value: bytes / KIB,
    unit: "kB",
    target: { bound: "at most", value: target },
    detail: "esbuild, minified, without React and Convex",
  });
  return [
    figure("hooks", hooksBytes, 12),
    figure("engine of the fallback, loaded when needed", engineBytes, 20),
  ];
}

interface Output {
  path: string;
  text: string;
  bytes: number;
}

async function outputs(entryPoint: string, splitting: boolean): Promise<Output[]> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entryPoint)],
    bundle: true,
    minify: true,
    splitting,
    format: "esm",
    target: "es2022",
    external: SHARED,
    outdir: "out",
    write: false,
  });
  return outputFiles.map(({ path, text, contents }) => ({
    path,
    text,
    bytes: gzipSync(contents).length,
  }));
}

function name(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function sum(files: readonly Output[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
