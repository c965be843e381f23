import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CommitSummary, EnvoyView, StatusResponse } from "../../../../src/admin/api-types.js";
import { formatEnvironments } from "../../../../src/cli/admin/format-environments.js";
import { formatEnvoys } from "../../../../src/cli/admin/format-envoys.js";
import { formatStatus } from "../../../../src/cli/admin/format-status.js";
import { createStyle } from "../../../../src/cli/io.js";
import { printable } from "../../../../src/cli/printable.js";
import { agoOf, formatTable } from "../../../../src/cli/table.js";

const now = Date.parse("2026-01-01T00:10:00Z");
const style = createStyle(false);

const good: CommitSummary = {
  oid: "a".repeat(40),
  subject: "Add pets",
  author: "Ada",
  committedAt: "2026-01-01T00:00:00Z",
  state: "live",
  since: "2026-01-01T00:00:00Z",
  reason: null,
  code: null,
  hold: null,
  errors: 0,
  warnings: 0,
};
const bad: CommitSummary = {
  ...good,
  oid: "b".repeat(40),
  subject: "Break pets",
  state: "rejected",
  since: "2026-01-01T00:09:30Z",
  errors: 2,
  warnings: 1,
};
const status: StatusResponse = {
  version: "0.1.0",
  startedAt: "2026-01-01T00:00:00Z",
  ready: true,
  health: "ok",
  problems: [],
  orders: { pinned: null, suspended: null },
  held: [],
  source: {
    repository: "https://git.example/config",
    ref: "main",
    path: "",
    state: "ok",
    head: good.oid,
    lastOkAt: "2026-01-01T00:00:00Z",
    error: null,
  },
  serving: {
    commit: good,
    snapshotId: "s",
    restored: false,
    roles: { ingress: { cluster: 2, route: 1 } },
  },
  head: good,
  envoys: { connected: 3, byRole: { ingress: 3 }, current: 3, nacking: 0 },
  loop: { state: "idle", lastTurnAt: null, lastTurnResult: null, nextTurnAt: null, turns: 1 },
};

const envoy: EnvoyView = {
  nodeId: "ingress~1",
  role: "ingress",
  cluster: "ingress",
  envoyVersion: "1.40.0",
  peer: "10.0.0.1:5000",
  variant: "delta",
  service: "ADS",
  connectedAt: "2026-01-01T00:09:48Z",
  state: "current",
  types: [],
};

describe("formatStatus()", () => {
  it("says what is pinned and suspended, and which commits wait for what", () => {
    const order = { by: "Bob", reason: "an incident", since: "2026-01-01T00:05:00Z" };
    const reason = "held: suspended; `gloo resume` lets it go live";
    const waiting = (digit: number): CommitSummary => ({
      ...good,
      oid: String(digit).repeat(40),
      state: "accepted",
      hold: { kind: "suspended", why: "suspended", until: null },
      reason,
    });
    const held = [9, 8, 7, 6, 5, 4, 3].map(waiting);
    const text = formatStatus(
      {
        ...status,
        orders: { pinned: { ...order, commit: good.oid, reason: null }, suspended: order },
        held,
        head: held[0] ?? good,
      },
      style,
      now,
    );
    const lines = text.split("\n");
    assert.ok(lines.includes("pinned      aaaaaaaa, 5 min ago by Bob; `gloo unpin` ends it"), text);
    assert.ok(
      lines.includes("suspended   5 min ago by Bob: an incident; `gloo resume` ends it"),
      text,
    );
    const from = lines.findIndex((line) => line.startsWith("held"));
    assert.deepEqual(lines.slice(from, from + 7), [
      'held        99999999 "Add pets" by Ada, 10 min ago: suspended',
      `            ${reason}`,
      'held        88888888 "Add pets" by Ada, 10 min ago: suspended',
      'held        77777777 "Add pets" by Ada, 10 min ago: suspended',
      'held        66666666 "Add pets" by Ada, 10 min ago: suspended',
      'held        55555555 "Add pets" by Ada, 10 min ago: suspended',
      "            and 2 more; `gloo history` lists them",
    ]);
    assert.doesNotMatch(text, /^newest/m);
  });

  it("says what is live when all is well", () => {
    assert.equal(
      formatStatus(status, style, now),
      [
        "health      ok",
        "repository  https://git.example/config main",
        'serving     aaaaaaaa "Add pets" by Ada, 10 min ago',
        "            role ingress: 2 cluster, 1 route",
        "envoys      3 connected, 3 current",
        "version     0.1.0",
        "",
      ].join("\n"),
    );
  });

  it("says what is wrong, and that the old commit is served on", () => {
    const error = {
      code: "source/unreachable",
      message: "connection refused",
      since: "2026-01-01T00:05:00Z",
      attempts: 4,
    };
    const text = formatStatus(
      {
        ...status,
        health: "degraded",
        problems: ["the newest commit was rejected"],
        source: { ...status.source, state: "failing", error },
        head: bad,
        envoys: { ...status.envoys, current: 2, nacking: 1 },
      },
      style,
      now,
    );
    assert.match(text, /^health {6}degraded\n {12}the newest commit was rejected\n/);
    assert.match(text, /failing for 5 min \(4 attempts\): connection refused/);
    assert.match(text, /serving {5}aaaaaaaa/);
    assert.match(
      text,
      /newest {6}bbbbbbbb "Break pets" by Ada, 30 s ago: rejected \(2 errors, 1 warning\)/,
    );
    assert.match(text, /2 current, 1 refusing/);
  });

  it("says that nothing is served yet", () => {
    const text = formatStatus(
      { ...status, health: "starting", serving: null, head: null },
      style,
      now,
    );
    assert.match(text, /serving {5}nothing yet\n/);
  });
});

describe("formatEnvoys()", () => {
  const pipe = { style, isTerminal: false };

  it("is a table without rules in a pipe, and with them on a terminal", () => {
    const lines = formatEnvoys([envoy], pipe, now).split("\n");
    assert.deepEqual(lines[1]?.split(/ {2,}/), [
      ...["ingress~1", "ingress", "current", "1.40.0", "delta ADS", "10.0.0.1:5000", "12 s"],
    ]);
    assert.equal(lines.length, 3);
    assert.match(formatEnvoys([envoy], { ...pipe, isTerminal: true }, now), /^┌─/);
  });

  it("shows what is refused, and no refusals of the past", () => {
    const lastNack = { version: "v2", message: "bad regex", at: "2026-01-01T00:09:00Z" };
    const type = { kind: "route", subscribed: 1, sentVersion: "v2", ackedVersion: "v1", lastNack };
    const refusing = formatEnvoys([{ ...envoy, state: "nack", types: [type] }], pipe, now);
    assert.match(refusing, /\ningress~1 refuses route v2: bad regex\n$/);
    assert.doesNotMatch(formatEnvoys([{ ...envoy, types: [type] }], pipe, now), /bad regex/);
  });

  it("names an Envoy without a role as one, and says so when there is none", () => {
    assert.match(formatEnvoys([{ ...envoy, role: null }], pipe, now), /\(none\)/);
    assert.equal(formatEnvoys([], pipe, now), "no Envoy is connected\n");
  });
});

describe("printable()", () => {
  it("takes away what could steer a terminal, and nothing else", () => {
    const hostile = { nodeId: "a\u001b[2J\u009bb\u202e", list: ["ü → x", 1, null, true] };
    assert.deepEqual(printable(hostile), { nodeId: "a [2J b ", list: ["ü → x", 1, null, true] });
  });
});

describe("formatTable()", () => {
  it("leaves no blanks at the ends of lines", () => {
    assert.equal(formatTable(["A", "B"], [["long one", ""]], false), "A         B\nlong one\n");
  });
});

describe("agoOf()", () => {
  for (const [at, want] of [
    ["2026-01-01T00:10:05Z", "0 s"],
    ["2026-01-01T00:09:01Z", "59 s"],
    ["2025-12-31T23:10:01Z", "59 min"],
    ["2025-12-31T00:10:01Z", "23 h"],
    ["2025-12-30T00:10:00Z", "2 d"],
  ] as const) {
    it(`${want}: ${at}`, () => assert.equal(agoOf(at, now), want));
  }
});

describe("formatEnvironments()", () => {
  it("shows a line for each environment, and what is wrong below", () => {
    const { ready, health, problems, source, orders, serving, head, envoys } = status;
    const all = { ready, health, problems, source, orders, serving, head, envoys, held: 0 };
    const text = formatEnvironments(
      {
        version: "0.1.0",
        health: "degraded",
        problems: ["a stranger"],
        environments: [
          {
            ...all,
            name: "staging",
            roles: ["staging", "staging.internal"],
            health: "degraded",
            problems: ["commit bbbbbbbb is rejected"],
            head: bad,
            source: { ...source, ref: "staging", path: "env" },
          },
          { ...all, name: "production", roles: ["edge"] },
          { ...all, name: "new", roles: [], health: "starting", serving: null, head: null },
        ],
      },
      { style, isTerminal: false },
      now,
    );
    assert.equal(
      text,
      [
        "ENVIRONMENT  HEALTH    SERVING              NEWEST             FOLLOWS      ENVOYS  ROLES",
        "staging      degraded  aaaaaaaa for 10 min  bbbbbbbb rejected  staging env  3       staging, staging.internal",
        "production   ok        aaaaaaaa for 10 min                     main         3       edge",
        "new          starting  nothing yet                             main         3",
        "a stranger",
        "staging: commit bbbbbbbb is rejected",
        "",
      ].join("\n"),
    );
  });
});
