import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import type {
  CommitDetail,
  CommitsResponse,
  EnvironmentsResponse,
  ConfigDumpResponse,
  EnvoysResponse,
  StatusResponse,
} from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { EnvoyStatus } from "../../../src/serve/serve-events.js";
import { startTestAdminServer, type TestAdminServer } from "../../support/admin-server.js";
import { madeRecord, madeStartMs } from "../../support/made-reconciler.js";
import { snapshotOf } from "../../support/snapshot.js";

const snapshot = snapshotOf({
  cluster: { pets: { name: "pets" }, shipping: { name: "shipping" } },
  secret: {
    cert: {
      name: "cert",
      tls_certificate: { private_key: { inline_string: "canary-private-key" } },
    },
  },
});
const live = madeRecord("ab".repeat(20), { snapshotId: snapshot.id });
const older = madeRecord(`abcd${"0".repeat(36)}`, { state: "superseded" });

function streamOf(
  nodeId: string,
  state: "current" | "pending" | "nack",
  changes: Partial<EnvoyStatus> = {},
): EnvoyStatus {
  const nacked = { version: "v2", message: "no such thing", atMs: madeStartMs };
  return {
    envoy: { stream: 1, nodeId, role: "ingress" },
    cluster: "edge",
    envoyVersion: "1.40.0",
    peer: `10.0.0.1:${nodeId.length}`,
    variant: "delta",
    service: "ADS",
    connectedAtMs: madeStartMs,
    types: new Map([
      [
        typeUrls.cluster,
        {
          subscribed: ["*"],
          sentVersion: "v2",
          ackedVersion: state === "current" ? "v2" : "v1",
          lastNack: state === "nack" ? nacked : undefined,
        },
      ],
    ]),
    ...changes,
  };
}

describe("the admin server", () => {
  let server: TestAdminServer;
  before(async () => {
    server = await startTestAdminServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.faults, []);
  });

  it("is healthy at once, and ready when a snapshot is served", async () => {
    assert.equal((await server.ask("/healthz")).status, 200);
    assert.equal((await server.ask("/readyz")).status, 503);
    assert.equal((await server.ask("/api/v1/config-dump")).status, 503);
    const starting = (await server.ask("/api/v1/status")).json<StatusResponse>();
    assert.deepEqual(
      [starting.health, starting.ready, starting.serving, starting.head, starting.source.state],
      ["starting", false, null, null, "never-reached"],
    );
    server.reconciler.set({
      commits: [live, older],
      serving: { snapshot, commit: live, restored: false },
      status: { source: { head: live.commit.oid, lastOkAtMs: madeStartMs, error: undefined } },
    });
    assert.deepEqual((await server.ask("/readyz")).json(), { status: "ok" });
  });

  it("says what is served, and that all is well", async () => {
    const status = (await server.ask("/api/v1/status")).json<StatusResponse>();
    assert.equal(status.health, "ok");
    assert.deepEqual(status.problems, []);
    assert.equal(status.version, "1.2.3");
    assert.equal(status.startedAt, "2026-01-02T03:04:05.000Z");
    assert.equal(status.serving?.commit.subject, "Lead /pets to the next version");
    assert.deepEqual(status.serving?.roles, { ingress: { cluster: 2, secret: 1 } });
    assert.equal(status.head?.oid, live.commit.oid);
  });

  it("has no environments, and says so to who names one", async () => {
    const { environments, health } = (
      await server.ask("/api/v1/environments")
    ).json<EnvironmentsResponse>();
    assert.deepEqual([environments, health], [[], "ok"]);
    for (const path of ["status", "commits", "turns/1", "envoys"]) {
      const answer = await server.ask(`/api/v1/environments/staging/${path}`);
      assert.equal(answer.status, 404);
      assert.equal(answer.json().error?.code, "api/unknown-environment");
    }
  });

  it("finds commits by the beginning of an oid", async () => {
    const { commits } = (await server.ask("/api/v1/commits?limit=1")).json<CommitsResponse>();
    assert.deepEqual(
      commits.map(({ oid }) => oid),
      [live.commit.oid],
    );
    const detail = (await server.ask("/api/v1/commits/ABAB")).json<CommitDetail>();
    assert.equal(detail.oid, live.commit.oid);
    assert.equal(detail.parent, "9".repeat(40));
    assert.deepEqual(detail.durations, live.durations);
    for (const [path, status, code] of [
      ["/api/v1/commits/abc", 400, "api/bad-request"],
      ["/api/v1/commits/zzzz", 400, "api/bad-request"],
      ["/api/v1/commits/0000", 404, "api/not-found"],
      ["/api/v1/commits?limit=0", 400, "api/bad-request"],
      ["/api/v1/commits?limit=9999", 400, "api/bad-request"],
      ["/api/v1/commits?limit=1&limit=2", 400, "api/bad-request"],
      ["/api/v1/commits?limt=1", 400, "api/bad-request"],
    ] as const) {
      const answer = await server.ask(path);
      assert.deepEqual([answer.status, answer.json().error?.code], [status, code], path);
    }
    server.reconciler.set({ commits: [live, madeRecord(`abab${"1".repeat(36)}`)] });
    const ambiguous = await server.ask("/api/v1/commits/abab");
    assert.deepEqual([ambiguous.status, ambiguous.json().error?.code], [409, "api/ambiguous"]);
    server.reconciler.set({ commits: [live, older] });
  });

  it("dumps what is served as ProtoJSON, without secrets", async () => {
    const answer = await server.ask("/api/v1/config-dump");
    assert.doesNotMatch(answer.text, /canary/);
    const dump = answer.json<ConfigDumpResponse>();
    assert.equal(dump.snapshotId, snapshot.id);
    const [role] = dump.roles;
    assert.deepEqual(
      role?.types.map(({ kind, resources }) => [kind, resources.map(({ name }) => name)]),
      [
        ["cluster", ["pets", "shipping"]],
        ["secret", ["cert"]],
      ],
    );
    assert.deepEqual(role?.types[1]?.resources[0]?.resource, {
      "@type": typeUrls.secret,
      name: "cert",
      tlsCertificate: { privateKey: { inlineString: "[redacted]" } },
    });
    for (const query of ["type=cluster", `type=${encodeURIComponent(typeUrls.cluster)}`]) {
      const one = await server.ask(`/api/v1/config-dump?role=ingress&${query}`);
      assert.equal(one.json<ConfigDumpResponse>().roles[0]?.types.length, 1);
    }
    const wrongRole = await server.ask("/api/v1/config-dump?role=ingres");
    assert.equal(wrongRole.status, 404);
    assert.match(wrongRole.text, /did you mean \\"ingress\\"/);
    assert.equal((await server.ask("/api/v1/config-dump?type=clusters")).status, 400);
  });

  it("counts each Envoy once, and says which of them refuse", async () => {
    server.setEnvoys([
      streamOf("ingress~a", "current", { service: "CDS" }),
      streamOf("ingress~a", "pending", { service: "LDS" }),
      streamOf("ingress~bb", "nack"),
      streamOf("nobody~ccc", "current", {
        envoy: { stream: 3, nodeId: "nobody~ccc", role: undefined },
      }),
    ]);
    const { envoys } = (await server.ask("/api/v1/envoys")).json<EnvoysResponse>();
    assert.deepEqual(
      envoys.map(({ state }) => state),
      ["current", "pending", "nack", "current"],
    );
    assert.equal(envoys[2]?.types[0]?.lastNack?.message, "no such thing");
    const status = (await server.ask("/api/v1/status")).json<StatusResponse>();
    assert.deepEqual(status.envoys, {
      connected: 3,
      byRole: { ingress: 2 },
      current: 1,
      nacking: 1,
    });
    assert.equal(status.health, "degraded");
    assert.match(status.problems.join("\n"), /1 Envoy refuses/);
    assert.match(status.problems.join("\n"), /no role is known for "nobody~ccc"/);
    server.setEnvoys([]);
  });

  it("says since when the repository cannot be read, and what became of the newest commit", async () => {
    const rejected = madeRecord("cd".repeat(20), { state: "rejected", errorCount: 2 });
    server.reconciler.set({
      commits: [rejected, live],
      status: {
        source: {
          head: rejected.commit.oid,
          lastOkAtMs: madeStartMs,
          error: {
            code: "source/unreachable",
            message: "git.test does not answer",
            sinceMs: madeStartMs + 60_000,
            attempts: 3,
          },
        },
      },
    });
    const status = (await server.ask("/api/v1/status")).json<StatusResponse>();
    assert.equal(status.source.state, "failing");
    assert.equal(status.source.error?.since, "2026-01-02T03:05:05.000Z");
    assert.deepEqual(status.problems, [
      "the repository cannot be read since 2026-01-02T03:05:05.000Z: git.test does not answer",
      "commit cdcdcdcd is rejected, and 00000000 stays live: 2 errors in its config",
    ]);
    server.reconciler.set({ commits: [live, older] });
  });

  it("wakes the loop, and takes no query but force", async () => {
    const post = { method: "POST" };
    assert.equal((await server.ask("/api/v1/reconcile", post)).status, 202);
    assert.equal((await server.ask("/api/v1/reconcile?force=true", post)).status, 202);
    assert.equal((await server.ask("/api/v1/reconcile?force=yes", post)).status, 400);
    assert.deepEqual(server.reconciler.wakes, [
      { reason: "request", options: {} },
      { reason: "request", options: { force: true } },
    ]);
  });

  for (const [what, headers] of [
    ["another site's page", { origin: "https://evil.test" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a page that says where it comes from", { "sec-fetch-site": "cross-site" }],
    ["a name that was made to point here", { host: "evil.test:8090" }],
    ["a name that only begins like this machine's", { host: "127.0.0.1.evil.test" }],
  ] as const) {
    it(`does nothing for ${what}`, async () => {
      const before = server.reconciler.wakes.length;
      const answer = await server.ask("/api/v1/reconcile", { method: "POST", headers });
      assert.equal(answer.status, 403);
      assert.match(answer.json().error?.code ?? "", /^api\/forbidden-/);
      assert.equal(server.reconciler.wakes.length, before);
    });
  }

  it("answers no foreign name, but to probes", async () => {
    const headers = { host: "evil.test" };
    for (const path of ["/api/v1/status", "/metrics", "/api/v1/config-dump", "/api/v1/envoys"]) {
      assert.equal((await server.ask(path, { headers })).status, 403, path);
    }
    assert.equal((await server.ask("/healthz", { headers: { host: "10.1.2.3" } })).status, 200);
    for (const host of ["localhost:1", "[::1]:1", "127.0.0.1"]) {
      assert.equal((await server.ask("/api/v1/status", { headers: { host } })).status, 200, host);
    }
  });

  it("answers mistakes in JSON, and tells browsers to do nothing with it", async () => {
    for (const [method, path, status, code] of [
      ["GET", "/", 404, "api/not-found"],
      ["GET", "/api/v1/reconcile", 405, "api/method-not-allowed"],
      ["DELETE", "/api/v1/commits/abab", 405, "api/method-not-allowed"],
      ["POST", "/metrics", 405, "api/method-not-allowed"],
      ["GET", "/%zz", 400, "api/bad-request"],
      ["GET", `/api/v1/commits/${"a".repeat(200)}`, 400, "api/bad-request"],
    ] as const) {
      const answer = await server.ask(path, { method });
      assert.deepEqual([answer.status, answer.json().error?.code], [status, code], path);
      if (status === 405) assert.match(answer.headers.allow ?? "", /GET|POST/);
      assert.equal(answer.headers["x-content-type-options"], "nosniff");
    }
    const large = { method: "POST", headers: { "content-type": "text/plain" } };
    const answer = await server.ask("/api/v1/reconcile", { ...large, body: "x".repeat(20_000) });
    assert.deepEqual([answer.status, answer.json().error?.code], [413, "api/too-large"]);
  });

  it("answers what is no HTTP, and goes on", async () => {
    const socket = connect(server.port, "127.0.0.1");
    socket.write("hello\r\n\r\n");
    let text = "";
    for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 400 .*"code":"api\/bad-request"/s);
    assert.equal((await server.ask("/healthz")).status, 200);
  });

  it("says that a bug is a bug, and no more", async () => {
    const { faults } = server;
    server.reconciler.set({ status: { startedAtMs: "canary" as unknown as number } });
    server.reconciler.set({ commits: undefined as never });
    const bad = { ...live, commit: undefined } as never;
    server.reconciler.set({ commits: [bad] });
    const answer = await server.ask("/api/v1/commits");
    assert.deepEqual([answer.status, answer.json().error?.code], [500, "api/bug"]);
    assert.doesNotMatch(answer.text, /undefined|admin|\.ts|\.js/);
    assert.equal(faults.length, 1);
    faults.length = 0;
    server.reconciler.set({ commits: [live, older], status: { startedAtMs: madeStartMs } });
  });

  it("survives commits with any time", async () => {
    const timestampS = Number.MAX_SAFE_INTEGER;
    const who = { ...live.commit.committer, timestampS };
    const odd = madeRecord("ef".repeat(20), { commit: { ...live.commit, committer: who } });
    server.reconciler.set({ commits: [odd] });
    assert.equal((await server.ask("/api/v1/commits")).status, 200);
    server.reconciler.set({ commits: [live, older] });
  });
});

describe("the admin server with a token", () => {
  let server: TestAdminServer;
  before(async () => {
    server = await startTestAdminServer({ token: "canary-token" });
  });
  after(() => server.close());

  const bearer = (token: string): { readonly headers: Record<string, string> } => ({
    headers: { authorization: `Bearer ${token}`, host: "gloo.internal:8090" },
  });

  it("asks everyone for it, but probes", async () => {
    for (const path of ["/api/v1/status", "/api/v1/commits", "/metrics", "/api/v1/config-dump"]) {
      const answer = await server.ask(path);
      assert.equal(answer.status, 401, path);
      assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer/);
      assert.doesNotMatch(answer.text, /canary/);
    }
    assert.equal((await server.ask("/api/v1/status", bearer("canary-token"))).status, 200);
    assert.equal((await server.ask("/metrics", bearer("canary-token"))).status, 200);
    for (const path of ["/healthz", "/readyz"]) {
      assert.notEqual((await server.ask(path)).status, 401, path);
    }
  });

  it("takes a new one, and the old one while it is in the file", async () => {
    await appendFile(server.tokenFile, "second-token\n");
    assert.equal((await server.ask("/api/v1/status", bearer("second-token"))).status, 200);
    assert.equal((await server.ask("/api/v1/status", bearer("canary-token"))).status, 200);
    await writeFile(server.tokenFile, "second-token\n");
    assert.equal((await server.ask("/api/v1/status", bearer("canary-token"))).status, 401);
  });

  it("answers nobody while its file cannot be read", async () => {
    await writeFile(server.tokenFile, "\n");
    const answer = await server.ask("/api/v1/status", bearer("second-token"));
    assert.deepEqual([answer.status, answer.json().error?.code], [503, "api/unavailable"]);
    assert.match(String(server.faults.pop()), /is empty, and should hold the admin token/);
    await writeFile(server.tokenFile, "second-token\n");
  });

  it("slows down those who guess", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 15; guess++) {
      statuses.push((await server.ask("/api/v1/status", bearer(`guess-${guess}`))).status);
    }
    assert.equal(statuses.at(-1), 429);
    assert.equal((await server.ask("/api/v1/status", bearer("second-token"))).status, 200);
    server.pass(60_000);
    assert.equal((await server.ask("/api/v1/status", bearer("guess"))).status, 401);
  });
});
