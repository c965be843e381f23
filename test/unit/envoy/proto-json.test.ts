import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode, encodeByName } from "../../../src/envoy/codec.js";
import { parseProtoJson } from "../../../src/envoy/parse-proto-json.js";
import { toProtoJson } from "../../../src/envoy/proto-json.js";
import type { JsonValue } from "../../../src/lib/json.js";

const listener = "envoy.config.listener.v3.Listener";
const managerType =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

function listenerWith(config: Record<string, JsonValue>): JsonValue {
  const typed_config = { "@type": managerType, stat_prefix: "http", ...config };
  return { name: "l", filter_chains: [{ filters: [{ name: "http", typed_config }] }] };
}

describe("parseProtoJson() and toProtoJson()", () => {
  it("read what a person writes and show the canonical form", () => {
    const json = listenerWith({
      rds: { route_config_name: "r" },
      streamIdleTimeout: "1.5s",
      codec_type: "HTTP2",
      max_request_headers_kb: 96,
    });
    const { message, problems } = parseProtoJson(listener, json);
    assert.deepEqual(problems, []);
    assert.deepEqual(toProtoJson(listener, encodeByName(listener, message)), {
      name: "l",
      filterChains: [
        {
          filters: [
            {
              name: "http",
              typedConfig: {
                "@type": managerType,
                codecType: "HTTP2",
                statPrefix: "http",
                rds: { routeConfigName: "r" },
                maxRequestHeadersKb: 96,
                streamIdleTimeout: "1.500s",
              },
            },
          ],
        },
      ],
    });
  });

  const at = "/filter_chains/0/filters/0/typed_config";
  for (const [name, config, pointer, message, near] of [
    ["an unknown field", { server_nam: "x" }, `${at}/server_nam`, /has no field/, "server_name"],
    ["an unknown enum value", { codec_type: "HTTP_2" }, `${at}/codec_type`, /AUTO, HTTP1/, "HTTP2"],
    [
      "a number for a duration",
      { drain_timeout: 5 },
      `${at}/drain_timeout`,
      /"1.5s", not 5/,
      undefined,
    ],
    [
      "a negative size",
      { max_request_headers_kb: -1 },
      `${at}/max_request_headers_kb`,
      /between 0/,
      undefined,
    ],
    [
      "two of a oneof",
      { rds: {}, route_config: {} },
      `${at}/route_config`,
      /exclude each/,
      undefined,
    ],
    [
      "one field in two spellings",
      { serverName: "a", server_name: "b" },
      `${at}/server_name`,
      /twice/,
      undefined,
    ],
  ] as const) {
    it(`refuses ${name}, at its place`, () => {
      const { problems } = parseProtoJson(listener, listenerWith(config));
      assert.equal(problems.length, 1, JSON.stringify(problems));
      assert.equal(problems[0]?.pointer, pointer);
      assert.match(problems[0]?.message ?? "", message);
      assert.equal(problems[0]?.near, near);
    });
  }

  it("finds the clusters that a config names", () => {
    const type = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";
    const { clusterNames, problems } = parseProtoJson(type, {
      grpc_service: { envoy_grpc: { cluster_name: "auth" } },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(clusterNames, [
      { pointer: "/grpc_service/envoy_grpc/cluster_name", name: "auth" },
    ]);
  });

  it("names the nearest type for an unknown @type", () => {
    const json = { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Corz" };
    const { problems } = parseProtoJson("google.protobuf.Any", json);
    assert.equal(
      problems[0]?.near,
      "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
    );
  });

  it("shows no secret when asked to redact", () => {
    const type = "envoy.extensions.transport_sockets.tls.v3.Secret";
    const bytes = encode(type, {
      name: "s",
      tls_certificate: { private_key: { inline_string: "canary" } },
    });
    const shown = JSON.stringify(toProtoJson(type, bytes, { redact: true }));
    assert.ok(!shown.includes("canary"), shown);
    assert.ok(shown.includes("[redacted]"), shown);
  });

  it("ends at a depth, whatever the document", () => {
    let filter: JsonValue = { name: "x" };
    for (let level = 0; level < 200; level++) {
      filter = { and_filter: { filters: [filter] } };
    }
    const type = "envoy.config.accesslog.v3.AccessLogFilter";
    const { problems } = parseProtoJson(type, filter);
    assert.deepEqual(
      problems.map(({ message }) => message),
      ["is nested deeper than 64 levels"],
    );
  });

  it("takes a key named __proto__ for what it is: an unknown field", () => {
    const json = JSON.parse('{"name": "l", "__proto__": {"polluted": true}}') as JsonValue;
    const { problems } = parseProtoJson(listener, json);
    assert.deepEqual(
      problems.map(({ pointer }) => pointer),
      ["/__proto__"],
    );
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});
