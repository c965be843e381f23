import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  createSickEnvoys,
  type SickEnvoys,
} from "../../../../src/reconcile/rollout/sick-envoys.js";

const envoy = (stream: number, nodeId = "ingress~1") => ({ stream, nodeId, role: "ingress" });
const at = (stream: number, typeUrl = "LDS", nodeId?: string) => ({
  envoy: envoy(stream, nodeId),
  typeUrl,
});
const ack = (stream: number, typeUrl = "LDS", nodeId?: string) =>
  ({ kind: "ack", version: "v", snapshotId: "s", ...at(stream, typeUrl, nodeId) }) as const;

describe("sick Envoys", () => {
  let sick: SickEnvoys;
  beforeEach(() => {
    sick = createSickEnvoys();
  });

  it("are sick in one type, and judges of all others", () => {
    sick.add(at(1, "LDS"));
    assert.equal(sick.has(at(1, "LDS")), true);
    assert.equal(sick.has(at(1, "RDS")), false);
    assert.equal(sick.has(at(2, "LDS")), false);
  });

  it("are well when they take something of that type", () => {
    sick.add(at(1));
    sick.take(ack(1, "CDS"));
    assert.equal(sick.has(at(1)), true);
    sick.take(ack(1));
    assert.equal(sick.has(at(1)), false);
  });

  it("are sick still when they come back", () => {
    sick.add(at(1));
    sick.take({ kind: "disconnected", envoy: envoy(1) });
    sick.take({ kind: "connected", envoy: envoy(7) });
    assert.equal(sick.has(at(7)), true);
    sick.take({ kind: "connected", envoy: envoy(8, "ingress~2") });
    assert.equal(sick.has(at(8, "LDS", "ingress~2")), false);
  });

  it("do not make those sick who share their node id and are well", () => {
    sick.add(at(1));
    sick.take({ kind: "disconnected", envoy: envoy(1) });
    sick.take(ack(2));
    sick.take({ kind: "connected", envoy: envoy(3) });
    assert.equal(sick.has(at(3)), false);
  });
});
