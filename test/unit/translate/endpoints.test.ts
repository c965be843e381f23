import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndpointsByUpstream } from "../../../src/model/endpoints.js";
import { createPipeline } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import type { TranslationPlugin } from "../../../src/translate/plugin.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { treeOf } from "../../support/tree.js";

/** A plugin that is nothing but an endpoint source. */
function sourceOf(name: string, ...upstreamTypes: readonly string[]): TranslationPlugin {
  return { name, endpointSource: { upstreamTypes, watch: () => Promise.resolve() } };
}

const tree = treeOf({
  "upstreams/pets.yaml":
    "name: pets\ntype: kubernetes\nspec: { service_name: pets, service_namespace: shop, service_port: 80, labels: { app: pets } }\n",
  "virtualservices/pets.yaml":
    "name: pets\nroutes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }\n",
});

function build(plugins: readonly TranslationPlugin[], endpoints: EndpointsByUpstream = new Map()) {
  const pipeline = createPipeline({
    plugins: createPluginSet([...builtinPlugins, ...plugins]),
    settings: defaultTranslationSettings,
  });
  const made = pipeline.build(tree, { secrets: new Map(), endpoints: new Map() });
  const { translation, diagnostics } = pipeline.replaceEndpoints(made, endpoints);
  const role = translation.roles.get("ingress");
  return { diagnostics, cluster: role?.clusters[0], assignment: role?.assignments[0] };
}

describe("an endpoint source", () => {
  it("for Services of Kubernetes takes the place of their DNS, and follows labels", () => {
    const byDns = build([]);
    assert.deepEqual(
      byDns.diagnostics.map(({ code }) => code),
      ["kubernetes/unused-labels"],
    );
    assert.equal(byDns.assignment, undefined);
    const watched = build([sourceOf("cluster", "kubernetes")]);
    assert.deepEqual(watched.diagnostics, []);
    assert.ok(watched.cluster?.eds_cluster_config);
    assert.equal(watched.cluster.load_assignment, undefined);
    assert.deepEqual(watched.assignment, { cluster_name: "pets" });
  });

  it("gives addresses, zones, weights and health, in an order that is not its own", () => {
    const { assignment } = build(
      [sourceOf("cluster", "kubernetes")],
      new Map([
        [
          "pets",
          [
            { address: "10.0.0.9", port: 80, zone: "b", weight: 3 },
            { address: "10.0.0.8", port: 80, zone: "a", health: "draining" },
            { address: "10.0.0.7", port: 80 },
            { address: "10.0.0.7", port: 80 },
          ],
        ],
      ]),
    );
    const at = (address: string) => ({
      endpoint: { address: { socket_address: { address, port_value: 80 } } },
    });
    assert.deepEqual(assignment, {
      cluster_name: "pets",
      endpoints: [
        { lb_endpoints: [at("10.0.0.7")] },
        { locality: { zone: "a" }, lb_endpoints: [{ ...at("10.0.0.8"), health_status: 3 }] },
        {
          locality: { zone: "b" },
          lb_endpoints: [{ ...at("10.0.0.9"), load_balancing_weight: { value: 3 } }],
        },
      ],
    });
  });

  for (const [name, plugins, message] of [
    ["of a type that nobody owns", [sourceOf("a", "consul")], /"a": endpoint source of "consul"/],
    [
      "of a type that has one already",
      [sourceOf("a", "kubernetes"), sourceOf("b", "kubernetes")],
      /"a" and "b" both own the endpoints of upstream type "kubernetes"/,
    ],
  ] as const) {
    it(`${name} ends the process at the start`, () => {
      assert.throws(() => createPluginSet([...builtinPlugins, ...plugins]), message);
    });
  }
});
