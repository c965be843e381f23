import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packAny } from "../../../src/envoy/codec.js";
import { checkRules } from "../../../src/envoy/rules.js";

const route = "envoy.config.route.v3.RouteConfiguration";
const virtualHost = { name: "v", domains: ["*"] };

describe("checkRules()", () => {
  for (const [name, type, message, want] of [
    ["a good cluster", "envoy.config.cluster.v3.Cluster", { name: "c" }, []],
    [
      "a negative time-out",
      "envoy.config.cluster.v3.Cluster",
      { name: "c", connect_timeout: { seconds: -1 } },
      ["connect_timeout: must be greater than 0s"],
    ],
    [
      "an unknown enum value",
      "envoy.config.cluster.v3.Cluster",
      { name: "c", type: 77 },
      ["type: must be one of STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST"],
    ],
    [
      "a virtual host without domains",
      route,
      { virtual_hosts: [{ name: "v" }] },
      ["virtual_hosts[0].domains: must have at least 1 item"],
    ],
    [
      "a route that matches nothing",
      route,
      { virtual_hosts: [{ ...virtualHost, routes: [{ match: {}, route: { cluster: "c" } }] }] },
      [
        "virtual_hosts[0].routes[0].match.path_specifier: one of prefix, path, safe_regex, " +
          "connect_matcher, path_separated_prefix, path_match_policy must be set",
      ],
    ],
    [
      "a header that would add another",
      route,
      {
        virtual_hosts: [
          {
            ...virtualHost,
            request_headers_to_add: [{ header: { key: "a", value: "b\r\nc: d" } }],
          },
        ],
      },
      [
        "virtual_hosts[0].request_headers_to_add[0].header.value: must be a valid HTTP header value",
      ],
    ],
    [
      "a port out of range",
      "envoy.config.core.v3.SocketAddress",
      { address: "127.0.0.1", port_value: 70000 },
      ["port_value: must be at most 65535"],
    ],
  ] as const) {
    it(`${want.length === 0 ? "takes" : "refuses"} ${name}`, () => {
      const faults = checkRules(type, message).map(({ path, message: text }) => `${path}: ${text}`);
      assert.deepEqual(faults, want);
    });
  }

  it("looks into Any, where defaults of unset fields are no values", () => {
    const typed_config = packAny("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      common_tls_context: { validation_context: { trusted_ca: { filename: "/ca.pem" } } },
    });
    const socket = "envoy.config.core.v3.TransportSocket";
    assert.deepEqual(checkRules(socket, { name: "tls", typed_config }), []);
    const empty = packAny("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      common_tls_context: { validation_context: { trusted_ca: { filename: "" } } },
    });
    assert.deepEqual(checkRules(socket, { name: "tls", typed_config: empty }), [
      {
        path: "typed_config.common_tls_context.validation_context.trusted_ca.filename",
        message: "must be set and not empty",
      },
    ]);
  });
});
