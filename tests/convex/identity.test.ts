import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "../../convex/_generated/api";
import { userIdOf } from "../../convex/userId";
import { internal } from "../support/reach";
import { asUser, makeBackend, plant, settle, watch, type Backend } from "./support";

const SITE_URL = "https://happy-animal-123.convex.site";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

async function ingest(t: Backend, issuer: string, subject: string) {
  await t
    .withIdentity({ issuer, subject })
    .mutation(api.watchRecords.ingest, { records: [watch()] });
  await settle(t);
}

async function whoIs(t: Backend, issuer: string, subject: string) {
  const revision = await t.withIdentity({ issuer, subject }).query(api.watchRecords.revision, {});
  return revision.userId;
}

describe("the id of a user", () => {
  it.each([
    ["Clerk", "https://clerk.example.dev", "user_2abc"],
    ["Auth0", "https://tenant.eu.auth0.com/", "auth0|5f7c8ec7c33c6c004bbafe82"],
    ["Google through Auth0", "https://tenant.eu.auth0.com/", "google-oauth2|103547991597142817347"],
    ["Cognito", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", "1c0f8a5e-0001"],
  ])("is issuer and whole subject with %s", (_name, issuer, subject) => {
    vi.stubEnv("CONVEX_SITE_URL", SITE_URL);
    expect(userIdOf({ issuer, subject })).toBe(`${issuer}|${subject}`);
  });

  it("leaves the session out of Convex Auth's subject, so that each sign-in is the same user", () => {
    vi.stubEnv("CONVEX_SITE_URL", SITE_URL);
    const id = (session: string) => userIdOf({ issuer: SITE_URL, subject: `k57abc|${session}` });
    expect(id("session1")).toBe(`${SITE_URL}|k57abc`);
    expect(id("session2")).toBe(id("session1"));
  });

  it("cuts nothing where the deployment's own address is not known", () => {
    vi.stubEnv("CONVEX_SITE_URL", undefined);
    expect(userIdOf({ issuer: SITE_URL, subject: "k57abc|s" })).toBe(`${SITE_URL}|k57abc|s`);
  });

  it("is found again by a second sign-in, with the records", async () => {
    vi.stubEnv("CONVEX_SITE_URL", SITE_URL);
    const t = makeBackend();
    await ingest(t, SITE_URL, "k57abc|session1");
    const secondSignIn = t.withIdentity({ issuer: SITE_URL, subject: "k57abc|session2" });
    expect(await secondSignIn.query(api.aggregations.status, {})).toMatchObject({ recordCount: 1 });
  });

  it("keeps users of two issuers apart who share a subject", async () => {
    const t = makeBackend();
    await ingest(t, "https://one.example", "ann");
    expect(await whoIs(t, "https://one.example", "ann")).toBe("https://one.example|ann");
    const other = t.withIdentity({ issuer: "https://two.example", subject: "ann" });
    expect(await other.query(api.aggregations.status, {})).toMatchObject({ recordCount: 0 });
  });
});

describe("the name an operator gives", () => {
  const resolve = (t: Backend, user: string) => t.query(internal.users.resolve, { user });

  it("may be the subject alone where one user has it", async () => {
    const t = makeBackend();
    await ingest(t, "https://one.example", "ann");
    await ingest(t, "https://two.example", "auth0|bob");
    expect(await resolve(t, "ann")).toEqual({ userId: "https://one.example|ann" });
    expect(await resolve(t, "auth0|bob")).toEqual({ userId: "https://two.example|auth0|bob" });
    expect(await resolve(t, "https://one.example|ann")).toEqual({
      userId: "https://one.example|ann",
    });
  });

  it("is refused where two users have the subject, naming both", async () => {
    const t = makeBackend();
    await ingest(t, "https://one.example", "ann");
    await ingest(t, "https://two.example", "ann");
    await expect(resolve(t, "ann")).rejects.toThrow(
      /several users have the subject \\"ann\\".*https:\/\/one\.example\|ann, https:\/\/two\.example\|ann/,
    );
    await expect(t.mutation(internal.backfill.start, { userIds: ["ann"] })).rejects.toThrow(
      /several users have the subject/,
    );
  });

  it("may be the full id of somebody who has not signed in yet", async () => {
    vi.stubEnv("AUTH_ISSUER", undefined);
    const t = makeBackend();
    const whole = (issuer: string) => resolve(t, `${issuer}|ann`);
    expect(await whole("https://one.example")).toEqual({ userId: "https://one.example|ann" });
    vi.stubEnv("AUTH_ISSUER", "https://configured.example");
    await expect(whole("http://Configured.example/")).rejects.toThrow(/NOT_FOUND/);
    expect(await whole("https://configured.example")).toEqual({
      userId: "https://configured.example|ann",
    });
    await ingest(t, "https://one.example", "bob");
    expect(await whole("https://one.example")).toEqual({ userId: "https://one.example|ann" });
  });

  it("may be the subject of somebody new, where that is said and one provider is known", async () => {
    vi.stubEnv("AUTH_ISSUER", undefined);
    const t = makeBackend();
    const resolveNew = (user: string) => t.query(internal.users.resolve, { user, mayBeNew: true });
    await expect(resolveNew("ann")).rejects.toThrow(/NOT_FOUND/);
    vi.stubEnv("AUTH_ISSUER", "https://configured.example");
    expect(await resolveNew("ann")).toEqual({ userId: "https://configured.example|ann" });
    await ingest(t, "https://one.example", "auth0|bob");
    expect(await resolveNew("auth0|ann")).toEqual({ userId: "https://one.example|auth0|ann" });
    expect(await resolveNew("https://new.example|bob")).toEqual({
      userId: "https://new.example|bob",
    });
    await ingest(t, "https://two.example", "eve");
    await expect(resolveNew("ann")).rejects.toThrow(/NOT_FOUND/);
  });

  it("is refused where nobody has it: it may be a typing mistake", async () => {
    const t = makeBackend();
    await expect(resolve(t, "bobb")).rejects.toThrow(/NOT_FOUND.*issuer and subject/);
    await ingest(t, "https://one.example", "bob");
    for (const name of ["bobb", "https://one.example/|bob", "one.example|bob"]) {
      await expect(resolve(t, name)).rejects.toThrow(/NOT_FOUND.*\\"https:\/\/one\.example\|…/);
      await expect(
        t.mutation(internal.flags.setUser, { userId: name, value: true }),
      ).rejects.toThrow(/Nothing was changed/);
    }
  });

  it("is understood by every function that takes one, which answers with the full id", async () => {
    const t = makeBackend();
    await ingest(t, "https://one.example", "ann");
    const userId = "https://one.example|ann";
    const named = { userId: "ann" };
    expect(await t.action(internal.recompute.user, named)).toMatchObject({ userId });
    expect(await t.action(internal.validation.checkUser, named)).toMatchObject({
      outcome: "passed",
    });
    expect(await t.mutation(internal.flags.setUser, { ...named, value: true })).toEqual({ userId });
    const ann = asUser(t, userId);
    const key = "precomputed_aggregations";
    expect((await ann.query(api.flags.evaluate, { key })).value).toBe(true);
    const rollback = { ...named, reason: "test" };
    expect(await t.mutation(internal.rollout.rollbackUser, rollback)).toEqual({ userId });
    expect((await ann.query(api.flags.evaluate, { key })).value).toBe(false);
    expect(await t.mutation(internal.flags.clearUser, named)).toEqual({ userId });
    const beta = { userIds: ["ann", userId] };
    expect(await t.mutation(internal.flags.addBetaUsers, beta)).toEqual({ userIds: [userId] });
    expect(await t.mutation(internal.flags.removeBetaUsers, beta)).toEqual({ userIds: [userId] });
  });

  it("is taken as it is where the app has ids of its own", async () => {
    const t = makeBackend();
    await plant(t, "k57abc", [watch()]);
    await t.mutation(internal.backfill.adopt, {});
    await settle(t);
    expect(await resolve(t, "k57abc")).toEqual({ userId: "k57abc" });
    expect(await resolve(t, "k57new")).toEqual({ userId: "k57new" });
  });
});
