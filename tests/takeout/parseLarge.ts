/** Parses a made-up export of some size and format, and prints what came out. */
import { parseTakeout } from "../../src/takeout";
import { block, page } from "./htmlSupport";
import { watch } from "./support";

const [format = "json", megabytes = "1"] = process.argv.slice(2);
const wanted = Number(megabytes) * 1_000_000;
const [before, after] = format === "html" ? page("|").split("|") : ["[", "null]"];
const ENTRIES_A_CHUNK = 200;

function entry(index: number): string {
  const title = `Walk ${String(index)}`;
  const url = `https://www.youtube.com/watch?v=${String(index).padStart(11, "w")}`;
  if (format === "html") return block({ title, url });
  return `${JSON.stringify(watch({ title: `Watched ${title}`, titleUrl: url }), null, 1)},`;
}

let length = 0;
let written = 0;
const source = new ReadableStream<string>({
  start: (controller) => controller.enqueue(before!),
  pull: (controller) => {
    const entries = Array.from({ length: ENTRIES_A_CHUNK }, (_, index) => entry(written + index));
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
console.log(JSON.stringify({ written, records }));
