import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findCulprit } from "../../../src/cli/check/find-culprit.js";
import type { RoleResources } from "../../../src/envoy-binary/validation-bootstrap.js";
import { validateRole } from "../../../src/envoy-binary/validate.js";
import { packAny } from "../../../src/envoy/codec.js";
import type {
  Cluster,
  ClusterLoadAssignment,
  Listener,
  RouteConfiguration,
  VirtualHost,
} from "../../../src/envoy/generated/messages.js";
import { envoyPath } from "../../support/envoy-binary.js";
import { roleResources } from "../../support/role-resources.js";

const cluster = (name: string): Cluster => ({
  name,
  type: 3,
  connect_timeout: { seconds: 1 },
  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 2 } },
});
const assignment = (name: string, address = "127.0.0.1"): ClusterLoadAssignment => ({
  cluster_name: name,
  endpoints: [
    { lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 1 } } } }] },
  ],
});
const virtualHost = (name: string, regex = "/a"): VirtualHost => ({
  name,
  domains: [`${name}.example`],
  routes: [{ match: { safe_regex: { regex } }, route: { cluster: "us0" } }],
});
const table = (name: string, virtual_hosts: readonly VirtualHost[]): RouteConfiguration => ({
  name,
  virtual_hosts,
});
const listener = (name: string, port: number, prefix = name): Listener => ({
  name,
  address: { socket_address: { address: "127.0.0.1", port_value: port } },
  filter_chains: [
    {
      filters: [
        {
          name: "http",
          typed_config: packAny(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            {
              stat_prefix: prefix,
              rds: {
                route_config_name: "r",
                config_source: { ads: {}, resource_api_version: 2 },
              },
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}),
                },
              ],
            },
          ),
        },
      ],
    },
  ],
});

const named = <T>(make: (name: string) => T, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));
const clusterNames = ["us0", "us1", "us2", "us3", "us4"];
const hostNames = ["vs0", "vs1", "vs2"];
const whole = {
  cluster: named(cluster, clusterNames),
  endpoints: named((name) => assignment(name), clusterNames),
  listener: { a: listener("a", 8080), b: listener("b", 8081) },
  route: {
    r: table(
      "r",
      hostNames.map((name) => virtualHost(name)),
    ),
  },
};

const signal = new AbortController().signal;
const isRefused = async (role: RoleResources): Promise<boolean> =>
  (await validateRole(await envoyPath(), role, signal)) !== undefined;

describe("findCulprit(), asking a real Envoy", () => {
  it("starts from a role that Envoy takes", async () => {
    assert.equal(await isRefused(roleResources("edge", whole)), false);
  });

  for (const [name, change, want] of [
    [
      "a cluster whose endpoints are bad",
      { endpoints: { ...whole.endpoints, us3: assignment("us3", "no-address") } },
      { kind: "cluster", name: "us3" },
    ],
    [
      "a virtual host with a bad regex",
      {
        route: {
          r: table("r", [...hostNames.map((host) => virtualHost(host)), virtualHost("vs3", "(")]),
        },
      },
      { kind: "virtual-host", name: "vs3" },
    ],
    [
      "a listener whose config is bad",
      { listener: { ...whole.listener, b: listener("b", 8081, "") } },
      { kind: "listener", name: "b" },
    ],
    [
      "nothing, where only two things together are at fault",
      { listener: { ...whole.listener, b: listener("b", 8080) } },
      undefined,
    ],
  ] as const) {
    it(`finds ${name}`, async () => {
      const role = roleResources("edge", { ...whole, ...change });
      assert.equal(await isRefused(role), true);
      assert.deepEqual(await findCulprit(role, isRefused), want);
    });
  }

  it("asks about few parts of many", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `us${index}`);
    const role = roleResources("edge", {
      ...whole,
      cluster: named(cluster, names),
      endpoints: named((name) => assignment(name), names),
    });
    let asked = 0;
    const culprit = await findCulprit(role, (part) => {
      asked += 1;
      const clusters = [...part.sets.values()].flatMap(({ resources }) => [...resources.keys()]);
      return Promise.resolve(clusters.includes("us777"));
    });
    assert.deepEqual(culprit, { kind: "cluster", name: "us777" });
    assert.ok(asked <= 12, `asked ${asked} times`);
  });
});
