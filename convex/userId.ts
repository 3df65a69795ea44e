import { env } from "./_generated/server";

/** What of an identity names the user. */
interface Named {
  issuer: string;
  subject: string;
}

/**
 * The id under which a user's records and results are kept. This is the one place that decides it:
 * change it here to use ids of your own, before the first user signs in.
 *
 * The default is issuer and subject, because two identity providers may give out the same subject.
 * Convex Auth puts `userId|sessionId` into the subject, and the session is new at each sign-in, so
 * only the part before the first `|` counts there. Other providers use that character within their
 * ids (`auth0|5f7c…`), so their subjects stay whole.
 */
export function userIdOf({ issuer, subject }: Named): string {
  // Convex Auth signs its tokens as the deployment itself.
  const isConvexAuth = issuer === env.CONVEX_SITE_URL;
  return `${issuer}|${isConvexAuth ? subject.replace(/\|.*$/s, "") : subject}`;
}
