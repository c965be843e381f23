import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countVotes } from "../../../../src/reconcile/rollout/fleet-votes.js";
import { createSickEnvoys } from "../../../../src/reconcile/rollout/sick-envoys.js";
import type { EnvoyStatus } from "../../../../src/serve/serve-events.js";

const types = new Map([
  ["CDS", { subscribed: [], sentVersion: "v", ackedVersion: "v", lastNack: undefined }],
]);

function status(stream: number, role: string, service = "ADS", node = String(stream)): EnvoyStatus {
  return {
    envoy: { stream, nodeId: `${role}~${node}`, role },
    cluster: "",
    envoyVersion: "1.40.0",
    peer: "127.0.0.1:1",
    variant: "delta",
    service,
    connectedAtMs: 0,
    types,
  };
}

const nackOf = ({ envoy }: EnvoyStatus) =>
  ({ kind: "nack", envoy, typeUrl: "CDS", version: "v", snapshotId: "s", message: "no" }) as const;

describe("countVotes()", () => {
  it("counts by role, and only roles that somebody refuses for", () => {
    const [a, b, c, other] = [
      status(1, "in"),
      status(2, "in"),
      status(3, "in"),
      status(4, "out"),
    ] as const;
    const votes = countVotes([nackOf(a), nackOf(b)], [a, b, c, other], createSickEnvoys());
    assert.deepEqual([...votes], [["in", { voters: 3, against: 2 }]]);
  });

  it("counts an Envoy once, however many streams it has", () => {
    const streams = ["CDS", "LDS", "RDS"].map((service, index) =>
      status(index, "in", service, "same"),
    );
    const [one] = streams;
    const votes = countVotes([nackOf(one as EnvoyStatus)], streams, createSickEnvoys());
    assert.deepEqual([...votes], [["in", { voters: 1, against: 1 }]]);
  });

  it("does not count sick ones", () => {
    const [a, b, c] = [status(1, "in"), status(2, "in"), status(3, "in")] as const;
    const sick = createSickEnvoys();
    sick.add({ envoy: c.envoy, typeUrl: "CDS" });
    const votes = countVotes([nackOf(a)], [a, b, c], sick);
    assert.deepEqual([...votes], [["in", { voters: 2, against: 1 }]]);
  });
});
