import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type {
  CommitDetail,
  OrderResponse,
  ReconcileResponse,
  StatusResponse,
  TurnResponse,
} from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { StateError } from "../../../src/state/state-error.js";
import {
  startTestAdminServer,
  type Answer,
  type TestAdminServer,
} from "../../support/admin-server.js";
import { madeRecord, madeStartMs } from "../../support/made-reconciler.js";

const oid = "ab".repeat(20);
const json = { "content-type": "application/json" };

describe("orders over HTTP", () => {
  let server: TestAdminServer;
  beforeEach(async () => {
    server = await startTestAdminServer();
    server.reconciler.set({ commits: [madeRecord(oid), madeRecord(`abac${"0".repeat(36)}`)] });
  });
  afterEach(() => server.close());

  const post = (
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = json,
  ): Promise<Answer> =>
    server.ask(`/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const failureOf = (answer: Answer): string =>
    `${answer.status} ${answer.json().error?.code}: ${answer.json().error?.message}`;

  it("are taken, with the commit that an abbreviation means, and who wants it", async () => {
    const answer = await post("pin", { commit: "ABAB", by: "ada@desk", reason: "too\nslow" });
    assert.equal(answer.status, 202);
    assert.deepEqual(answer.json<OrderResponse>(), {
      accepted: true,
      message: "commit abababab is pinned; `gloo unpin` ends that",
      turn: 1,
      commit: oid,
    });
    for (const kind of ["unpin", "suspend", "resume"]) {
      assert.equal((await post(kind, {})).status, 202);
    }
    assert.equal((await post("approve", { commit: oid })).status, 202);
    const { commands } = server.reconciler;
    assert.deepEqual(
      commands.map(({ command }) => command),
      [
        { kind: "pin", oid },
        { kind: "unpin" },
        { kind: "suspend" },
        { kind: "resume" },
        { kind: "approve", oid },
      ],
    );
    assert.deepEqual(commands[0]?.order, { who: "ada@desk", why: "too slow", atMs: madeStartMs });
    assert.deepEqual(commands[1]?.order, {
      who: "somebody at 127.0.0.1",
      why: undefined,
      atMs: madeStartMs,
    });
  });

  for (const [situation, path, body, want] of [
    ["no commit", "pin", {}, /^400 api\/bad-request: "commit" is missing/],
    ["a commit that is none", "pin", { commit: "main" }, /^400 .* 4 to 40 hex digits/],
    ["an abbreviation too short", "pin", { commit: "aba" }, /^400 .* 4 to 40 hex digits/],
    ["one that is not known", "approve", { commit: "ffff" }, /^404 api\/not-found/],
    ["a key that there is not", "suspend", { reasn: "x" }, /"reasn"; did you mean "reason"\?/],
    ["a commit where none is meant", "unpin", { commit: oid }, /^400 .*no key "commit"/],
    ["a reason that is no text", "suspend", { reason: 1 }, /^400 .*"reason" must be a string/],
    ["no object", "suspend", [], /^400 .*must be a JSON object/],
  ] as const) {
    it(`are not taken with ${situation}`, async () => {
      assert.match(failureOf(await post(path, body)), want);
      assert.deepEqual(server.reconciler.commands, []);
    });
  }

  it("are not taken from a form, nor from another site's page", async () => {
    const form = { "content-type": "text/plain" };
    assert.match(failureOf(await post("suspend", {}, form)), /^415 api\/unsupported-media-type/);
    assert.equal((await server.ask("/api/v1/suspend", { method: "POST" })).status, 415);
    const foreign = { ...json, origin: "https://evil.test" };
    assert.match(failureOf(await post("suspend", {}, foreign)), /^403 api\/forbidden-origin/);
    assert.equal((await server.ask("/api/v1/suspend")).status, 405);
    assert.deepEqual(server.reconciler.commands, []);
  });

  it("need the token where there is one", async () => {
    const guarded = await startTestAdminServer({ token: "secret" });
    const options = { method: "POST", headers: json, body: "{}" };
    try {
      assert.equal((await guarded.ask("/api/v1/suspend", options)).status, 401);
      assert.deepEqual(guarded.reconciler.commands, []);
    } finally {
      await guarded.close();
    }
  });

  it("are refused with the reconciler's reason, and when they cannot be kept", async () => {
    server.reconciler.refusal = { code: "order/not-good", reason: "commit abababab is rejected" };
    assert.equal(
      failureOf(await post("pin", { commit: oid })),
      "409 order/not-good: commit abababab is rejected",
    );
    server.reconciler.refusal = new StateError("state/disk-full", "no space left");
    assert.match(
      failureOf(await post("pin", { commit: oid })),
      /^503 state\/disk-full: the order cannot be kept, and so is not taken: no space left/,
    );
    server.reconciler.refusal = new TypeError("x is not a function");
    assert.match(failureOf(await post("pin", { commit: oid })), /^500 api\/bug/);
    assert.equal(server.faults.length, 1);
  });

  it("say which turn heeds them, and what it came to", async () => {
    const asked = await server.ask("/api/v1/reconcile", { method: "POST" });
    const { turn } = asked.json<ReconcileResponse>();
    const path = `/api/v1/turns/${turn}`;
    assert.deepEqual((await server.ask(path)).json<TurnResponse>(), { number: turn, turn: null });
    server.reconciler.end({ result: "rejected", reason: "request", commit: oid, judged: 1 });
    assert.deepEqual((await server.ask(path)).json<TurnResponse>().turn, {
      result: "rejected",
      reason: "request",
      at: new Date(madeStartMs).toISOString(),
      commit: oid,
      judged: 1,
      durations: {},
      error: null,
    });
    assert.equal((await server.ask("/api/v1/turns/0")).status, 400);
  });

  it("show in the status, with what they keep from going live", async () => {
    const order = { who: "ada@desk", why: "too slow", atMs: madeStartMs };
    const hold = { kind: "mass-deletion", why: "it takes away 6 of 10 routes" } as const;
    const reason = `held: ${hold.why}; \`gloo approve abababab\` lets it go live`;
    const held = madeRecord(oid, { state: "accepted", hold, reason });
    const pinned = madeRecord("c".repeat(40));
    server.reconciler.set({
      commits: [held, pinned],
      status: { orders: { pin: { ...order, commit: pinned.commit }, suspension: order } },
    });
    const status = (await server.ask("/api/v1/status")).json<StatusResponse>();
    const since = new Date(madeStartMs).toISOString();
    const view = { by: "ada@desk", reason: "too slow", since };
    assert.deepEqual(status.orders, {
      pinned: { ...view, commit: "c".repeat(40) },
      suspended: view,
    });
    assert.deepEqual(
      status.held.map(({ oid: name, hold: why }) => [name, why]),
      [[oid, { ...hold, until: null }]],
    );
    assert.deepEqual(status.problems, [`commit abababab is ${reason}`]);
    const text = (await server.ask("/metrics")).text;
    assert.match(text, /^gloo_commits_held\{kind="mass-deletion"\} 1$/m);
    assert.match(text, /^gloo_commits_held\{kind="window"\} 0$/m);
    assert.match(text, /^gloo_pinned 1$/m);
    assert.match(text, /^gloo_suspended 1$/m);
  });

  it("tell of a commit what it changed, who took it and why it is refused", async () => {
    const counts = { added: 1, changed: 0, removed: 2 };
    server.reconciler.set({
      commits: [
        madeRecord(oid, {
          state: "rejected",
          code: "signature/missing",
          reason: "it is not signed",
          acknowledgements: { ingress: { count: 1, nodes: ["ingress~1"] } },
          changes: { since: "d".repeat(40), resources: { [typeUrls.route]: counts } },
        }),
      ],
    });
    const detail = (await server.ask(`/api/v1/commits/${oid}`)).json<CommitDetail>();
    assert.equal(detail.code, "signature/missing");
    assert.deepEqual(detail.acknowledgements, { ingress: { count: 1, nodes: ["ingress~1"] } });
    assert.deepEqual(detail.changes, {
      since: "d".repeat(40),
      objects: null,
      resources: { route: counts },
    });
  });
});
