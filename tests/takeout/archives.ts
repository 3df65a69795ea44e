import { deflateRawSync } from "node:zlib";
import { strToU8 } from "fflate";

/** How a member is written; each form is one that archives in the wild have. */
export interface ZipForm {
  isStored?: boolean;
  /** Sizes behind the bytes instead of before them: in four bytes, or in eight. */
  descriptor?: "short" | "long";
  /** Without the signature before them. */
  isUnsigned?: boolean;
  /** Sizes in the ZIP64 field. */
  isZip64?: boolean;
  isEncrypted?: boolean;
  method?: number;
}

interface Part {
  path: string;
  content: Uint8Array;
  form: ZipForm;
}

export function part(path: string, content: string | Uint8Array, form: ZipForm = {}): Part {
  return { path, content: typeof content === "string" ? strToU8(content) : content, form };
}

/** A zip, its directory at the end included. */
export function zipOf(parts: readonly Part[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { path, content, form } of parts) {
    const local = localOf(path, content, form);
    directory.push(
      numbers([4, 0x02014b50], [2, 20], [2, 20], [2, 0], [2, 8], [4, 0], [4, 0], [4, 0], [4, 0]),
      numbers([2, strToU8(path).length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
      strToU8(path),
    );
    locals.push(local);
    offset += local.length;
  }
  const index = join(directory);
  const counts = [2, parts.length] as const;
  return join([
    ...locals,
    index,
    numbers(
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      counts,
      counts,
      [4, index.length],
      [4, offset],
      [2, 0],
    ),
  ]);
}

function localOf(path: string, content: Uint8Array, form: ZipForm): Uint8Array {
  const name = strToU8(path);
  const bytes = form.isStored ? content : new Uint8Array(deflateRawSync(content));
  const flags = (form.isEncrypted ? 1 : 0) | (form.descriptor === undefined ? 0 : 8) | 0x800;
  const method = form.method ?? (form.isStored ? 0 : 8);
  const isElsewhere = form.isZip64 === true;
  const size = form.descriptor !== undefined ? 0 : isElsewhere ? 0xffffffff : bytes.length;
  const extra = isElsewhere
    ? numbers([2, 0x9999], [2, 1], [1, 7], [2, 1], [2, 16], [8, content.length], [8, bytes.length])
    : new Uint8Array(0);
  const width = form.descriptor === "long" ? 8 : 4;
  return join([
    numbers([4, 0x04034b50], [2, 45], [2, flags], [2, method], [4, 0], [4, 0], [4, size]),
    numbers([4, isElsewhere ? 0xffffffff : content.length], [2, name.length], [2, extra.length]),
    name,
    extra,
    bytes,
    form.descriptor === undefined
      ? new Uint8Array(0)
      : numbers(
          ...(form.isUnsigned === true ? [] : [[4, 0x08074b50] as const]),
          [4, 0],
          [width, bytes.length],
          [width, content.length],
        ),
  ]);
}

/** A tar with POSIX headers. */
export function tarOf(parts: readonly Part[]): Uint8Array {
  const blocks = parts.flatMap(({ path, content }) => {
    const header = new Uint8Array(512);
    header.set(strToU8(path).subarray(0, 100), 0);
    header.set(strToU8(`${content.length.toString(8).padStart(11, "0")} `), 124);
    header.set(strToU8("0"), 156);
    header.set(strToU8("ustar"), 257);
    return [header, content, new Uint8Array((512 - (content.length % 512)) % 512)];
  });
  return join([...blocks, new Uint8Array(1_024)]);
}

/** Little-endian numbers, each with its width in bytes. */
function numbers(...fields: (readonly [width: number, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let position = 0;
  for (const [width, value] of fields) {
    if (width === 8) view.setBigUint64(position, BigInt(value), true);
    else if (width === 4) view.setUint32(position, value, true);
    else if (width === 2) view.setUint16(position, value, true);
    else view.setUint8(position, value);
    position += width;
  }
  return new Uint8Array(view.buffer);
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const bytes of parts) {
    joined.set(bytes, position);
    position += bytes.length;
  }
  return joined;
}
