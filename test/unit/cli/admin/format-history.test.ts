import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CommitDetail } from "../../../../src/admin/api-types.js";
import { formatCommit } from "../../../../src/cli/admin/format-commit.js";
import { formatHistory } from "../../../../src/cli/admin/format-history.js";
import { createStyle } from "../../../../src/cli/io.js";

const now = Date.parse("2026-01-01T00:10:00Z");
const style = createStyle(false);
const io = { style, isTerminal: false };

const live: CommitDetail = {
  oid: "a".repeat(40),
  subject: "Add pets",
  author: "Ada",
  committedAt: "2026-01-01T00:00:00.000Z",
  state: "live",
  since: "2026-01-01T00:05:00.000Z",
  reason: null,
  code: null,
  hold: null,
  errors: 0,
  warnings: 0,
  treeOid: "1".repeat(40),
  parent: "0".repeat(40),
  seenAt: "2026-01-01T00:04:00.000Z",
  publishedAt: "2026-01-01T00:04:59.000Z",
  liveAt: "2026-01-01T00:05:00.000Z",
  snapshotId: "5".repeat(20),
  diagnostics: [],
  refusals: [],
  acknowledgements: { ingress: { count: 22, nodes: ["ingress~1", "ingress~2"] } },
  changes: {
    since: "0".repeat(40),
    objects: { Upstream: { added: 1, changed: 2, removed: 0 } },
    resources: { cluster: { added: 1, changed: 2, removed: 0 } },
  },
  durations: { lsRefs: 10, build: 20, firstAck: 30, allAcks: 1_500 },
};
const held: CommitDetail = {
  ...live,
  oid: "b".repeat(40),
  subject: `Tidy up ${"x".repeat(80)}`,
  state: "accepted",
  hold: { kind: "mass-deletion", why: "it takes away 6 of 10 routes", until: null },
  reason: "held: it takes away 6 of 10 routes; `gloo approve bbbbbbbb` lets it go live",
  acknowledgements: {},
  changes: { since: null, objects: null, resources: {} },
  durations: {},
};

describe("formatHistory()", () => {
  it("gives each commit a line with what it changed, and what it took", () => {
    assert.equal(
      formatHistory([held, live], io, now),
      [
        "COMMIT    STATE                 AGE     AUTHOR  CHANGES  TOOK   ENVOYS       SUBJECT",
        `bbbbbbbb  held (mass-deletion)  10 min  Ada                                  Tidy up ${"x".repeat(51)}…`,
        "aaaaaaaa  live                  10 min  Ada     +1 ~2    30 ms  22 in 1.5 s  Add pets",
        "",
      ].join("\n"),
    );
  });

  it("says that there is none", () => {
    assert.equal(formatHistory([], io, now), "no commit was judged yet\n");
  });
});

describe("formatCommit()", () => {
  it("shows all of a commit that is live", () => {
    assert.equal(
      formatCommit(live, style, now),
      [
        `commit       ${"a".repeat(40)}`,
        `parent       ${"0".repeat(40)}`,
        "subject      Add pets",
        "author       Ada, 2026-01-01T00:00:00.000Z",
        "state        live for 5 min",
        "seen         2026-01-01T00:04:00.000Z",
        "published    2026-01-01T00:04:59.000Z",
        "live         2026-01-01T00:05:00.000Z",
        "changes      against 00000000",
        "             Upstream: 1 added, 2 changed, 0 removed",
        "             cluster: 1 added, 2 changed, 0 removed",
        "took         lsRefs 10 ms, build 20 ms, firstAck 30 ms, allAcks 1.5 s",
        "acked        ingress: ingress~1, ingress~2 and 20 more",
        "diagnostics  0 errors, 0 warnings",
        "",
      ].join("\n"),
    );
  });

  it("shows why one is held, what is wrong with it, and who refused it", () => {
    const text = formatCommit(
      {
        ...held,
        errors: 3,
        diagnostics: [
          { code: "reference/unknown-upstream", severity: "error", message: "no upstream named x" },
        ],
        refusals: [
          { nodeId: "ingress~1", role: "", kind: "route", message: "bad regex", at: live.seenAt },
        ],
      },
      style,
      now,
    );
    assert.match(text, /^state {8}held \(mass-deletion\) for 5 min\n {13}held: it takes away 6/m);
    assert.match(text, /^changes {6}nothing$/m);
    assert.match(text, /^nacked {7}\(no role\): ingress~1 refuses route: bad regex$/m);
    assert.match(text, /error reference\/unknown-upstream: no upstream named x\nand 2 more\n$/);
  });
});
