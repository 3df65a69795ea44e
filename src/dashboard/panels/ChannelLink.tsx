import type { ReactNode } from "react";

/** A channel's name, linked where its address is one that a browser may safely open. */
export function ChannelLink({ name, url }: { name: string; url: string | null }): ReactNode {
  if (url === null || !isWebAddress(url)) return <span className="channel-name">{name}</span>;
  return (
    <a className="channel-name" href={url} target="_blank" rel="noreferrer">
      {name}
    </a>
  );
}

/** Addresses come from files that anybody can write: "javascript:" must not become a link. */
export function isWebAddress(url: string): boolean {
  try {
    return ["https:", "http:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
