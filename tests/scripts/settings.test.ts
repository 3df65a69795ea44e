import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CommandError } from "../../scripts/console/commandError";
import { isAddressOf, parseDeployKey } from "../../scripts/console/deployKey";
import { checkUrl, chooseDeployment, readSources } from "../../scripts/console/settings";
import { sourcesOf } from "./inProcess";

const PROD = { CONVEX_DEPLOY_KEY: "prod:happy-animal-123|secret1" };
const DEV = { CONVEX_DEPLOY_KEY: "dev:calm-otter-7|secret2" };
const LOCAL = {
  CONVEX_SELF_HOSTED_URL: "http://127.0.0.1:3210",
  CONVEX_SELF_HOSTED_ADMIN_KEY: "local|secret3",
};
const HOSTED = {
  CONVEX_SELF_HOSTED_URL: "https://convex.example.com/",
  CONVEX_SELF_HOSTED_ADMIN_KEY: "self|secret4",
};

type Values = Record<string, string>;

/** What is chosen, in a word or two. */
function choose(environment: Values, local: Values = {}, shared: Values = {}): string {
  const sources = sourcesOf(environment, { ".env.local": local, ".env": shared });
  const choice = chooseDeployment(sources);
  switch (choice.kind) {
    case "deployKey":
      return `${choice.key.name} by ${choice.origin}`;
    case "selfHosted":
      return `${choice.url} with ${choice.adminKey}`;
    case "none":
      return "none";
  }
}

/** The message of a refusal; it never shows a secret. */
function refusal(...places: Parameters<typeof choose>): string {
  try {
    return `chose ${choose(...places)}`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    expect(error.exitCode).toBe(2);
    expect(error.message).not.toMatch(/secret/);
    return error.message;
  }
}

const HAPPY = "happy-animal-123 by CONVEX_DEPLOY_KEY in the environment";

describe("the deployment that the settings name", () => {
  it.each<[string, Parameters<typeof choose>, string]>([
    ["nothing is set", [{}], "none"],
    ["empty variables", [{ CONVEX_DEPLOY_KEY: "", CONVEX_SELF_HOSTED_URL: " " }], "none"],
    ["a key in the environment", [PROD], HAPPY],
    ["a key beside the local backend's pair in .env.local", [PROD, LOCAL], HAPPY],
    ["a key beside half a pair in .env.local", [PROD, { CONVEX_SELF_HOSTED_URL: "x" }], HAPPY],
    ["a key beside another key in .env.local", [PROD, DEV], HAPPY],
    ["a key beside `npx convex dev`'s file", [PROD, { CONVEX_DEPLOYMENT: "dev:x-1" }], HAPPY],
    [
      "a key beside an unusable one in .env.local",
      [PROD, { CONVEX_DEPLOY_KEY: "preview:team:project|secret" }],
      HAPPY,
    ],
    [
      "the CLI's other name of the key",
      [{ CONVEX_DEPLOYMENT_TOKEN: "dev:calm-otter-7|secret2" }],
      "calm-otter-7 by CONVEX_DEPLOYMENT_TOKEN in the environment",
    ],
    [
      "both names with one deployment",
      [{ ...DEV, CONVEX_DEPLOYMENT_TOKEN: "dev:calm-otter-7|secret2" }],
      "calm-otter-7 by CONVEX_DEPLOY_KEY in the environment",
    ],
    [
      "a key beside the name of its own deployment",
      [{}, { ...DEV, CONVEX_DEPLOYMENT: "dev:calm-otter-7" }],
      "calm-otter-7 by CONVEX_DEPLOY_KEY in .env.local",
    ],
    [
      "a key in .env below the name of its own deployment",
      [{}, { CONVEX_DEPLOYMENT: "dev:calm-otter-7" }, DEV],
      "calm-otter-7 by CONVEX_DEPLOY_KEY in .env",
    ],
    ["a pair in .env.local", [{}, LOCAL], "http://127.0.0.1:3210 with local|secret3"],
    ["a pair above another", [HOSTED, LOCAL], "https://convex.example.com with self|secret4"],
    [
      "an empty key over one in .env.local",
      [{ ...HOSTED, CONVEX_DEPLOY_KEY: "" }, PROD],
      "https://convex.example.com with self|secret4",
    ],
    [
      "an empty address over a pair: both halves are hidden",
      [{ CONVEX_SELF_HOSTED_URL: "" }, LOCAL],
      "none",
    ],
  ])("%s", (_what, places, chosen) => {
    expect(choose(...places)).toBe(chosen);
  });

  it.each<[string, Parameters<typeof choose>, RegExp]>([
    [
      "a key and a pair in the environment",
      [{ ...PROD, ...HOSTED }],
      /^Two deployments are set: happy-animal-123 \(CONVEX_DEPLOY_KEY in the environment\) and https:\/\/convex\.example\.com \(CONVEX_SELF_HOSTED_URL in the environment\)\.\nFor happy-animal-123, unset CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY\. For https:\/\/convex\.example\.com, unset CONVEX_DEPLOY_KEY\. Nothing was changed\.$/,
    ],
    [
      "a key and a pair in .env.local",
      [{}, { ...PROD, ...LOCAL }],
      /^Two deployments.*\nFor happy-animal-123, remove CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY from \.env\.local\./,
    ],
    [
      "a pair over a key in .env.local, which the CLI prefers",
      [LOCAL, PROD],
      /^Two deployments are set: http:\/\/127\.0\.0\.1:3210 .* and happy-animal-123 \(CONVEX_DEPLOY_KEY in \.env\.local\)/,
    ],
    [
      "a pair over a key that only the CLI could use",
      [LOCAL, { CONVEX_DEPLOY_KEY: "preview:team:project|secret" }],
      /and an unusable key \(CONVEX_DEPLOY_KEY in \.env\.local\)/,
    ],
    [
      "a key beside an address with a password",
      [{ ...PROD, CONVEX_SELF_HOSTED_URL: "https://me:secret@a.example" }],
      /and https:\/\/a\.example \(/,
    ],
    [
      "three deployments, with all that is in the way of each",
      [{ CONVEX_DEPLOYMENT: "dev:x-1" }, { ...LOCAL, CONVEX_DEPLOYMENT: "dev:y-2" }, PROD],
      /^Several deployments are set: http:\/\/127\.0\.0\.1:3210 .* and x-1 .* and happy-animal-123 .*\nFor http:\/\/127\.0\.0\.1:3210, unset CONVEX_DEPLOYMENT .*and remove CONVEX_DEPLOY_KEY from \.env\. For x-1, remove CONVEX_SELF_HOSTED_URL/,
    ],
    ["a pair over a key in .env", [{}, LOCAL, PROD], /CONVEX_DEPLOY_KEY in \.env\)/],
    [
      "a pair beside `npx convex dev`",
      [{}, { ...LOCAL, CONVEX_DEPLOYMENT: "dev:x-1" }],
      /and x-1 \(CONVEX_DEPLOYMENT in \.env\.local\)/,
    ],
    [
      "a pair over `npx convex dev`",
      [LOCAL, { CONVEX_DEPLOYMENT: "dev:x-1" }],
      /remove CONVEX_DEPLOYMENT from \.env\.local/,
    ],
    [
      "a key beside another deployment's name",
      [{ ...PROD, CONVEX_DEPLOYMENT: "dev:x-1" }],
      /and x-1 \(CONVEX_DEPLOYMENT in the environment\)/,
    ],
    [
      "a deployment's name over a key of another",
      [{ CONVEX_DEPLOYMENT: "dev:x-1" }, PROD],
      /and x-1 \(CONVEX_DEPLOYMENT in the environment\)/,
    ],
    [
      "two keys",
      [{ ...PROD, CONVEX_DEPLOYMENT_TOKEN: "dev:calm-otter-7|secret2" }],
      /and calm-otter-7 \(CONVEX_DEPLOYMENT_TOKEN in/,
    ],
    [
      "the key's other name over a key that the CLI prefers",
      [{ CONVEX_DEPLOYMENT_TOKEN: "dev:calm-otter-7|secret2" }, PROD],
      /calm-otter-7 .* and happy-animal-123/,
    ],
    [
      "an address without its key",
      [{ CONVEX_SELF_HOSTED_URL: "https://a.example" }, LOCAL],
      /^CONVEX_SELF_HOSTED_URL is set in the environment, but CONVEX_SELF_HOSTED_ADMIN_KEY is not\./,
    ],
    [
      "a key without its address",
      [{ CONVEX_SELF_HOSTED_ADMIN_KEY: "self|secret4" }, LOCAL],
      /^CONVEX_SELF_HOSTED_ADMIN_KEY is set in the environment, but CONVEX_SELF_HOSTED_URL is not\./,
    ],
    [
      "half a pair beside a key",
      [{ ...PROD, CONVEX_SELF_HOSTED_ADMIN_KEY: "self|secret4" }],
      /a self-hosted deployment.*\nFor happy-animal-123, unset CONVEX_SELF_HOSTED_ADMIN_KEY\./,
    ],
    [
      "a deployment of `npx convex dev` without a key",
      [{}, { CONVEX_DEPLOYMENT: "dev:x-1", CONVEX_URL: "https://x-1.convex.cloud" }],
      /^CONVEX_DEPLOYMENT in \.env\.local names x-1, but there is no key to it\..*CONVEX_DEPLOY_KEY/,
    ],
    [
      "an address with a password",
      [{ ...HOSTED, CONVEX_SELF_HOSTED_URL: "https://me:secret@a.example" }],
      /^CONVEX_SELF_HOSTED_URL in the environment must be an address alone,[^]* Nothing was changed\.$/,
    ],
    [
      "an address that is none",
      [{ ...HOSTED, CONVEX_SELF_HOSTED_URL: "happy-animal" }],
      /is happy-animal; it must look like https:[^]* Nothing was changed\.$/,
    ],
    [
      "an admin key with a line break, which is not shown",
      [{ ...HOSTED, CONVEX_SELF_HOSTED_ADMIN_KEY: "self|secret4\nmore" }],
      /^CONVEX_SELF_HOSTED_ADMIN_KEY in the environment is not a key: (?!.*secret4)/s,
    ],
  ])("refuses %s", (_what, places, message) => {
    expect(refusal(...places)).toMatch(message);
  });

  it.each([
    [
      "preview:team:project|secret",
      /is a preview key\. .*Create a key for the deployment you mean/,
    ],
    ["preview:brave-cat-9|secret", /is a preview key\./],
    [
      "project:team:project|secret",
      /is a project key\. It belongs to every deployment of a project/,
    ],
    [
      "prod:happy-animal-123",
      /is not a deploy key.*in single quotes: the shell reads \| as a pipe/,
    ],
    ["prod:|secret", /is not a deploy key; it must look like prod:happy-animal-123\|…/],
    ["prod:happy-animal-123|", /is not a deploy key/],
    ["secret", /is not a deploy key/],
    ["|", /is not a deploy key/],
    ["prod:happy animal|secret", /is not a deploy key/],
    ["'prod:happy-animal-123|secret'", /is not a deploy key/],
    ["prod:happy-animal-123|secret one", /is not a deploy key/],
    ["staging:happy-animal-123|secret", /is not a deploy key/],
    ["prod:team:happy-animal-123|secret", /is not a deploy key/],
  ])("refuses the key %s without showing it", (key, message) => {
    expect(refusal({ CONVEX_DEPLOY_KEY: key })).toMatch(message);
    expect(refusal({ CONVEX_DEPLOY_KEY: key })).toMatch(/^CONVEX_DEPLOY_KEY in the environment/);
  });

  it("tells a development key from those of production", () => {
    const isDevelopment = (key: string) => parseDeployKey(key, "a key").isDevelopment;
    expect(isDevelopment("dev:calm-otter-7|a")).toBe(true);
    expect(isDevelopment("prod:calm-otter-7|a")).toBe(false);
    expect(isDevelopment("custom:calm-otter-7|a")).toBe(false);
    expect(isDevelopment("calm-otter-7|a")).toBe(false);
  });

  it("reads the files as the CLI does: quotes and comments do not belong to a value", () => {
    const directory = mkdtempSync(join(tmpdir(), "settings-"));
    const lines = "CONVEX_DEPLOYMENT=dev:calm-otter-7 # team: t, project: p\n";
    writeFileSync(join(directory, ".env.local"), lines);
    writeFileSync(join(directory, ".env"), "CONVEX_DEPLOY_KEY='dev:calm-otter-7|a#b'\n");
    expect(chooseDeployment(readSources({}, directory))).toMatchObject({
      origin: "CONVEX_DEPLOY_KEY in .env",
      key: { name: "calm-otter-7", secret: "dev:calm-otter-7|a#b" },
    });
  });
});

describe("an address", () => {
  it.each([
    ["https://a.example/", "https://a.example"],
    ["HTTP://A.example:80//", "http://a.example"],
    ["https://a.example/convex/", "https://a.example/convex"],
  ])("%s counts as %s", (text, url) => {
    expect(checkUrl(text, "--url")).toBe(url);
  });

  it.each(["", "a.example", "ftp://a.example", "https://a.example?x=1", "https://a.example#x"])(
    "refuses %j",
    (text) => {
      expect(() => checkUrl(text, "--url")).toThrow(/^--url /);
    },
  );

  it.each([
    ["https://calm-otter-7.convex.cloud", true],
    ["https://calm-otter-7.eu-west-1.convex.cloud", true],
    ["http://calm-otter-7.convex.cloud", false],
    ["https://calm-otter-7.convex.cloud:8443", false],
    ["https://calm-otter-7.convex.cloud.evil.example", false],
    ["https://calm-otter-7.evil-convex.cloud", false],
    ["https://calm-otter-7.a.b.convex.cloud", false],
    ["https://calm-otter-77.convex.cloud", false],
    ["https://convex.cloud", false],
  ])("%s belongs to calm-otter-7: %s", (url, isOwn) => {
    expect(isAddressOf(url, "calm-otter-7")).toBe(isOwn);
  });
});
