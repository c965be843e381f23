import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode, decodeByName, encode, encodeByName } from "../../../src/envoy/codec.js";
import { parseProtoJson } from "../../../src/envoy/parse-proto-json.js";
import { toProtoJson } from "../../../src/envoy/proto-json.js";
import { checkRules } from "../../../src/envoy/rules.js";
import type { JsonValue } from "../../../src/lib/json.js";
import { arbitraryMessage } from "../../support/arbitrary-message.js";

const types = [
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.config.listener.v3.Listener",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.config.core.v3.HealthCheck",
  "envoy.extensions.transport_sockets.tls.v3.Secret",
  "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
  "envoy.config.trace.v3.OpenTelemetryConfig",
  "envoy.service.discovery.v3.DeltaDiscoveryRequest",
] as const;

describe("any message", () => {
  for (const type of types) {
    it(`is the same after a way through bytes and JSON: ${type}`, () => {
      fc.assert(
        fc.property(arbitraryMessage(type, 3), (message) => {
          const bytes = encodeByName(type, message);
          assert.deepEqual(encodeByName(type, decodeByName(type, bytes)), bytes);

          const json = toProtoJson(type, bytes);
          const parsed = parseProtoJson(type, json);
          assert.deepEqual(parsed.problems, []);
          const again = toProtoJson(type, encodeByName(type, parsed.message));
          assert.deepEqual(again, json);
        }),
        { numRuns: 100 },
      );
    });

    it(`has the same faults before and after: ${type}`, () => {
      fc.assert(
        fc.property(arbitraryMessage(type, 2), (message) => {
          const decoded = decodeByName(type, encodeByName(type, message));
          assert.deepEqual(checkRules(type, decoded), checkRules(type, message));
        }),
        { numRuns: 100 },
      );
    });
  }

  it("is never too odd for the reader of JSON: it answers with problems", () => {
    const odd = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
    const keys = fc.constantFrom("name", "type", "@type", "address", "metadata", "filter_chains");
    const nearly = fc.dictionary(keys, odd) as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(fc.oneof(odd, nearly), (json) => {
        const { message } = parseProtoJson("envoy.config.listener.v3.Listener", json);
        encodeByName("envoy.config.listener.v3.Listener", message);
      }),
      { numRuns: 300 },
    );
  });
});

describe("encode() and decode()", () => {
  it("keep 64-bit integers whole: as numbers where they fit, else as texts", () => {
    const type = "google.protobuf.UInt64Value";
    for (const [written, read] of [
      [5, 5],
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      ["9007199254740993", "9007199254740993"],
      ["18446744073709551615", "18446744073709551615"],
    ] as const) {
      const bytes = encodeByName(type, { value: written });
      assert.equal(decodeByName(type, bytes)["value"], read);
    }
    const negative = encode("google.protobuf.Duration", { seconds: -3 });
    assert.equal(decode("google.protobuf.Duration", negative).seconds, -3);
  });

  it("leave out what has the default of its type, unless the field knows that it is set", () => {
    assert.equal(encode("envoy.config.cluster.v3.Cluster", { name: "", type: 0 }).length, 2);
    assert.equal(encode("envoy.config.core.v3.SocketAddress", { address: "" }).length, 0);
    assert.deepEqual(
      toProtoJson(
        "envoy.config.core.v3.SocketAddress",
        encode("envoy.config.core.v3.SocketAddress", { port_value: 0 }),
      ),
      { portValue: 0 },
    );
  });

  it("read the keys of a map as keys, also those with a meaning in JavaScript", () => {
    const type = "envoy.config.core.v3.Metadata";
    const filter_metadata = JSON.parse('{"__proto__": {}, "constructor": {}}') as Record<
      string,
      object
    >;
    const decoded = decode(type, encode(type, { filter_metadata })).filter_metadata;
    assert.deepEqual(Object.keys(decoded ?? {}), ["__proto__", "constructor"]);
    assert.equal(({} as Record<string, unknown>)["fields"], undefined);
  });

  it("refuse bytes that are no message", () => {
    const cluster = "envoy.config.cluster.v3.Cluster";
    assert.throws(() => decode(cluster, Buffer.from([0x0a, 0x05, 0x61])), RangeError);
    const nested = Buffer.alloc(400, 0x0a); // a list of lists of lists …
    assert.throws(() => decodeByName("google.protobuf.ListValue", nested));
  });
});
