import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readNode } from "../../../src/serve/node.js";
import { roleOfNode } from "../../../src/serve/node-role.js";

describe("readNode()", () => {
  it("reads what an Envoy says of itself", () => {
    const version = { major_number: 1, minor_number: 40, patch: 0 };
    const node = readNode({
      id: "ingress~1",
      cluster: "ingress",
      metadata: { fields: { role: { string_value: "edge" }, more: { number_value: 1 } } },
      user_agent_name: "envoy",
      user_agent_build_version: { version },
      client_features: ["xds.config.supports-resource-ttl"],
    });
    assert.deepEqual(node, {
      id: "ingress~1",
      cluster: "ingress",
      metadataRole: "edge",
      isEnvoy: true,
      version: "1.40.0",
      supportsTtl: true,
      supportsWrapped: false,
    });
  });

  it("takes other clients as they are", () => {
    const { version, metadataRole, isEnvoy } = readNode({
      id: "grpc",
      user_agent_name: "gRPC Go",
      user_agent_version: "1.2",
      metadata: { fields: { role: { number_value: 1 } } },
    });
    assert.deepEqual([version, metadataRole, isEnvoy], ["1.2", undefined, false]);
  });
});

describe("roleOfNode()", () => {
  for (const [node, want] of [
    [{ id: "edge~1", cluster: "ingress", metadataRole: "other" }, "edge"],
    [{ id: "edge~1~2", cluster: "", metadataRole: undefined }, "edge"],
    [{ id: "~1", cluster: "", metadataRole: undefined }, undefined],
    [{ id: "x", cluster: "ingress", metadataRole: "other" }, "other"],
    [{ id: "x", cluster: "ingress", metadataRole: undefined }, "ingress"],
    [{ id: "x", cluster: "unknown", metadataRole: undefined }, undefined],
    [{ id: "x", cluster: "", metadataRole: undefined }, undefined],
  ] as const) {
    it(`${JSON.stringify(node)} asks for ${want ?? "none"}`, () => {
      assert.equal(
        roleOfNode(node, (name) => name === "ingress"),
        want,
      );
    });
  }
});
