import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "../../../src/envoy/codec.js";
import { readRequest } from "../../../src/serve/requests.js";

describe("readRequest()", () => {
  it("reads a DiscoveryRequest", () => {
    const bytes = encode("envoy.service.discovery.v3.DiscoveryRequest", {
      node: { id: "n" },
      type_url: "t",
      version_info: "v",
      response_nonce: "7",
      resource_names: ["a", "b"],
      error_detail: { code: 3, message: "no" },
    });
    const { node, ...rest } = readRequest("sotw", bytes);
    assert.equal(node?.id, "n");
    assert.deepEqual(rest, {
      variant: "sotw",
      typeUrl: "t",
      nonce: "7",
      error: "no",
      version: "v",
      names: ["a", "b"],
    });
  });

  it("reads a DeltaDiscoveryRequest", () => {
    const bytes = encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
      type_url: "t",
      response_nonce: "7",
      resource_names_subscribe: ["a"],
      resource_names_unsubscribe: ["b"],
      initial_resource_versions: { a: "1", __proto__x: "2" },
    });
    assert.deepEqual(readRequest("delta", bytes), {
      variant: "delta",
      node: undefined,
      typeUrl: "t",
      nonce: "7",
      error: undefined,
      subscribe: ["a"],
      unsubscribe: ["b"],
      initialVersions: new Map([
        ["a", "1"],
        ["__proto__x", "2"],
      ]),
    });
  });

  it("takes an error without a message for one", () => {
    const bytes = encode("envoy.service.discovery.v3.DiscoveryRequest", { error_detail: {} });
    assert.equal(readRequest("sotw", bytes).error, "");
  });

  for (const variant of ["sotw", "delta"] as const) {
    it(`reads nothing as a request without anything, ${variant}`, () => {
      const { node, typeUrl, nonce, error } = readRequest(variant, new Uint8Array());
      assert.deepEqual([node, typeUrl, nonce, error], [undefined, "", "", undefined]);
    });

    it(`throws on bytes that are no message, ${variant}`, () => {
      assert.throws(() => readRequest(variant, Buffer.from([0xff, 0xff])));
    });
  }
});
