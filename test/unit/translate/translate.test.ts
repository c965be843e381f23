import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ConfigFile } from "../../../src/model/config-file.js";
import type { Endpoint } from "../../../src/model/endpoints.js";
import type { Config, Located } from "../../../src/model/resource.js";
import { Secret } from "../../../src/model/secret.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createAssembler } from "../../../src/snapshot/assemble.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { createTranslator, defaultTranslationSettings } from "../../../src/translate/translate.js";
import {
  configOf,
  locate,
  nothingLeftOut,
  prefixRoute,
  staticUpstream,
  virtualService,
} from "../../support/config.js";
import { plainSnapshot } from "../../support/made-snapshot.js";

const plugins = createPluginSet(builtinPlugins);
const create = () => createTranslator(plugins, defaultTranslationSettings);
const none = { secrets: new Map<string, Secret>(), endpoints: new Map<string, Endpoint[]>() };

/** Objects to choose from: each choice is always the same object, as validation gives them. */
const upstreams = [
  locate("Upstream", staticUpstream("a")),
  locate("Upstream", staticUpstream("a", ["10.0.0.2:80"])),
  locate("Upstream", staticUpstream("a", ["a.example:443"], { tls_config: { secret_ref: "s" } })),
  locate("Upstream", staticUpstream("b")),
  locate("Upstream", staticUpstream("b", ["a.example:443", "10.0.0.1:443"], { tls: true })),
  locate("Upstream", staticUpstream("c", ["c.example:443"])),
];
const ssl = { ssl_config: { secret_ref: "s" } };
const virtualServices = [
  locate("VirtualService", virtualService("v", { routes: [prefixRoute("/", "a")] })),
  locate("VirtualService", virtualService("v", { routes: [prefixRoute("/", "b")], ...ssl })),
  locate("VirtualService", virtualService("w", { domains: ["v.example"], routes: [prefixRoute("/", "a")] })),
  locate("VirtualService", virtualService("w", { roles: ["edge", "ingress"], routes: [] })),
  locate("VirtualService", virtualService("x", { roles: ["edge"], routes: [prefixRoute("/c", "c"), prefixRoute("/", "b")] })),
]; // prettier-ignore
const roles = [
  locate("Role", { name: "edge" }),
  locate("Role", { name: "edge", listeners: [{ name: "l", bind_address: "::", bind_port: 80, labels: { zone: "z" } }] }),
]; // prettier-ignore
const attributes = [
  locate("Attribute", { name: "t", listener_attribute: { selector: { zone: "z" }, virtual_services: ["v"] } }),
]; // prettier-ignore

/** Of those with one name, the last counts. */
function mapOf<T>(all: readonly Located<T>[]): ReadonlyMap<string, Located<T>> {
  const byName = [...new Map(all.map((own) => [own.ref.name, own]))];
  return new Map(byName.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(
    fc.subarray(upstreams),
    fc.subarray(virtualServices),
    fc.subarray(roles),
    fc.subarray(attributes),
  )
  .map(([up, vs, own, labels]) => ({
    upstreams: mapOf(up),
    virtualServices: mapOf(vs),
    roles: mapOf(own),
    attributes: mapOf(labels),
    files: new Map<string, ConfigFile>(),
    leftOut: nothingLeftOut,
  }));

const anyInputs = fc.record({
  secrets: fc.constantFrom(
    new Map<string, Secret>(),
    new Map([["s", new Secret([["tls.crt", "x"], ["tls.key", "y"]])]]),
    new Map([["s", new Secret([["tls.root", "x"]])]]),
  ),
  endpoints: fc.constantFrom<ReadonlyMap<string, Endpoint[]>>(
    new Map(),
    new Map([["a", [{ address: "10.9.9.9", port: 1 }]]]),
    new Map([["a", [{ address: "10.9.9.8", port: 1 }]], ["b", []]]),
  ),
}); // prettier-ignore

describe("createTranslator()", () => {
  it("gives after any changes what it would give of the last config alone", () => {
    const steps = fc.array(fc.tuple(anyConfig, anyInputs), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(steps, (all) => {
        const warm = create();
        const assembler = createAssembler();
        for (const [config, inputs] of all) {
          const found = warm.translate(config, inputs);
          const alone = create().translate(config, inputs);
          assert.deepEqual(found.diagnostics, alone.diagnostics);
          assert.deepEqual(
            plainSnapshot(assembler.assemble("0", found.value)),
            plainSnapshot(createAssembler().assemble("0", alone.value)),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it("replaces endpoints of any earlier translation, and of no other's", () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, anyInputs, anyInputs, (one, two, first, second) => {
        const translator = create();
        const { value } = translator.translate(one, first);
        translator.translate(two, second);
        const found = translator.replaceEndpoints(value, second.endpoints);
        const alone = create().translate(one, { ...first, endpoints: second.endpoints });
        assert.deepEqual(
          plainSnapshot(createAssembler().assemble("0", found)),
          plainSnapshot(createAssembler().assemble("0", alone.value)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the lists of a role that did not change", () => {
    const translator = create();
    const config = configOf({
      upstreams: [staticUpstream("back")],
      virtualServices: [virtualService("v")],
    });
    const before = translator.translate(config, none).value.roles.get("ingress");
    const after = translator.translate({ ...config, roles: new Map() }, none).value.roles;
    assert.equal(after.get("ingress")?.clusters, before?.clusters);
    assert.equal(after.get("ingress")?.assignments, before?.assignments);
  });

  it("serves a listener, and so a domain, once: the second to claim it is told", () => {
    const config = configOf({
      upstreams: [staticUpstream("back")],
      virtualServices: [
        virtualService("a", { domains: ["Pets.example"], roles: ["r", "s"] }),
        virtualService("b", { domains: ["pets.example"], roles: ["s", "r"] }),
        virtualService("c", { domains: ["pets.example"], roles: ["t"] }),
      ],
    });
    const { diagnostics } = create().translate(config, none);
    assert.deepEqual(
      diagnostics.map(({ code, resource, related }) => [code, resource?.name, related?.length]),
      [["domain/shared", "b", 1]],
    );
  });
});
