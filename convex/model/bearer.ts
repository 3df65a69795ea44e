import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * Whether a request's Authorization header carries the token. Compares digests of equal length,
 * byte by byte to the end, so that the time it takes tells nothing of how much was right.
 */
export function carriesToken(authorization: string | null, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1]?.trim() ?? "";
  const [a, b] = [sha256(utf8ToBytes(given)), sha256(utf8ToBytes(token))];
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
