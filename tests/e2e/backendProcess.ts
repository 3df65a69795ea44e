import { startLocalBackend } from "../../scripts/localBackend";

// A backend that is as far away as users' ones are: what it is busy with keeps no test from going on.

const { url, siteUrl, adminKey } = await startLocalBackend({ withCrons: false });
process.once("disconnect", () => process.exit());
process.send?.({ url, siteUrl, adminKey });
