import type { IncomingMessage } from "node:http";

/**
 * Which web pages may use the backend. Any page that somebody has open could reach a server on
 * their machine: a browser names the page in the Origin header, and the name by which it found the
 * server in the Host header, which is not a loopback name where a page had its own name resolved
 * to this machine (DNS rebinding). Programs other than browsers send no Origin.
 */
export class OriginPolicy {
  private readonly hosts: Set<string>;
  private readonly origins: Set<string>;

  /** @param allowed origins besides those on this machine, each as `parseOrigin` returns it. */
  constructor(allowed: readonly string[] = []) {
    this.origins = new Set(allowed);
    this.hosts = new Set(allowed.map((origin) => new URL(origin).hostname));
  }

  /** Why the request is refused; null where it is accepted. */
  refusal({ headers: { host, origin } }: IncomingMessage): string | null {
    const hostname = parse(`http://${host ?? ""}`)?.hostname ?? "";
    if (!isLoopback(hostname) && !this.hosts.has(hostname)) {
      return explain(`The host ${host ?? "(none)"}`);
    }
    if (origin === undefined || this.origins.has(origin)) return null;
    const parsed = parse(origin);
    const isPlain = parsed?.origin === origin;
    return isPlain && isLoopback(parsed.hostname) ? null : explain(`The origin ${origin}`);
  }
}

/** The origin that a text is, such as `https://app.example`; null where it is none. */
export function parseOrigin(text: string): string | null {
  const url = parse(text);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  const isPlain = isWeb && (text === url.origin || text === `${url.origin}/`);
  return isPlain ? url.origin : null;
}

function parse(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}

/** `URL` has written any form of an IPv4 address as four numbers. */
function isLoopback(hostname: string): boolean {
  return /^((.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function explain(what: string): string {
  return `${what} is not on this machine; name it with --origin if it may use this backend.`;
}
