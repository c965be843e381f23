import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forgePlaceOf } from "../../../src/report/forge-status.js";
import { reportOn } from "../../../src/report/report.js";
import { retryAfterMs } from "../../../src/report/retry-after.js";
import { madeRecord } from "../../support/made-record.js";

describe("reportOn()", () => {
  const fleet = { connected: 3, current: 2 };
  for (const [record, outcome, description] of [
    [madeRecord("validating"), "pending", "is being checked"],
    [madeRecord("accepted", 1, { reason: "frozen" }), "pending", "accepted, and held back: frozen"],
    [madeRecord("publishing"), "pending", "sent to 3 Envoys"],
    [madeRecord("live"), "success", "live on 2 of 3 Envoys"],
    [
      madeRecord("rejected"),
      "failure",
      'rejected: 2 errors: virtualservices/x.yaml:5:15: error secret/not-found: no secret named "pets"',
    ],
    [
      madeRecord("rejected", 1, { diagnostics: [], reason: "it is empty" }),
      "failure",
      "rejected: it is empty",
    ],
    [
      madeRecord("refused", 1, { reason: 'Envoy "a" refused it' }),
      "failure",
      'refused: Envoy "a" refused it',
    ],
    [madeRecord("superseded"), "success", "a newer commit went live instead"],
    [
      madeRecord("superseded", 1, { liveAtMs: 1 }),
      "success",
      "was live until a newer commit took its place",
    ],
  ] as const) {
    it(`${outcome}: ${description}`, () => {
      const report = reportOn(record, fleet);
      assert.deepEqual([report.outcome, report.description], [outcome, description]);
    });
  }

  it("says that nobody has it, where no Envoy is connected", () => {
    const { description } = reportOn(madeRecord("live"), { connected: 0, current: 0 });
    assert.equal(description, "live; no Envoy is connected");
  });

  it("is one line of at most 140 characters", () => {
    const record = madeRecord("refused", 1, { reason: `a\nb\t${"🦀".repeat(300)}` });
    const { description } = reportOn(record, fleet);
    assert.equal([...description].length, 140);
    assert.match(description, /^refused: a b 🦀+…$/u);
  });
});

describe("retryAfterMs()", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  for (const [what, status, headers, want] of [
    ["nothing", 503, {}, undefined],
    ["seconds", 429, { "retry-after": "7" }, 7_000],
    ["a date", 503, { "retry-after": new Date(nowMs + 9_000).toUTCString() }, 9_000],
    ["a date that is over", 503, { "retry-after": new Date(nowMs - 9_000).toUTCString() }, 0],
    ["no number and no date", 503, { "retry-after": "soon" }, undefined],
    ["very long", 503, { "retry-after": "999999999" }, 3_600_000],
    [
      "GitHub's limit",
      403,
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(nowMs / 1000 + 5) },
      5_000,
    ],
    [
      "a limit that is not reached",
      403,
      { "x-ratelimit-remaining": "9", "x-ratelimit-reset": "5" },
      undefined,
    ],
    [
      "GitLab's limit",
      429,
      { "ratelimit-remaining": "0", "ratelimit-reset": String(nowMs / 1000 + 5) },
      5_000,
    ],
  ] as const) {
    it(`${String(want)}: ${what}`, () => {
      assert.equal(retryAfterMs({ status, headers, body: "" }, nowMs), want);
    });
  }
});

describe("forgePlaceOf()", () => {
  for (const [kind, host, path, want] of [
    ["github", "https://github.com", "/acme/gateway.git", "https://api.github.com acme/gateway"],
    ["github", "github.com", "acme/gateway.git", "https://api.github.com acme/gateway"],
    [
      "github",
      "https://ghe.example.com",
      "/acme/gateway",
      "https://ghe.example.com/api/v3 acme/gateway",
    ],
    ["gitlab", "https://gitlab.com", "/a/b/c.git", "https://gitlab.com/api/v4 a/b/c"],
    ["forgejo", "http://git.lan:3000", "/acme/gateway", "http://git.lan:3000/api/v1 acme/gateway"],
    ["gitea", "https://git.lan", "/gateway.git", undefined],
  ] as const) {
    it(`${String(want)}: ${kind} ${host} ${path}`, () => {
      const place = forgePlaceOf(kind, host, path);
      assert.equal(place && `${place.apiUrl} ${place.project}`, want);
    });
  }
});
