import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { inspect } from "node:util";
import { createGithubAppProvider, githubApiUrlOf } from "../../../src/source/github-app.js";
import type { GitRepository } from "../../../src/source/git-repository.js";
import { TIMEOUTS, type SourceTimeouts } from "../../../src/source/limits.js";
import { basicAuth } from "../../support/git-server.js";
import { startGithubApi, type GithubApi } from "../../support/github-api.js";
import {
  createRemoteFixture,
  expectSourceError,
  neverAborted,
  readHead,
  temporaryFolder,
  type RemoteFixture,
} from "../../support/remote-source.js";

interface AppFixture extends RemoteFixture {
  readonly api: GithubApi;
  readonly keyFile: string;
  openAsApp(options?: AppOptions): GitRepository;
  /** The Git server takes this token of the API, and no other. */
  expectToken(number: number): void;
}

interface AppOptions {
  readonly appId?: string;
  readonly keyFile?: string;
  readonly installationId?: string;
  readonly apiUrl?: string;
  readonly repositoryUrl?: string;
  readonly timeouts?: Partial<SourceTimeouts>;
  readonly now?: () => number;
}

const repositoryUrl = "http://ghes.example.com/org/gateway.git";

async function createAppFixture(t: TestContext): Promise<AppFixture> {
  const fixture = await createRemoteFixture(t);
  const api = await startGithubApi("org/gateway");
  t.after(() => api.close());
  const keyFile = join(await temporaryFolder(t), "app.pem");
  await writeFile(keyFile, api.privateKey);
  const tokenOf = (number: number): string => `ghs_${number}${"x".repeat(32)}`;
  const expectToken = (number: number): void =>
    fixture.server.setAuthorization(basicAuth("x-access-token", tokenOf(number)));
  expectToken(1);
  return {
    ...fixture,
    api,
    keyFile,
    expectToken,
    openAsApp: ({ timeouts, ...options } = {}) =>
      fixture.open({
        credentials: createGithubAppProvider({
          appId: api.appId,
          keyFile,
          apiUrl: api.url,
          repositoryUrl,
          now: Date.now,
          timeouts: { ...TIMEOUTS, ...timeouts },
          ...options,
        }),
      }),
  };
}

const look = "GET /api/v3/repos/org/gateway/installation";
const give = "POST /api/v3/app/installations/99/access_tokens";

describe("a GitHub App", () => {
  it("finds its installation and reads the repository with a token of it, which is kept", async (t) => {
    const { api, repo, openAsApp } = await createAppFixture(t);
    const source = openAsApp();
    assert.equal(Object.keys(await readHead(source)).length, 2);
    await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    assert.equal(Object.keys(await readHead(source)).length, 3);
    assert.deepEqual(api.requests, [look, give]);
    assert.deepEqual(api.refusals, []);
  });

  it("asks for no installation that is given", async (t) => {
    const { api, openAsApp } = await createAppFixture(t);
    await openAsApp({ installationId: "99", repositoryUrl: "http://h/deep/path/repo" }).head(
      neverAborted,
    );
    assert.deepEqual(api.requests, [give]);
  });

  it("renews a token before it ends", async (t) => {
    const { api, openAsApp, expectToken } = await createAppFixture(t);
    let nowMs = Date.now();
    // The client asks again by the clock there is, so every token of the API is about to end for it.
    api.lifeMs = 4 * 60_000;
    const source = openAsApp({ now: () => nowMs });
    await source.head(neverAborted);
    expectToken(2);
    nowMs += 1_000;
    await source.head(neverAborted);
    assert.equal(api.tokens.length, 2);
  });

  it("goes on with a token that is still good while the API is in trouble", async (t) => {
    const { api, openAsApp } = await createAppFixture(t);
    api.lifeMs = 4 * 60_000;
    let nowMs = Date.now();
    const source = openAsApp({ now: () => nowMs });
    await source.head(neverAborted);
    api.fault = { status: 503 };
    await source.head(neverAborted);
    assert.equal(api.requests.filter((request) => request === give).length, 2);
    // The token lives from when it was given, which is a little later than the start of the test.
    nowMs = Date.now() + api.lifeMs;
    await expectSourceError(source.head(neverAborted), "source/unreachable");
  });

  it("gets a new token when the remote refuses the old one", async (t) => {
    const { api, openAsApp, expectToken } = await createAppFixture(t);
    const source = openAsApp();
    await source.head(neverAborted);
    expectToken(2);
    await source.head(neverAborted);
    assert.deepEqual(api.requests, [look, give, give]);
  });

  it("tells of an id, a key and a clock that GitHub does not take", async (t) => {
    const { api, openAsApp } = await createAppFixture(t);
    const folder = await temporaryFolder(t);
    const other = join(folder, "other.pem");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(other, privateKey.export({ type: "pkcs8", format: "pem" }));
    for (const [options, reason] of [
      [{ appId: "1" }, /\('iss'\)/],
      [{ keyFile: other }, /could not be decoded/],
      [{ now: () => Date.now() - 3_600_000 }, /\('exp'\) is in the past/],
      [{ now: () => Date.now() + 3_600_000 }, /\('iat'\) must be in the past/],
    ] as const) {
      const error = await expectSourceError(
        openAsApp(options).head(neverAborted),
        "source/auth-failed",
      );
      assert.match(error.message, reason);
      assert.match(error.message, /check its id, its key and this machine's clock/);
    }
    assert.equal(api.refusals.length, 4);
  });

  it("tells of an App that is not installed, or suspended", async (t) => {
    const { api, openAsApp } = await createAppFixture(t);
    const missing = await expectSourceError(
      openAsApp({ repositoryUrl: "http://h/org/other" }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(missing.message, /not installed where .*\/repos\/org\/other\/installation looks/);
    const unnamed = await expectSourceError(
      openAsApp({ repositoryUrl: "http://h/repo" }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(
      unnamed.message,
      /does not end with owner and name; set git_github_installation_id/,
    );
    api.fault = { status: 403, body: '{"message":"This installation has been suspended"}' };
    const suspended = await expectSourceError(openAsApp().head(neverAborted), "source/auth-failed");
    assert.match(suspended.message, /has been suspended\); look at its installation/);
  });

  for (const [name, fault, code] of [
    ["fails", { status: 502 }, "source/unreachable"],
    ["hangs up", "hang-up", "source/unreachable"],
    ["does not answer", "silence", "source/timeout"],
    ["limits", { status: 403, headers: { "x-ratelimit-remaining": "0" } }, "source/rate-limited"],
    ["is none", { status: 200, body: "<html>" }, "source/protocol"],
    ["answers otherwise", { status: 200, body: "[]" }, "source/protocol"],
  ] as const) {
    it(`tells of an API that ${name}, and goes on when it is back`, async (t) => {
      const { api, openAsApp } = await createAppFixture(t);
      api.fault = fault;
      const source = openAsApp({ timeouts: { connectMs: 100, headersMs: 100, idleMs: 100 } });
      await expectSourceError(source.head(neverAborted), code);
      api.fault = undefined;
      await source.head(neverAborted);
    });
  }

  it("is given up when asked to", async (t) => {
    const { api, openAsApp } = await createAppFixture(t);
    api.fault = "silence";
    const stop = new AbortController();
    const looking = openAsApp().head(stop.signal);
    while (api.requests.length === 0) await new Promise(setImmediate);
    stop.abort();
    await expectSourceError(looking, "source/aborted");
  });

  it("tells of a key file that is missing, no key, or of another kind", async (t) => {
    const { openAsApp, api } = await createAppFixture(t);
    const folder = await temporaryFolder(t);
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeFile(join(folder, "text"), "secret-canary");
    await writeFile(join(folder, "ed"), privateKey.export({ type: "pkcs8", format: "pem" }));
    for (const name of ["gone", "text", "ed"]) {
      const error = await expectSourceError(
        openAsApp({ keyFile: join(folder, name) }).head(neverAborted),
        "source/auth-failed",
      );
      assert.match(error.message, /key of the GitHub App cannot be read/);
      assert.ok(!inspect(error, { depth: 8 }).includes("canary"));
    }
    assert.equal(api.requests.length, 0);
  });

  it("knows where the API of a host is", () => {
    assert.equal(githubApiUrlOf("https://github.com/o/r.git"), "https://api.github.com");
    assert.equal(
      githubApiUrlOf("https://ghes.example.com:8443/o/r"),
      "https://ghes.example.com:8443/api/v3",
    );
  });
});
