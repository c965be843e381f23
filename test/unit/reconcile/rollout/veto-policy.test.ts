import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isVetoed, type VetoPolicy } from "../../../../src/reconcile/rollout/veto-policy.js";

const policies: Readonly<Record<string, VetoPolicy>> = {
  any: { kind: "any" },
  quorum: { kind: "quorum" },
  canary: { kind: "canary", role: "canary" },
};

describe("isVetoed()", () => {
  for (const [policy, voters, against, want] of [
    ["any", 3, 0, false],
    ["any", 3, 1, true],
    ["canary", 100, 1, true],
    ["canary", 100, 0, false],
    ["quorum", 3, 1, false],
    ["quorum", 3, 2, true],
    ["quorum", 2, 1, true],
    ["quorum", 1, 1, true],
    ["quorum", 0, 0, false],
    ["quorum", 1, 0, false],
  ] as const) {
    it(`${want ? "yes" : "no"}: ${against} of ${voters} with policy ${policy}`, () => {
      const votes = new Map([
        ["calm", { voters: 50, against: 0 }],
        ["ingress", { voters, against }],
      ]);
      assert.equal(isVetoed(policies[policy] ?? { kind: "any" }, votes), want);
    });
  }

  it("no: nobody was asked", () => {
    assert.equal(isVetoed({ kind: "any" }, new Map()), false);
  });
});
