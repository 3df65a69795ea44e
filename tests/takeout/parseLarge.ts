/** Parses a made-up export of some size in each format, and prints what came out. */
import { parseTakeout } from "../../src/takeout";
import { block, page } from "./htmlSupport";
import { watch } from "./support";

const wanted = Number(process.argv[2]) * 1_000_000;
const ENTRIES_A_CHUNK = 200;

async function parse(format: "json" | "html") {
  const [before, after] = format === "html" ? page("|").split("|") : ["[", "null]"];
  let length = 0;
  let written = 0;
  const source = new ReadableStream<string>({
    start: (controller) => controller.enqueue(before!),
    pull: (controller) => {
      const entries = Array.from({ length: ENTRIES_A_CHUNK }, (_, index) =>
        entry(format, written + index),
      );
      const text = entries.join("");
      length += text.length;
      written += ENTRIES_A_CHUNK;
      controller.enqueue(text);
      if (length < wanted) return;
      controller.enqueue(after!);
      controller.close();
    },
  });
  let records = 0;
  for await (const parsed of parseTakeout(source, { timeZone: "America/Chicago" })) {
    if ("record" in parsed) records += 1;
  }
  return { written, records };
}

function entry(format: "json" | "html", index: number): string {
  const title = `Walk ${String(index)}`;
  const url = `https://www.youtube.com/watch?v=${String(index).padStart(11, "w")}`;
  if (format === "html") return block({ title, url });
  return `${JSON.stringify(watch({ title: `Watched ${title}`, titleUrl: url }), null, 1)},`;
}

console.log(JSON.stringify({ json: await parse("json"), html: await parse("html") }));
