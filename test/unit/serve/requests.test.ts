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
    const { node, ...rest } = readRequest("sotw", bytes, true);
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
    assert.deepEqual(readRequest("delta", bytes, true), {
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
    assert.equal(readRequest("sotw", bytes, true).error, "");
  });

  for (const variant of ["sotw", "delta"] as const) {
    it(`reads nothing as a request without anything, ${variant}`, () => {
      const { node, typeUrl, nonce, error } = readRequest(variant, new Uint8Array(), true);
      assert.deepEqual([node, typeUrl, nonce, error], [undefined, "", "", undefined]);
    });

    it(`throws on bytes that are no message, ${variant}`, () => {
      for (const withNode of [true, false])
        assert.throws(() => readRequest(variant, Buffer.from([0xff, 0xff]), withNode));
    });
  }

  describe("without the node", () => {
    const node = { id: "n", cluster: "c" };
    for (const [situation, variant, request] of [
      ["passes over it", "sotw", { version_info: "v", node, type_url: "t" }],
      ["passes over it", "delta", { node, type_url: "t" }],
      ["reads a request that has none", "sotw", { version_info: "v", type_url: "t" }],
      ["reads a request that has none", "delta", { type_url: "t" }],
      ["reads a request that has nothing else", "delta", { node }],
    ] as const) {
      it(`${situation}, ${variant}`, () => {
        const type =
          `envoy.service.discovery.v3.${variant === "sotw" ? "" : "Delta"}DiscoveryRequest` as const;
        const bytes = encode(type, request);
        const whole = readRequest(variant, bytes, true);
        assert.deepEqual(readRequest(variant, bytes, false), { ...whole, node: undefined });
      });
    }
  });
});
