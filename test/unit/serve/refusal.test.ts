import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { encode } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { readMessage, refuseRole } from "../../../src/serve/refusal.js";
import { xdsServices } from "../../../src/serve/services.js";

const serviceOf = (label: string) => xdsServices.find((service) => service.label === label)!; // below

describe("readMessage()", () => {
  const { cluster, route } = typeUrls;
  for (const [label, typeUrl, want] of [
    ["ADS", cluster, cluster],
    ["ADS", "type.googleapis.com/no.such.Type", "type.googleapis.com/no.such.Type"],
    ["ADS", "", /must have a "type_url"/],
    ["CDS", "", cluster],
    ["CDS", cluster, cluster],
    ["CDS", route, /CDS serves .*Cluster, not ".*RouteConfiguration"/],
    ["CDS", "\ud800".repeat(1_000), /not ".{0,1300}"$/],
  ] as const) {
    it(`${label}, type_url "${typeUrl.slice(0, 60)}"`, () => {
      const request = { type_url: typeUrl };
      const bytes = encode("envoy.service.discovery.v3.DiscoveryRequest", request);
      const read = readMessage(serviceOf(label), "sotw", bytes, true);
      if (typeof want === "string") {
        assert.ok("typeUrl" in read);
        assert.equal(read.typeUrl, want);
      } else {
        assert.ok("code" in read);
        assert.equal(read.code, status.INVALID_ARGUMENT);
        assert.match(read.details, want);
        encodeURI(read.details); // gRPC does, and it throws on bare surrogates
      }
    });
  }

  it("names the message that the bytes are not", () => {
    for (const [variant, want] of [
      ["sotw", "not a DiscoveryRequest"],
      ["delta", "not a DeltaDiscoveryRequest"],
    ] as const) {
      const read = readMessage(serviceOf("ADS"), variant, Buffer.from([0xff]), false);
      assert.ok("code" in read);
      assert.equal(read.details, want);
    }
  });
});

describe("refuseRole()", () => {
  const bindings = [{ identity: "{role}" }];

  it("says who asked for what", () => {
    assert.equal(refuseRole(["edge"], "edge", bindings), undefined);
    const { code, details } = refuseRole(["edge", "x"], 'in"gress', bindings) ?? {};
    assert.equal(code, status.PERMISSION_DENIED);
    assert.match(details ?? "", /is for "edge", "x", which may not have role "in\\"gress"/);
    assert.match(refuseRole([], "edge", bindings)?.details ?? "", /is for nobody/);
  });
});
