import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  askedRoleOf,
  createEnvironmentRoles,
  isOfEnvironment,
} from "../../../src/environments/environment-roles.js";

describe("createEnvironmentRoles()", () => {
  const staging = createEnvironmentRoles("staging");

  for (const [inside, outside] of [
    ["ingress", "staging"],
    ["internal", "staging.internal"],
    ["a.b", "staging.a.b"],
    ["staging", "staging.staging"],
  ] as const) {
    it(`calls role ${inside} ${outside}, and knows the way back`, () => {
      assert.equal(staging.outsideOf(inside), outside);
      assert.equal(staging.insideOf(outside), inside);
    });
  }

  for (const outside of ["ingress", "production", "stagingx", "staging.ingress", ""]) {
    it(`has no role "${outside}"`, () => {
      assert.equal(staging.insideOf(outside), undefined);
    });
  }

  it("takes other names, and only those then", () => {
    const roles = createEnvironmentRoles("staging", { ingress: "edge-staging" });
    assert.equal(roles.outsideOf("ingress"), "edge-staging");
    assert.equal(roles.insideOf("edge-staging"), "ingress");
    assert.equal(roles.insideOf("staging"), undefined);
    assert.equal(roles.insideOf("staging.internal"), "internal");
  });

  it("knows what is asked of an environment, whether or not there is such a role", () => {
    assert.ok(isOfEnvironment(staging, "staging"));
    assert.ok(isOfEnvironment(staging, "staging.ingress"));
    assert.ok(!isOfEnvironment(staging, "staging-two"));
  });
});

describe("askedRoleOf()", () => {
  it("gives the role that is served, or else the one that the node id names", () => {
    assert.equal(askedRoleOf({ stream: 1, nodeId: "a~1", role: "b" }), "b");
    assert.equal(askedRoleOf({ stream: 1, nodeId: "a~1", role: undefined }), "a");
    assert.equal(askedRoleOf({ stream: 1, nodeId: "nameless", role: undefined }), undefined);
  });
});
