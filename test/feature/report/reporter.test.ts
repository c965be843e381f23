import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { JsonValue } from "../../../src/lib/json.js";
import { systemClock } from "../../../src/lib/clock.js";
import { createForgeStatus, type ForgeKind } from "../../../src/report/forge-status.js";
import { createReporter, type Reporter } from "../../../src/report/reporter.js";
import { createReportSender } from "../../../src/report/send-report.js";
import { tellByRequests, type RequestReceiver } from "../../../src/report/request-receiver.js";
import { createSlackMessage, createWebhook } from "../../../src/report/webhook.js";
import { TIMEOUTS } from "../../../src/source/limits.js";
import { poll } from "../../support/envoy-process.js";
import { madeRecord } from "../../support/made-record.js";
import { startReportServer, type ReportServer } from "../../support/report-server.js";

const token = "s3cr3t-token";
const source = {
  repository: "https://git.example.com/acme/gateway",
  ref: "main",
  context: "gloo/prod",
  targetUrl: "https://gloo.example.com/ui#{commit}",
};

describe("the reporter", () => {
  let server: ReportServer;
  let problems: Map<string, string | undefined>;
  /** Every problem that there ever was. */
  let said: string[];
  let saved: JsonValue | undefined;
  const closing: (() => Promise<void> | void)[] = [];

  const start = (...receivers: readonly RequestReceiver[]): Reporter => {
    const sender = createReportSender({
      timeouts: { ...TIMEOUTS, connectMs: 300, headersMs: 300, idleMs: 300 },
    });
    const reporter = createReporter({
      receivers: receivers.map((receiver) =>
        tellByRequests(receiver, {
          send: sender.send,
          fleet: () => ({ connected: 3, current: 3 }),
          now: Date.now,
        }),
      ),
      memory: {
        initial: saved,
        write: (document) => {
          saved = document();
          return Promise.resolve();
        },
      },
      clock: systemClock,
      random: Math.random,
      onProblem(receiver, problem) {
        problems.set(receiver, problem);
        said.push(problem ?? "");
      },
      backoff: { firstMs: 5, maxMs: 20 },
    });
    closing.push(async () => {
      await reporter.close();
      await sender.close();
    });
    return reporter;
  };
  const forge = (kind: ForgeKind, giveToken = () => Promise.resolve(token)): RequestReceiver =>
    createForgeStatus({
      kind,
      apiUrl: `${server.url}/api`,
      project: "acme/gate way",
      context: source.context,
      targetUrl: source.targetUrl,
      token: giveToken,
    });
  const delivered = (reporter: Reporter, count: number) =>
    poll(`${count} deliveries`, () =>
      reporter.counts()[0]?.delivered === count ? true : undefined,
    );

  beforeEach(async () => {
    server = await startReportServer();
    problems = new Map();
    said = [];
    saved = undefined;
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await server.close();
  });

  for (const [kind, path, authorization, json] of [
    [
      "github",
      `/api/repos/acme/gate%20way/statuses/`,
      `Bearer ${token}`,
      { state: "success", context: "gloo/prod" },
    ],
    [
      "gitea",
      `/api/repos/acme/gate%20way/statuses/`,
      `token ${token}`,
      { state: "success", context: "gloo/prod" },
    ],
    [
      "forgejo",
      `/api/repos/acme/gate%20way/statuses/`,
      `token ${token}`,
      { state: "success", context: "gloo/prod" },
    ],
    [
      "gitlab",
      `/api/projects/acme%2Fgate%20way/statuses/`,
      `Bearer ${token}`,
      { state: "success", name: "gloo/prod" },
    ],
  ] as const) {
    it(`sets the status of a commit as ${kind} has it`, async () => {
      const record = madeRecord("live");
      start(forge(kind)).note(record);
      const [request] = await server.until(1);
      const { oid } = record.commit;
      assert.equal(request?.method, "POST");
      assert.equal(request.path, path + oid);
      assert.equal(request.headers.authorization, authorization);
      assert.deepEqual(request.json, {
        ...json,
        description: "live on 3 of 3 Envoys",
        target_url: `https://gloo.example.com/ui#${oid}`,
      });
    });
  }

  it("takes GitLab's word that a status has been that before", async () => {
    server.answerWith({
      status: 400,
      body: '{"message":"Cannot transition status via :run from :running"}',
    });
    const reporter = start(forge("gitlab"));
    reporter.note(madeRecord("publishing"));
    await delivered(reporter, 1);
    assert.equal(problems.get("gitlab"), undefined);
  });

  it("tries again after 5xx, cut connections and silence, and says what is wrong until it works", async () => {
    server.answerWith({ status: 502 }, "hang-up", "silence", { status: 500 });
    const reporter = start(forge("github"));
    reporter.note(madeRecord("live"));
    await delivered(reporter, 1);
    assert.equal(server.requests.length, 5);
    assert.equal(said.filter((problem) => problem !== "").length, 4);
    assert.equal(problems.get("github"), undefined);
    assert.deepEqual(reporter.counts(), [
      { receiver: "github", delivered: 1, failed: 4, dropped: 0, waiting: 0 },
    ]);
  });

  it("waits as long as it is asked to", async () => {
    server.answerWith({ status: 429, headers: { "retry-after": "1" } });
    const reporter = start(forge("github"));
    const sinceMs = performance.now();
    reporter.note(madeRecord("live"));
    await delivered(reporter, 1);
    assert.ok(performance.now() - sinceMs >= 990);
  });

  it("tells the newest of each commit only, when it can at last", async () => {
    server.answerWith({ status: 503, headers: { "retry-after": "1" } });
    const reporter = start(forge("github"));
    reporter.note(madeRecord("validating"));
    await server.until(1);
    for (const state of ["accepted", "publishing", "live"] as const) {
      reporter.note(madeRecord(state));
      reporter.note(madeRecord(state, 2));
    }
    await delivered(reporter, 2);
    assert.deepEqual(
      server.requests.slice(1).map(({ json }) => json["state"]),
      ["success", "success"],
    );
  });

  it("gives up what no retry helps, follows no redirect, and goes on with the next", async () => {
    server.answerWith(
      { status: 404 },
      { status: 307, headers: { location: "http://127.0.0.1:1/" } },
    );
    const reporter = start(forge("github"));
    for (const number of [1, 2, 3]) reporter.note(madeRecord("live", number));
    await delivered(reporter, 1);
    assert.equal(server.requests.length, 3);
    assert.equal(reporter.counts()[0]?.dropped, 2);
  });

  it("never shows a token: not in problems, and not in what is saved", async () => {
    server.answerWith({ status: 401, body: `bad token ${token}` }, "hang-up");
    const reporter = start(forge("github"));
    reporter.note(madeRecord("live"));
    await delivered(reporter, 1);
    assert.match(said.join(), /it answers 401/);
    assert.doesNotMatch(JSON.stringify([said, saved]), /s3cr3t/);
  });

  it("says why when the token cannot be read, and goes on when it can", async () => {
    let isThere = false;
    const reporter = start(
      forge("github", () => {
        if (isThere) return Promise.resolve(token);
        return Promise.reject(
          Object.assign(new Error("cannot read t"), { code: "admin/secret-file" }),
        );
      }),
    );
    reporter.note(madeRecord("live"));
    await poll("a problem", () => problems.get("github"));
    isThere = true;
    await delivered(reporter, 1);
    assert.match(said.join(), /cannot read t/);
  });

  it("tells after a restart what it had not told, and nothing twice", async () => {
    const first = start(forge("github"));
    first.resume([]);
    first.note(madeRecord("live", 1));
    await delivered(first, 1);
    server.answerWith({ status: 503, headers: { "retry-after": "60" } });
    first.note(madeRecord("rejected", 2));
    await server.until(2);
    await first.close();
    const second = start(forge("github"));
    second.resume([madeRecord("rejected", 2), madeRecord("live", 1)]);
    await delivered(second, 1);
    assert.deepEqual(
      server.requests.map(({ json }) => json["state"]),
      ["success", "failure", "failure"],
    );
  });

  it("does not tell somebody new of all that ever was", async () => {
    const reporter = start(forge("github"));
    reporter.resume([
      madeRecord("live", 3),
      madeRecord("superseded", 2),
      madeRecord("rejected", 1),
    ]);
    await delivered(reporter, 1);
    assert.equal(reporter.counts()[0]?.waiting, 0);
    assert.equal(server.requests.length, 1);
  });

  it("signs events as Standard Webhooks have it, for the states that are wanted", async () => {
    const secret = "hook-s3cr3t";
    const reporter = start(
      createWebhook({
        ...source,
        url: `${server.url}/hook`,
        states: new Set(["live", "rejected"]),
        secret: () => Promise.resolve(secret),
        now: Date.now,
      }),
    );
    reporter.note(madeRecord("publishing", 1));
    reporter.note(madeRecord("rejected", 2));
    const [request] = await server.until(1);
    assert.ok(request !== undefined);
    const { headers, body, json } = request;
    const [id, timestamp] = [headers["webhook-id"], headers["webhook-timestamp"]].map(String);
    const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`);
    assert.equal(headers["webhook-signature"], `v1,${signature.digest("base64")}`);
    assert.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 60);
    assert.equal(headers["content-type"], "application/cloudevents+json; charset=utf-8");
    assert.equal(json["specversion"], "1.0");
    assert.equal(json["type"], "io.gloo-gitops.commit.rejected");
    assert.equal(json["id"], id);
    const data = json["data"] as Readonly<Record<string, unknown>>;
    assert.equal(data["state"], "rejected");
    assert.equal(data["title"], "change <2>");
    assert.equal((data["diagnostics"] as readonly unknown[]).length, 1);
  });

  it("keeps the id of an event when it is tried again", async () => {
    server.answerWith({ status: 500 });
    start(
      createWebhook({
        ...source,
        url: `${server.url}/hook`,
        states: new Set(["live"]),
        secret: () => Promise.resolve("whsec_c2VjcmV0"),
        now: Date.now,
      }),
    ).note(madeRecord("live"));
    const [first, second] = await server.until(2);
    assert.equal(first?.headers["webhook-id"], second?.headers["webhook-id"]);
  });

  it("writes to Slack what nobody can make a link or a call of", async () => {
    const slack = createSlackMessage({
      ...source,
      states: new Set(["live"]),
      url: () => Promise.resolve(`${server.url}/services/s3cr3t`),
    });
    start(slack).note(madeRecord("live"));
    const [request] = await server.until(1);
    const text = String(request?.json["text"]);
    assert.match(
      text,
      /^:white_check_mark: gloo\/prod: <https:\/\/gloo\.example\.com\/ui#0+1\|`00000000`>/,
    );
    assert.match(text, /change &lt;1&gt; \(Ada\)\nlive on 3 of 3 Envoys$/);
  });
});
